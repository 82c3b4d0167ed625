/** Where replicas are now, as kafka-reassign-partitions has to know it before it changes anything. */
import type { Admin, TopicDescription, TopicPartition } from '@gregor/client'
import { errorCodeOf } from '../java-errors.ts'
import { javaHashOrder, topicPartitionHash } from '../java-map-order.ts'
import { ToolExit } from '../tool-exit.ts'
import { type Target, partitionText, replicaText } from './reassignment-json.ts'

const unknownTopic = 'org.apache.kafka.common.errors.UnknownTopicOrPartitionException'

/** @throws ToolExit for a topic that is not there */
export async function replicasOfTopics(admin: Admin, topics: readonly string[]): Promise<readonly Target[]> {
  const found: Target[] = []
  for (const { item, value, error } of await admin.describeTopics(topics)) {
    if (errorCodeOf(error) === 'UNKNOWN_TOPIC_OR_PARTITION')
      throw new ToolExit(`${unknownTopic}: Topic ${item} not found.`)
    if (error !== undefined) throw error
    found.push(...targetsFrom(value))
  }
  return found
}

/** @throws ToolExit for one that is not there */
export async function replicasOfPartitions(
  admin: Admin,
  partitions: readonly TopicPartition[],
): Promise<readonly Target[]> {
  const wanted = new Map(partitions.map((one) => [partitionText(one), one]))
  const all = await replicasOfTopics(admin, [...new Set(partitions.map(({ topic }) => topic))])
  const found = all.filter((one) => wanted.has(partitionText(one)))
  for (const one of found) wanted.delete(partitionText(one))
  if (wanted.size === 0) return found
  const missing = javaHashOrder([...wanted.values()], topicPartitionHash)
    .map(partitionText)
    .join(', ')
  throw new ToolExit(`${unknownTopic}: Unable to find partition: ${missing}`)
}

/** By the text of the replica. */
export async function directoriesOf(admin: Admin, targets: readonly Target[]): Promise<ReadonlyMap<string, string>> {
  const replicas = targets.flatMap(({ topic, partition, replicas: ids }) =>
    ids.map((brokerId) => ({ topic, partition, brokerId })),
  )
  const results = await admin.describeReplicaLogDirs(replicas)
  results.all()
  return new Map(
    Array.from(results).flatMap(({ item, value }) =>
      value?.current === undefined ? [] : [[replicaText(item), value.current.path] as const],
    ),
  )
}

function targetsFrom({ name, partitions }: TopicDescription): readonly Target[] {
  return partitions.map(({ partition, replicas }) => ({ topic: name, partition, replicas }))
}
