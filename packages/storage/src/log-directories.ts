/**
 * All logs of a node, in all its log directories: opens and makes them, says where they are, removes and moves them,
 * and keeps them in order with time (`LogUpkeep`). A directory whose disk fails goes offline with its logs; the others
 * go on.
 *
 * Not the metadata log: the directory `__cluster_metadata-0` belongs to whoever runs the quorum, and is passed by here.
 */

import { background } from '@gregor/base'
import type { BrokerConfig, LogConfig } from '@gregor/config'
import { DiskError, type Environment } from '@gregor/platform'
import { writeCleanShutdown } from './clean-shutdown.ts'
import { type DescribedDirectory, describeDirectories } from './describe-directories.ts'
import { DirectoryRemoval } from './directory-removal.ts'
import { isDiskFull } from './disk-full.ts'
import { inParallel } from './in-parallel.ts'
import { type LoadOptions, loadDirectories } from './load-directory.ts'
import type { LogDirectory } from './log-directory.ts'
import { LogRegistry, type PlacedLog } from './log-registry.ts'
import { LogUpkeep } from './log-upkeep.ts'
import { type OfflineDirectory, type OpenedDirectories, openDirectories } from './open-directories.ts'
import { OpenFiles } from './open-files.ts'
import { markedDirectoryName } from './partition-directory-name.ts'
import { PartitionDirectories } from './partition-directory.ts'
import type { PartitionLog } from './partition-log.ts'
import { StorageError } from './storage-error.ts'
import { type TopicPartition, partitionName } from './topic-partition.ts'

export interface LogDirectoriesOptions {
  readonly environment: Pick<Environment, 'clock' | 'disk' | 'logger' | 'random'>
  readonly config: BrokerConfig
  /** `log.dirs`, absolute, and `metadata.log.dir`. */
  readonly paths: readonly string[]
  /** Those of them that hold no logs of partitions: `metadata.log.dir` where it is a directory of its own. */
  readonly reservedPaths?: readonly string[] | undefined
  readonly nodeId: number
  /** Left out: that of the directories, or a new one. */
  readonly clusterId?: string | undefined
  /** As it holds for a topic’s logs now. */
  readonly logConfig: (topic: string) => LogConfig
  /** A directory went offline, and these partitions with it: their logs refuse from now on. */
  readonly onDirectoryFailed: (failed: FailedDirectory) => void
  /** A bound on open log files. */
  readonly openFilesMax?: number
}

export interface FailedDirectory extends OfflineDirectory {
  readonly directoryId: string
  readonly partitions: readonly TopicPartition[]
}

export class LogDirectories {
  readonly clusterId: string
  readonly upkeep: LogUpkeep
  readonly #options: LogDirectoriesOptions
  readonly #registry: LogRegistry
  /** Could not even be opened. */
  readonly #unopened: readonly OfflineDirectory[]
  readonly #partitions: PartitionDirectories
  readonly #removal: DirectoryRemoval
  readonly #creating = new Map<string, Promise<PartitionLog>>()
  #config: BrokerConfig
  #strays: readonly string[] = []
  #isLoaded = false
  #closing: Promise<void> | undefined

