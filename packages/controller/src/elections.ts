/**
 * ElectLeaders (43): moves leadership to the preferred replica, or finds a leader at the price of data for a partition
 * that has none (KIP-460). Without a list of partitions all are tried, and those that need nothing are not answered.
 */
import { NO_LEADER } from '@gregor/metadata'
import { ElectLeaders } from '@gregor/protocol'
import { errorFields, isProblem, plainProblem, problem } from './api-problem.ts'
import type { ApiProblem } from './api-problem.ts'
import { defineControllerHandler, refusal } from './controller-handler.ts'
import type { Asked } from './controller-handler.ts'
import { changeIn } from './leadership.ts'
import type { PartitionChangeInput } from './partition-change.ts'

const preferredType = 0
const uncleanType = 1

interface Elected {
  readonly topic: string
  readonly partitionId: number
  readonly outcome: PartitionChangeInput | ApiProblem
}

export const electLeaders = defineControllerHandler(ElectLeaders, {
  clusterOperation: 'Alter',
  decide({ electionType, topicPartitions }, asked) {
    if (electionType !== preferredType && electionType !== uncleanType) {
      return refusal(problem('INVALID_REQUEST', `Unknown election type ${electionType}`))
    }
    const wanted =
      topicPartitions ??
      [...asked.image.topics.byName].map(([topic, { partitions }]) => ({ topic, partitions: [...partitions.keys()] }))
    const elected = wanted.flatMap(({ topic, partitions }) =>
      partitions.map((partitionId): Elected => ({
        topic,
        partitionId,
        outcome: elect(asked, { topicName: topic, partitionId, electionType }),
      })),
    )
    return {
      response: {
        errorCode: 0,
        replicaElectionResults: [...Map.groupBy(elected, ({ topic }) => topic)].map(([topic, results]) => ({
          topic,
          partitionResult: results
            .filter(({ outcome }) => topicPartitions !== null || !isNeedless(outcome))
            .map(({ partitionId, outcome }) => ({
              partitionId,
              ...errorFields(isProblem(outcome) ? outcome : undefined),
            })),
        })),
      },
      records: elected.flatMap(({ outcome }) => (isProblem(outcome) ? [] : [outcome])),
      isSplittable: true,
    }
  },
  refuse: ({ topicPartitions }, { errorCode, errorMessage }, apiVersion) => ({
    // Version 0 can say it for each partition only.
    ...(apiVersion === 0 ? {} : { errorCode }),
    replicaElectionResults: (topicPartitions ?? []).map(({ topic, partitions }) => ({
      topic,
      partitionResult: partitions.map((partitionId) => ({ partitionId, errorCode, errorMessage })),
    })),
  }),
})

function isNeedless(outcome: PartitionChangeInput | ApiProblem): boolean {
  return isProblem(outcome) && outcome.error === 'ELECTION_NOT_NEEDED'
}

function elect(
  asked: Asked,
  given: { readonly topicName: string; readonly partitionId: number; readonly electionType: number },
): PartitionChangeInput | ApiProblem {
  const { topicName, partitionId, electionType } = given
  const topic = asked.image.topics.byName.get(topicName)
  if (topic === undefined) return problem('UNKNOWN_TOPIC_OR_PARTITION', `No such topic as ${topicName}`)
  const partition = topic.partitions[partitionId]
  if (partition === undefined) {
    return problem('UNKNOWN_TOPIC_OR_PARTITION', `No such partition as ${topicName}-${partitionId}`)
  }
  const isPreferred = electionType === preferredType
  const isNeeded = isPreferred ? partition.leader !== partition.replicas[0] : partition.leader === NO_LEADER
  if (!isNeeded) return plainProblem('ELECTION_NOT_NEEDED')
  const record = changeIn(asked, { topic, partitionId, partition }, { election: isPreferred ? 'preferred' : 'unclean' })
  return record ?? plainProblem(isPreferred ? 'PREFERRED_LEADER_NOT_AVAILABLE' : 'ELIGIBLE_LEADERS_NOT_AVAILABLE')
}
