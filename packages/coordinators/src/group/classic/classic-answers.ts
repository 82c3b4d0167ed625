/** Answers to JoinGroup and SyncGroup, in the form that their version wants. */
import { errorCode } from '@gregor/protocol'
import type { ProtocolError } from '@gregor/protocol'
import type { JoinGroupReply } from '../group-event.ts'
import { answer } from '../turn.ts'
import type { Turn } from '../turn.ts'
import type { ClassicGroup } from './classic-group.ts'
import { metadataFor, noAssignment } from './classic-member.ts'
import type { ClassicMember, Waiting } from './classic-member.ts'

export function refuseJoin(turn: Turn, to: Waiting, error: ProtocolError, memberId: string): void {
  const response = {
    errorCode: errorCode(error),
    generationId: -1,
    protocolType: null,
    protocolName: protocolNameFor(to, undefined),
    leader: '',
    memberId,
    members: [],
  }
  answer(turn, { type: 'AnswerJoinGroup', waiter: to.waiter, response })
}

/** What a member is told about the present generation. */
export function admit(
  turn: Turn,
  to: Waiting,
  group: ClassicGroup,
  told: {
    readonly memberId: string
    readonly leaderId?: string | undefined
    readonly members?: JoinGroupReply['members']
    readonly skipAssignment?: boolean
  },
): void {
  const { memberId, leaderId = group.leaderId, members = [], skipAssignment = false } = told
  const response = {
    errorCode: errorCode('NONE'),
    generationId: group.generationId,
    protocolType: group.protocolType ?? null,
    protocolName: protocolNameFor(to, group.protocolName),
    leader: leaderId ?? '',
    skipAssignment,
    memberId,
    members,
  }
  answer(turn, { type: 'AnswerJoinGroup', waiter: to.waiter, response })
}

/** Everybody, as the leader is told. */
export function membersForLeader(group: ClassicGroup): JoinGroupReply['members'] {
  const protocolName = group.protocolName ?? ''
  return [...group.members].map((member) => ({
    memberId: member.memberId,
    groupInstanceId: member.instanceId ?? null,
    metadata: metadataFor(member, protocolName),
  }))
}

export function refuseSync(turn: Turn, { waiter }: Waiting, error: ProtocolError): void {
  const response = { errorCode: errorCode(error), protocolType: null, protocolName: null, assignment: noAssignment }
  answer(turn, { type: 'AnswerSyncGroup', waiter, response })
}

export function sendAssignment(turn: Turn, { waiter }: Waiting, group: ClassicGroup, assignment: Buffer): void {
  const { protocolType = null, protocolName = null } = group
  const response = { errorCode: errorCode('NONE'), protocolType, protocolName, assignment }
  answer(turn, { type: 'AnswerSyncGroup', waiter, response })
}

/** Ends the wait of a member’s JoinGroup, if it waits in one. */
export function refuseWaitingJoin(
  turn: Turn,
  group: ClassicGroup,
  member: ClassicMember,
  error: ProtocolError,
  memberId: string,
): void {
  if (member.join !== undefined) refuseJoin(turn, member.join, error, memberId)
  group.setWaitingJoin(member, undefined)
}

export function refuseWaitingSync(turn: Turn, member: ClassicMember, error: ProtocolError): void {
  if (member.sync !== undefined) refuseSync(turn, member.sync, error)
  member.sync = undefined
}

/** Null since version 7 only. */
function protocolNameFor({ apiVersion }: Waiting, protocolName: string | undefined): string | null {
  return protocolName ?? (apiVersion >= 7 ? null : '')
}
