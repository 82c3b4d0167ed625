/**
 * All partitions this node holds, by topic and by what the metadata says of them. Follows the metadata log: a new
 * partition gets its log before it is served, a deleted one is gone from here before its directory is.
 *
 * Invariant: `leader` answers with a partition only where this node leads it and its log works; whoever is told
 * something else is told the protocol error that makes a client look for the leader again.
 */
import { asError, background } from '@gregor/base'
import type { LogConfig } from '@gregor/config'
import { isReservedDirectory, localChanges } from '@gregor/metadata'
import type { LocalPartition, LocalPartitionState, MetadataChange, MetadataImage } from '@gregor/metadata'
import { DiskError } from '@gregor/platform'
import type { ProtocolError } from '@gregor/protocol'
import {
  isDiskFull,
  partitionName,
  StorageError,
  type LogDirectories,
  type PartitionLog,
  type TopicPartition,
} from '@gregor/storage'
import { Partition, type PartitionServices } from './partition.ts'

export interface ReplicasOptions extends PartitionServices {
  readonly logDirectories: LogDirectories
  readonly logConfigFor: (topic: string) => LogConfig
}

interface HostedTopic {
  readonly topicId: string
  /** A partition in a failed directory, or one whose log could not be opened, is `'offline'`. */
  readonly partitions: (Partition | 'offline' | undefined)[]
}

/** Before a partition is tried again that there was no space for. */
const retryMs = 1_000

/** Topics that exist once the image is published, though requests do not see it yet. */
export class Replicas {
  readonly #options: ReplicasOptions
  readonly #topics = new Map<string, HostedTopic>()
  readonly #image: () => MetadataImage
  /** What is published first was there before this node started. */
  #isStarting = true
  /** There was no space for their logs: tried again until there is. By name. */
  readonly #waiting = new Map<string, LocalPartitionState>()
  readonly #placedLate: (() => void)[] = []
  #isRetryScheduled = false
  /** Partitions are brought up by one at a time. */
  #turn: Promise<void> = Promise.resolve()

  /** @param image - the newest published metadata. */
  constructor(options: ReplicasOptions, image: () => MetadataImage) {
    this.#options = options
    this.#image = image
  }

  /** The partition where this node leads it, else what to tell the client. */
  leader(topic: string, partitionIndex: number): Partition | ProtocolError {
    const hosted = this.hosted(topic, partitionIndex)
    if (typeof hosted === 'string') return hosted
    return hosted.isLeader ? hosted : 'NOT_LEADER_OR_FOLLOWER'
  }

  /** The partition where this node holds a replica, leading or not. */
  hosted(topic: string, partitionIndex: number): Partition | ProtocolError {
    const hosted = this.#topics.get(topic)?.partitions[partitionIndex]
    if (hosted === 'offline') return 'KAFKA_STORAGE_ERROR'
    if (hosted !== undefined) return hosted
    const isKnown = this.#image().topics.byName.get(topic)?.partitions[partitionIndex] !== undefined
    return isKnown ? 'NOT_LEADER_OR_FOLLOWER' : 'UNKNOWN_TOPIC_OR_PARTITION'
  }

  isServing(topic: string, partitionIndex: number): boolean {
    return typeof this.leader(topic, partitionIndex) !== 'string'
  }

  *all(): Generator<Partition> {
    for (const { partitions } of this.#topics.values()) {
      for (const partition of partitions) if (partition !== undefined && partition !== 'offline') yield partition
    }
  }

