/**
 * JoinGroup on a classic group. New members of version 4 and later are first given an id and asked to come again with
 * it (KIP-394); older ones, and static ones, are taken at once. A static member that comes without its id takes the
 * place of the one with its instance id, without a rebalance where the group is stable and would agree on the same
 * protocol (KIP-345); its leader is told since version 9 to leave the assignment alone (KIP-814).
 */
import { randomUuid } from '@gregor/base'
import type { ProtocolError } from '@gregor/protocol'
import { newMemberJoinTimeoutMs } from '../group-config.ts'
import type { GroupEventOf } from '../group-event.ts'
import { note } from '../turn.ts'
import type { Turn } from '../turn.ts'
import { admit, membersForLeader, refuseJoin } from './classic-answers.ts'
import { ClassicGroup } from './classic-group.ts'
import { haveSameProtocols, noAssignment, protocolsOf } from './classic-member.ts'
import type { ClassicMember } from './classic-member.ts'
import { newGroupRecord } from './classic-stored.ts'
import { renewSession } from './classic-timers.ts'
import { joinReason, joinText, joiningFrom, updateMember } from './joining.ts'
import type { Joining } from './joining.ts'
import { memberProblem } from './member-problem.ts'
import { rebalanceOrCompleteJoin } from './rebalance.ts'
import { replaceStaticMember } from './static-member.ts'

export function joinClassicGroup(turn: Turn, event: GroupEventOf<'JoinGroup'>): void {
  const { request } = event
  const joining = joiningFrom(event)
  const known = turn.state.classicGroups.get(request.groupId)
  if (known === undefined && request.memberId !== '') {
    refuseJoin(turn, joining.waiting, 'UNKNOWN_MEMBER_ID', request.memberId)
    return
  }
  const group = known ?? ClassicGroup.create(request.groupId, turn.given.nowMs)
  if (known === undefined) {
    turn.state.classicGroups.set(group.groupId, group)
    // Whatever becomes of the member: a group that somebody was told of is there after a crash.
    turn.records.push(newGroupRecord(group))
  }
  if (!hasRoomFor(turn, group, request.memberId)) {
    group.remove(request.memberId)
    refuse(turn, group, joining, 'GROUP_MAX_SIZE_REACHED', '')
  } else if (!group.supports(request.protocolType, request.protocols)) {
    refuse(turn, group, joining, 'INCONSISTENT_GROUP_PROTOCOL', request.memberId)
  } else if (request.memberId === '') {
    joinNew(turn, group, joining)
  } else {
    joinKnown(turn, group, joining)
  }
}

/** Members of an old coordinator with a larger bound are let in as far as they fit: the last to rejoin stay out. */
function hasRoomFor({ state }: Turn, group: ClassicGroup, memberId: string): boolean {
  const { classicGroupSizeMax } = state.config
  switch (group.state) {
    case 'Empty':
      return true
    case 'PreparingRebalance':
      return group.member(memberId)?.join !== undefined || group.joinWaitingCount < classicGroupSizeMax
    case 'CompletingRebalance':
    case 'Stable':
      return group.has(memberId) || group.size < classicGroupSizeMax
  }
}

function joinNew(turn: Turn, group: ClassicGroup, joining: Joining): void {
  const { request, context, sessionTimeoutMs } = joining
  const { groupInstanceId } = request
  const memberId = `${groupInstanceId ?? context.clientId}-${memberUuid(turn)}`
  if (groupInstanceId !== null) {
    const replacedId = group.staticMemberId(groupInstanceId)
    const replaced = replacedId === undefined ? undefined : group.member(replacedId)
    if (replaced === undefined) addMember(turn, group, joining, memberId)
    else replaceStaticMember(turn, group, joining, { replaced, memberId })
  } else if (context.apiVersion >= 4) {
    group.pendingJoinIds.add(memberId)
    renewSession(turn, group, { memberId, sessionTimeoutMs })
    refuseJoin(turn, joining.waiting, 'MEMBER_ID_REQUIRED', memberId)
  } else {
    addMember(turn, group, joining, memberId)
  }
}

