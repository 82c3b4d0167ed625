/**
 * A partition’s log: the one door to its segments. Appending is `LogWriter`’s, deleting `LogCutting`’s, durability
 * `LogSync`’s; opening after a crash is in `log-opening`.
 *
 * Invariants: logStartOffset ≤ highWatermark ≤ logEndOffset and syncedOffset ≤ logEndOffset; an append is whole in the
 * file or not at all; after a failed sync nothing is written any more (`failure`), until the log is opened again.
 */
import type { LogConfig } from '@gregor/config'
import { DiskError } from '@gregor/platform'
import { join } from 'node:path'
import type { AppendGiven, AppendResult } from './append-result.ts'
import type { DelayedRemoval } from './delayed-removal.ts'
import { isDiskFull } from './disk-full.ts'
import { leaderEpochsFileName, offsetIndexSuffix } from './file-names.ts'
import type { EpochEndOffset, LeaderEpochs } from './leader-epochs.ts'
import { LogCutting, type RecordsDeleted } from './log-cutting.ts'
import { type TimestampAndOffset, findMaxTimestamp, findTimestamp } from './log-lookup.ts'
import { type OpenedLog, type PartitionLogOptions, openLog } from './log-opening.ts'
import { type ReadRequest, type ReadResult, readLog, readLogNow } from './log-reader.ts'
import { LogState } from './log-state.ts'
import { LogSync } from './log-sync.ts'
import { type AppendRequest, LogWriter } from './log-writer.ts'
import type { ProducerState } from './producer-state.ts'
import type { Segment } from './segment.ts'
import type { SegmentList } from './segment-list.ts'
import type { TopicPartition } from './topic-partition.ts'
import type { AbortedTransaction } from './transaction-index.ts'

export class PartitionLog {
  readonly topicPartition: TopicPartition
  readonly topicId: string | undefined
  readonly epochs: LeaderEpochs
  readonly producers: ProducerState
  readonly segments: SegmentList
  readonly #state: LogState
  readonly #sync: LogSync
  readonly #writer: LogWriter
  readonly #cutting: LogCutting
  readonly #removal: DelayedRemoval
  #closing: Promise<void> | undefined

