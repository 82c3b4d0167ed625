/**
 * ConsumerGroupHeartbeat (KIP-848), the one request of a member: it joins, stays, changes its subscription, gives up
 * and gets partitions, and leaves, all with this. A heartbeat goes four ways: who is it; what has changed, and does the
 * group have to be assigned anew; what is the target; how far towards it does this member get now.
 */
import { randomUuid } from '@gregor/base'
import { errorCode } from '@gregor/protocol'
import type { ConsumerGroupHeartbeatRequest } from '@gregor/protocol'
import type { GroupEventOf, GroupReplies, RequestContext } from '../group-event.ts'
import { isRefusal, refusal } from '../refusal.ts'
import type { Refusal } from '../refusal.ts'
import { note } from '../turn.ts'
import type { Turn } from '../turn.ts'
import { asksForTheSame, awayEpoch, leavingEpoch, sameNames } from './consumer-member.ts'
import type { ConsumerMember } from './consumer-member.ts'
import { subscriptionRecord } from './consumer-records.ts'
import { renewConsumerSession } from './consumer-timers.ts'
import { consumerGroupConfig } from './group-settings.ts'
import { heartbeatProblem } from './heartbeat-problem.ts'
import { leaveConsumerGroup } from './leave.ts'
import { findMember } from './member-lookup.ts'
import { openConsumerGroup } from './open-group.ts'
import { samePartitionEpochs, topicPartitionsFrom } from './partition-epochs.ts'
import { updateRegexes } from './regexes.ts'
import { isFull, missingTopics, stepTowardsTarget } from './step.ts'

type Reply = GroupReplies['ConsumerGroupHeartbeat']

export function consumerGroupHeartbeat(turn: Turn, event: GroupEventOf<'ConsumerGroupHeartbeat'>): Reply {
  const { request, context } = event
  const problem = heartbeatProblem(request, context.apiVersion, turn.state.config) ?? missingTopics(turn)
  if (problem !== undefined) return refuseHeartbeat(problem)
  const isLeaving = request.memberEpoch === leavingEpoch || request.memberEpoch === awayEpoch
  // What was prepared for a request that is refused in the end must not be written.
  const attempt = { ...turn, records: [], effects: [] }
  const reply = isLeaving ? leaveConsumerGroup(attempt, request) : beat(attempt, event)
  if (isRefusal(reply)) {
    const { groupId, memberId } = request
    note(turn, groupId, { kind: 'Refused', memberId, text: `Heartbeat refused: ${reply.refused}, ${reply.message}` })
    return refuseHeartbeat(reply)
  }
  turn.records.push(...attempt.records)
  turn.effects.push(...attempt.effects)
  return reply
}

export function refuseHeartbeat({ refused, message }: Refusal): Reply {
  return {
    errorCode: errorCode(refused),
    errorMessage: message,
    memberId: null,
    memberEpoch: 0,
    heartbeatIntervalMs: 0,
    assignment: null,
  }
}

function beat(turn: Turn, { request, context, mayDescribe }: GroupEventOf<'ConsumerGroupHeartbeat'>): Reply | Refusal {
  const { groupId, memberEpoch } = request
  const isJoining = memberEpoch === 0
  const group = openConsumerGroup(turn, groupId, isJoining)
  if (isRefusal(group)) return group
  const memberId = request.memberId === '' ? randomUuid(turn.given.random) : request.memberId
  if (isFull(turn, group, memberId, request.instanceId)) {
    const text = `The consumer group has reached its maximum capacity of ${turn.state.config.consumer.sizeMax} members.`
    return refusal('GROUP_MAX_SIZE_REACHED', text)
  }
  const owned = request.topicPartitions ?? undefined
  const found = findMember(group, { memberId, instanceId: request.instanceId, memberEpoch, owned })
  if (isRefusal(found)) return found
  turn.records.push(...found.records)
  if (isJoining && group.member(memberId) === undefined) noteJoin(turn, request, memberId, context)

  const asking = updated(found.member, request, context)
  if (!asksForTheSame(found.member, asking)) turn.records.push(subscriptionRecord(groupId, asking))
  const regexChange = updateRegexes(turn, group, { before: found.member, after: asking }, mayDescribe)
  if (typeof regexChange !== 'string') return regexChange
  const haveNamesChanged = !sameNames(found.member.topicNames, asking.topicNames)
  const isBumped = haveNamesChanged || regexChange === 'resolved'
  const hasSubscriptionChanged = haveNamesChanged || regexChange !== 'none'

  const member = stepTowardsTarget(turn, { group, asking, isBumped, hasSubscriptionChanged, owned })
  if (isRefusal(member)) return member
  renewConsumerSession(turn, groupId, member)
  // A full request asks what it has; else it is told where that has changed.
  const isTold = isJoining || isFullRequest(request) || !samePartitionEpochs(found.member.assigned, member.assigned)
  return {
    errorCode: errorCode('NONE'),
    memberId,
    memberEpoch: member.memberEpoch,
    heartbeatIntervalMs: consumerGroupConfig(turn.state, groupId).heartbeatIntervalMs,
    assignment: isTold ? { topicPartitions: topicPartitionsFrom(member.assigned) } : null,
  }
}

function updated(
  member: ConsumerMember,
  request: ConsumerGroupHeartbeatRequest,
  { clientId, clientHost }: RequestContext,
): ConsumerMember {
  const { subscribedTopicNames: names, rebalanceTimeoutMs } = request
  return {
    ...member,
    instanceId: request.instanceId ?? member.instanceId,
    rackId: request.rackId ?? member.rackId,
    rebalanceTimeoutMs: rebalanceTimeoutMs === -1 ? member.rebalanceTimeoutMs : rebalanceTimeoutMs,
    assignor: request.serverAssignor ?? member.assignor,
    topicNames: names === null ? member.topicNames : new Set(names),
    topicRegex: request.subscribedTopicRegex ?? member.topicRegex,
    clientId,
    clientHost,
    classic: null,
  }
}

/** After an error, or to begin with, a client says everything. */
function isFullRequest(request: ConsumerGroupHeartbeatRequest): boolean {
  const { rebalanceTimeoutMs, subscribedTopicNames, subscribedTopicRegex, topicPartitions } = request
  const saysTopics = subscribedTopicNames !== null || subscribedTopicRegex !== null
  return rebalanceTimeoutMs !== -1 && saysTopics && topicPartitions !== null
}

function noteJoin(
  turn: Turn,
  { groupId, instanceId, subscribedTopicNames, subscribedTopicRegex }: ConsumerGroupHeartbeatRequest,
  memberId: string,
  { clientHost, clientId }: RequestContext,
): void {
  const instance = instanceId === null ? '' : `, instance ${instanceId}`
  const topics = [
    ...(subscribedTopicNames ?? []),
    ...(subscribedTopicRegex === null ? [] : [`/${subscribedTopicRegex}/`]),
  ]
  const text = `Joined from ${clientHost} as ${clientId}${instance}, topics ${topics.join(', ')}.`
  note(turn, groupId, { kind: 'Joined', memberId, text })
}
