/**
 * Opens a partition’s log after whatever happened to it: finds its segments, recovers what was not closed in order,
 * rebuilds what is derived (indexes, leader epochs, producers, aborted transactions) where it is lost or behind.
 */
import { MalformedMessageError } from '@gregor/base'
import type { LogConfig } from '@gregor/config'
import type { DiskError, Environment, Logger } from '@gregor/platform'
import { baseOffsetAt, lastOffsetAt, partitionLeaderEpochAt } from '@gregor/protocol'
import { join } from 'node:path'
import { DelayedRemoval } from './delayed-removal.ts'
import { LeaderEpochs } from './leader-epochs.ts'
import { findSegments } from './log-loading.ts'
import { recoverSegments } from './log-recovery.ts'
import { scanLog } from './log-scan.ts'
import type { OpenFiles } from './open-files.ts'
import type { CompletedTransaction } from './open-transactions.ts'
import { ProducerState } from './producer-state.ts'
import { Segment, type SegmentSurroundings } from './segment.ts'
import { SegmentList } from './segment-list.ts'
import { isLegacy } from './stored-batch.ts'
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
  readonly epochs: LeaderEpochs
  readonly producers: ProducerState
  readonly logStartOffset: number
  readonly logEndOffset: number
  readonly syncedOffset: number
  /** From now on the config is asked for here. */
  useConfig(config: () => LogConfig): void
}

/** @throws DiskError */
export async function openLog(options: PartitionLogOptions): Promise<OpenedLog> {
  const { clock, disk } = options.environment
  const nowMs = clock.wallMs()
  disk.makeDirectory(options.directory)
  let config = (): LogConfig => options.config
  const logger = options.environment.logger.child({ partition: partitionName(options.topicPartition) })
  const surroundings: SegmentSurroundings = { files: options.files, logger, config: () => config() }
  const removal = new DelayedRemoval({ clock, disk, logger })

  const loaded = await loadSegments(options, surroundings)
  const isBehindStart = loaded.nextOffset < options.logStartOffset
  if (isBehindStart) await dropAll(loaded.segments, { logger, logStartOffset: options.logStartOffset })
  const kept = isBehindStart ? [] : loaded.segments
  const segments = new SegmentList(kept.length > 0 ? kept : [createFirst(options, surroundings, nowMs)])
  const logStartOffset = Math.max(options.logStartOffset, segments.first.baseOffset)
  const logEndOffset = Math.max(loaded.nextOffset, logStartOffset)
  await segments.active.prepare()
  segments.active.activate()

  const producers = new ProducerState({
    disk,
    logger,
    directory: options.directory,
    discard: (paths) => removal.removeLater(paths, config().fileDeleteDelayMs),
    producerIdExpirationMs: options.producerIdExpirationMs,
    isVerifying: options.isVerifyingTransactions ?? false,
  })
  const epochs = LeaderEpochs.load(disk, join(options.directory, 'leader-epoch-checkpoint'))
  const checkedFrom = loaded.isRecovered ? Math.min(options.recoveryPoint, logEndOffset) : logEndOffset
  const replay = { segments, logger, logStartOffset, logEndOffset, checkedFrom, nowMs }
  await rebuildDerived(replay, { epochs, producers })
  return {
    surroundings,
    removal,
    segments,
    epochs,
    producers,
    logStartOffset,
    logEndOffset,
    syncedOffset: checkedFrom,
    useConfig: (source) => {
      config = source
    },
  }
}

interface LoadedSegments {
  readonly segments: readonly Segment[]
  readonly nextOffset: number
  /** Not closed in order: only what is below the recovery point was durable. */
  readonly isRecovered: boolean
}

async function loadSegments(options: PartitionLogOptions, surroundings: SegmentSurroundings): Promise<LoadedSegments> {
  const { directory, recoveryPoint } = options
  const { disk, clock } = options.environment
  const { logger } = surroundings
  const found = await findSegments({ disk, logger, directory })
  const nowMs = clock.wallMs()
  const segments = found.map((segment) => Segment.open(surroundings, { ...segment, directory, nowMs }))
  const last = segments.at(-1)
  if (last === undefined) return { segments, nextOffset: 0, isRecovered: !options.isClean }
  for (const segment of segments) {
    const isRecoveredAnyway = !options.isClean && segment.baseOffset >= recoveryPoint
    const problem = isRecoveredAnyway ? undefined : segment.findIndexProblem()
    if (problem !== undefined) await segment.rebuildIndexes(problem)
  }
  if (options.isClean) {
    await last.prepare()
    const end = last.findEnd()
    if (end.problem === undefined) return { segments, nextOffset: end.nextOffset, isRecovered: false }
    logger.warn('a log that was closed in order ends in bytes that are no batch', { file: last.path })
  }
  const isCompacted = options.config.cleanupPolicy.compact
  const isContiguousFrom = options.firstDirtyOffset ?? (isCompacted ? Infinity : 0)
  const recovered = await recoverSegments({ disk, logger, segments, recoveryPoint, isContiguousFrom })
  return { ...recovered, isRecovered: true }
}

