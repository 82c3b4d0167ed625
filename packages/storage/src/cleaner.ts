/**
 * Keeps compacted logs compact, over all directories: one log at a time, the dirtiest first, until none needs it; then
 * it looks again every `log.cleaner.backoff.ms`. (Apache Kafka’s threads, `log.cleaner.threads`, have no counterpart:
 * the work is done in slices of the thread that owns the logs.)
 *
 * A log that cannot be compacted, because a segment is damaged or one batch has more keys than memory holds, is left
 * alone until the node starts again; the others go on.
 */

import { background } from '@gregor/base'
import type { BrokerConfig } from '@gregor/config'
import { DiskError, type Environment, type Timer } from '@gregor/platform'
import type { OffsetCheckpoint } from './checkpoint-file.ts'
import { type CompactionRange, compactionRange } from './compaction-range.ts'
import { type CompactionStats, compact } from './compaction.ts'
import { isDiskFull } from './disk-full.ts'
import type { PartitionLog } from './partition-log.ts'
import { SegmentDamage } from './segment-reader.ts'
import { Throttle } from './throttle.ts'
import { TimeSlices } from './time-slices.ts'
import { partitionName } from './topic-partition.ts'

/** A log, and the checkpoint of its directory that says what of it is clean. */
export interface CleanerLog {
  readonly log: PartitionLog
  readonly checkpoint: OffsetCheckpoint
}

export interface CleanerOptions {
  readonly environment: Pick<Environment, 'clock' | 'logger' | 'random'>
  readonly config: () => BrokerConfig
  /** Those that are open, asked before each run. */
  readonly logs: () => Iterable<CleanerLog>
  /** A segment is not what was written. */
  readonly onDamage: (log: PartitionLog, damage: SegmentDamage) => void
  /** The disk failed. */
  readonly onStorageError: (log: PartitionLog, error: DiskError) => void
}

interface Candidate extends CleanerLog {
  readonly range: CompactionRange
}

interface Run {
  readonly log: PartitionLog
  readonly stop: AbortController
  readonly ended: Promise<void>
}

export class Cleaner {
  /** Of the dirtiest log, when it was last looked for: 0 to 1. */
  dirtiestRatio = 0
  /** When it was last looked for. */
  lastLookedAtMs: number
  /** Of the last run. */
  lastStats: CompactionStats | undefined
  lastDurationMs = 0
  /** The longest that others had to wait for a slice of a run. */
  longestSliceMs = 0
  readonly #options: CleanerOptions
  readonly #throttle: Throttle
  readonly #uncleanable = new WeakSet<PartitionLog>()
  /** How many are at work that no run may be in the way of. */
  readonly #pauses = new Map<PartitionLog, number>()
  #uncleanableCount = 0
  #run: Run | undefined
  #timer: Timer | undefined
  #isClosed = false

  constructor(options: CleanerOptions) {
    this.#options = options
    const { clock } = options.environment
    this.lastLookedAtMs = clock.wallMs()
    this.#throttle = new Throttle(clock, () => options.config().get('log.cleaner.io.max.bytes.per.second'))
  }

  /** Logs that are left alone until the next start. */
  get uncleanableCount(): number {
    return this.#uncleanableCount
  }

