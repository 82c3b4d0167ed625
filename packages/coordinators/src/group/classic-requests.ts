/**
 * The requests of the classic protocol: what each must fulfil whatever the group, and whose it is. A group that is not
 * there, or is empty, has no members to speak for.
 */
import { errorCode } from '@gregor/protocol'
import type { ProtocolError } from '@gregor/protocol'
import { refuseJoin, refuseSync } from './classic/classic-answers.ts'
import { joinClassicGroup } from './classic/join-group.ts'
import { heartbeatOfMember, leaveClassicGroup } from './classic/membership.ts'
import { syncClassicGroup } from './classic/sync-group.ts'
import type { GroupEventOf, GroupReplies } from './group-event.ts'
import type { Turn } from './turn.ts'

export function joinGroup(turn: Turn, event: GroupEventOf<'JoinGroup'>): void {
  const { request, waiter, context } = event
  const problem = joinProblem(turn, event)
  if (problem === undefined) joinClassicGroup(turn, event)
  else refuseJoin(turn, { waiter, apiVersion: context.apiVersion }, problem, request.memberId)
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
  else if (group === undefined || group.state === 'Empty') refuseSync(turn, waiting, 'UNKNOWN_MEMBER_ID')
  else syncClassicGroup(turn, group, event)
}

export function heartbeat(turn: Turn, { request }: GroupEventOf<'Heartbeat'>): GroupReplies['Heartbeat'] {
  if (request.groupId === '') return { errorCode: errorCode('INVALID_GROUP_ID') }
  const group = turn.state.classicGroups.get(request.groupId)
  if (group === undefined) return { errorCode: errorCode('UNKNOWN_MEMBER_ID') }
  return { errorCode: errorCode(heartbeatOfMember(turn, group, request)) }
}

export function leaveGroup(turn: Turn, { request, context }: GroupEventOf<'LeaveGroup'>): GroupReplies['LeaveGroup'] {
  const isOfOne = context.apiVersion < 3
  const members = isOfOne ? [{ memberId: request.memberId, groupInstanceId: null, reason: null }] : request.members
  if (request.groupId === '') return { errorCode: errorCode('INVALID_GROUP_ID') }
  const group = turn.state.classicGroups.get(request.groupId)
  const left =
    group === undefined
      ? members.map(({ memberId, groupInstanceId }) => ({
          memberId,
          groupInstanceId,
          errorCode: errorCode('UNKNOWN_MEMBER_ID'),
        }))
      : leaveClassicGroup(turn, group, members)
  if (!isOfOne) return { errorCode: errorCode('NONE'), members: left }
  return { errorCode: left[0]?.errorCode ?? errorCode('NONE') }
}
