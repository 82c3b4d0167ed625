/**
 * One of the directories that a node keeps logs in: its lock, its id, its checkpoints, the logs it holds. When its disk
 * fails it goes offline, and stays so until the node starts again; other directories go on.
 */

import { join } from 'node:path'
import type { Disk, DiskError, DiskLock, Logger } from '@gregor/platform'
import { OffsetCheckpoint, offsetCheckpointNames } from './checkpoint-file.ts'
import { type CleanShutdown, takeCleanShutdown } from './clean-shutdown.ts'
import type { PartitionLog } from './partition-log.ts'
import { partitionName } from './topic-partition.ts'

export const lockName = '.lock'

export interface Checkpoints {
  /** What is durable of each log. */
  readonly recoveryPoint: OffsetCheckpoint
  /** Of logs that begin within a segment. */
  readonly logStartOffset: OffsetCheckpoint
  readonly highWatermark: OffsetCheckpoint
  /** The end of what compaction has been through. */
  readonly cleaner: OffsetCheckpoint
}

export class LogDirectory {
  readonly path: string
  readonly directoryId: string
  /** False: it is kept for others, the metadata log, and no partition is put there. */
  readonly holdsLogs: boolean
  /** How its last life ended. */
  readonly shutdown: CleanShutdown
  readonly checkpoints: Checkpoints
  /** By `partitionName`. */
  readonly logs = new Map<string, PartitionLog>()
  /** On their way to this directory, by `partitionName`. */
  readonly futureLogs = new Map<string, PartitionLog>()
  #lock: DiskLock | undefined
  #failure: DiskError | undefined

  private constructor(given: {
    path: string
    directoryId: string
    holdsLogs: boolean
    lock: DiskLock
    shutdown: CleanShutdown
    checkpoints: Checkpoints
  }) {
    this.path = given.path
    this.directoryId = given.directoryId
    this.holdsLogs = given.holdsLogs
    this.shutdown = given.shutdown
    this.checkpoints = given.checkpoints
    this.#lock = given.lock
  }

  /** Of a directory that is locked and identified. Checkpoints that are damaged count as empty. @throws DiskError */
  static async open(given: {
    readonly disk: Disk
    readonly logger: Logger
    readonly path: string
    readonly directoryId: string
    readonly holdsLogs: boolean
    readonly lock: DiskLock
  }): Promise<LogDirectory> {
    const { disk, logger, path } = given
    const load = (name: string): OffsetCheckpoint => {
      const checkpoint = OffsetCheckpoint.load(disk, join(path, name))
      const { problem } = checkpoint
      if (problem !== undefined)
        logger.warn('a checkpoint is damaged: going on without it', { file: checkpoint.path, problem })
      return checkpoint
    }
    const checkpoints = {
      recoveryPoint: load(offsetCheckpointNames.recoveryPoint),
      logStartOffset: load(offsetCheckpointNames.logStartOffset),
      highWatermark: load(offsetCheckpointNames.highWatermark),
      cleaner: load(offsetCheckpointNames.cleaner),
    }
    return new LogDirectory({ ...given, checkpoints, shutdown: await takeCleanShutdown(disk, path) })
  }

  get isOnline(): boolean {
    return this.#failure === undefined
  }

  /** Why it is offline. */
  get failure(): DiskError | undefined {
    return this.#failure
  }

  /** Current and future logs. */
  *allLogs(): Generator<PartitionLog> {
    yield* this.logs.values()
    yield* this.futureLogs.values()
  }

  /** Goes offline: whatever its logs are asked from now on, they refuse. Only the first failure counts. */
  async fail(error: DiskError): Promise<void> {
    if (this.#failure !== undefined) return
    this.#failure = error
    for (const log of this.allLogs()) await log.close({ isClean: false })
    this.release()
  }

  /** Notes where the logs stand now, durably. @throws DiskError */
  async checkpoint(which: readonly ('recoveryPoint' | 'logStartOffset' | 'highWatermark')[]): Promise<void> {
    for (const name of which) {
      const checkpoint = this.checkpoints[name]
      let isChanged = false
      for (const log of this.logs.values()) {
        const offset = offsetOf(log, name)
        if (offset === checkpoint.get(log.topicPartition)) continue
        if (offset === undefined) checkpoint.delete(log.topicPartition)
        else checkpoint.set(log.topicPartition, offset)
        isChanged = true
      }
      if (isChanged) await checkpoint.flush()
    }
  }

  /** Forgets a log that is not in this directory any more. @throws DiskError */
  async forget(log: PartitionLog): Promise<void> {
    const { topicPartition } = log
    const name = partitionName(topicPartition)
    if (this.logs.get(name) === log) this.logs.delete(name)
    if (this.futureLogs.get(name) === log) this.futureLogs.delete(name)
    if (this.logs.has(name)) return
    const { recoveryPoint, logStartOffset, highWatermark, cleaner } = this.checkpoints
    const all = [recoveryPoint, logStartOffset, highWatermark, cleaner]
    const known = all.filter((checkpoint) => checkpoint.get(topicPartition) !== undefined)
    for (const checkpoint of known) checkpoint.delete(topicPartition)
    await Promise.all(known.map((checkpoint) => checkpoint.flush()))
  }

  /** Lets others have it. Idempotent. */
  release(): void {
    this.#lock?.release()
    this.#lock = undefined
  }
}

/** `undefined`: there is nothing to note. */
function offsetOf(log: PartitionLog, name: keyof Checkpoints): number | undefined {
  if (name === 'recoveryPoint') return log.syncedOffset
  if (name === 'highWatermark') return log.highWatermark
  return log.logStartOffset > log.segments.first.baseOffset ? log.logStartOffset : undefined
}
