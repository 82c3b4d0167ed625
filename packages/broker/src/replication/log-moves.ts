/**
 * Moves logs between the directories of this node (KIP-113): a future log is filled from the current one, in slices that
 * give way to everything else; when it has all, appends wait for the moment in which it takes the other’s place. The
 * controller is told first where the replica will be (KIP-858), so that a crash in between finds the directory assigned.
 *
 * A move that fails is given up, with a line in the log: the current log was never touched.
 */
import { asError, background } from '@gregor/base'
import { DiskError, type Clock, type Logger } from '@gregor/platform'
import { AssignReplicasToDirs, errorName, type ProtocolError } from '@gregor/protocol'
import { partitionName, StorageError, type LogDirectories, type PartitionLog } from '@gregor/storage'
import type { ControllerCalls } from '../metadata/controller-calls.ts'
import type { Partition } from './partition.ts'

export interface LogMovesOptions {
  readonly logDirectories: LogDirectories
  readonly calls: Pick<ControllerCalls, 'call'>
  readonly nodeId: number
  readonly brokerEpoch: () => number
  readonly clock: Clock
  readonly logger: Logger
  readonly timeoutMs: number
}

const sliceBytes = 1_048_576

interface Move {
  readonly directoryId: string
  isCancelled: boolean
  /** Settles when nothing touches the future log any more; never rejects. */
  ended: Promise<unknown>
}

export class LogMoves {
  readonly #options: LogMovesOptions
  readonly #underWay = new Map<string, Move>()
  /** One change after the other: a move may have to wait for the end of the one that it replaces. */
  #order: Promise<unknown> = Promise.resolve()

  constructor(options: LogMovesOptions) {
    this.#options = options
  }

  /** How many logs are on their way. */
  get count(): number {
    return this.#underWay.size
  }

  /** Why no log can be moved into the directory at `path`; NONE: it can. */
  check(path: string): ProtocolError {
    const target = this.#options.logDirectories.directories.find((directory) => directory.path === path)
    if (target === undefined) return 'LOG_DIR_NOT_FOUND'
    return target.isOnline ? 'NONE' : 'KAFKA_STORAGE_ERROR'
  }

  /** Begins to move the partition’s log into the directory at `path`; answers before it is there. */
  move(partition: Partition, path: string): Promise<ProtocolError> {
    const changed = this.#order.then(() => this.#change(partition, path))
    this.#order = changed.catch(() => {})
    return changed
  }

