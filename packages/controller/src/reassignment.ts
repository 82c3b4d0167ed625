/**
 * AlterPartitionReassignments (45) and ListPartitionReassignments (46): moves replicas between brokers while the
 * partition is served (KIP-455). The new replicas catch up beside the old ones; AlterPartition completes the move.
 * v1 of 45 may forbid a change of the replication factor (KIP-860).
 */
import { isReassigning } from '@gregor/metadata'
import type { PartitionRegistration, TopicImage } from '@gregor/metadata'
import { AlterPartitionReassignments, ListPartitionReassignments } from '@gregor/protocol'
import type { RequestOf } from '@gregor/protocol'
import { errorFields, isProblem, problem } from './api-problem.ts'
import type { ApiProblem } from './api-problem.ts'
import { manualAssignmentProblem } from './assignment.ts'
import { defineControllerHandler } from './controller-handler.ts'
import type { Asked } from './controller-handler.ts'
import { isElrEnabled, isUncleanElectionEnabled, partitionsWhere } from './deliberation.ts'
import type { PlacedPartition } from './deliberation.ts'
import { changeIn } from './leadership.ts'
import type { PartitionChangeInput } from './partition-change.ts'
import { reassignment, revertedReassignment, without } from './reassignment-plan.ts'

type WantedPartition = RequestOf<typeof AlterPartitionReassignments>['topics'][number]['partitions'][number]
type ChangeOutcome = { readonly record: PartitionChangeInput | undefined } | ApiProblem

export const alterPartitionReassignments = defineControllerHandler(AlterPartitionReassignments, {
  clusterOperation: 'Alter',
  decide({ topics, allowReplicationFactorChange }, asked) {
    const outcomes = topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map((wanted) => ({
        partitionIndex: wanted.partitionIndex,
        outcome: alter(name, wanted, { asked, allowReplicationFactorChange }),
      })),
    }))
    return {
      response: {
        allowReplicationFactorChange,
        errorCode: 0,
        responses: outcomes.map(({ name, partitions }) => ({
          name,
          partitions: partitions.map(({ partitionIndex, outcome }) => ({
            partitionIndex,
            ...errorFields(isProblem(outcome) ? outcome : undefined),
          })),
        })),
      },
      records: outcomes.flatMap(({ partitions }) =>
        partitions.flatMap(({ outcome }) => (isProblem(outcome) ? [] : (outcome.record ?? []))),
      ),
    }
  },
  refuse: ({ topics }, found) => ({
    ...found,
    responses: topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, ...found })),
    })),
  }),
})

export const listPartitionReassignments = defineControllerHandler(ListPartitionReassignments, {
  clusterOperation: 'Describe',
  decide({ topics }, { image }) {
    const found =
      topics === null
        ? [...partitionsWhere(image, isReassigning)]
        : topics.flatMap(({ name, partitionIndexes }) => placedIn(image.topics.byName.get(name), partitionIndexes))
    const byTopic = Map.groupBy(found, ({ topic }) => topic.name)
    return {
      response: {
        errorCode: 0,
        topics: [...byTopic].map(([name, placed]) => ({
          name,
          partitions: placed.map(({ partitionId: partitionIndex, partition }) => ({
            partitionIndex,
            replicas: partition.replicas,
            addingReplicas: partition.addingReplicas,
            removingReplicas: partition.removingReplicas,
          })),
        })),
      },
    }
  },
  refuse: (_, found) => ({ ...found, topics: [] }),
})

function placedIn(topic: TopicImage | undefined, partitionIds: readonly number[]): readonly PlacedPartition[] {
  if (topic === undefined) return []
  return partitionIds.flatMap((partitionId) => {
    const partition = topic.partitions[partitionId]
    return partition !== undefined && isReassigning(partition) ? [{ topic, partitionId, partition }] : []
  })
}

function alter(
  topicName: string,
  { partitionIndex: partitionId, replicas }: WantedPartition,
  { asked, allowReplicationFactorChange }: { readonly asked: Asked; readonly allowReplicationFactorChange: boolean },
): ChangeOutcome {
  const topic = asked.image.topics.byName.get(topicName)
  if (topic === undefined) {
    return problem('UNKNOWN_TOPIC_OR_PARTITION', `Unable to find a topic named ${topicName}.`)
  }
  const partition = topic.partitions[partitionId]
  if (partition === undefined) {
    return problem('UNKNOWN_TOPIC_OR_PARTITION', `Unable to find partition ${topicName}:${partitionId}.`)
  }
  const placed = { topic, partitionId, partition }
  if (replicas === null) return cancel(placed, asked)
  const found =
    manualAssignmentProblem(asked, replicas, undefined) ??
    (allowReplicationFactorChange ? undefined : replicationFactorProblem(partition, replicas))
  if (found !== undefined) return found
  const { replicas: all, addingReplicas, removingReplicas } = reassignment(partition.replicas, replicas)
  const wish = {
    replicas: all,
    ...(removingReplicas.length === 0 ? {} : { removingReplicas }),
    ...(addingReplicas.length === 0 ? {} : { addingReplicas }),
  }
  return { record: changeIn(asked, placed, wish) }
}

function cancel(placed: PlacedPartition, asked: Asked): ChangeOutcome {
  const { topic, partitionId, partition } = placed
  if (!isReassigning(partition)) return problem('NO_REASSIGNMENT_IN_PROGRESS')
  const { replicas, isr: remaining } = revertedReassignment(partition)
  const isUncleanAllowed = isUncleanElectionEnabled(asked, topic.name)
  if (remaining.length === 0 && !isUncleanAllowed) {
    const text = `Unable to revert partition assignment for ${topic.name}:${partitionId} because it would require an unclean leader election.`
    return problem('INVALID_REPLICA_ASSIGNMENT', text)
  }
  // Without ELR the ISR is never empty: the first replica stands for the one that will be elected.
  const isr = remaining.length === 0 && !isElrEnabled(asked) ? replicas.slice(0, 1) : remaining
  const election = isUncleanAllowed ? 'unclean' : 'online'
  return { record: changeIn(asked, placed, { election, isr, replicas, removingReplicas: [], addingReplicas: [] }) }
}

/** Counted is what the partition would have at the end of a reassignment that is under way. */
function replicationFactorProblem(
  { replicas, removingReplicas }: PartitionRegistration,
  target: readonly number[],
): ApiProblem | undefined {
  const current = without(replicas, removingReplicas).length
  if (current === target.length) return undefined
  const text = `The replication factor is changed from ${current} to ${target.length}`
  return problem('INVALID_REPLICATION_FACTOR', text)
}
