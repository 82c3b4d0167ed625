/**
 * DescribeQuorum as the leader of the metadata log answers it: who votes, who follows, how far each has come (KIP-595).
 * It is the log that knows, not the controller that decides on it.
 */
import { ZERO_UUID } from '@gregor/base'
import type { QuorumInfo, QuorumReplica } from '@gregor/metadata'
import { errorCode, errorMessage } from '@gregor/protocol'
import type { DescribeQuorum, ProtocolError, RequestOf, ResponseInput } from '@gregor/protocol'

type Request = RequestOf<typeof DescribeQuorum>
type Response = ResponseInput<typeof DescribeQuorum>
type PartitionAnswer = Response['topics'][number]['partitions'][number]

const metadataTopic = '__cluster_metadata'

/** @param apiVersion - directory ids and nodes are there from version 2 on. */
export function quorumDescription(request: Request, info: QuorumInfo, apiVersion: number): Response {
  const [topic, ...otherTopics] = request.topics
  const [partition, ...otherPartitions] = topic?.partitions ?? []
  const isAboutMetadata = topic?.topicName === metadataTopic && partition?.partitionIndex === 0
  if (!isAboutMetadata || otherTopics.length > 0 || otherPartitions.length > 0) {
    return answer(request, refusedPartition('UNKNOWN_TOPIC_OR_PARTITION'))
  }
  if (!info.leader.isMine) return answer(request, refusedPartition('NOT_LEADER_OR_FOLLOWER'))
  const described: PartitionAnswer = {
    partitionIndex: 0,
    errorCode: 0,
    errorMessage: '',
    leaderId: info.leader.id ?? -1,
    leaderEpoch: info.leader.epoch,
    highWatermark: info.highWatermark,
    currentVoters: info.voters.map((replica) => describedReplica(replica, apiVersion)),
    observers: info.observers.map((replica) => describedReplica(replica, apiVersion)),
  }
  const nodes = info.voters.map(({ id, endpoints }) => ({
    nodeId: id,
    listeners: endpoints.map(({ name, host, port }) => ({ name, host, port })),
  }))
  return { ...answer(request, () => described), nodes: apiVersion >= 2 ? nodes : [] }
}

export function refusedQuorumDescription(error: ProtocolError): Response {
  return { errorCode: errorCode(error), errorMessage: errorMessage(error), topics: [], nodes: [] }
}

function answer({ topics }: Request, describe: (partitionIndex: number) => PartitionAnswer): Response {
  return {
    errorCode: 0,
    errorMessage: '',
    topics: topics.map(({ topicName, partitions }) => ({
      topicName,
      partitions: partitions.map(({ partitionIndex }) => describe(partitionIndex)),
    })),
    nodes: [],
  }
}

function refusedPartition(error: ProtocolError): (partitionIndex: number) => PartitionAnswer {
  return (partitionIndex) => ({
    partitionIndex,
    errorCode: errorCode(error),
    errorMessage: errorMessage(error),
    leaderId: 0,
    leaderEpoch: 0,
    highWatermark: 0,
    currentVoters: [],
    observers: [],
  })
}

function describedReplica(replica: QuorumReplica, apiVersion: number): PartitionAnswer['currentVoters'][number] {
  return {
    replicaId: replica.id,
    replicaDirectoryId: apiVersion >= 2 ? replica.directoryId : ZERO_UUID,
    logEndOffset: replica.logEndOffset,
    lastFetchTimestamp: replica.lastFetchTimeMs,
    lastCaughtUpTimestamp: replica.lastCaughtUpTimeMs,
  }
}