  get offlineCount(): number {
    let count = 0
    for (const { partitions } of this.#topics.values())
      for (const partition of partitions) if (partition === 'offline') count++
    return count
  }

  /** Brings the partitions of this node to what the metadata says. One call at a time. */
  publish(change: MetadataChange): Promise<void> {
    return this.#inTurn(() => this.#publish(change))
  }

  /** `listener` is called when a partition came up that could not when it was published. */
  onPlacedLate(listener: () => void): void {
    this.#placedLate.push(listener)
  }

  async #publish({ delta }: MetadataChange): Promise<void> {
    const { removed, deleted, leading, following } = localChanges(delta.topics, this.#options.nodeId)
    const isDeleted = new Set(deleted.map(nameOf))
    for (const place of removed) await this.#remove(place, isDeleted.has(nameOf(place)))
    for (const state of [...leading, ...following]) await this.#place(state)
    this.#isStarting = false
  }

  /** Gives the partitions of these topics, or all, the configs that hold for them now. */
  async configure(topics: readonly string[] | 'all'): Promise<void> {
    for (const topic of topics === 'all' ? this.#topics.keys() : topics) {
      const config = this.#options.logConfigFor(topic)
      for (const partition of this.#topics.get(topic)?.partitions ?? []) {
        if (partition !== undefined && partition !== 'offline') partition.configure(config)
      }
    }
    if (topics === 'all') await this.#options.logDirectories.updateTopicConfigs()
    else for (const topic of topics) await this.#options.logDirectories.updateTopicConfigs(topic)
  }

  /** What is on disk and not in the metadata keeps its data, under a name that is not served. */
  async setStraysAside(image: MetadataImage): Promise<void> {
    const { logDirectories, nodeId } = this.#options
    const logs = [...logDirectories.logs()]
    for (const log of logs) {
      const { topic, partition } = log.topicPartition
      const known = image.topics.byName.get(topic)
      const isOurs = known?.partitions[partition]?.replicas.includes(nodeId) === true
      if (!isOurs || (log.topicId !== undefined && log.topicId !== known.id))
        await logDirectories.setAside(log.topicPartition)
    }
  }

  /** The directory failed: what lies in it is offline until the node starts again. */
  directoryFailed(directory: string): void {
    for (const { partitions } of this.#topics.values()) {
      partitions.forEach((partition, index) => {
        if (partition === undefined || partition === 'offline' || !partition.log.directory.startsWith(`${directory}/`))
          return
        partition.stopServing()
        partitions[index] = 'offline'
      })
    }
  }

  async #place(state: LocalPartitionState): Promise<void> {
    const { topic, topicId, partitionId } = state
    const { leader: leaderId, leaderEpoch, partitionEpoch, replicas, isr } = state.partition
    const leadership = { leaderId, leaderEpoch, partitionEpoch, replicas, isr }
    const hosted = this.#topicOf(topic, topicId)
    const known = hosted.partitions[partitionId]
    const isWaiting = this.#waiting.has(nameOf(state))
    if (known === 'offline' && !isWaiting) return
    if (known !== undefined && known !== 'offline') return known.lead(leadership)
    const config = this.#options.logConfigFor(topic)
    try {
      const log = await this.#openLog(state)
      // Nobody reads past what is synced: what was recovered must be, before it is served.
      if (config.flushMessages === 1 && log.syncedOffset < log.logEndOffset) await log.sync()
      hosted.partitions[partitionId] = new Partition(
        { topic, topicId, index: partitionId },
        { log, config, leadership, services: this.#options },
      )
      this.#waiting.delete(nameOf(state))
    } catch (error) {
      if (!(error instanceof DiskError) && !(error instanceof StorageError)) throw error
      hosted.partitions[partitionId] = 'offline'
      if (isDiskFull(error)) this.#tryLater(state)
      else this.#waiting.delete(nameOf(state))
      if (!isWaiting)
        this.#options.logger.error('A partition cannot be brought up', { partition: nameOf(state), error })
    }
  }

  #tryLater(state: LocalPartitionState): void {
    this.#waiting.set(nameOf(state), state)
    if (this.#isRetryScheduled) return
    this.#isRetryScheduled = true
    this.#options.clock.schedule(retryMs, () => {
      this.#isRetryScheduled = false
      background(
        'bringing up partitions',
        this.#inTurn(() => this.#retry()),
        (name, cause) => this.#options.logger.error(name, { error: asError(cause) }),
      )
    })
  }

  async #retry(): Promise<void> {
    const waiting = [...this.#waiting.values()]
    for (const state of waiting) await this.#place(state)
    const placed = waiting.filter((state) => !this.#waiting.has(nameOf(state)))
    for (const state of placed) {
      this.#options.logger.info('A partition is up: there is space again', { partition: nameOf(state) })
    }
    if (placed.length > 0) for (const tell of this.#placedLate) tell()
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(work)
    this.#turn = turn.catch(() => undefined)
    return turn
  }

  async #openLog(state: LocalPartitionState): Promise<PartitionLog> {
    const { logDirectories } = this.#options
    const topicPartition: TopicPartition = { topic: state.topic, partition: state.partitionId }
    const existing = logDirectories.get(topicPartition)
    if (existing !== undefined && (existing.topicId === undefined || existing.topicId === state.topicId))
      return existing
    // A log of an older topic of that name.
    if (existing !== undefined) await logDirectories.setAside(topicPartition)
    const directoryId = isReservedDirectory(state.directory) ? undefined : state.directory
    // An empty log in its place would be taken for the partition once the other one is back.
    if (this.#isStarting && directoryId === undefined && !logDirectories.areAllOnline)
      throw new StorageError('its log is not here, and may be in a log directory that is offline')
    return logDirectories.create(topicPartition, { topicId: state.topicId, directoryId })
  }

  #topicOf(topic: string, topicId: string): HostedTopic {
    const known = this.#topics.get(topic)
    if (known !== undefined && known.topicId === topicId) return known
    const hosted: HostedTopic = { topicId, partitions: [] }
    this.#topics.set(topic, hosted)
    return hosted
  }

  /** A partition that moved to other brokers is deleted here, too: its data is there. */
  async #remove({ topic, topicId, partitionId }: LocalPartition, isDeleted: boolean): Promise<void> {
    const hosted = this.#topics.get(topic)
    if (hosted === undefined || hosted.topicId !== topicId) return
    const partition = hosted.partitions[partitionId]
    hosted.partitions[partitionId] = undefined
    this.#waiting.delete(partitionName({ topic, partition: partitionId }))
    if (hosted.partitions.every((one) => one === undefined)) this.#topics.delete(topic)
    if (partition === undefined || partition === 'offline') return
    partition.stopServing()
    this.#options.logger.info(isDeleted ? 'Deleting a partition' : 'Giving up a partition', {
      partition: `${topic}-${partitionId}`,
    })
    await this.#options.logDirectories.remove({ topic, partition: partitionId })
  }
}

function nameOf({ topic, partitionId }: LocalPartition): string {
  return partitionName({ topic, partition: partitionId })
}
