/**
 * Opens a partition’s log after whatever happened to it: finds its segments, recovers what was not closed in order,
 * rebuilds what is derived (indexes, leader epochs, producers, aborted transactions) where it is lost or behind.
 */
import type { LogConfig } from '@gregor/config'
import type { DiskError, Environment } from '@gregor/platform'
import { dirname, join } from 'node:path'
import { DelayedRemoval } from './delayed-removal.ts'
import { DerivedState } from './derived-state.ts'
import { leaderEpochsFileName } from './file-names.ts'
import { LeaderEpochs } from './leader-epochs.ts'
import { findSegments } from './log-loading.ts'
import { firstToRecover, recoverSegments } from './log-recovery.ts'
import type { OpenFiles } from './open-files.ts'
import { ProducerState } from './producer-state.ts'
import { Segment, type SegmentSurroundings } from './segment.ts'
import { SegmentList } from './segment-list.ts'
import { type TopicPartition, partitionName } from './topic-partition.ts'

export interface PartitionLogOptions {
  readonly environment: Pick<Environment, 'clock' | 'disk' | 'logger' | 'random'>
  /** Of the partition. Made where it is not there. */
  readonly directory: string
  readonly topicPartition: TopicPartition
  readonly topicId?: string | undefined
  readonly config: LogConfig
  /** From the checkpoint: all below is known to be durable, and is not checked again. 0 where it is lost. */
  readonly recoveryPoint: number
  /** From the checkpoint; 0 where it is lost. The log may begin later. */
  readonly logStartOffset: number
  /** The node was stopped in order. */
  readonly isClean: boolean
  /** From the cleaner’s checkpoint: compaction has been below. Default: it may have been anywhere if it is on. */
  readonly firstDirtyOffset?: number | undefined
  readonly producerIdExpirationMs: number
  /** `transaction.partition.verification.enable`. Default: off. */
  readonly isVerifyingTransactions?: boolean | undefined
  readonly files: OpenFiles
  /** The disk failed: nothing is written to this log any more. Called once. */
  readonly onStorageError: (error: DiskError) => void
}

export interface OpenedLog {
  readonly surroundings: SegmentSurroundings
  readonly removal: DelayedRemoval
  readonly segments: SegmentList
  readonly derived: DerivedState
  readonly logStartOffset: number
  readonly logEndOffset: number
  readonly syncedOffset: number
  /** From now on the config is asked for here. */
  useConfig(config: () => LogConfig): void
}

/** @throws DiskError */
export async function openLog(options: PartitionLogOptions): Promise<OpenedLog> {
  const { clock, disk } = options.environment
  const { directory } = options
  if (disk.stat(directory) === undefined) {
    disk.makeDirectory(directory)
    await disk.syncDirectory(dirname(directory))
  }
  let config = (): LogConfig => options.config
  const logger = options.environment.logger.child({ partition: partitionName(options.topicPartition) })
  const surroundings: SegmentSurroundings = { files: options.files, logger, config: () => config() }
  const removal = new DelayedRemoval({ clock, disk, logger })
  const producers = new ProducerState({
    disk,
    logger,
    directory,
    discard: (paths) => removal.removeLater(paths, config().fileDeleteDelayMs),
    producerIdExpirationMs: options.producerIdExpirationMs,
    isVerifying: options.isVerifyingTransactions ?? false,
  })
  const epochs = LeaderEpochs.load(disk, join(directory, leaderEpochsFileName))
  const derived = new DerivedState({ epochs, producers, logger })
  const loaded = await new LogOpening(options, surroundings, derived).load()
  await loaded.segments.active.prepare()
  loaded.segments.active.activate()
  return {
    ...loaded,
    surroundings,
    removal,
    derived,
    useConfig: (source) => {
      config = source
    },
  }
}

type Loaded = Pick<OpenedLog, 'segments' | 'logStartOffset' | 'logEndOffset' | 'syncedOffset'>

class LogOpening {
  readonly #options: PartitionLogOptions
  readonly #surroundings: SegmentSurroundings
  readonly #derived: DerivedState
  readonly #nowMs: number

  constructor(options: PartitionLogOptions, surroundings: SegmentSurroundings, derived: DerivedState) {
    this.#options = options
    this.#surroundings = surroundings
    this.#derived = derived
    this.#nowMs = options.environment.clock.wallMs()
  }