  private constructor(options: PartitionLogOptions, opened: OpenedLog) {
    const { clock, disk } = options.environment
    const { syncedOffset, removal } = opened
    this.topicPartition = options.topicPartition
    this.topicId = options.topicId
    this.#state = new LogState({ ...options, ...opened })
    opened.useConfig(() => this.#state.config)
    this.segments = this.#state.segments
    this.epochs = this.#state.epochs
    this.producers = this.#state.producers
    this.#removal = removal
    this.#sync = new LogSync(this.#state, { clock, disk, syncedOffset })
    this.#writer = new LogWriter(this.#state, this.#sync)
    const rebuildIndexes = (segment: Segment): Promise<void> => this.#rebuildIndexes(segment)
    this.#cutting = new LogCutting(this.#state, { sync: this.#sync, writer: this.#writer, removal, rebuildIndexes })
  }

  /** Opens or creates the log in `directory`, after whatever happened to it. @throws DiskError */
  static async open(options: PartitionLogOptions): Promise<PartitionLog> {
    return new PartitionLog(options, await openLog(options))
  }

  // -------------------------------------------------------------------------------------------------------- offsets

  get directory(): string {
    return this.#state.directory
  }

  get config(): LogConfig {
    return this.#state.config
  }

  get logStartOffset(): number {
    return this.#state.logStartOffset
  }

  get logEndOffset(): number {
    return this.#state.logEndOffset
  }

  /** All below is durable: the recovery point. */
  get syncedOffset(): number {
    return this.#sync.syncedOffset
  }

  get highWatermark(): number {
    return this.#state.highWatermark
  }

  /** Nobody who reads committed records only sees this one or later ones. */
  get lastStableOffset(): number {
    return Math.min(this.#state.highWatermark, this.producers.firstUnstableOffset ?? Infinity)
  }

  /** Of all segments’ logs. */
  get sizeBytes(): number {
    return this.segments.byteCount
  }

  /** Why nothing is written any more. */
  get failure(): DiskError | undefined {
    return this.#state.failure
  }

  /** Kept within the log’s bounds. */
  setHighWatermark(offset: number): void {
    this.#state.setHighWatermark(offset)
  }

  updateConfig(config: LogConfig): void {
    this.#state.config = config
  }

  /** The directory was renamed; open handles stay good. */
  moveTo(directory: string): void {
    this.#state.directory = directory
    for (const segment of this.segments.all) segment.moveTo(directory)
    this.producers.moveTo(directory)
    this.epochs.moveTo(join(directory, leaderEpochsFileName))
  }

  // ------------------------------------------------------------------------------------------------------ appending

  /**
   * Appends one batch as the leader; of `raft` also several. In the page cache when this returns. The batch is stamped
   * in place: offset, epoch and, where the topic wants it, time.
   */
  append(records: Buffer, given: AppendGiven): AppendResult {
    return this.#writer.append(records, given)
  }

  /** As `append`, one after the other, with as few writes as that takes: for what arrives in one turn. */
  appendAll(requests: readonly AppendRequest[]): readonly AppendResult[] {
    return this.#writer.appendAll(requests)
  }

  /**
   * Appends batches as the leader has them, offsets and epochs kept. Those of an epoch above `leaderEpoch` and what
   * follows them are left out: the leader they came from has been replaced.
   */
  appendAsFollower(batches: Buffer, given: { readonly leaderEpoch: number; readonly nowMs: number }): AppendResult {
    return this.#writer.appendAsFollower(batches, given)
  }

  /** Closes the active segment and starts a new one at the log end, unless the active one is empty. @throws DiskError */
  roll(nowMs: number): void {
    this.#writer.roll(nowMs)
  }

  // -------------------------------------------------------------------------------------------------------- reading

  /** Whole batches from `fetchOffset` on; a promise where they must come from the disk. */
  read(request: ReadRequest): ReadResult | Promise<ReadResult> {
    const early = this.#readEarly(request)
    if (early !== undefined) return early
    try {
      const { segments, logEndOffset } = this
      const rebuildIndexes = (segment: Segment): Promise<void> => this.#rebuildIndexes(segment)
      const result = readLog({ segments, logEndOffset, rebuildIndexes }, request)
      return result instanceof Promise ? result.catch((error: unknown) => this.#readRefused(error, request)) : result
    } catch (error) {
      return this.#readRefused(error, request)
    }
  }

  /** As `read`, on the page cache or not: for short logs that are read whole at start. */
  readNow(request: ReadRequest): ReadResult {
    const early = this.#readEarly(request)
    if (early !== undefined) return early
    try {
      return readLogNow(this, request)
    } catch (error) {
      return this.#readRefused(error, request)
    }
  }

  #readEarly({ fetchOffset, upTo }: ReadRequest): ReadResult | undefined {
    const { isWritable, logStartOffset, logEndOffset } = this.#state
    if (!isWritable) return { error: 'KAFKA_STORAGE_ERROR' }
    if (fetchOffset < logStartOffset || fetchOffset > logEndOffset) return { error: 'OFFSET_OUT_OF_RANGE' }
    if (fetchOffset < Math.min(upTo, logEndOffset)) return undefined
    return { error: 'NONE', records: [], byteCount: 0, firstOffset: fetchOffset, nextOffset: fetchOffset }
  }

  #readRefused(error: unknown, { fetchOffset }: ReadRequest): ReadResult {
    // What was read may have been deleted under way.
    if (fetchOffset < this.#state.logStartOffset) return { error: 'OFFSET_OUT_OF_RANGE' }
    if (!(error instanceof DiskError)) throw error
    if (!isDiskFull(error)) this.#state.fail(error)
    return { error: 'KAFKA_STORAGE_ERROR' }
  }

  /** The index of `segment` leads nowhere. It is rebuilt of a segment that stands still. */
  async #rebuildIndexes(segment: Segment): Promise<void> {
    if (segment.isActive) this.#writer.roll(this.#state.nowMs)
    await segment.rebuildIndexes({ path: segment.pathOf(offsetIndexSuffix), reason: 'it does not lead to batches' })
  }

  /** The aborted transactions that overlap offsets from `fromOffset` up to, not including, `toOffset`. @throws DiskError */
  abortedTransactions(fromOffset: number, toOffset: number): readonly AbortedTransaction[] {
    return this.#state.abortedTransactions(fromOffset, toOffset)
  }

  /** The first record whose timestamp is not below `timestamp`. @throws DiskError */
  offsetForTimestamp(timestamp: number): Promise<TimestampAndOffset | undefined> {
    const { logStartOffset: fromOffset } = this
    return findTimestamp(this.segments.from(fromOffset), { timestamp, fromOffset })
  }

  /** The first record that has the largest timestamp; `undefined` where none has one. @throws DiskError */
  offsetOfMaxTimestamp(): Promise<TimestampAndOffset | undefined> {
    const { logStartOffset: fromOffset } = this
    return findMaxTimestamp(this.segments.from(fromOffset), { fromOffset })
  }

  // --------------------------------------------------------------------------------------------------------- epochs

  endOffsetForEpoch(epoch: number): EpochEndOffset {
    return this.epochs.endOffsetFor(epoch, this.logEndOffset)
  }

  /** This node leads under `epoch` from the log’s end on. */
  assignEpoch(epoch: number): void {
    if (epoch > (this.epochs.latestEpoch ?? -1)) this.epochs.assign(epoch, this.logEndOffset)
  }

  // ----------------------------------------------------------------------------------------------------- durability

  /** Resolves when all that was appended before the call is durable. @throws DiskError, StorageError */
  sync(): Promise<void> {
    return this.#sync.sync()
  }

  /** Resolves when all below `offset` is durable. @throws DiskError, StorageError */
  whenSynced(offset: number): Promise<void> {
    return this.#sync.whenSynced(offset)
  }

  // -------------------------------------------------------------------------------------------------------- cutting

  /**
   * Moves the log start to `offset` (-1: the high watermark) and deletes segments that lie whole before it.
   * OFFSET_OUT_OF_RANGE beyond the high watermark. @throws DiskError
   */
  deleteRecordsBefore(offset: number): RecordsDeleted {
    return this.#cutting.deleteRecordsBefore(offset)
  }

  /** Deletes what retention does not keep. Returns how many bytes are gone. @throws DiskError */
  applyRetention(nowMs: number): Promise<number> {
    return this.#cutting.applyRetention(nowMs)
  }

  /** Takes off the batches that end at `offset` or later; the log ends at `offset` then, durably. @throws DiskError */
  truncateTo(offset: number): Promise<void> {
    return this.#cutting.truncateTo(offset)
  }

  /** Throws all records away; the log is empty and begins and ends at `offset`, durably. @throws DiskError */
  truncateFullyAndStartAt(offset: number): Promise<void> {
    return this.#cutting.truncateFullyAndStartAt(offset)
  }

  /** An empty segment for compaction to write. @throws DiskError */
  createCleaned(baseOffset: number): Segment {
    return this.#cutting.createCleaned(baseOffset)
  }

  /** Puts `made` in the place of `old`, as `swapSegments` says. @throws DiskError */
  replaceSegments(old: readonly Segment[], made: Segment): Promise<boolean> {
    return this.#cutting.replaceSegments(old, made)
  }

  // -------------------------------------------------------------------------------------------------------- closing

  /** Completes and syncs everything (`isClean`), or only lets go of it. Idempotent. @throws DiskError */
  close({ isClean }: { readonly isClean: boolean }): Promise<void> {
    this.#closing ??= this.#close(isClean)
    return this.#closing
  }

  async #close(isClean: boolean): Promise<void> {
    const hasFailed = this.#state.failure !== undefined
    this.#state.isClosed = true
    this.#removal.close()
    try {
      if (isClean && !hasFailed) await this.#complete()
    } finally {
      this.#sync.stop()
      for (const segment of this.segments.all) segment.close()
    }
  }

  async #complete(): Promise<void> {
    this.#state.unlessDiskFull('the indexes of a segment', () => this.segments.active.seal())
    this.#state.unlessDiskFull('a snapshot of the producers', () => this.producers.takeSnapshot())
    await this.#sync.sync()
    await this.epochs.flush()
    await this.#state.environment.disk.syncDirectory(this.directory)
  }

  /** Unlinks everything. @throws DiskError */
  async delete(): Promise<void> {
    await this.close({ isClean: false })
    await this.#state.environment.disk.removeDirectory(this.directory)
  }
}
