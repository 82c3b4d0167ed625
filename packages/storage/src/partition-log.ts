/**
 * A partition’s log: decides what may be appended, assigns offsets, rolls segments, reads, and says what is durable.
 * The files are `Segment`’s, opening after a crash is `log-opening`’s.
 *
 * Invariants: logStartOffset ≤ highWatermark ≤ logEndOffset and syncedOffset ≤ logEndOffset; an append is whole in the
 * file or not at all; after a failed sync nothing is written any more (`failure`), until the log is opened again.
 */
import { assert, background } from '@gregor/base'
import type { LogConfig } from '@gregor/config'
import { DiskError } from '@gregor/platform'
import {
  batchSizeAt,
  checkBatch,
  baseOffsetAt,
  lastOffsetAt,
  maxTimestampAt,
  partitionLeaderEpochAt,
  producerIdAt,
  setBaseOffset,
  setPartitionLeaderEpoch,
} from '@gregor/protocol'
import type { AppendGiven, AppendRefused, AppendResult, Appended } from './append-result.ts'
import { type BatchRefusal, validateBatch } from './batch-validation.ts'
import type { DelayedRemoval } from './delayed-removal.ts'
import { isDiskFull } from './disk-full.ts'
import { cleanedSuffix, deletedSuffix, offsetIndexSuffix } from './file-names.ts'
import type { EpochEndOffset, LeaderEpochs } from './leader-epochs.ts'
import { type TimestampAndOffset, findMaxTimestamp, findTimestamp } from './log-lookup.ts'
import type { DerivedState } from './derived-state.ts'
import { type OpenedLog, type PartitionLogOptions, openLog } from './log-opening.ts'
import { type ReadRequest, type ReadResult, readLog, readLogNow } from './log-reader.ts'
import { LogSync, type SyncedLog } from './log-sync.ts'
import type { ProducerState } from './producer-state.ts'
import { decideRetention } from './retention.ts'
import { Segment, type SegmentSurroundings } from './segment.ts'
import type { SegmentList } from './segment-list.ts'
import { type SwapPlace, swapSegments } from './segment-swap.ts'
import type { TopicPartition } from './topic-partition.ts'
import type { AbortedTransaction } from './transaction-index.ts'

/** What rolling and indexing must know of batches that lie together in one buffer. */
interface AppendedBatches {
  readonly bytes: Buffer
  readonly firstOffset: number
  readonly lastOffset: number
  readonly maxTimestamp: number
}

export class PartitionLog {
  readonly topicPartition: TopicPartition
  readonly topicId: string | undefined
  readonly epochs: LeaderEpochs
  readonly producers: ProducerState
  readonly segments: SegmentList
  readonly #options: PartitionLogOptions
  readonly #surroundings: SegmentSurroundings
  readonly #derived: DerivedState
  readonly #removal: DelayedRemoval
  readonly #sync: LogSync
  #config: LogConfig
  #directory: string
  #logStartOffset: number
  #logEndOffset: number
  #highWatermark: number
  #failure: DiskError | undefined
  #isClosed = false
  #rollJitterMs = 0
  /** Aborts that a full disk kept out of their index. */
  readonly #pendingAborts: { readonly segment: Segment; readonly transaction: AbortedTransaction }[] = []