  async load(): Promise<Loaded> {
    const { directory, isClean } = this.#options
    const { logger } = this.#surroundings
    const found = await findSegments({ disk: this.#options.environment.disk, logger, directory })
    const nowMs = this.#nowMs
    const segments = found.map((place) => Segment.open(this.#surroundings, { ...place, directory, nowMs }))
    const last = segments.at(-1)
    if (last === undefined) return this.#startEmpty()
    await this.#rebuildMissingIndexes(segments)
    if (isClean) {
      await last.prepare()
      const { nextOffset, problem } = last.findEnd()
      if (problem === undefined) return this.#finish({ segments, nextOffset, soundUpTo: nextOffset })
      logger.warn('a log that was closed in order ends in bytes that are no batch', { file: last.path, problem })
    }
    return this.#recover(segments)
  }

  /** Of those that recovery does not look at anyway. */
  async #rebuildMissingIndexes(segments: readonly Segment[]): Promise<void> {
    const { isClean, recoveryPoint } = this.#options
    for (const [index, segment] of segments.entries()) {
      const isRecovered = !isClean && (segments[index + 1]?.baseOffset ?? Infinity) >= recoveryPoint
      const problem = isRecovered ? undefined : segment.findIndexProblem()
      if (problem !== undefined) await segment.rebuildIndexes(problem)
    }
  }

  async #recover(segments: readonly Segment[]): Promise<Loaded> {
    const { recoveryPoint, config, firstDirtyOffset } = this.#options
    const { disk } = this.#options.environment
    const { logger } = this.#surroundings
    const logStartOffset = this.#logStartOf(segments)
    const soundUpTo = Math.max(recoveryPoint, logStartOffset)
    const from = this.#derived.restart({
      segments,
      logStartOffset,
      soundUpTo,
      nowMs: this.#nowMs,
      isTorn: !this.#options.isClean,
    })
    const first = firstToRecover(segments, recoveryPoint)
    await this.#derived.visitFrom(segments.slice(0, first), from)
    const recovered = await recoverSegments({
      disk,
      logger,
      segments,
      recoveryPoint,
      isContiguousFrom: firstDirtyOffset ?? (config.cleanupPolicy.compact ? Infinity : 0),
      visitFrom: from,
      visit: (segment, header, place) => this.#derived.visit(segment, header, place),
    })
    if (recovered.nextOffset < soundUpTo) return this.#finish({ ...recovered, soundUpTo: recovered.nextOffset })
    const end = { logStartOffset, logEndOffset: recovered.nextOffset }
    this.#derived.finish(end)
    return {
      ...end,
      segments: new SegmentList(recovered.segments),
      syncedOffset: Math.min(soundUpTo, end.logEndOffset),
    }
  }

  /** Segments that are good as they are. What is derived is behind where it was not written at the end. */
  async #finish(good: {
    readonly segments: readonly Segment[]
    readonly nextOffset: number
    readonly soundUpTo: number
  }): Promise<Loaded> {
    const { segments, nextOffset: logEndOffset, soundUpTo } = good
    const logStartOffset = this.#logStartOf(segments)
    if (logEndOffset < logStartOffset) {
      this.#surroundings.logger.warn('the log ends before its start: it begins anew there', {
        logEndOffset,
        logStartOffset,
      })
      for (const segment of segments) await segment.remove()
      return this.#startEmpty()
    }
    const from = this.#derived.restart({
      segments,
      logStartOffset,
      soundUpTo,
      nowMs: this.#nowMs,
      isTorn: !this.#options.isClean,
    })
    if (from < logEndOffset) await this.#derived.visitFrom(segments, from)
    this.#derived.finish({ logStartOffset, logEndOffset })
    return { segments: new SegmentList(segments), logStartOffset, logEndOffset, syncedOffset: soundUpTo }
  }

  /**
   * The first segment’s name is durable before there is a second one: of a log whose front was lost nobody could tell.
   * @throws DiskError
   */
  async #startEmpty(): Promise<Loaded> {
    const { directory, logStartOffset, environment } = this.#options
    const place = { directory, baseOffset: logStartOffset, nowMs: this.#nowMs }
    const segments = new SegmentList([Segment.create(this.#surroundings, place)])
    await environment.disk.syncDirectory(directory)
    this.#derived.startAnew(logStartOffset)
    return { segments, logStartOffset, logEndOffset: logStartOffset, syncedOffset: logStartOffset }
  }

  #logStartOf(segments: readonly Segment[]): number {
    return Math.max(this.#options.logStartOffset, segments[0]?.baseOffset ?? 0)
  }
}
