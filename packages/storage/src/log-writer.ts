/**
 * Appends to a log: judges batches, gives them their offsets, writes them to the active segment, and starts a new one
 * when that is full or old. Synchronous: what is answered is in the page cache.
 *
 * Nothing of a log’s state changes before its bytes are written; so an append that fails has not been.
 */
import { assert, background } from '@gregor/base'
import { DiskError } from '@gregor/platform'
import {
  BATCH_HEADER_BYTES,
  baseOffsetAt,
  batchSizeAt,
  checkBatch,
  lastOffsetAt,
  maxTimestampAt,
  partitionLeaderEpochAt,
  producerIdAt,
  setBaseOffset,
  setPartitionLeaderEpoch,
} from '@gregor/protocol'
import type { AppendGiven, AppendRefused, AppendResult, Appended } from './append-result.ts'
import type { BatchRefusal } from './batch-refusal.ts'
import { validateBatch } from './batch-validation.ts'
import { isDiskFull } from './disk-full.ts'
import type { LogState } from './log-state.ts'
import type { LogSync } from './log-sync.ts'
import { Segment } from './segment.ts'

/** Batches to be written in one go, with what rolling must know of them. */
interface Batches {
  readonly buffers: readonly Buffer[]
  readonly byteCount: number
  readonly firstOffset: number
  readonly lastOffset: number
  readonly maxTimestamp: number
}

export interface AppendRequest {
  readonly records: Buffer
  readonly given: AppendGiven
}

/** What is written in one go at most, where many small batches come together. */
const gatheredBytesMax = 256 * 1024

/** Batches that may be appended, and the numbers of their requests. */
class Gathered {
  readonly batches: Buffer[] = []
  readonly numbers: number[] = []
  byteCount = 0
  given: AppendGiven = { leaderEpoch: -1, origin: 'client', nowMs: 0 }
  #producerIds: Set<number> | undefined

  get count(): number {
    return this.batches.length
  }

  add(batch: Buffer, number: number, given: AppendGiven): void {
    this.batches.push(batch)
    this.numbers.push(number)
    this.byteCount += batch.length
    this.given = given
    const producerId = producerIdAt(batch, 0)
    if (producerId >= 0) (this.#producerIds ??= new Set()).add(producerId)
  }

  /** What a producer sent before must be known before it is judged what it sends now. */
  takes(records: Buffer, given: AppendGiven): boolean {
    if (given.origin === 'raft' || given.leaderEpoch !== this.given.leaderEpoch) return false
    if (this.#producerIds === undefined || records.length < BATCH_HEADER_BYTES) return true
    return !this.#producerIds.has(producerIdAt(records, 0))
  }
}

export class LogWriter {
  readonly #state: LogState
  readonly #sync: LogSync
  #rollJitterMs = 0

  constructor(state: LogState, sync: LogSync) {
    this.#state = state
    this.#sync = sync
    this.#drawRollJitter()
  }

  append(records: Buffer, given: AppendGiven): AppendResult {
    if (!this.#state.isWritable) return this.#refuseClosed()
    if (given.origin === 'raft') return this.#appendAsGiven(records, given)
    const judged = this.#judge(records, given)
    return Buffer.isBuffer(judged) ? this.#write(this.#stamp([judged], given.leaderEpoch), given.nowMs) : judged
  }

  /** As `append`, one after the other, with as few writes as that takes. */
  appendAll(requests: readonly AppendRequest[]): readonly AppendResult[] {
    const results: AppendResult[] = []
    let gathered = new Gathered()
    for (let number = 0; number < requests.length; number++) {
      const { records, given } = requests[number] as AppendRequest
      const mostBytes = Math.min(gatheredBytesMax, this.#state.config.segmentBytes)
      if (gathered.count > 0 && (gathered.byteCount + records.length > mostBytes || !gathered.takes(records, given))) {
        this.#writeGathered(gathered, results)
        gathered = new Gathered()
      }
      if (given.origin === 'raft' || !this.#state.isWritable) {
        results[number] = this.append(records, given)
        continue
      }
      const judged = this.#judge(records, given)
      if (Buffer.isBuffer(judged)) gathered.add(judged, number, given)
      else results[number] = judged
    }
    if (gathered.count > 0) this.#writeGathered(gathered, results)
    return results
  }

  #writeGathered({ batches, numbers, given }: Gathered, results: AppendResult[]): void {
    const written = this.#write(this.#stamp(batches, given.leaderEpoch), given.nowMs)
    if (batches.length === 1 || written.error !== 'NONE') {
      for (const number of numbers) results[number] = written
      return
    }
    const isStamped = written.logAppendTimeMs !== -1
    for (let index = 0; index < batches.length; index++) {
      const batch = batches[index] as Buffer
      const appendTimeMs = isStamped ? maxTimestampAt(batch, 0) : -1
      const lastOffset = lastOffsetAt(batch, 0)
      results[numbers[index] ?? -1] = this.#appended(baseOffsetAt(batch, 0), lastOffset, {
        isDuplicate: false,
        appendTimeMs,
      })
    }
  }

  /** The batch, where it may be appended behind all that is in the log; else what is answered. */
  #judge(records: Buffer, given: AppendGiven): Buffer | AppendResult {
    const { config, producers } = this.#state
    const verdict = validateBatch(records, config, given)
    if (verdict.error !== 'NONE') return this.#refused(verdict)
    const { batch } = verdict
    if (batch.length > config.segmentBytes) {
      const message = `The batch has ${batch.length} bytes, segment.bytes allows ${config.segmentBytes}.`
      return this.#refuse('RECORD_LIST_TOO_LARGE', message)
    }
    if (producerIdAt(batch, 0) < 0) return batch
    const check = producers.check(batch, 0, given)
    if (check.outcome === 'accepted') return batch
    if (check.outcome === 'refused') return this.#refuse(check.error, check.message)
    const { firstOffset, lastOffset, timestampMs } = check
    return this.#appended(firstOffset, lastOffset, { isDuplicate: true, appendTimeMs: timestampMs })
  }