async function dropAll(segments: readonly Segment[], given: { logger: Logger; logStartOffset: number }): Promise<void> {
  if (segments.length === 0) return
  given.logger.warn('the log ends before its start offset: it begins anew there', {
    logStartOffset: given.logStartOffset,
  })
  for (const segment of segments) await segment.remove()
}

function createFirst(options: PartitionLogOptions, surroundings: SegmentSurroundings, nowMs: number): Segment {
  return Segment.create(surroundings, { directory: options.directory, baseOffset: options.logStartOffset, nowMs })
}

interface Replay {
  readonly segments: SegmentList
  readonly logger: Logger
  readonly logStartOffset: number
  readonly logEndOffset: number
  /** What is derived from batches below this offset was durable with them. */
  readonly checkedFrom: number
  readonly nowMs: number
}

/** Brings leader epochs, producers and aborted transactions up to the log’s end, reading as much of it as that takes. */
async function rebuildDerived(
  replay: Replay,
  { epochs, producers }: { epochs: LeaderEpochs; producers: ProducerState },
): Promise<void> {
  const { segments, logger, logStartOffset, logEndOffset, nowMs } = replay
  epochs.truncateFromEnd(logEndOffset)
  epochs.truncateFromStart(logStartOffset)
  const areEpochsLost = epochs.problem !== undefined && logEndOffset > logStartOffset
  if (areEpochsLost) logger.warn('rebuilding the leader epochs', { file: epochs.path, reason: epochs.problem })
  const epochsFrom = areEpochsLost ? logStartOffset : replay.checkedFrom
  const abortsFrom = firstUnsureAbort(replay)
  producers.removeStraySnapshots(segments.all.map((segment) => segment.baseOffset))
  producers.truncateAndReload({ logStartOffset, logEndOffset: Math.min(logEndOffset, abortsFrom), nowMs })
  producers.logStartAdvanced(logStartOffset)
  const producersFrom = producers.endOffset
  const from = Math.min(epochsFrom, producersFrom)
  if (from >= logEndOffset) return
  for (const segment of segments.from(from)) {
    if (segment.baseOffset >= abortsFrom) segment.transactionIndex.reset()
    else segment.transactionIndex.truncateTo(abortsFrom)
    await visitBatches(segment, from, (buffer, at) => {
      const offset = baseOffsetAt(buffer, at)
      const leaderEpoch = partitionLeaderEpochAt(buffer, at)
      if (offset >= epochsFrom && leaderEpoch > (epochs.latestEpoch ?? -1)) epochs.assign(leaderEpoch, offset)
      if (lastOffsetAt(buffer, at) < producersFrom) return
      const completed = applyOrPass(producers, buffer, at, logger)
      if (completed?.isAborted === true && completed.lastOffset >= abortsFrom)
        segment.transactionIndex.append(completed)
    })
  }
  producers.advanceTo(logEndOffset)
}

/** Brings the producers up to the log’s end, from where they are. @throws DiskError */
export async function replayProducers(
  segments: SegmentList,
  producers: ProducerState,
  given: { readonly logEndOffset: number; readonly logger: Logger },
): Promise<void> {
  const from = producers.endOffset
  if (from < given.logEndOffset) {
    for (const segment of segments.from(from)) {
      await visitBatches(segment, from, (buffer, at) => {
        if (lastOffsetAt(buffer, at) >= from) applyOrPass(producers, buffer, at, given.logger)
      })
    }
  }
  producers.advanceTo(given.logEndOffset)
}

/** Below the recovery point checksums are not looked at: a damaged marker is passed by, as all damage there is. */
function applyOrPass(
  producers: ProducerState,
  buffer: Buffer,
  at: number,
  logger: Logger,
): CompletedTransaction | undefined {
  try {
    return producers.apply(buffer, at)
  } catch (error) {
    if (!(error instanceof MalformedMessageError)) throw error
    logger.warn('passing by a transaction marker that cannot be read', { offset: baseOffsetAt(buffer, at), error })
    return undefined
  }
}

/** From here on the transaction indexes are written anew: behind the last sync, and where one of them is damaged. */
function firstUnsureAbort({ segments, logger, checkedFrom }: Replay): number {
  for (const segment of segments.all) {
    const problem = segment.transactionIndex.check()
    if (problem === undefined) continue
    logger.warn('rebuilding a transaction index', { file: segment.transactionIndex.path, reason: problem })
    return Math.min(checkedFrom, segment.baseOffset)
  }
  return checkedFrom
}

/** The batches of magic 2, which alone know of epochs and producers, from about `fromOffset` on. */
async function visitBatches(
  segment: Segment,
  fromOffset: number,
  visit: (buffer: Buffer, at: number) => void,
): Promise<void> {
  await segment.prepare()
  const place = fromOffset <= segment.baseOffset ? undefined : segment.locate(fromOffset)
  const from = typeof place === 'object' && !place.isDamaged ? place.position : 0
  const range = { from, end: segment.size, baseOffset: segment.baseOffset, checksums: false }
  await segment.pinned((file) =>
    scanLog(file, range, {
      batch: (buffer, at) => {
        if (!isLegacy(buffer, at)) visit(buffer, at)
      },
      damage: () => true,
    }),
  )
}