  private constructor(options: LogDirectoriesOptions, opened: OpenedDirectories) {
    const { environment, logConfig, openFilesMax } = options
    this.#options = options
    this.#config = options.config
    this.clusterId = opened.clusterId
    this.#registry = new LogRegistry(opened.directories)
    this.#unopened = opened.offline
    this.#removal = new DirectoryRemoval(environment)
    const files = new OpenFiles({ disk: environment.disk, ...(openFilesMax === undefined ? {} : { openFilesMax }) })
    const onStorageError = (directory: LogDirectory, error: DiskError): void => this.#fail(directory, error)
    const shared = { environment, files, config: () => this.#config, logConfig, onStorageError }
    this.#partitions = new PartitionDirectories(shared)
    this.upkeep = new LogUpkeep({
      ...shared,
      directories: () => this.#registry.directories,
      appendedBytes: () => files.appendedBytes,
    })
  }

  /**
   * Locks and identifies the directories; those that are empty become this node’s. Logs are opened by `load`.
   * @throws ConfigError where they are somebody else’s, or in use; DiskError where none can be used
   */
  static async open(options: LogDirectoriesOptions): Promise<LogDirectories> {
    return new LogDirectories(options, await openDirectories(options))
  }

  /**
   * Opens all logs, and recovers those that need it. A directory that fails on the way goes offline.
   * @throws StorageError where a partition is found in two directories, and `load` does not say which is right
   */
  async load(given: LoadOptions = {}): Promise<void> {
    const { clock, disk, logger } = this.#options.environment
    const startedMs = clock.monotonicMs()
    const holding = this.#registry.online.filter(({ holdsLogs }) => holdsLogs)
    const loaded = await loadDirectories(holding, given, {
      disk,
      logger,
      partitions: this.#partitions,
      parallelCount: this.#config.get('num.recovery.threads.per.data.dir'),
      attempt: (directory, work) => this.#orOffline(directory, work),
    })
    for (const path of loaded.deleted) this.#removal.removeLater(path, this.#removalDelayMs)
    this.#strays = loaded.strays
    this.#isLoaded = true
    // Where there is no log, there is nothing that could have been left in disorder.
    const isClean = this.directories.every(({ shutdown, logs }) => shutdown.isClean || logs.size === 0)
    const count = [...this.logs()].length
    logger.info('the logs are open', { count, isClean, tookMs: Math.round(clock.monotonicMs() - startedMs) })
  }

  /** Begins the upkeep. */
  start(): void {
    this.upkeep.start()
  }

  // ------------------------------------------------------------------------------------------------------- finding

  /** Those that could be opened; some may have failed since (`isOnline`). */
  get directories(): readonly LogDirectory[] {
    return this.#registry.directories
  }

  get(topicPartition: TopicPartition): PartitionLog | undefined {
    return this.#registry.find(topicPartition)?.log
  }

  /** The copy that is to take the log’s place, in another directory. */
  getFuture(topicPartition: TopicPartition): PartitionLog | undefined {
    return this.#registry.findFuture(topicPartition)?.log
  }

  /** False: a log that is not found may be in a directory that failed. */
  get areAllOnline(): boolean {
    return this.#unopened.length === 0 && this.directories.every(({ isOnline }) => isOnline)
  }

  /** Of online directories. */
  logs(): Generator<PartitionLog> {
    return this.#registry.logs()
  }

  /** The directory that holds a log, unless it is offline. */
  directoryOf(topicPartition: TopicPartition): LogDirectory | undefined {
    return this.#registry.find(topicPartition)?.directory
  }

  /** Paths of partitions that were set aside because the cluster did not know them. They are not opened. */
  get strays(): readonly string[] {
    return this.#strays
  }

  /** The broker epoch of the last life, where all directories ended it in order and agree on it (KIP-966). */
  get previousBrokerEpoch(): number | undefined {
    if (this.#unopened.length > 0) return undefined
    const epochs = this.directories.map(({ shutdown }) => (shutdown.isClean ? shutdown.brokerEpoch : undefined))
    return epochs.every((epoch) => epoch === epochs[0]) ? epochs[0] : undefined
  }

  /** All directories for logs that were configured, and what is in them. */
  describe(): readonly DescribedDirectory[] {
    const reserved = this.#options.reservedPaths ?? []
    const unopened = this.#unopened.filter(({ path }) => !reserved.includes(path))
    return describeDirectories(this.#options.environment.disk, this.directories, unopened)
  }

  // ------------------------------------------------------------------------------------------------ making, removing

  /**
   * Makes an empty log, durably; one that is there already is returned. Without `directoryId` in the directory that has
   * the fewest, those in `cordoned.log.dirs` left out while there are others.
   * @throws DiskError where no directory takes it; StorageError where the directory asked for is not online
   */
  async create(
    topicPartition: TopicPartition,
    given: { readonly topicId: string; readonly directoryId?: string | undefined },
  ): Promise<PartitionLog> {
    const name = partitionName(topicPartition)
    const known = this.get(topicPartition) ?? this.#creating.get(name)
    if (known !== undefined) return known
    const creating = this.#create({ name, topicPartition, topicId: given.topicId }, given.directoryId)
    this.#creating.set(name, creating)
    try {
      return await creating
    } finally {
      this.#creating.delete(name)
    }
  }

  /** Takes a log away: at once for all who ask, from the disk some time later. A future log goes with it. @throws DiskError */
  async remove(topicPartition: TopicPartition): Promise<void> {
    await this.removeFuture(topicPartition)
    const placed = this.#registry.find(topicPartition)
    if (placed !== undefined) await this.#discard(placed)
  }

  /** Sets a log aside that the cluster does not know: its data stay, under another name. @throws DiskError */
  async setAside(topicPartition: TopicPartition): Promise<void> {
    const placed = this.#registry.find(topicPartition)
    if (placed === undefined) return
    const { log } = placed
    await this.#leave(placed, 'stray')
    this.#options.environment.logger.warn('a partition is set aside: the cluster does not know it', {
      directory: log.directory,
    })
    this.#strays = [...this.#strays, log.directory]
    await log.close({ isClean: true })
  }

  async #create(
    given: { readonly name: string; readonly topicPartition: TopicPartition; readonly topicId: string },
    directoryId: string | undefined,
  ): Promise<PartitionLog> {
    const candidates =
      directoryId === undefined
        ? this.#registry.byLoad(this.#config.get('cordoned.log.dirs'))
        : [this.#registry.onlineById(directoryId)]
    let failure: unknown = new StorageError('no log directory is online')
    for (const directory of candidates) {
      try {
        const log = await this.#guarded(directory, () => this.#partitions.create(directory, given))
        directory.logs.set(given.name, log)
        return log
      } catch (error) {
        if (!(error instanceof DiskError)) throw error
        failure = error
      }
    }
    throw failure
  }

  async #discard(placed: PlacedLog): Promise<void> {
    const { log } = placed
    await this.#leave(placed, 'delete')
    this.#removal.removeLater(log.directory, this.#removalDelayMs)
    await log.close({ isClean: false })
  }

