/**
 * What a client knows of the cluster: nodes, topics, leaders. Filled by Metadata answers and by the hints that other
 * answers carry (KIP-951); asked for again when it is `metadata.max.age.ms` old, when somebody says that it is wrong,
 * and when a topic is wanted that is not there. Several wishes of one moment make one request.
 *
 * Invariant: the leader of a partition is never replaced by one with a lower leader epoch (KIP-320), unless the topic id
 * is another.
 */
import type { ProtocolError } from '@gregor/protocol'
import type { LeaderHint, NodeEndpoint } from './cluster.ts'

export interface ClusterMetadata {
  readonly clusterId: string | undefined
  readonly controllerId: number | undefined
  readonly nodes: ReadonlyMap<number, NodeEndpoint>
  /** As it was answered last; `undefined` before the first answer for it. */
  topic(name: string): TopicMetadata | undefined
  /** Its name, where a topic of that id was answered. */
  topicName(topicId: string): string | undefined
  /** All topics that are known and exist. */
  readonly topics: readonly TopicMetadata[]
  /** Counts up with each change: cheap to compare. */
  readonly version: number
  /**
   * Asks now, for these topics besides those that are watched; `all` for every topic there is.
   * Resolves when the answer is in. A topic's own failure is in its `error`. @throws as `Cluster.send`
   */
  refresh(options: MetadataOptions): Promise<void>
  /** Waits until the topic is known with partitions, creating it where `allowAutoCreation`; @throws KafkaError. */
  ensure(name: string, options: MetadataOptions): Promise<TopicMetadata>
  /** Kept up to date until the returned function is called. */
  watch(topics: readonly string[] | 'all'): () => void
  /** Something is wrong (NOT_LEADER_OR_FOLLOWER, a broken connection): asked for again soon, with back-off. */
  invalidate(topic?: string): void
  /** Newer leaders that an answer named. */
  hint(leaders: readonly LeaderHint[], endpoints: readonly NodeEndpoint[]): void
  /** Called after each change, until the returned function is called. */
  onChange(listener: () => void): () => void
}

export interface MetadataOptions {
  readonly topics?: readonly string[] | 'all'
  readonly allowAutoCreation?: boolean
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
}

export interface TopicMetadata {
  readonly name: string
  /** ZERO_UUID where the cluster is too old to know. */
  readonly topicId: string
  readonly isInternal: boolean
  /** NONE, or why there are no partitions. */
  readonly error: ProtocolError
  /** By index: `partitions[i].partition === i`. */
  readonly partitions: readonly PartitionMetadata[]
}

export interface PartitionMetadata {
  readonly partition: number
  readonly error: ProtocolError
  /** -1: none at the moment. */
  readonly leaderId: number
  /** -1 where the cluster is too old to know. */
  readonly leaderEpoch: number
  readonly replicas: readonly number[]
  readonly inSyncReplicas: readonly number[]
  readonly offlineReplicas: readonly number[]
}
