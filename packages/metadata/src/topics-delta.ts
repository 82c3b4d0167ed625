/**
 * Changes to topics and partitions. A topic that was deleted and made again under the same name is two topics: ids
 * tell them apart, and the name belongs to the later one.
 */
import { MetadataFault } from './metadata-fault.ts'
import type { TopicImage, TopicsImage } from './metadata-image.ts'
import type { RecordOf } from './metadata-record.ts'
import { changedPartition, partitionChange, partitionFromRecord } from './partition-registration.ts'
import type { PartitionRegistration } from './partition-registration.ts'
import { PersistentMap } from './persistent-map.ts'

/** Changes to the partitions of one topic. */
export class TopicDelta {
  readonly id: string
  readonly name: string
  /** `undefined` for a topic that is new. */
  readonly before: TopicImage | undefined
  readonly #start: readonly PartitionRegistration[]
  readonly #changes = new Map<number, PartitionRegistration>()

  /** @param start - the partitions that are there before any change. */
  constructor(
    topic: Pick<TopicImage, 'id' | 'name'>,
    before: TopicImage | undefined,
    start: readonly PartitionRegistration[],
  ) {
    this.id = topic.id
    this.name = topic.name
    this.before = before
    this.#start = start
  }

  get changes(): ReadonlyMap<number, PartitionRegistration> {
    return this.#changes
  }

  partition(partitionId: number): PartitionRegistration | undefined {
    return this.#changes.get(partitionId) ?? this.#start[partitionId]
  }

  set(partitionId: number, partition: PartitionRegistration): void {
    this.#changes.set(partitionId, partition)
  }

  clearElr(): void {
    const count = Math.max(this.#start.length, ...[...this.#changes.keys()].map((partitionId) => partitionId + 1))
    for (let partitionId = 0; partitionId < count; partitionId++) {
      const partition = this.partition(partitionId)
      if (partition === undefined || (partition.elr.length === 0 && partition.lastKnownElr.length === 0)) continue
      const cleared = { ...partitionChange(this.id, partitionId), eligibleLeaderReplicas: [], lastKnownElr: [] }
      this.set(partitionId, changedPartition(partition, cleared))
    }
  }

  apply(): TopicImage {
    const partitions = [...this.#start]
    for (const [partitionId, partition] of this.#changes) partitions[partitionId] = partition
    const isWhole = Object.keys(partitions).length === partitions.length
    if (!isWhole) throw new MetadataFault(`partitions of topic ${this.name} (${this.id}) are missing`)
    return { id: this.id, name: this.name, partitions }
  }
}

export class TopicsDelta {
  readonly before: TopicsImage
  readonly #isSnapshot: boolean
  readonly #changed = new Map<string, TopicDelta>()
  readonly #deletedIds = new Set<string>()
  /** The present owner of each name that a topic made here took. */
  readonly #createdIds = new Map<string, string>()

  constructor(before: TopicsImage, isSnapshot: boolean) {
    this.before = before
    this.#isSnapshot = isSnapshot
  }

  /** By topic id: those that are new or of which a partition changed. */
  get changed(): ReadonlyMap<string, TopicDelta> {
    return this.#changed
  }

  /** Of topics that were there before. Complete once the delta was applied. */
  get deletedIds(): ReadonlySet<string> {
    return this.#deletedIds
  }

  createTopic({ topicId, name }: RecordOf<'TopicRecord'>): void {
    const before = this.before.byId.get(topicId)
    this.#changed.set(topicId, new TopicDelta({ id: topicId, name }, before, []))
    this.#createdIds.set(name, topicId)
  }

  setPartition(record: RecordOf<'PartitionRecord'>): void {
    this.#topic(record.topicId).set(record.partitionId, partitionFromRecord(record))
  }

  changePartition(record: RecordOf<'PartitionChangeRecord'>): void {
    const topic = this.#topic(record.topicId)
    const partition = topic.partition(record.partitionId)
    if (partition === undefined) {
      throw new MetadataFault(`a change of partition ${record.partitionId} of topic ${topic.name}, which is not there`)
    }
    topic.set(record.partitionId, changedPartition(partition, record))
  }

  /** Returns the name that has become free. */
  removeTopic({ topicId }: RecordOf<'RemoveTopicRecord'>): string {
    const { name } = this.#topic(topicId)
    this.#changed.delete(topicId)
    if (this.#createdIds.get(name) === topicId) this.#createdIds.delete(name)
    if (this.before.byId.has(topicId)) this.#deletedIds.add(topicId)
    return name
  }

  /** An empty name clears all topics. */
  clearElr({ topicName }: RecordOf<'ClearElrRecord'>): void {
    if (topicName !== '') {
      const topicId = this.#createdIds.get(topicName) ?? this.#start.byName.get(topicName)?.id
      if (topicId === undefined) throw new MetadataFault(`an ELR to clear of topic ${topicName}, which is not there`)
      if (!this.#deletedIds.has(topicId)) this.#topic(topicId).clearElr()
      return
    }
    const ids = new Set([...this.#start.byId.keys(), ...this.#changed.keys()])
    for (const topicId of ids) {
      if (!this.#deletedIds.has(topicId)) this.#topic(topicId).clearElr()
    }
  }

  apply(): TopicsImage {
    if (this.#isSnapshot) {
      for (const topicId of this.before.byId.keys()) if (!this.#changed.has(topicId)) this.#deletedIds.add(topicId)
    }
    const { byId, byName } = this.#start
    const changed = [...this.#changed.values()].map((topic) => topic.apply())
    const gone = this.#isSnapshot ? [] : [...this.#deletedIds]
    return {
      byId: byId.with([...gone.map((id) => [id, undefined] as const), ...changed.map((one) => [one.id, one] as const)]),
      byName: byName.with([
        // A name that was given to another topic meanwhile is set again by what follows.
        ...gone.map((id) => [this.before.byId.get(id)?.name ?? '', undefined] as const),
        ...changed.map((one) => [one.name, one] as const),
      ]),
    }
  }

  get #start(): TopicsImage {
    return this.#isSnapshot ? noTopics : this.before
  }

  #topic(topicId: string): TopicDelta {
    const changed = this.#changed.get(topicId)
    if (changed !== undefined) return changed
    const before = this.#deletedIds.has(topicId) ? undefined : this.#start.byId.get(topicId)
    if (before === undefined) throw new MetadataFault(`a record of topic ${topicId}, which is not there`)
    const topic = new TopicDelta(before, before, before.partitions)
    this.#changed.set(topicId, topic)
    return topic
  }
}

const noTopics: TopicsImage = { byId: PersistentMap.empty(), byName: PersistentMap.empty() }