function joinKnown(turn: Turn, group: ClassicGroup, joining: Joining): void {
  const { memberId, groupInstanceId } = joining.request
  if (group.pendingJoinIds.has(memberId)) {
    // Only dynamic members are given an id first.
    if (groupInstanceId !== null) refuse(turn, group, joining, 'UNKNOWN_MEMBER_ID', memberId)
    else addMember(turn, group, joining, memberId)
    return
  }
  const problem = memberProblem(group, memberId, groupInstanceId)
  if (problem !== undefined) return refuse(turn, group, joining, problem, memberId)
  const member = group.member(memberId)
  // The group was emptied meanwhile: it begins anew.
  if (member === undefined || group.state === 'Empty')
    return refuse(turn, group, joining, 'UNKNOWN_MEMBER_ID', memberId)
  rejoin(turn, group, joining, member)
}

function rejoin(turn: Turn, group: ClassicGroup, joining: Joining, member: ClassicMember): void {
  const { memberId } = member
  const reason = joinReason(joining)
  const isUnchanged = haveSameProtocols(member.protocols, joining.request.protocols)
  if (group.state === 'PreparingRebalance') {
    updateMember(turn, group, joining, member)
    rebalanceOrCompleteJoin(turn, group, `${memberId} joins (${reason})`)
  } else if (!isUnchanged) {
    updateMember(turn, group, joining, member)
    rebalanceOrCompleteJoin(turn, group, `${memberId} has changed its metadata (${reason})`)
  } else if (group.state === 'Stable' && group.isLeader(memberId)) {
    // So that a leader can ask for one where something changed that no metadata shows, such as a topic.
    updateMember(turn, group, joining, member)
    rebalanceOrCompleteJoin(turn, group, `leader ${memberId} joins again (${reason})`)
  } else {
    // It has missed the answer, or wants to know where things stand.
    const isTold = group.state === 'CompletingRebalance' && group.isLeader(memberId)
    admit(turn, joining.waiting, group, { memberId, members: isTold ? membersForLeader(group) : [] })
  }
}

function addMember(turn: Turn, group: ClassicGroup, joining: Joining, memberId: string): void {
  const { request, context, waiting, sessionTimeoutMs, rebalanceTimeoutMs } = joining
  if (group.state === 'PreparingRebalance' && group.previousState === 'Empty') group.isNewMemberAdded = true
  group.add({
    memberId,
    instanceId: request.groupInstanceId ?? undefined,
    clientId: context.clientId,
    clientHost: context.clientHost,
    rebalanceTimeoutMs,
    sessionTimeoutMs,
    protocolType: request.protocolType,
    protocols: protocolsOf(request),
    assignment: noAssignment,
    join: waiting,
    sync: undefined,
    isNew: true,
    joinedAtMs: turn.given.monotonicMs,
    syncedAtMs: undefined,
  })
  renewSession(turn, group, { memberId, sessionTimeoutMs: newMemberJoinTimeoutMs })
  note(turn, group.groupId, { kind: 'Joined', memberId, text: joinText(joining) })
  rebalanceOrCompleteJoin(turn, group, `${memberId} is new (${joinReason(joining)})`)
}

function refuse(turn: Turn, group: ClassicGroup, { waiting }: Joining, error: ProtocolError, memberId: string): void {
  refuseJoin(turn, waiting, error, memberId)
  note(turn, group.groupId, { kind: 'Refused', memberId, text: `JoinGroup refused: ${error}.` })
}

/** Java prints ids as 8-4-4-4-12 hexadecimal digits. */
function memberUuid({ given }: Turn): string {
  const hex = Buffer.from(randomUuid(given.random), 'base64url').toString('hex')
  return [0, 8, 12, 16, 20].map((start, index, starts) => hex.slice(start, starts[index + 1])).join('-')
}
