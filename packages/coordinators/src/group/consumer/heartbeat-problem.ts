/** What every ConsumerGroupHeartbeat must fulfil, whatever the group. */
import type { ConsumerGroupHeartbeatRequest } from '@gregor/protocol'
import type { GroupCoordinatorConfig } from '../group-config.ts'
import { refusal } from '../refusal.ts'
import type { Refusal } from '../refusal.ts'
import { awayEpoch, leavingEpoch } from './consumer-member.ts'

export function heartbeatProblem(
  request: ConsumerGroupHeartbeatRequest,
  apiVersion: number,
  { consumer }: GroupCoordinatorConfig,
): Refusal | undefined {
  const { memberEpoch, memberId, groupId, instanceId, rackId, serverAssignor } = request
  // Since version 1 members make their own ids (KIP-1082).
  const needsId = apiVersion >= 1 || memberEpoch > 0 || memberEpoch === leavingEpoch
  if (needsId && isBlank(memberId)) return invalid("MemberId can't be empty.")
  if (isBlank(groupId)) return invalid("GroupId can't be empty.")
  if (isBlank(instanceId)) return invalid("InstanceId can't be empty.")
  if (isBlank(rackId)) return invalid("RackId can't be empty.")
  if (memberEpoch < awayEpoch) return invalid('MemberEpoch is invalid.')
  if (memberEpoch === awayEpoch && instanceId === null) return invalid("InstanceId can't be null.")
  const problem = memberEpoch === 0 ? joinProblem(request) : undefined
  if (problem !== undefined) return problem
  if (serverAssignor === null || consumer.assignors.includes(serverAssignor)) return undefined
  const known = consumer.assignors.join(', ')
  const text = `ServerAssignor ${serverAssignor} is not supported. Supported assignors: ${known}.`
  return refusal('UNSUPPORTED_ASSIGNOR', text)
}

function joinProblem(request: ConsumerGroupHeartbeatRequest): Refusal | undefined {
  const { rebalanceTimeoutMs, topicPartitions, subscribedTopicNames, subscribedTopicRegex } = request
  if (rebalanceTimeoutMs === -1) return invalid('RebalanceTimeoutMs must be provided in first request.')
  if (topicPartitions === null || topicPartitions.length > 0) {
    return invalid('TopicPartitions must be empty when (re-)joining.')
  }
  if (subscribedTopicNames === null && subscribedTopicRegex === null) {
    return invalid('Either SubscribedTopicNames or SubscribedTopicRegex must be non-null when (re-)joining.')
  }
  return undefined
}

function isBlank(text: string | null): boolean {
  return text !== null && text.trim() === ''
}

function invalid(message: string): Refusal {
  return refusal('INVALID_REQUEST', message)
}
