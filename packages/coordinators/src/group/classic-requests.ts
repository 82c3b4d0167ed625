/**
 * The requests of the classic protocol: what each must fulfil whatever the group, and whose it is. A group that is not
 * there, or is empty, has no members to speak for.
 */
import { errorCode } from '@gregor/protocol'
import type { LeaveGroupRequest, ProtocolError } from '@gregor/protocol'
import { refuseJoin, refuseSync } from './classic/classic-answers.ts'
import { joinClassicGroup } from './classic/join-group.ts'
import { heartbeatOfMember, leaveClassicGroup } from './classic/membership.ts'
import type { LeftMember } from './classic/membership.ts'
import { syncClassicGroup } from './classic/sync-group.ts'
import { joinConsumerGroup } from './consumer/classic-protocol-join.ts'
import {
  heartbeatInConsumerGroup,
  leaveConsumerGroupByRequest,
  syncWithConsumerGroup,
} from './consumer/classic-protocol-members.ts'
import { groupTombstones } from './consumer/consumer-records.ts'
import type { GroupEventOf, GroupReplies } from './group-event.ts'
import { consumerGroupOf } from './group-state.ts'
import { isRefusal, refusal } from './refusal.ts'
import { answer } from './turn.ts'
import type { Turn } from './turn.ts'

export function joinGroup(turn: Turn, event: GroupEventOf<'JoinGroup'>): void {
  const { request, waiter, context } = event
  const problem = joinProblem(turn, event)
  if (problem !== undefined) {
    refuseJoin(turn, { waiter, apiVersion: context.apiVersion }, problem, request.memberId)
    return
  }
  const group = consumerGroupOf(turn.state, request.groupId)
  if (group !== undefined && group.size > 0) {
    joinConsumerGroup(turn, group, event)
    return
  }
  // A consumer group that is empty makes room for whoever is new.
  if (group !== undefined && request.memberId === '') turn.records.push(...groupTombstones(group, []))
  joinClassicGroup(turn, event)
}

function joinProblem({ state }: Turn, { request }: GroupEventOf<'JoinGroup'>): ProtocolError | undefined {
  if (request.groupId === '') return 'INVALID_GROUP_ID'
  const { sessionTimeoutMsMin, sessionTimeoutMsMax } = state.config
  const isAllowed = request.sessionTimeoutMs >= sessionTimeoutMsMin && request.sessionTimeoutMs <= sessionTimeoutMsMax
  return isAllowed ? undefined : 'INVALID_SESSION_TIMEOUT'
}

export function syncGroup(turn: Turn, event: GroupEventOf<'SyncGroup'>): void {
  const { request, waiter, context } = event
  const waiting = { waiter, apiVersion: context.apiVersion }
  const group = turn.state.classicGroups.get(request.groupId)
  const saysNothing = request.protocolType === null || request.protocolName === null
  if (request.groupId === '') refuseSync(turn, waiting, 'INVALID_GROUP_ID')
  else if (context.apiVersion >= 5 && saysNothing) refuseSync(turn, waiting, 'INCONSISTENT_GROUP_PROTOCOL')
  else if (group === undefined) syncConsumerMember(turn, event)
  else if (group.state === 'Empty') refuseSync(turn, waiting, 'UNKNOWN_MEMBER_ID')
  else syncClassicGroup(turn, group, event)
}

function syncConsumerMember(turn: Turn, { request, waiter, context }: GroupEventOf<'SyncGroup'>): void {
  const group = consumerGroupOf(turn.state, request.groupId)
  const assignment =
    group === undefined
      ? refusal('UNKNOWN_MEMBER_ID', 'There is no such group.')
      : syncWithConsumerGroup(turn, group, request)
  if (isRefusal(assignment)) {
    refuseSync(turn, { waiter, apiVersion: context.apiVersion }, assignment.refused)
    return
  }
  const { protocolType, protocolName } = request
  const response = { errorCode: errorCode('NONE'), protocolType, protocolName, assignment }
  answer(turn, { type: 'AnswerSyncGroup', waiter, response })
}

export function heartbeat(turn: Turn, { request }: GroupEventOf<'Heartbeat'>): GroupReplies['Heartbeat'] {
  if (request.groupId === '') return { errorCode: errorCode('INVALID_GROUP_ID') }
  const classic = turn.state.classicGroups.get(request.groupId)
  if (classic !== undefined) return { errorCode: errorCode(heartbeatOfMember(turn, classic, request)) }
  const group = consumerGroupOf(turn.state, request.groupId)
  const error = group === undefined ? 'UNKNOWN_MEMBER_ID' : heartbeatInConsumerGroup(turn, group, request)
  return { errorCode: errorCode(error) }
}

export function leaveGroup(turn: Turn, { request, context }: GroupEventOf<'LeaveGroup'>): GroupReplies['LeaveGroup'] {
  const isOfOne = context.apiVersion < 3
  const members = isOfOne ? [{ memberId: request.memberId, groupInstanceId: null, reason: null }] : request.members
  if (request.groupId === '') return { errorCode: errorCode('INVALID_GROUP_ID') }
  const left = leftMembers(turn, request.groupId, members)
  if (!isOfOne) return { errorCode: errorCode('NONE'), members: left }
  return { errorCode: left[0]?.errorCode ?? errorCode('NONE') }
}

function leftMembers(turn: Turn, groupId: string, members: LeaveGroupRequest['members']): readonly LeftMember[] {
  const classic = turn.state.classicGroups.get(groupId)
  if (classic !== undefined) return leaveClassicGroup(turn, classic, members)
  const group = consumerGroupOf(turn.state, groupId)
  if (group !== undefined) return leaveConsumerGroupByRequest(turn, group, members)
  return members.map(({ memberId, groupInstanceId }) => {
    return { memberId, groupInstanceId, errorCode: errorCode('UNKNOWN_MEMBER_ID') }
  })
}
