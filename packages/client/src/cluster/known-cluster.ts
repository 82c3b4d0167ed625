/**
 * What is known of a cluster, as values: filled by Metadata answers and by hints. Asks nobody and knows no time.
 *
 * Invariant: the leader of a partition is never replaced by one with a lower leader epoch (KIP-320), unless the topic id
 * is another. An answer is what one broker knew, and brokers learn at different times.
 */
import { ZERO_UUID } from '@gregor/base'
import { type MetadataResponse, errorName } from '@gregor/protocol'
import type { PartitionMetadata, TopicMetadata } from './cluster-metadata.ts'
import type { LeaderHint, NodeEndpoint } from './cluster.ts'

export class KnownCluster {
  clusterId: string | undefined
  controllerId: number | undefined
  version = 0
  #nodes: ReadonlyMap<number, NodeEndpoint> = new Map()
  readonly #topics = new Map<string, TopicMetadata>()
  readonly #names = new Map<string, string>()

  get nodes(): ReadonlyMap<number, NodeEndpoint> {
    return this.#nodes
  }

  topic(name: string): TopicMetadata | undefined {
    return this.#topics.get(name)
  }

  topicName(topicId: string): string | undefined {
    return this.#names.get(topicId)
  }

  get topics(): readonly TopicMetadata[] {
    return [...this.#topics.values()].filter(({ error, partitions }) => error === 'NONE' || partitions.length > 0)
  }

  /**
   * Takes an answer.
   *
   * @param isOfAll - it was asked for every topic: what is not in it is not there.
   * @returns whether anything changed.
   */
  answered(response: MetadataResponse, isOfAll: boolean): boolean {
    let isChanged = this.#takeNodes(response)
    const answered = new Set<string>()
    for (const topic of response.topics) {
      const name = topic.name ?? this.#names.get(topic.topicId)
      if (name === undefined) continue
      answered.add(name)
      isChanged = this.#takeTopic(topicFromAnswer(name, topic)) || isChanged
    }
    if (isOfAll) {
      for (const name of this.#topics.keys()) if (!answered.has(name)) isChanged = this.#dropTopic(name)
    }
    if (isChanged) this.version++
    return isChanged
  }

  /** Takes leaders that are newer than what is known. @returns whether anything changed. */
  hinted(leaders: readonly LeaderHint[], endpoints: readonly NodeEndpoint[]): boolean {
    let isChanged = false
    const nodes = new Map(this.#nodes)
    for (const endpoint of endpoints) {
      if (isSameEndpoint(nodes.get(endpoint.nodeId), endpoint)) continue
      nodes.set(endpoint.nodeId, endpoint)
      isChanged = true
    }
    if (isChanged) this.#nodes = nodes
    for (const hint of leaders) isChanged = this.#takeLeader(hint) || isChanged
    if (isChanged) this.version++
    return isChanged
  }

  #takeNodes({ brokers, clusterId, controllerId }: MetadataResponse): boolean {
    const nodes = new Map(
      brokers.map(({ nodeId, host, port, rack }) => [nodeId, { nodeId, host, port, rack }] as const),
    )
    const controller = controllerId < 0 ? undefined : controllerId
    const isSame =
      nodes.size === this.#nodes.size && [...nodes].every(([id, node]) => isSameEndpoint(this.#nodes.get(id), node))
    const isChanged = !isSame || this.clusterId !== (clusterId ?? undefined) || this.controllerId !== controller
    this.#nodes = nodes
    this.clusterId = clusterId ?? undefined
    this.controllerId = controller
    return isChanged
  }

  #takeTopic(topic: TopicMetadata): boolean {
    const { name, topicId } = topic
    const before = this.#topics.get(name)
    const isSameTopic = before !== undefined && (before.topicId === topicId || topicId === ZERO_UUID)
    const merged = isSameTopic ? { ...topic, partitions: newerPartitions(before, topic) } : topic
    if (before !== undefined && isSameMetadata(before, merged)) return false
    if (before !== undefined && before.topicId !== merged.topicId) this.#names.delete(before.topicId)
    this.#topics.set(name, merged)
    if (merged.topicId !== ZERO_UUID) this.#names.set(merged.topicId, name)
    return true
  }

  #dropTopic(name: string): true {
    const topic = this.#topics.get(name)
    if (topic !== undefined) this.#names.delete(topic.topicId)
    this.#topics.delete(name)
    return true
  }

  #takeLeader({ topic: name, partition, leaderId, leaderEpoch }: LeaderHint): boolean {
    const topic = this.#topics.get(name)
    const before = topic?.partitions[partition]
    if (topic === undefined || before === undefined) return false
    if (leaderId < 0 || leaderEpoch <= before.leaderEpoch || !this.#nodes.has(leaderId)) return false
    const partitions = topic.partitions.with(partition, { ...before, leaderId, leaderEpoch, error: 'NONE' })
    this.#topics.set(name, { ...topic, partitions })
    return true
  }
}

function topicFromAnswer(name: string, topic: MetadataResponse['topics'][number]): TopicMetadata {
  const partitions = topic.partitions
    .map((partition): PartitionMetadata => ({
      partition: partition.partitionIndex,
      error: errorName(partition.errorCode),
      leaderId: partition.leaderId,
      leaderEpoch: partition.leaderEpoch,
      replicas: partition.replicaNodes,
      inSyncReplicas: partition.isrNodes,
      offlineReplicas: partition.offlineReplicas,
    }))
    .toSorted((a, b) => a.partition - b.partition)
  return { name, topicId: topic.topicId, isInternal: topic.isInternal, error: errorName(topic.errorCode), partitions }
}

/** Of each partition what has the higher leader epoch, the answer where they are equal. */
function newerPartitions(before: TopicMetadata, answer: TopicMetadata): readonly PartitionMetadata[] {
  return answer.partitions.map((partition, index) => {
    const known = before.partitions[index]
    const isOlder = known !== undefined && partition.leaderEpoch >= 0 && partition.leaderEpoch < known.leaderEpoch
    return isOlder ? known : partition
  })
}

function isSameEndpoint(a: NodeEndpoint | undefined, b: NodeEndpoint): boolean {
  return a !== undefined && a.host === b.host && a.port === b.port && a.rack === b.rack
}

function isSameMetadata(a: TopicMetadata, b: TopicMetadata): boolean {
  return (
    a.topicId === b.topicId &&
    a.error === b.error &&
    a.partitions.length === b.partitions.length &&
    a.partitions.every((partition, index) => isSamePartition(partition, b.partitions[index]))
  )
}

function isSamePartition(a: PartitionMetadata, b: PartitionMetadata | undefined): boolean {
  if (a === b) return true
  return (
    b !== undefined &&
    a.error === b.error &&
    a.leaderId === b.leaderId &&
    a.leaderEpoch === b.leaderEpoch &&
    isSameList(a.replicas, b.replicas) &&
    isSameList(a.inSyncReplicas, b.inSyncReplicas) &&
    isSameList(a.offlineReplicas, b.offlineReplicas)
  )
}

function isSameList(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((element, index) => element === b[index])
}
