/**
 * What a delta means for one broker: which partitions it now leads, follows, or no longer has. Told against the image
 * before, so that a record that repeats what is known changes nothing.
 */
import { directoryOf } from './partition-registration.ts'
import type { PartitionRegistration } from './partition-registration.ts'
import type { TopicDelta, TopicsDelta } from './topics-delta.ts'

export interface LocalPartition {
  readonly topic: string
  readonly topicId: string
  readonly partitionId: number
}

export interface LocalPartitionState extends LocalPartition {
  readonly partition: PartitionRegistration
  /** The log directory it is assigned to; may be a reserved id. */
  readonly directory: string
  /** This broker, or another one, has become leader: a new leader epoch. */
  readonly isNewLeaderEpoch: boolean
}

export interface LocalChanges {
  /** Not on this broker any more. */
  readonly removed: readonly LocalPartition[]
  /** Those of deleted topics among them: their files can go. */
  readonly deleted: readonly LocalPartition[]
  readonly leading: readonly LocalPartitionState[]
  readonly following: readonly LocalPartitionState[]
}

export function localChanges(topics: TopicsDelta, brokerId: number): LocalChanges {
  const removed: LocalPartition[] = []
  const leading: LocalPartitionState[] = []
  const following: LocalPartitionState[] = []
  for (const topic of topics.changed.values()) {
    for (const [partitionId, partition] of topic.changes) {
      const before = topic.before?.partitions[partitionId]
      if (!partition.replicas.includes(brokerId)) {
        if (before?.replicas.includes(brokerId) === true) removed.push(placeOf(topic, partitionId))
      } else if (before?.partitionEpoch !== partition.partitionEpoch) {
        const state = stateOf(topic, partitionId, { before, partition, brokerId })
        if (partition.leader === brokerId) leading.push(state)
        else following.push(state)
      }
    }
  }
  const deleted = [...deletedPartitions(topics, brokerId)]
  return { removed: [...removed, ...deleted], deleted, leading, following }
}

function stateOf(
  topic: TopicDelta,
  partitionId: number,
  {
    before,
    partition,
    brokerId,
  }: { before: PartitionRegistration | undefined; partition: PartitionRegistration; brokerId: number },
): LocalPartitionState {
  return {
    ...placeOf(topic, partitionId),
    partition,
    directory: directoryOf(partition, brokerId) ?? '',
    isNewLeaderEpoch: before?.leaderEpoch !== partition.leaderEpoch,
  }
}

function* deletedPartitions(topics: TopicsDelta, brokerId: number): Generator<LocalPartition> {
  for (const topicId of topics.deletedIds) {
    const topic = topics.before.byId.get(topicId)
    for (const [partitionId, { replicas }] of topic?.partitions.entries() ?? []) {
      if (topic !== undefined && replicas.includes(brokerId)) yield placeOf(topic, partitionId)
    }
  }
}

function placeOf(topic: { readonly id: string; readonly name: string }, partitionId: number): LocalPartition {
  return { topic: topic.name, topicId: topic.id, partitionId }
}
