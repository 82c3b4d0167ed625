/**
 * CreatePartitions (37): more partitions for existing topics, placed or assigned. There is no way to fewer (KIP-195).
 */
import type { TopicImage } from '@gregor/metadata'
import { CreatePartitions } from '@gregor/protocol'
import type { MetadataRecordInput, RequestOf } from '@gregor/protocol'
import { errorFields, isProblem, problem } from './api-problem.ts'
import type { ApiProblem } from './api-problem.ts'
import { assignedReplicas, manualPartition } from './assignment.ts'
import type { NewPartition } from './assignment.ts'
import { defineControllerHandler } from './controller-handler.ts'
import type { Asked } from './controller-handler.ts'
import { newPartitionRecord } from './topics.ts'

type WantedTopic = RequestOf<typeof CreatePartitions>['topics'][number]

/** As many as CreateTopics takes, and as records fit into one operation of Apache Kafka. */
const partitionsPerRequestMax = 10_000

export const createPartitions = defineControllerHandler(CreatePartitions, {
  decide({ topics, validateOnly }, asked) {
    let leftCount = partitionsPerRequestMax
    const outcomes = [...Map.groupBy(topics, ({ name }) => name)].map(([name, [topic, ...others]]) => {
      const isTwice = topic === undefined || others.length > 0
      const outcome = isTwice
        ? problem('INVALID_REQUEST', 'Duplicate topic name.')
        : addPartitions(topic, leftCount, asked)
      if (!isProblem(outcome)) leftCount -= outcome.length
      return { name, outcome }
    })
    return {
      response: {
        results: outcomes.map(({ name, outcome }) => ({
          name,
          ...errorFields(isProblem(outcome) ? outcome : undefined),
        })),
      },
      records: validateOnly ? [] : outcomes.flatMap(({ outcome }) => (isProblem(outcome) ? [] : outcome)),
    }
  },
  refuse: ({ topics }, found) => ({ results: topics.map(({ name }) => ({ name, ...found })) }),
})

function addPartitions(
  wanted: WantedTopic,
  countMax: number,
  asked: Asked,
): readonly MetadataRecordInput[] | ApiProblem {
  const { name } = wanted
  if (!asked.context.allows('Alter', { type: 'topic', name })) return problem('TOPIC_AUTHORIZATION_FAILED')
  const topic = asked.image.topics.byName.get(name)
  if (topic === undefined) return problem('UNKNOWN_TOPIC_OR_PARTITION')
  const found = countProblem(wanted, topic)
  if (found !== undefined) return found
  // Before any is placed: placing two billion would take all time and memory there is.
  if (wanted.count - topic.partitions.length > countMax) {
    return problem('POLICY_VIOLATION', `One request adds at most ${partitionsPerRequestMax} partitions.`)
  }
  if (!asked.context.chargeMutations(wanted.count - topic.partitions.length)) {
    return problem('THROTTLING_QUOTA_EXCEEDED')
  }
  const partitions = newPartitionsOf(wanted, topic, asked)
  if (isProblem(partitions)) return partitions
  return partitions.map((partition, index) =>
    newPartitionRecord(asked, { topicId: topic.id, partitionId: topic.partitions.length + index }, partition),
  )
}

function countProblem({ name, count, assignments }: WantedTopic, { partitions }: TopicImage): ApiProblem | undefined {
  const added = count - partitions.length
  if (added === 0) return problem('INVALID_PARTITIONS', `Topic already has ${partitions.length} partition(s).`)
  if (added < 0) {
    const text = `The topic ${name} currently has ${partitions.length} partition(s); ${count} would not be an increase.`
    return problem('INVALID_PARTITIONS', text)
  }
  if (assignments === null || assignments.length === added) return undefined
  const text = `Attempted to add ${added} additional partition(s), but only ${assignments.length} assignment(s) were specified.`
  return problem('INVALID_REPLICA_ASSIGNMENT', text)
}

function newPartitionsOf(
  { count, assignments }: WantedTopic,
  { partitions }: TopicImage,
  asked: Asked,
): readonly NewPartition[] | ApiProblem {
  const replicationFactor = partitions[0]?.replicas.length ?? 1
  const partitionCount = count - partitions.length
  if (assignments === null)
    return assignedReplicas(asked, { assignments: undefined, partitionCount, replicationFactor })
  const added: NewPartition[] = []
  for (const [index, { brokerIds }] of assignments.entries()) {
    const partition = manualPartition(asked, {
      partitionIndex: partitions.length + index,
      brokerIds,
      replicationFactor,
    })
    if (isProblem(partition)) return partition
    added.push(partition)
  }
  return added
}