  private constructor(options: PartitionLogOptions, opened: OpenedLog) {
    this.#options = options
    this.#config = options.config
    this.#directory = options.directory
    this.topicPartition = options.topicPartition
    this.topicId = options.topicId
    this.#surroundings = opened.surroundings
    opened.useConfig(() => this.#config)
    this.segments = opened.segments
    this.#derived = opened.derived
    this.epochs = opened.derived.epochs
    this.producers = opened.derived.producers
    this.#logStartOffset = opened.logStartOffset
    this.#logEndOffset = opened.logEndOffset
    this.#highWatermark = opened.logStartOffset
    this.#removal = opened.removal
    this.#sync = new LogSync(this.#forSync(), {
      clock: options.environment.clock,
      disk: options.environment.disk,
      logger: opened.surroundings.logger,
      syncedOffset: opened.syncedOffset,
    })
    this.#drawRollJitter()
  }

  #forSync(): SyncedLog {
    return {
      directory: () => this.#directory,
      logEndOffset: () => this.#logEndOffset,
      segments: this.segments,
      epochs: this.epochs,
      producers: this.producers,
      writePendingAborts: () => this.#writePendingAborts(),
      fail: (error) => this.#fail(error),
    }
  }

  /** Opens or creates the log in `directory`, after whatever happened to it. @throws DiskError */
  static async open(options: PartitionLogOptions): Promise<PartitionLog> {
    return new PartitionLog(options, await openLog(options))
  }

  // -------------------------------------------------------------------------------------------------------- offsets

  get directory(): string {
    return this.#directory
  }

  get config(): LogConfig {
    return this.#config
  }

  get logStartOffset(): number {
    return this.#logStartOffset
  }

  get logEndOffset(): number {
    return this.#logEndOffset
  }

  /** All below is durable: the recovery point. */
  get syncedOffset(): number {
    return this.#sync.syncedOffset
  }

  get highWatermark(): number {
    return this.#highWatermark
  }

  get lastStableOffset(): number {
    return Math.min(this.#highWatermark, this.producers.firstUnstableOffset ?? Infinity)
  }

  /** Of all segments’ logs. */
  get sizeBytes(): number {
    return this.segments.byteCount
  }

  /** Why nothing is written any more. */
  get failure(): DiskError | undefined {
    return this.#failure
  }

  setHighWatermark(offset: number): void {
    this.#highWatermark = Math.max(this.#logStartOffset, Math.min(offset, this.#logEndOffset))
    this.producers.highWatermarkAdvanced(this.#highWatermark)
  }

  updateConfig(config: LogConfig): void {
    this.#config = config
  }

  /** The directory was renamed; open handles stay good. */
  moveTo(directory: string): void {
    this.#directory = directory
    for (const segment of this.segments.all) segment.moveTo(directory)
    this.producers.moveTo(directory)
    this.epochs.moveTo(`${directory}/leader-epoch-checkpoint`)
  }

  // ------------------------------------------------------------------------------------------------------ appending

  /**
   * Appends one batch as the leader, or what the raft leader has made. In the page cache when this returns. The batch
   * is stamped in place: offset, epoch and, where the topic wants it, time.
   */
  append(records: Buffer, given: AppendGiven): AppendResult {
    if (!this.#isWritable) return this.#refuse('KAFKA_STORAGE_ERROR', this.#failure?.message)
    if (given.origin === 'raft') return this.#appendAsGiven(records, given)
    const verdict = validateBatch(records, this.#config, given)
    if (verdict.error !== 'NONE') return this.#refused(verdict)
    const { batch } = verdict
    if (batch.length > this.#config.segmentBytes) {
      const message = `The batch has ${batch.length} bytes, segment.bytes allows ${this.#config.segmentBytes}.`
      return this.#refuse('RECORD_LIST_TOO_LARGE', message)
    }
    if (producerIdAt(batch, 0) >= 0) {
      const check = this.producers.check(batch, 0, given)
      if (check.outcome === 'refused') return this.#refuse(check.error, check.message)
      if (check.outcome === 'duplicate') {
        const { firstOffset, lastOffset, timestampMs } = check
        return this.#appended(firstOffset, lastOffset, { isDuplicate: true, appendTimeMs: timestampMs })
      }
    }
    setBaseOffset(batch, 0, this.#logEndOffset)
    setPartitionLeaderEpoch(batch, 0, given.leaderEpoch)
    return this.#write(
      {
        bytes: batch,
        firstOffset: this.#logEndOffset,
        lastOffset: lastOffsetAt(batch, 0),
        maxTimestamp: maxTimestampAt(batch, 0),
      },
      given.nowMs,
    )
  }

  /**
   * Appends batches as the leader has them, offsets and epochs kept. Those of an epoch above `leaderEpoch` and what
   * follows them are left out: the leader they came from has been replaced.
   */
  appendAsFollower(batches: Buffer, given: { readonly leaderEpoch: number; readonly nowMs: number }): AppendResult {
    if (!this.#isWritable) return this.#refuse('KAFKA_STORAGE_ERROR', this.#failure?.message)
    return this.#appendAsGiven(batches, given)
  }

  #appendAsGiven(bytes: Buffer, given: { readonly leaderEpoch: number; readonly nowMs: number }): AppendResult {
    let end = 0
    let nextOffset = this.#logEndOffset
    let maxTimestamp = -1
    while (end < bytes.length) {
      const problem = checkBatch(bytes, end, bytes.length)
      if (problem === 'truncated' && end > 0) break
      if (problem !== undefined) return this.#refuse('CORRUPT_MESSAGE', `A batch is not what it should be: ${problem}.`)
      if (partitionLeaderEpochAt(bytes, end) > given.leaderEpoch) break
      const baseOffset = baseOffsetAt(bytes, end)
      if (baseOffset < nextOffset) {
        return this.#refuse(
          'OFFSET_OUT_OF_RANGE',
          `A batch begins at offset ${baseOffset}, the log goes on at ${nextOffset}.`,
        )
      }
      nextOffset = lastOffsetAt(bytes, end) + 1
      maxTimestamp = Math.max(maxTimestamp, maxTimestampAt(bytes, end))
      end += batchSizeAt(bytes, end)
    }
    if (end === 0)
      return this.#appended(this.#logEndOffset, this.#logEndOffset - 1, { isDuplicate: false, appendTimeMs: -1 })
    const whole = bytes.subarray(0, end)
    return this.#write(
      { bytes: whole, firstOffset: baseOffsetAt(whole, 0), lastOffset: nextOffset - 1, maxTimestamp },
      given.nowMs,
    )
  }

  /** Validated batches go to the end of the log; what the log knows follows. */
  #write(batches: AppendedBatches, nowMs: number): AppendResult {
    try {
      this.#writePendingAborts()
      this.#rollIfNeeded(batches, nowMs)
      this.segments.active.append([batches.bytes])
    } catch (error) {
      return this.#refuseAfter(error)
    }
    this.#logEndOffset = batches.lastOffset + 1
    const { bytes } = batches
    for (let at = 0; at < bytes.length; at += batchSizeAt(bytes, at)) {
      const leaderEpoch = partitionLeaderEpochAt(bytes, at)
      if (leaderEpoch > (this.epochs.latestEpoch ?? -1)) this.epochs.assign(leaderEpoch, baseOffsetAt(bytes, at))
      const completed = this.producers.apply(bytes, at)
      if (completed?.isAborted === true) {
        this.#pendingAborts.push({ segment: this.segments.active, transaction: completed })
      }
    }
    try {
      this.#writePendingAborts()
    } catch (error) {
      // The batch is in the log. A full disk only delays the index; `sync` does not pass it.
      if (!isDiskFull(error)) return this.#refuseAfter(error)
    }
    const appendTimeMs = this.#config.messageTimestampType === 'LogAppendTime' ? batches.maxTimestamp : -1
    return this.#appended(batches.firstOffset, batches.lastOffset, { isDuplicate: false, appendTimeMs })
  }

  #writePendingAborts(): void {
    for (let next = this.#pendingAborts[0]; next !== undefined; next = this.#pendingAborts[0]) {
      next.segment.transactionIndex.append(next.transaction)
      this.#pendingAborts.shift()
    }
  }

  #appended(baseOffset: number, lastOffset: number, given: { isDuplicate: boolean; appendTimeMs: number }): Appended {
    const { isDuplicate, appendTimeMs: logAppendTimeMs } = given
    return { error: 'NONE', baseOffset, lastOffset, logAppendTimeMs, logStartOffset: this.#logStartOffset, isDuplicate }
  }

  #refuse(error: AppendRefused['error'], message?: string): AppendRefused {
    const { logStartOffset } = this
    return message === undefined ? { error, logStartOffset } : { error, message, logStartOffset }
  }

  #refused({ error, message, recordErrors }: BatchRefusal): AppendRefused {
    return { error, message, recordErrors, logStartOffset: this.#logStartOffset }
  }

  /** A full disk passes; anything else is the end of this log until it is opened again. */
  #refuseAfter(error: unknown): AppendRefused {
    if (!(error instanceof DiskError)) throw error
    if (!isDiskFull(error)) this.#fail(error)
    return this.#refuse('KAFKA_STORAGE_ERROR', error.message)
  }

  // -------------------------------------------------------------------------------------------------------- rolling

  #rollIfNeeded({ bytes, firstOffset, lastOffset, maxTimestamp }: AppendedBatches, nowMs: number): void {
    const { active } = this.segments
    if (active.size === 0 && active.canHold(lastOffset)) return
    const isFull =
      active.size > this.#config.segmentBytes - bytes.length || active.isIndexFull || !active.canHold(lastOffset)
    if (isFull || this.#isOld(active, maxTimestamp, nowMs))
      this.#rollAt(Math.max(firstOffset, this.#logEndOffset), nowMs)
  }

  #isOld(active: Segment, maxTimestamp: number, nowMs: number): boolean {
    const { segmentMs } = this.#config
    if (segmentMs === Infinity) return false
    const firstTimestamp = active.firstTimestamp ?? -1
    const waitedMs = firstTimestamp >= 0 ? maxTimestamp - firstTimestamp : nowMs - active.createdAtMs
    return waitedMs > segmentMs - this.#rollJitterMs
  }

  /** Closes the active segment and starts a new one at the log end, unless the active one is empty. @throws DiskError */
  roll(nowMs: number): void {
    if (this.segments.active.size > 0) this.#rollAt(this.#logEndOffset, nowMs)
  }

  #rollAt(baseOffset: number, nowMs: number): void {
    const { active } = this.segments
    assert(baseOffset > active.baseOffset, 'a segment begins behind the one before it')
    const next = Segment.create(this.#surroundings, { directory: this.#directory, baseOffset, nowMs })
    this.#sync.directoryChanged()
    this.#unlessDiskFull('completing the indexes of a segment', () => active.seal())
    this.segments.add(next)
    this.#drawRollJitter()
    this.producers.advanceTo(baseOffset)
    this.#unlessDiskFull('a snapshot of the producers', () => this.producers.takeSnapshot())
    this.#inBackground('sync of a complete segment', this.sync())
  }

  /** So that the partitions of a topic do not all roll in the same moment. */
  #drawRollJitter(): void {
    const most = Math.min(this.#config.segmentJitterMs, this.#config.segmentMs)
    this.#rollJitterMs =
      most > 0 && most < Infinity ? Math.floor(this.#options.environment.random.fraction() * most) : 0
  }

  // -------------------------------------------------------------------------------------------------------- reading

  /** Whole batches from `fetchOffset` on; a promise where they must come from the disk. */
  read(request: ReadRequest): ReadResult | Promise<ReadResult> {
    const early = this.#readEarly(request)
    if (early !== undefined) return early
    try {
      const result = readLog(
        { segments: this.segments, rebuildIndexes: (segment) => this.#rebuildIndexes(segment) },
        request,
      )
      return result instanceof Promise ? result.catch((error: unknown) => this.#readRefused(error, request)) : result
    } catch (error) {
      return this.#readRefused(error, request)
    }
  }

  #readEarly({ fetchOffset, upTo }: ReadRequest): ReadResult | undefined {
    if (this.#failure !== undefined || this.#isClosed) return { error: 'KAFKA_STORAGE_ERROR' }
    if (fetchOffset < this.#logStartOffset || fetchOffset > this.#logEndOffset) return { error: 'OFFSET_OUT_OF_RANGE' }
    if (fetchOffset < Math.min(upTo, this.#logEndOffset)) return undefined
    return { error: 'NONE', records: [], byteCount: 0, firstOffset: fetchOffset, nextOffset: fetchOffset }
  }

  #readRefused(error: unknown, { fetchOffset }: ReadRequest): ReadResult {
    // What was read may have been deleted under way.
    if (fetchOffset < this.#logStartOffset) return { error: 'OFFSET_OUT_OF_RANGE' }
    if (!(error instanceof DiskError)) throw error
    if (!isDiskFull(error)) this.#fail(error)
    return { error: 'KAFKA_STORAGE_ERROR' }
  }

  /** The index of `segment` leads nowhere. It is rebuilt of a segment that stands still. */
  async #rebuildIndexes(segment: Segment): Promise<void> {
    if (segment.isActive) this.roll(this.#nowMs)
    await segment.rebuildIndexes({ path: segment.pathOf(offsetIndexSuffix), reason: 'it does not lead to batches' })
  }

  /** As `read`, on the page cache or not: for short logs that are read whole at start. */
  readNow(request: ReadRequest): ReadResult {
    const early = this.#readEarly(request)
    if (early !== undefined) return early
    try {
      return readLogNow(this.segments, request)
    } catch (error) {
      return this.#readRefused(error, request)
    }
  }

  /** The aborted transactions that overlap offsets from `fromOffset` up to, not including, `toOffset`. */
  abortedTransactions(fromOffset: number, toOffset: number): readonly AbortedTransaction[] {
    const found: AbortedTransaction[] = []
    for (const segment of this.segments.from(fromOffset)) {
      const { transactions, isComplete } = segment.transactionIndex.collect(fromOffset, toOffset)
      found.push(...transactions)
      if (isComplete) return found
    }
    for (const { transaction } of this.#pendingAborts) {
      if (transaction.firstOffset < toOffset && transaction.lastOffset >= fromOffset) found.push(transaction)
    }
    return found
  }

  /** The first record whose timestamp is not below `timestamp`. @throws DiskError */
  offsetForTimestamp(timestamp: number): Promise<TimestampAndOffset | undefined> {
    return findTimestamp(this.segments.from(this.#logStartOffset), { timestamp, fromOffset: this.#logStartOffset })
  }

  /** The first record that has the largest timestamp; `undefined` where none has one. @throws DiskError */
  offsetOfMaxTimestamp(): Promise<TimestampAndOffset | undefined> {
    return findMaxTimestamp(this.segments.from(this.#logStartOffset), { fromOffset: this.#logStartOffset })
  }

  // --------------------------------------------------------------------------------------------------------- epochs

  endOffsetForEpoch(epoch: number): EpochEndOffset {
    return this.epochs.endOffsetFor(epoch, this.#logEndOffset)
  }

  /** This node leads under `epoch` from the log’s end on. */
  assignEpoch(epoch: number): void {
    if (epoch > (this.epochs.latestEpoch ?? -1)) this.epochs.assign(epoch, this.#logEndOffset)
  }

  // ----------------------------------------------------------------------------------------------------- durability

  /** Resolves when all that was appended before the call is durable. @throws DiskError, StorageError */
  async sync(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure
    await this.#sync.sync()
  }

  /** Resolves when all below `offset` is durable. @throws DiskError, StorageError */
  async whenSynced(offset: number): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure
    await this.#sync.whenSynced(offset)
  }

  get #isWritable(): boolean {
    return this.#failure === undefined && !this.#isClosed
  }

  #fail(error: DiskError): void {
    if (this.#failure !== undefined) return
    this.#failure = error
    this.#surroundings.logger.error('the disk failed, this log takes nothing more until it is opened again', { error })
    this.#options.onStorageError(error)
  }

  #inBackground(name: string, work: Promise<void>): void {
    background(name, work, (_name, error) => {
      const reason = error instanceof Error ? error : String(error)
      this.#surroundings.logger.warn(`${name} did not succeed`, { error: reason })
    })
  }

  #unlessDiskFull(what: string, write: () => void): void {
    try {
      write()
    } catch (error) {
      if (!isDiskFull(error)) throw error
      this.#surroundings.logger.warn('no space for what can be rebuilt', { what, error })
    }
  }

  // -------------------------------------------------------------------------------------------------------- cutting

  /**
   * Moves the log start to `offset` (-1: the high watermark) and deletes segments that lie whole before it.
   * OFFSET_OUT_OF_RANGE beyond the high watermark.
   */
  deleteRecordsBefore(offset: number): {
    readonly error: 'NONE' | 'OFFSET_OUT_OF_RANGE'
    readonly logStartOffset: number
  } {
    const target = offset === -1 ? this.#highWatermark : offset
    if (target < 0 || target > this.#highWatermark)
      return { error: 'OFFSET_OUT_OF_RANGE', logStartOffset: this.#logStartOffset }
    this.#startAt(target)
    const { all } = this.segments
    this.#removeSegments(all.filter((_, index) => (all[index + 1]?.baseOffset ?? Infinity) <= target))
    return { error: 'NONE', logStartOffset: this.#logStartOffset }
  }

  #startAt(offset: number): void {
    if (offset <= this.#logStartOffset) return
    this.#logStartOffset = offset
    this.#highWatermark = Math.max(this.#highWatermark, offset)
    this.epochs.truncateFromStart(offset)
    this.producers.logStartAdvanced(offset)
  }

  /** Takes off the batches that end at `offset` or later; the log ends at `offset` then. @throws DiskError */
  async truncateTo(offset: number): Promise<void> {
    if (offset >= this.#logEndOffset) return
    if (offset < this.segments.first.baseOffset) return this.truncateFullyAndStartAt(offset)
    const kept = this.segments.all.filter((segment) => segment.baseOffset <= offset)
    const last = kept.at(-1)
    assert(last !== undefined, 'the first segment begins at the offset or before it')
    await last.prepare()
    let place = last.locate(offset)
    if (place === 'suspect') {
      await this.#rebuildIndexes(last)
      place = last.locate(offset)
    }
    assert(place !== 'suspect', 'an index that was just rebuilt is not suspect')
    this.#sync.truncatedTo(offset)
    this.#removeSegments(this.segments.all.filter((segment) => segment.baseOffset > offset))
    last.activate()
    last.truncateTo({ offset, position: place?.position ?? last.size, nowMs: this.#nowMs })
    this.#dropPendingAborts(offset)
    this.#logEndOffset = offset
    this.#logStartOffset = Math.min(this.#logStartOffset, offset)
    this.setHighWatermark(Math.min(this.#highWatermark, offset))
    const { logStartOffset } = this
    const segments = this.segments.all
    const from = this.#derived.restart({ segments, logStartOffset, soundUpTo: offset, nowMs: this.#nowMs })
    if (from < offset) await this.#derived.visitFrom(segments, from)
    this.#derived.finish({ logStartOffset, logEndOffset: offset })
  }

  /** Throws all records away; the log is empty and begins and ends at `offset`. @throws DiskError */
  async truncateFullyAndStartAt(offset: number): Promise<void> {
    this.#sync.truncatedTo(offset)
    const old = [...this.segments.all]
    for (const segment of old) segment.renameTo(deletedSuffix)
    const first = Segment.create(this.#surroundings, {
      directory: this.#directory,
      baseOffset: offset,
      nowMs: this.#nowMs,
    })
    this.segments.replace(old, [first])
    this.#sync.directoryChanged()
    this.#dropPendingAborts(-1)
    for (const segment of old) this.#removeFilesLater(segment)
    this.#logEndOffset = offset
    this.#logStartOffset = offset
    this.#highWatermark = offset
    this.epochs.clear()
    this.producers.truncateFullyAndStartAt(offset)
    await this.sync()
  }

  #dropPendingAborts(fromOffset: number): void {
    const kept = this.#pendingAborts.filter(({ transaction }) => transaction.lastOffset < fromOffset)
    this.#pendingAborts.splice(0, this.#pendingAborts.length, ...kept)
  }

  /** Deletes what retention does not keep. Returns the bytes that are gone. @throws DiskError */
  async applyRetention(nowMs: number): Promise<number> {
    const largestMs = new Map<Segment, number>()
    for (const segment of this.segments.all) {
      const { timestamp } = await segment.readMaxTimestamp()
      largestMs.set(segment, timestamp >= 0 ? timestamp : segment.modifiedAtMs)
    }
    const { deletions, includesActive } = decideRetention({
      segments: this.segments.all,
      config: {
        isDeleting: this.#config.cleanupPolicy.delete,
        retentionMs: this.#config.retentionMs,
        retentionBytes: this.#config.retentionBytes,
      },
      logStartOffset: this.#logStartOffset,
      highWatermark: this.#highWatermark,
      logEndOffset: this.#logEndOffset,
      nowMs,
      largestTimestampMs: (segment) => largestMs.get(segment) ?? nowMs,
    })
    if (deletions.length === 0) return 0
    if (includesActive) this.roll(nowMs)
    for (const { segment, reason } of deletions) {
      this.#surroundings.logger.info('retention deletes a segment', {
        baseOffset: segment.baseOffset,
        bytes: segment.size,
        reason,
      })
    }
    const removed = deletions.map(({ segment }) => segment)
    this.#removeSegments(removed)
    this.#startAt(this.segments.first.baseOffset)
    return removed.reduce((sum, { size }) => sum + size, 0)
  }

  /** An empty segment for compaction to write. @throws DiskError */
  createCleaned(baseOffset: number): Segment {
    const place = { directory: this.#directory, baseOffset, suffix: cleanedSuffix, nowMs: this.#nowMs }
    return Segment.create(this.#surroundings, place)
  }

  /** Puts `made` in the place of `old`, as `swapSegments` says. @throws DiskError */
  async replaceSegments(old: readonly Segment[], made: Segment): Promise<boolean> {
    assert(!old.some((segment) => segment.isActive), 'the active segment is not replaced')
    const place: SwapPlace = {
      disk: this.#options.environment.disk,
      directory: () => this.#directory,
      holds: (segments) => this.#isWritable && segments.every((segment) => this.segments.all.includes(segment)),
      replace: () => this.#swapIn(old, made),
    }
    try {
      return await swapSegments(place, old, made)
    } catch (error) {
      if (error instanceof DiskError) this.#fail(error)
      throw error
    }
  }

  #swapIn(old: readonly Segment[], made: Segment): void {
    for (const segment of old) segment.renameTo(deletedSuffix)
    this.segments.replace(old, [made])
    for (const segment of old) {
      if (segment.baseOffset !== made.baseOffset) this.producers.removeSnapshot(segment.baseOffset)
      this.#removeFilesLater(segment)
    }
  }

  #removeSegments(removed: readonly Segment[]): void {
    if (removed.length === 0) return
    this.segments.replace(removed, [])
    for (const segment of removed) {
      segment.renameTo(deletedSuffix)
      this.producers.removeSnapshot(segment.baseOffset)
      this.#removeFilesLater(segment)
    }
    this.#sync.directoryChanged()
  }

  #removeFilesLater(segment: Segment): void {
    segment.close()
    this.#removal.removeLater(segment.paths, this.#config.fileDeleteDelayMs)
  }

  get #nowMs(): number {
    return this.#options.environment.clock.wallMs()
  }

  // -------------------------------------------------------------------------------------------------------- closing

  /** Completes and syncs everything (`isClean`), or only lets go of it. Idempotent. @throws DiskError */
  async close({ isClean }: { readonly isClean: boolean }): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#removal.close()
    try {
      if (isClean && this.#failure === undefined) await this.#complete()
    } finally {
      for (const segment of this.segments.all) segment.close()
    }
  }

  async #complete(): Promise<void> {
    this.#unlessDiskFull('the indexes of a segment', () => this.segments.active.seal())
    this.#unlessDiskFull('a snapshot of the producers', () => this.producers.takeSnapshot())
    await this.#sync.sync()
    await this.producers.flush()
    await this.#options.environment.disk.syncDirectory(this.#directory)
  }

  /** Unlinks everything. @throws DiskError */
  async delete(): Promise<void> {
    await this.close({ isClean: false })
    await this.#options.environment.disk.removeDirectory(this.#directory)
  }
}