  async #change(partition: Partition, path: string): Promise<ProtocolError> {
    const { logDirectories } = this.#options
    const target = logDirectories.directories.find((directory) => directory.path === path)
    if (target === undefined) return 'LOG_DIR_NOT_FOUND'
    if (!target.isOnline) return 'KAFKA_STORAGE_ERROR'
    const topicPartition = { topic: partition.topic, partition: partition.index }
    const name = partitionName(topicPartition)
    const known = this.#underWay.get(name)
    if (known?.directoryId === target.directoryId) return 'NONE'
    if (known !== undefined) {
      known.isCancelled = true
      await known.ended
      // Gone already where the move could not be stopped any more, or failed.
      if (logDirectories.getFuture(topicPartition) !== undefined) await logDirectories.removeFuture(topicPartition)
    }
    if (logDirectories.directoryOf(topicPartition) === target) return 'NONE'
    try {
      const future =
        logDirectories.getFuture(topicPartition) ??
        (await logDirectories.createFuture(topicPartition, target.directoryId))
      this.#begin(partition, future, target.directoryId)
      return 'NONE'
    } catch (error) {
      if (!(error instanceof DiskError) && !(error instanceof StorageError)) throw error
      this.#options.logger.error('A log cannot be moved', { partition: name, error })
      return 'KAFKA_STORAGE_ERROR'
    }
  }

  /** Goes on with the moves that a restart interrupted. */
  resume(partitions: Iterable<Partition>): void {
    for (const partition of partitions) {
      const topicPartition = { topic: partition.topic, partition: partition.index }
      const future = this.#options.logDirectories.getFuture(topicPartition)
      const directory = this.#options.logDirectories.directories.find(({ futureLogs }) =>
        futureLogs.has(partitionName(topicPartition)),
      )
      if (future !== undefined && directory !== undefined) this.#begin(partition, future, directory.directoryId)
    }
  }

  #begin(partition: Partition, future: PartitionLog, directoryId: string): void {
    const name = partitionName({ topic: partition.topic, partition: partition.index })
    const move: Move = { directoryId, isCancelled: false, ended: Promise.resolve() }
    this.#underWay.set(name, move)
    const run = this.#run(partition, future, move).finally(() => {
      if (this.#underWay.get(name) === move) this.#underWay.delete(name)
    })
    move.ended = run.catch(() => {})
    background(`moving the log of ${name}`, run, (what, error) => {
      this.#options.logger.error(`${what} was given up`, {
        error: asError(error),
      })
    })
  }

  async #run(partition: Partition, future: PartitionLog, move: Readonly<Move>): Promise<void> {
    const { logDirectories, logger } = this.#options
    const topicPartition = { topic: partition.topic, partition: partition.index }
    const name = partitionName(topicPartition)
    await this.#align(partition, future)
    while (!move.isCancelled && partition.isServing && future.logEndOffset < partition.log.logEndOffset) {
      await this.#copySlice(partition.log, future)
      await this.#turn()
    }
    if (move.isCancelled || !partition.isServing) return
    // From here on it is finished whatever is asked: who wants the log elsewhere waits, and begins anew.
    await this.#assign(partition, move.directoryId)
    const resume = partition.holdAppends()
    try {
      while (future.logEndOffset < partition.log.logEndOffset) await this.#copySlice(partition.log, future)
      partition.replaceLog(await logDirectories.replaceWithFuture(topicPartition))
      logger.info('A log has moved to another directory', { partition: name, directory: future.directory })
    } finally {
      resume()
    }
  }

  /** A future log from before a restart may lack what was deleted since, or hold what was cut. */
  async #align({ log }: Partition, future: PartitionLog): Promise<void> {
    if (future.logEndOffset < log.logStartOffset || future.logStartOffset < log.logStartOffset) {
      await future.truncateFullyAndStartAt(log.logStartOffset)
    } else if (future.logEndOffset > log.logEndOffset) {
      await future.truncateTo(log.logEndOffset)
    }
  }

  async #copySlice(from: PartitionLog, to: PartitionLog): Promise<void> {
    if (to.logEndOffset < from.logStartOffset) await to.truncateFullyAndStartAt(from.logStartOffset)
    const read = await from.read({
      fetchOffset: to.logEndOffset,
      maxBytes: sliceBytes,
      upTo: from.logEndOffset,
      minOneBatch: true,
    })
    if (read.error !== 'NONE' || read.byteCount === 0)
      throw new StorageError(`nothing to copy at offset ${to.logEndOffset}: ${read.error}`)
    const result = to.appendAsFollower(Buffer.concat(read.records), {
      leaderEpoch: from.epochs.latestEpoch ?? 0,
      nowMs: this.#options.clock.wallMs(),
    })
    if (result.error !== 'NONE')
      throw new StorageError(`a copied batch was refused: ${result.error} ${result.message ?? ''}`)
  }

  async #assign({ topicId, index }: Partition, directoryId: string): Promise<void> {
    const { calls, nodeId, brokerEpoch, timeoutMs } = this.#options
    const response = await calls.call(
      AssignReplicasToDirs,
      {
        brokerId: nodeId,
        brokerEpoch: brokerEpoch(),
        directories: [{ id: directoryId, topics: [{ topicId, partitions: [{ partitionIndex: index }] }] }],
      },
      { timeoutMs },
    )
    const code = response.errorCode || (response.directories[0]?.topics[0]?.partitions[0]?.errorCode ?? 0)
    if (code !== 0) throw new StorageError(`the controller did not assign the directory: ${errorName(code)}`)
  }

  #turn(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#options.clock.afterTurn(resolve)
    return promise
  }
}