  /** Begins to look for work, and goes on until `close`. */
  start(): void {
    background('compaction', this.#work(), (name, error) => {
      this.#options.environment.logger.error(`${name} has stopped`, {
        error: error instanceof Error ? error : String(error),
      })
    })
  }

  /** Compacts the log that needs it most. False: none does, or that run was stopped. */
  async cleanNext(): Promise<boolean> {
    const candidate = await this.#dirtiest()
    if (candidate === undefined || this.#isClosed || this.#pauses.has(candidate.log)) return false
    const stop = new AbortController()
    const { promise: ended, resolve } = Promise.withResolvers<void>()
    this.#run = { log: candidate.log, stop, ended }
    try {
      return await this.#clean(candidate, stop.signal)
    } finally {
      this.#run = undefined
      resolve()
    }
  }

  isCleaning(log: PartitionLog): boolean {
    return this.#run?.log === log
  }

  /** Resolves once no run works on the log any more. Another may begin, unless it is no longer to be compacted. */
  async stopCleaning(log: PartitionLog): Promise<void> {
    const run = this.#run
    if (run?.log !== log) return
    run.stop.abort()
    await run.ended
  }

  /** Does what no run may be in the way of: the log is cut, moved or removed. */
  async withoutCleaning<Result>(log: PartitionLog, work: () => Promise<Result>): Promise<Result> {
    this.#pauses.set(log, (this.#pauses.get(log) ?? 0) + 1)
    try {
      await this.stopCleaning(log)
      return await work()
    } finally {
      const left = (this.#pauses.get(log) ?? 1) - 1
      if (left > 0) this.#pauses.set(log, left)
      else this.#pauses.delete(log)
    }
  }

  /** Stops for good. Idempotent. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#timer?.cancel()
    this.#run?.stop.abort()
    await this.#run?.ended
  }

  async #work(): Promise<void> {
    let isDone = false
    while (!isDone && !this.#isClosed) isDone = !(await this.cleanNext())
    if (this.#isClosed) return
    const backoffMs = this.#options.config().get('log.cleaner.backoff.ms')
    this.#timer = this.#options.environment.clock.schedule(backoffMs, () => this.start())
  }

  async #dirtiest(): Promise<Candidate | undefined> {
    this.lastLookedAtMs = this.#options.environment.clock.wallMs()
    this.dirtiestRatio = 0
    let dirtiest: Candidate | undefined
    for (const { log, checkpoint } of this.#options.logs()) {
      if (!log.config.cleanupPolicy.compact || log.failure !== undefined) continue
      if (this.#uncleanable.has(log) || this.#pauses.has(log)) continue
      const range = await this.#rangeOf(log, checkpoint)
      this.dirtiestRatio = Math.max(this.dirtiestRatio, range.dirtyRatio)
      const isDue = range.overdueMs > 0 && range.dirtyBytes > 0
      if (!isDue && !(range.dirtyRatio > log.config.minCleanableDirtyRatio)) continue
      if (dirtiest === undefined || range.dirtyRatio > dirtiest.range.dirtyRatio) dirtiest = { log, checkpoint, range }
    }
    return dirtiest
  }

  async #rangeOf(log: PartitionLog, checkpoint: OffsetCheckpoint): Promise<CompactionRange> {
    const largestMs = new Map<object, number>()
    if (log.config.minCompactionLagMs > 0) {
      for (const segment of log.segments.all) largestMs.set(segment, (await segment.readMaxTimestamp()).timestamp)
    }
    const range = compactionRange({
      segments: log.segments.all,
      logStartOffset: log.logStartOffset,
      logEndOffset: log.logEndOffset,
      lastStableOffset: log.lastStableOffset,
      checkpoint: checkpoint.get(log.topicPartition),
      config: log.config,
      nowMs: this.lastLookedAtMs,
      largestTimestampMs: (segment) => largestMs.get(segment) ?? Infinity,
      firstTimestampMs: (segment) => segment.firstTimestamp,
    })
    if (range.isCheckpointStale) checkpoint.set(log.topicPartition, range.firstDirtyOffset)
    return range
  }

  async #clean({ log, checkpoint, range }: Candidate, signal: AbortSignal): Promise<boolean> {
    const { clock, logger } = this.#options.environment
    const startedMs = clock.monotonicMs()
    const slices = new TimeSlices(clock)
    try {
      const result = await compact(log, range, { ...this.#resources(log), slices, signal })
      if (result.outcome === 'stopped') return false
      this.lastStats = result.stats
      this.lastDurationMs = clock.monotonicMs() - startedMs
      this.longestSliceMs = Math.max(this.longestSliceMs, slices.longestMs)
      if (result.endOffset === range.firstDirtyOffset) {
        this.#leaveAlone(log, 'one batch has more keys than log.cleaner.dedupe.buffer.size holds')
        return true
      }
      checkpoint.set(log.topicPartition, result.endOffset)
      await checkpoint.flush()
      logger.info('compacted a log', {
        ...describe(log, range, result.endOffset),
        ...result.stats,
        tookMs: Math.round(this.lastDurationMs),
      })
      return true
    } catch (error) {
      return this.#failed(log, error)
    }
  }

  #resources(log: PartitionLog) {
    const config = this.#options.config()
    const { environment } = this.#options
    return {
      environment,
      logger: environment.logger.child({ partition: partitionName(log.topicPartition) }),
      dedupeBufferBytes: config.get('log.cleaner.dedupe.buffer.size'),
      dedupeLoadFactor: config.get('log.cleaner.io.buffer.load.factor'),
      chunkBytes: Math.ceil(config.get('log.cleaner.io.buffer.size') / 2),
      throttle: this.#throttle,
    }
  }

  /** True: others may be tried at once. */
  #failed(log: PartitionLog, error: unknown): boolean {
    if (isDiskFull(error)) {
      this.#options.environment.logger.warn('no space to compact a log', {
        partition: partitionName(log.topicPartition),
        error,
      })
      return false
    }
    if (error instanceof DiskError) {
      this.#options.onStorageError(log, error)
      return true
    }
    if (error instanceof SegmentDamage) this.#options.onDamage(log, error)
    this.#leaveAlone(log, error instanceof Error ? error : String(error))
    return true
  }

  #leaveAlone(log: PartitionLog, reason: Error | string): void {
    this.#uncleanable.add(log)
    this.#uncleanableCount++
    const partition = partitionName(log.topicPartition)
    this.#options.environment.logger.error('a log cannot be compacted: it is left alone until the next start', {
      partition,
      reason,
    })
  }
}

function describe(log: PartitionLog, range: CompactionRange, endOffset: number) {
  return { partition: partitionName(log.topicPartition), fromOffset: range.firstDirtyOffset, toOffset: endOffset }
}