  /** Gives batches the next offsets. */
  #stamp(batches: readonly Buffer[], leaderEpoch: number): Batches {
    const firstOffset = this.#state.logEndOffset
    let nextOffset = firstOffset
    let byteCount = 0
    let maxTimestamp = -1
    for (const batch of batches) {
      setBaseOffset(batch, 0, nextOffset)
      setPartitionLeaderEpoch(batch, 0, leaderEpoch)
      nextOffset = lastOffsetAt(batch, 0) + 1
      maxTimestamp = Math.max(maxTimestamp, maxTimestampAt(batch, 0))
      byteCount += batch.length
    }
    return { buffers: batches, byteCount, firstOffset, lastOffset: nextOffset - 1, maxTimestamp }
  }

  appendAsFollower(batches: Buffer, given: { readonly leaderEpoch: number; readonly nowMs: number }): AppendResult {
    return this.#state.isWritable ? this.#appendAsGiven(batches, given) : this.#refuseClosed()
  }

  /** Whole batches whose offsets and epochs somebody else has set. */
  #appendAsGiven(bytes: Buffer, given: { readonly leaderEpoch: number; readonly nowMs: number }): AppendResult {
    const { logEndOffset } = this.#state
    let end = 0
    let nextOffset = logEndOffset
    let maxTimestamp = -1
    while (end < bytes.length) {
      const problem = checkBatch(bytes, end, bytes.length)
      // A fetch is cut off where its bytes end.
      if (problem === 'truncated' && end > 0) break
      if (problem !== undefined) return this.#refuse('CORRUPT_MESSAGE', `A batch is not what it should be: ${problem}.`)
      if (partitionLeaderEpochAt(bytes, end) > given.leaderEpoch) break
      const baseOffset = baseOffsetAt(bytes, end)
      if (baseOffset < nextOffset) {
        const message = `A batch begins at offset ${baseOffset}, the log goes on at ${nextOffset}.`
        return this.#refuse('OFFSET_OUT_OF_RANGE', message)
      }
      nextOffset = lastOffsetAt(bytes, end) + 1
      maxTimestamp = Math.max(maxTimestamp, maxTimestampAt(bytes, end))
      end += batchSizeAt(bytes, end)
    }
    if (end === 0) return this.#appended(logEndOffset, logEndOffset - 1, { isDuplicate: false, appendTimeMs: -1 })
    const whole = bytes.subarray(0, end)
    const firstOffset = baseOffsetAt(whole, 0)
    const lastOffset = nextOffset - 1
    return this.#write({ buffers: [whole], byteCount: end, firstOffset, lastOffset, maxTimestamp }, given.nowMs)
  }

  #write(batches: Batches, nowMs: number): AppendResult {
    const state = this.#state
    try {
      state.writePendingAborts()
      this.#rollIfNeeded(batches, nowMs)
      state.segments.active.append(batches.buffers)
    } catch (error) {
      return this.#refuseAfter(error)
    }
    state.tookAppend()
    state.logEndOffset = batches.lastOffset + 1
    for (const buffer of batches.buffers) this.#learn(buffer)
    state.producers.advanceTo(state.logEndOffset)
    try {
      state.writePendingAborts()
    } catch (error) {
      // The batch is in the log. A full disk only delays the index; no sync passes it.
      if (!isDiskFull(error)) return this.#refuseAfter(error)
    }
    const appendTimeMs = state.config.messageTimestampType === 'LogAppendTime' ? batches.maxTimestamp : -1
    return this.#appended(batches.firstOffset, batches.lastOffset, { isDuplicate: false, appendTimeMs })
  }

  /** Epochs and producers, from batches that were just written. */
  #learn(bytes: Buffer): void {
    const { epochs, producers, segments } = this.#state
    for (let at = 0; at < bytes.length; at += batchSizeAt(bytes, at)) {
      const leaderEpoch = partitionLeaderEpochAt(bytes, at)
      if (leaderEpoch > (epochs.latestEpoch ?? -1)) epochs.assign(leaderEpoch, baseOffsetAt(bytes, at))
      const completed = producerIdAt(bytes, at) >= 0 ? producers.apply(bytes, at) : undefined
      if (completed?.isAborted === true) this.#state.aborted(segments.active, completed)
    }
  }

  // -------------------------------------------------------------------------------------------------------- rolling

  #rollIfNeeded({ byteCount, firstOffset, lastOffset, maxTimestamp }: Batches, nowMs: number): void {
    const { segments, config, logEndOffset } = this.#state
    const { active } = segments
    const isFull = active.size > config.segmentBytes - byteCount || active.isIndexFull || !active.canHold(lastOffset)
    // One that is empty takes any batch, but not offsets that are too far from its base.
    if (active.size === 0 ? active.canHold(lastOffset) : !isFull && !this.#isOld(active, maxTimestamp, nowMs)) return
    this.#rollAt(Math.max(firstOffset, logEndOffset), nowMs)
  }

  #isOld(active: Segment, maxTimestamp: number, nowMs: number): boolean {
    const { config } = this.#state
    // What must be compacted in time must not stay in the active segment longer than that.
    const lagMs = config.cleanupPolicy.compact ? config.maxCompactionLagMs : Infinity
    const segmentMs = Math.min(config.segmentMs, lagMs)
    if (segmentMs === Infinity) return false
    const firstTimestamp = active.firstTimestamp ?? -1
    const waitedMs = firstTimestamp >= 0 ? maxTimestamp - firstTimestamp : nowMs - active.createdAtMs
    return waitedMs > segmentMs - this.#rollJitterMs
  }

  /** Closes the active segment and starts a new one at the log end, unless the active one is empty. @throws DiskError */
  roll(nowMs: number): void {
    if (this.#state.segments.active.size === 0) return
    try {
      this.#rollAt(this.#state.logEndOffset, nowMs)
    } catch (error) {
      if (error instanceof DiskError && !isDiskFull(error)) this.#state.fail(error)
      throw error
    }
  }

  #rollAt(baseOffset: number, nowMs: number): void {
    const state = this.#state
    const { active } = state.segments
    assert(baseOffset > active.baseOffset, 'a segment begins behind the one before it')
    const next = Segment.create(state.surroundings, { directory: state.directory, baseOffset, nowMs })
    state.isDirectoryDirty = true
    state.unlessDiskFull('the indexes of a segment', () => active.seal())
    state.segments.add(next)
    this.#drawRollJitter()
    state.producers.advanceTo(baseOffset)
    state.unlessDiskFull('a snapshot of the producers', () => state.producers.takeSnapshot())
    background('sync of a complete segment', this.#sync.sync(), (name, error) => {
      if (!state.isClosed)
        state.logger.warn(`${name} failed`, { error: error instanceof Error ? error : String(error) })
    })
  }

  /** So that the partitions of a topic do not all roll in the same moment. */
  #drawRollJitter(): void {
    const { config, environment } = this.#state
    const mostMs = Math.min(config.segmentJitterMs, config.segmentMs)
    this.#rollJitterMs = mostMs > 0 && mostMs < Infinity ? Math.floor(environment.random.fraction() * mostMs) : 0
  }

  // -------------------------------------------------------------------------------------------------------- answers

  #appended(baseOffset: number, lastOffset: number, given: { isDuplicate: boolean; appendTimeMs: number }): Appended {
    const { isDuplicate, appendTimeMs: logAppendTimeMs } = given
    const { logStartOffset } = this.#state
    return { error: 'NONE', baseOffset, lastOffset, logAppendTimeMs, logStartOffset, isDuplicate }
  }

  #refuseClosed(): AppendRefused {
    return this.#refuse('KAFKA_STORAGE_ERROR', this.#state.failure?.message)
  }

  #refuse(error: AppendRefused['error'], message?: string): AppendRefused {
    const { logStartOffset } = this.#state
    return message === undefined ? { error, logStartOffset } : { error, message, logStartOffset }
  }

  #refused({ error, message, recordErrors }: BatchRefusal): AppendRefused {
    return { error, message, recordErrors, logStartOffset: this.#state.logStartOffset }
  }

  /** A full disk passes; anything else is the end of this log until it is opened again. */
  #refuseAfter(error: unknown): AppendRefused {
    if (!(error instanceof DiskError)) throw error
    if (isDiskFull(error)) this.#state.refusedForSpace(error)
    else this.#state.fail(error)
    return this.#refuse('KAFKA_STORAGE_ERROR', error.message)
  }
}