  /** The log is not asked for any more; its directory gets another name, and nothing in there speaks of it. */
  async #leave({ log, directory }: PlacedLog, kind: 'delete' | 'stray'): Promise<void> {
    const name = partitionName(log.topicPartition)
    for (const logs of [directory.logs, directory.futureLogs]) if (logs.get(name) === log) logs.delete(name)
    await this.upkeep.cleaner.withoutCleaning(log, () =>
      this.#guarded(directory, () => this.#partitions.rename(directory, log, kind)),
    )
    await this.#guarded(directory, () => directory.forget(log))
  }

  get #removalDelayMs(): number {
    return this.#config.get('log.segment.delete.delay.ms')
  }

  // --------------------------------------------------------------------------------------------------------- moving

  /**
   * Makes an empty log in another directory, to be filled with what the log has, and then swapped in.
   * @throws StorageError where it is there already, or there is nothing to move; DiskError
   */
  async createFuture(topicPartition: TopicPartition, directoryId: string): Promise<PartitionLog> {
    const name = partitionName(topicPartition)
    const current = this.#registry.find(topicPartition)
    const directory = this.#registry.onlineById(directoryId)
    const topicId = current?.log.topicId
    if (topicId === undefined) throw new StorageError(`${name} is not here to be moved`)
    if (current?.directory === directory || this.getFuture(topicPartition) !== undefined) {
      throw new StorageError(`${name} is in ${directory.path} already, or on its way elsewhere`)
    }
    const marked = markedDirectoryName(topicPartition, 'future', this.#options.environment.random)
    const log = await this.#guarded(directory, () =>
      this.#partitions.create(directory, { name: marked, topicPartition, topicId }),
    )
    directory.futureLogs.set(name, log)
    return log
  }

  /** The future log, which has all that the log has, takes its place; the old one is removed. @throws StorageError, DiskError */
  async replaceWithFuture(topicPartition: TopicPartition): Promise<PartitionLog> {
    const name = partitionName(topicPartition)
    const [old, future] = [this.#registry.find(topicPartition), this.#registry.findFuture(topicPartition)]
    if (old === undefined || future === undefined)
      throw new StorageError(`${name} has no log to replace, or none to replace it with`)
    const { log, directory } = future
    await this.#guarded(directory, () => this.#partitions.rename(directory, log, 'current'))
    log.setHighWatermark(old.log.highWatermark)
    directory.futureLogs.delete(name)
    directory.logs.set(name, log)
    const cleanOffset = old.directory.checkpoints.cleaner.get(topicPartition)
    if (cleanOffset !== undefined) directory.checkpoints.cleaner.set(topicPartition, cleanOffset)
    await this.#discard(old)
    return log
  }

  /** Gives up a move. @throws DiskError */
  async removeFuture(topicPartition: TopicPartition): Promise<void> {
    const placed = this.#registry.findFuture(topicPartition)
    if (placed === undefined) return
    await this.#discard(placed)
  }

  // --------------------------------------------------------------------------------------------- cutting, configuring

  /** Takes off a log’s end; compaction leaves it alone meanwhile. @throws DiskError */
  truncateTo(topicPartition: TopicPartition, offset: number): Promise<void> {
    return this.#cut(topicPartition, (log) => log.truncateTo(offset))
  }

  /** Empties a log, which begins anew at `offset`. @throws DiskError */
  truncateFullyAndStartAt(topicPartition: TopicPartition, offset: number): Promise<void> {
    return this.#cut(topicPartition, (log) => log.truncateFullyAndStartAt(offset))
  }

  async #cut(topicPartition: TopicPartition, cut: (log: PartitionLog) => Promise<void>): Promise<void> {
    const placed = this.#registry.find(topicPartition)
    if (placed === undefined) return
    const { log, directory } = placed
    const work = (): Promise<void> => this.#guarded(directory, () => cut(log))
    await this.upkeep.cleaner.withoutCleaning(log, work)
    const { cleaner } = directory.checkpoints
    const { baseOffset } = log.segments.active
    if ((cleaner.get(topicPartition) ?? 0) > baseOffset) cleaner.set(topicPartition, baseOffset)
    await this.#guarded(directory, () => Promise.all([directory.checkpoint(['recoveryPoint']), cleaner.flush()]))
  }

  /** Takes over changes of the broker’s configuration. Logs take theirs by `updateTopicConfigs`. */
  updateConfig(config: BrokerConfig): void {
    this.#config = config
    const producerIdExpirationMs = config.get('producer.id.expiration.ms')
    const isVerifying = config.get('transaction.partition.verification.enable')
    for (const log of [...this.logs(), ...this.#registry.futureLogs()]) {
      log.producers.updateConfig({ producerIdExpirationMs, isVerifying })
    }
  }

  /** Gives the logs of a topic, or all, what `logConfig` says now. */
  async updateTopicConfigs(topic?: string): Promise<void> {
    for (const log of [...this.logs(), ...this.#registry.futureLogs()]) {
      if (topic !== undefined && log.topicPartition.topic !== topic) continue
      const config = this.#options.logConfig(log.topicPartition.topic)
      log.updateConfig(config)
      if (!config.cleanupPolicy.compact) await this.upkeep.cleaner.stopCleaning(log)
    }
  }

  // -------------------------------------------------------------------------------------------------- failing, closing

  /**
   * Closes all logs, writes the checkpoints and, last, the marks of a clean end; then lets go of the directories.
   * A directory in which something did not succeed gets no mark. Idempotent.
   */
  close({ brokerEpoch }: { readonly brokerEpoch: number }): Promise<void> {
    this.#closing ??= this.#close(brokerEpoch)
    return this.#closing
  }

  async #close(brokerEpoch: number): Promise<void> {
    this.#removal.close()
    await this.upkeep.close()
    await Promise.all(
      this.#registry.online.map((directory) =>
        this.#orOffline(directory, () => this.#closeUnlessFull(directory, brokerEpoch)),
      ),
    )
    for (const directory of this.directories) directory.release()
  }

  async #closeUnlessFull(directory: LogDirectory, brokerEpoch: number): Promise<void> {
    try {
      await this.#closeDirectory(directory, brokerEpoch)
    } catch (error) {
      if (!isDiskFull(error)) throw error
      const { logger } = this.#options.environment
      logger.warn('no space to note a clean end: the next start checks the logs', { directory: directory.path, error })
    }
  }

  async #closeDirectory(directory: LogDirectory, brokerEpoch: number): Promise<void> {
    const parallelCount = this.#config.get('num.recovery.threads.per.data.dir')
    await inParallel(directory.allLogs(), parallelCount, (log) => log.close({ isClean: true }))
    if (!directory.isOnline) return
    await directory.checkpoint(['recoveryPoint', 'logStartOffset', 'highWatermark'])
    await directory.checkpoints.cleaner.flush()
    // What was not opened was not recovered either, and must be the next time.
    if (!this.#isLoaded && !directory.shutdown.isClean) return
    await writeCleanShutdown(this.#options.environment.disk, directory.path, brokerEpoch)
  }

  /** What fails there takes the directory offline, but for a full disk. The failure goes to the caller. */
  async #guarded<Result>(directory: LogDirectory, work: () => Promise<Result>): Promise<Result> {
    try {
      return await work()
    } catch (error) {
      if (error instanceof DiskError && !isDiskFull(error)) this.#fail(directory, error)
      throw error
    }
  }

  /** What fails there takes the directory offline, and nobody else needs to know. */
  async #orOffline(directory: LogDirectory, work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (!(error instanceof DiskError)) throw error
      this.#fail(directory, error)
    }
  }

  #fail(directory: LogDirectory, error: DiskError): void {
    if (!directory.isOnline) return
    const { path, directoryId } = directory
    const partitions = Array.from(directory.logs.values(), ({ topicPartition }) => topicPartition)
    const { logger } = this.#options.environment
    logger.error('a log directory has failed: it is offline until the node starts again', { directory: path, error })
    background('closing the logs of a failed directory', directory.fail(error), (name, problem) => {
      logger.warn(`${name} did not succeed`, {
        directory: path,
        error: problem instanceof Error ? problem : String(problem),
      })
    })
    this.#options.onDirectoryFailed({ path, directoryId, error, partitions })
  }
}
