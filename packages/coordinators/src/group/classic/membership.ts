/** How members of a classic group stay in it, and go: Heartbeat, LeaveGroup, the end of a session. */
import { errorCode } from '@gregor/protocol'
import type { HeartbeatRequest, LeaveGroupRequest, ProtocolError } from '@gregor/protocol'
import type { GroupReplies } from '../group-event.ts'
import { note } from '../turn.ts'
import type { Turn } from '../turn.ts'
import { refuseWaitingJoin, refuseWaitingSync } from './classic-answers.ts'
import type { ClassicGroup } from './classic-group.ts'
import { isExcusedFromHeartbeat } from './classic-member.ts'
import type { ClassicMember } from './classic-member.ts'
import { endSession, renewSession } from './classic-timers.ts'
import { memberProblem } from './member-problem.ts'
import { completeJoinIfAllJoined, completeJoinWithoutMissing, rebalanceOrCompleteJoin } from './rebalance.ts'

export function heartbeatOfMember(turn: Turn, group: ClassicGroup, request: HeartbeatRequest): ProtocolError {
  const problem = memberProblem(group, request.memberId, request.groupInstanceId)
  if (problem !== undefined) return problem
  if (request.generationId !== group.generationId) return 'ILLEGAL_GENERATION'
  const member = group.member(request.memberId)
  if (member === undefined || group.state === 'Empty') return 'UNKNOWN_MEMBER_ID'
  renewSession(turn, group, member)
  return group.state === 'PreparingRebalance' ? 'REBALANCE_IN_PROGRESS' : 'NONE'
}

type LeavingMember = LeaveGroupRequest['members'][number]
export type LeftMember = NonNullable<GroupReplies['LeaveGroup']['members']>[number]

export function leaveClassicGroup(
  turn: Turn,
  group: ClassicGroup,
  members: readonly LeavingMember[],
): readonly LeftMember[] {
  const left = members.map((member) => ({
    memberId: member.memberId,
    groupInstanceId: member.groupInstanceId,
    errorCode: errorCode(leave(turn, group, member)),
  }))
  const gone = left
    .filter((one) => one.errorCode === 0)
    .map(({ memberId, groupInstanceId }) => {
      return memberId === '' ? `instance ${groupInstanceId}` : memberId
    })
  if (gone.length === 0) return left
  if (group.state === 'PreparingRebalance') completeJoinIfAllJoined(turn, group)
  else if (group.state !== 'Empty') rebalanceOrCompleteJoin(turn, group, `${gone.join(', ')} left`)
  return left
}

function leave(turn: Turn, group: ClassicGroup, { memberId, groupInstanceId, reason }: LeavingMember): ProtocolError {
  const text = `Left: ${reason ?? 'no reason given'}.`
  if (group.pendingJoinIds.has(memberId)) {
    group.remove(memberId)
    endSession(turn, group, memberId)
    note(turn, group.groupId, { kind: 'Left', memberId, text })
    return 'NONE'
  }
  // An administrator removes static members by their instance id alone.
  const id = memberId === '' && groupInstanceId !== null ? (group.staticMemberId(groupInstanceId) ?? '') : memberId
  const problem = memberProblem(group, id, groupInstanceId)
  const member = group.member(id)
  if (problem !== undefined || member === undefined) return problem ?? 'UNKNOWN_MEMBER_ID'
  removeMember(turn, group, member)
  note(turn, group.groupId, { kind: 'Left', memberId: id, text })
  return 'NONE'
}

export function expireSession(turn: Turn, group: ClassicGroup, memberId: string): void {
  if (group.pendingJoinIds.has(memberId)) {
    group.remove(memberId)
    note(turn, group.groupId, { kind: 'TimedOut', memberId, text: 'Was given an id and never came back with it.' })
    completeJoinWithoutMissing(turn, group)
    return
  }
  const member = group.member(memberId)
  if (member === undefined || isExcusedFromHeartbeat(member)) return
  removeMember(turn, group, member)
  const text = member.isNew
    ? 'Waited too long in its first JoinGroup: removed.'
    : `Was not heard from for ${member.sessionTimeoutMs} ms: removed.`
  note(turn, group.groupId, { kind: 'TimedOut', memberId, text })
  if (group.state === 'PreparingRebalance') completeJoinWithoutMissing(turn, group)
  else rebalanceOrCompleteJoin(turn, group, `${memberId} was not heard from`)
}

/** If it waits, it may be alive, and is asked to join anew. */
function removeMember(turn: Turn, group: ClassicGroup, member: ClassicMember): void {
  endSession(turn, group, member.memberId)
  refuseWaitingJoin(turn, group, member, 'UNKNOWN_MEMBER_ID', '')
  refuseWaitingSync(turn, member, 'UNKNOWN_MEMBER_ID')
  group.remove(member.memberId)
}
