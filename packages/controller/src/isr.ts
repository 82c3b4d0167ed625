/**
 * AlterPartition (56): a leader reports who is in sync with it (KIP-497), and that it has recovered from an unclean
 * election. v3 carries the broker epoch of each member, so that a replica that has restarted meanwhile is not let in
 * on old evidence (KIP-903).
 */
import type { PartitionRegistration, TopicImage } from '@gregor/metadata'
import { AlterPartition } from '@gregor/protocol'
import type { MetadataRecordInput, ProtocolError, RequestOf, ResponseInput } from '@gregor/protocol'
import { errorFields, problem } from './api-problem.ts'
import { brokerEpochProblem } from './brokers.ts'
import { defineControllerHandler, refusal } from './controller-handler.ts'
import type { Asked } from './controller-handler.ts'
import { isUncleanElectionEnabled } from './deliberation.ts'
import { changeIn } from './leadership.ts'
import { RECOVERING } from './partition-change.ts'
import type { PartitionChangeInput } from './partition-change.ts'

type TopicData = RequestOf<typeof AlterPartition>['topics'][number]
type PartitionData = TopicData['partitions'][number]
type PartitionResult = ResponseInput<typeof AlterPartition>['topics'][number]['partitions'][number]

interface Change {
  readonly result: PartitionResult
  readonly record: MetadataRecordInput | undefined
}

export const alterPartition = defineControllerHandler(AlterPartition, {
  clusterOperation: 'ClusterAction',
  decide({ brokerId, brokerEpoch, topics }, asked) {
    const found = brokerEpochProblem(asked, brokerId, brokerEpoch)
    if (found !== undefined) return refusal(found)
    const changes = topics.map((topic) => ({ topicId: topic.topicId, partitions: changesIn(topic, brokerId, asked) }))
    return {
      response: {
        errorCode: 0,
        topics: changes.map(({ topicId, partitions }) => ({
          topicId,
          partitions: partitions.map(({ result }) => result),
        })),
      },
      records: changes.flatMap(({ partitions }) => partitions.flatMap(({ record }) => record ?? [])),
      isSplittable: true,
    }
  },
  refuse: (_, { errorCode }) => ({ errorCode, topics: [] }),
})

function changesIn({ topicId, partitions }: TopicData, brokerId: number, asked: Asked): readonly Change[] {
  const topic = asked.image.topics.byId.get(topicId)
  return partitions.map((data) =>
    topic === undefined ? failed(data, 'UNKNOWN_TOPIC_ID') : change(data, { topic, brokerId, asked }),
  )
}

function change(
  data: PartitionData,
  { topic, brokerId, asked }: { readonly topic: TopicImage; readonly brokerId: number; readonly asked: Asked },
): Change {
  const { partitionIndex: partitionId } = data
  const partition = topic.partitions[partitionId]
  if (partition === undefined) return failed(data, 'UNKNOWN_TOPIC_OR_PARTITION')
  const members = membersOf(data, asked)
  const error =
    epochError(data, partition, brokerId) ?? isrError(data, partition, members) ?? memberError(members, asked)
  if (error !== undefined) return failed(data, error)
  const record = changeIn(
    asked,
    { topic, partitionId, partition },
    {
      election: isUncleanElectionEnabled(asked, topic.name) ? 'unclean' : 'online',
      isr: members.map((member) => member.brokerId),
      leaderRecoveryState: data.leaderRecoveryState,
    },
  )
  // A reassignment that this completes may move the leadership: the record is written, and the leader told to look.
  if (record?.leader !== undefined && record.leader !== brokerId)
    return { ...failed(data, 'NEW_LEADER_ELECTED'), record }
  return { result: { partitionIndex: partitionId, ...resultOf(partition, record) }, record }
}

interface Member {
  readonly brokerId: number
  /** -1: not known. */
  readonly brokerEpoch: number
}

function membersOf({ newIsr, newIsrWithEpochs }: PartitionData, { apiVersion }: Asked): readonly Member[] {
  return apiVersion >= 3 ? newIsrWithEpochs : newIsr.map((brokerId) => ({ brokerId, brokerEpoch: -1 }))
}

/** Epochs from our future mean that we are not the controller any more; from our past, that the leader is behind. */
function epochError(
  data: PartitionData,
  partition: PartitionRegistration,
  brokerId: number,
): ProtocolError | undefined {
  if (data.leaderEpoch > partition.leaderEpoch || data.partitionEpoch > partition.partitionEpoch)
    return 'NOT_CONTROLLER'
  if (data.leaderEpoch < partition.leaderEpoch) return 'FENCED_LEADER_EPOCH'
  if (brokerId !== partition.leader) return 'INVALID_REQUEST'
  return data.partitionEpoch < partition.partitionEpoch ? 'INVALID_UPDATE_VERSION' : undefined
}

function isrError(
  data: PartitionData,
  partition: PartitionRegistration,
  members: readonly Member[],
): ProtocolError | undefined {
  const isr = new Set(members.map(({ brokerId }) => brokerId))
  const isKnown = members.every(({ brokerId }) => partition.replicas.includes(brokerId))
  if (isr.size !== members.length || !isKnown || !isr.has(partition.leader)) return 'INVALID_REQUEST'
  const isRecovering = data.leaderRecoveryState === RECOVERING
  if (isRecovering && (isr.size > 1 || partition.leaderRecoveryState !== RECOVERING)) return 'INVALID_REQUEST'
  return undefined
}

function memberError(members: readonly Member[], { image }: Asked): ProtocolError | undefined {
  const isEligible = members.every(({ brokerId, brokerEpoch }) => {
    const broker = image.brokers.get(brokerId)
    if (broker === undefined || broker.fenced || broker.inControlledShutdown) return false
    return brokerEpoch === -1 || brokerEpoch === broker.epoch
  })
  return isEligible ? undefined : 'INELIGIBLE_REPLICA'
}

function resultOf(partition: PartitionRegistration, record: PartitionChangeInput | undefined) {
  return {
    errorCode: 0,
    leaderId: record?.leader ?? partition.leader,
    isr: record?.isr ?? partition.isr,
    leaderRecoveryState: record?.leaderRecoveryState ?? partition.leaderRecoveryState,
    leaderEpoch: partition.leaderEpoch + (record?.leader === undefined ? 0 : 1),
    partitionEpoch: partition.partitionEpoch + (record === undefined ? 0 : 1),
  }
}

function failed({ partitionIndex }: PartitionData, error: ProtocolError): Change {
  const { errorCode } = errorFields(problem(error))
  const result = { partitionIndex, errorCode, leaderId: 0, leaderEpoch: 0, isr: [], partitionEpoch: 0 }
  return { result, record: undefined }
}
