/**
 * A static member that comes back without its member id, and takes its own place (KIP-345). Where the group is stable
 * and would agree on the same protocol again, nobody else notices: the new id is stored, and its leader is told since
 * version 9 to leave the assignment alone (KIP-814). Older leaders are told their old id, so that they do the same.
 */
import { note } from '../turn.ts'
import type { Turn } from '../turn.ts'
import { admit, membersForLeader, refuseJoin, refuseWaitingJoin, refuseWaitingSync } from './classic-answers.ts'
import type { ClassicGroup } from './classic-group.ts'
import type { ClassicMember } from './classic-member.ts'
import { groupMetadataRecord, isTooLarge } from './classic-stored.ts'
import { renewSession } from './classic-timers.ts'
import { joinReason, updateMember } from './joining.ts'
import type { Joining } from './joining.ts'
import { beginRebalance, completeJoinIfAllJoined, rebalanceOrCompleteJoin } from './rebalance.ts'

export function replaceStaticMember(
  turn: Turn,
  group: ClassicGroup,
  joining: Joining,
  { replaced, memberId }: { readonly replaced: ClassicMember; readonly memberId: string },
): void {
  const leaderId = group.leaderId
  // Whoever still speaks for the old id is a twin.
  refuseWaitingJoin(turn, group, replaced, 'FENCED_INSTANCE_ID', replaced.memberId)
  refuseWaitingSync(turn, replaced, 'FENCED_INSTANCE_ID')
  const member = group.replaceStatic(replaced, memberId)
  renewSession(turn, group, member)
  updateMember(turn, group, joining, member)
  note(turn, group.groupId, { kind: 'Replaced', memberId, text: `Takes the place of ${replaced.memberId}.` })

  if (group.state === 'Stable') {
    if (group.selectProtocol() === group.protocolName)
      keepGeneration(turn, group, joining, { member, replaced, leaderId })
    else rebalanceOrCompleteJoin(turn, group, `${memberId} has changed the protocol (${joinReason(joining)})`)
  } else if (group.state === 'CompletingRebalance') {
    // The leader may be assigning to the old id at this moment.
    beginRebalance(turn, group, `static member ${memberId} has come back (${joinReason(joining)})`)
  } else {
    completeJoinIfAllJoined(turn, group)
  }
}

function keepGeneration(
  turn: Turn,
  group: ClassicGroup,
  { waiting }: Joining,
  given: { readonly member: ClassicMember; readonly replaced: ClassicMember; readonly leaderId: string | undefined },
): void {
  const { member, replaced, leaderId } = given
  const { memberId } = member
  group.setWaitingJoin(member, undefined)
  const record = groupMetadataRecord(group, ({ assignment }) => assignment)
  if (isTooLarge(record, turn.state.config.recordBytesMax)) {
    group.setProtocols(member, replaced.protocols)
    group.replaceStatic({ ...member, ...timeoutsOf(replaced) }, replaced.memberId)
    renewSession(turn, group, replaced)
    refuseJoin(turn, waiting, 'UNKNOWN_SERVER_ERROR', '')
    return
  }
  turn.records.push(record)
  const isSkipping = waiting.apiVersion >= 9
  const isTold = isSkipping && group.isLeader(memberId)
  admit(turn, waiting, group, {
    memberId,
    leaderId: isSkipping ? group.leaderId : leaderId,
    members: isTold ? membersForLeader(group) : [],
    skipAssignment: isTold,
  })
}

function timeoutsOf({ rebalanceTimeoutMs, sessionTimeoutMs }: ClassicMember): Partial<ClassicMember> {
  return { rebalanceTimeoutMs, sessionTimeoutMs }
}
