/**
 * Members of a consumer group that speak the classic protocol (KIP-848): their SyncGroup, Heartbeat and LeaveGroup work
 * on the same epochs, targets and steps as the heartbeats of the others. A generation is a member epoch; nobody waits
 * for anybody, and nobody leads. Their JoinGroup: `classic-protocol-join`.
 */
import { errorCode } from '@gregor/protocol'
import type { HeartbeatRequest, LeaveGroupRequest, ProtocolError, SyncGroupRequest } from '@gregor/protocol'
import { consumerProtocolType } from '../classic/classic-group.ts'
import { noAssignment } from '../classic/classic-member.ts'
import type { LeftMember } from '../classic/membership.ts'
import { isRefusal, refusal } from '../refusal.ts'
import type { Refusal } from '../refusal.ts'
import { note } from '../turn.ts'
import type { Turn } from '../turn.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import type { ClassicMetadata, ConsumerMember } from './consumer-member.ts'
import { awaitRejoin, endSync, renewConsumerSession } from './consumer-timers.ts'
import { bytesFromAssignment } from './embedded-protocol.ts'
import { removeMembers } from './fencing.ts'
import { findStaticMember, unknownMember } from './member-lookup.ts'
import { withoutEpochs } from './partition-epochs.ts'

interface ClassicSpeaker extends ConsumerMember {
  readonly classic: ClassicMetadata
}

type Speaker = Pick<HeartbeatRequest, 'memberId' | 'groupInstanceId' | 'generationId'>

/** Its part of the assignment, in the bytes it understands. */
export function syncWithConsumerGroup(turn: Turn, group: ConsumerGroup, request: SyncGroupRequest): Buffer | Refusal {
  const { groupId } = group
  const member = speakerOf(group, request)
  if (isRefusal(member)) return member
  const problem = protocolProblem(member, request)
  if (problem !== undefined) return problem
  // What it has to give up it gives up first, and is told to join again by its heartbeat then.
  if (group.assignmentEpoch > member.memberEpoch && member.state !== 'UnrevokedPartitions') {
    awaitRejoin(turn, groupId, member)
    return refusal('REBALANCE_IN_PROGRESS', 'A new target is there: the member should rejoin.')
  }
  endSync(turn, groupId, member.memberId)
  renewConsumerSession(turn, groupId, member)
  const metadata = member.classic.supportedProtocols[0]?.metadata ?? noAssignment
  return bytesFromAssignment(turn.state.image, withoutEpochs(member.assigned), metadata)
}

export function heartbeatInConsumerGroup(turn: Turn, group: ConsumerGroup, request: HeartbeatRequest): ProtocolError {
  const member = speakerOf(group, request)
  if (isRefusal(member)) return member.refused
  renewConsumerSession(turn, group.groupId, member)
  if (!shouldRejoin(group, member)) return 'NONE'
  awaitRejoin(turn, group.groupId, member)
  return 'REBALANCE_IN_PROGRESS'
}

/** For a new target, to give something up, or because what it waits for has become free. */
function shouldRejoin(group: ConsumerGroup, member: ConsumerMember): boolean {
  if (member.memberEpoch < group.assignmentEpoch || member.state === 'UnrevokedPartitions') return true
  return member.state === 'UnreleasedPartitions' && !isWaitingForOthers(group, member)
}

function isWaitingForOthers(group: ConsumerGroup, { memberId, assigned }: ConsumerMember): boolean {
  return group
    .targetOf(memberId)
    .entries()
    .some(([topicId, partitions]) => {
      const own = assigned.get(topicId)
      return partitions.values().some((one) => own?.has(one) !== true && group.isOwned(topicId, one))
    })
}

export function leaveConsumerGroupByRequest(
  turn: Turn,
  group: ConsumerGroup,
  members: LeaveGroupRequest['members'],
): readonly LeftMember[] {
  const gone = new Map<string, ConsumerMember>()
  const left = members.map(({ memberId, groupInstanceId, reason }) => {
    const member = leaver(group, memberId, groupInstanceId)
    if (isRefusal(member)) return { memberId, groupInstanceId, errorCode: errorCode(member.refused) }
    gone.set(member.memberId, member)
    note(turn, group.groupId, { kind: 'Left', memberId, text: `Left: ${reason ?? 'no reason given'}.` })
    return { memberId, groupInstanceId, errorCode: errorCode('NONE') }
  })
  removeMembers(turn, group, [...gone.values()])
  return left
}

/** Members of both protocols can be removed so; static ones by an administrator, who knows their instance id alone. */
function leaver(group: ConsumerGroup, memberId: string, instanceId: string | null): ConsumerMember | Refusal {
  if (instanceId === null) return group.member(memberId) ?? unknownMember(group, memberId)
  const known = memberId === '' ? (group.staticMember(instanceId)?.memberId ?? '') : memberId
  return findStaticMember(group, known, instanceId)
}

function speakerOf(group: ConsumerGroup, request: Speaker): ClassicSpeaker | Refusal {
  const { memberId, groupInstanceId, generationId } = request
  const member =
    groupInstanceId === null
      ? (group.member(memberId) ?? unknownMember(group, memberId))
      : findStaticMember(group, memberId, groupInstanceId)
  if (isRefusal(member)) return member
  const { classic, memberEpoch } = member
  if (classic === null) {
    return refusal('UNKNOWN_MEMBER_ID', `Member ${memberId} does not use the classic protocol.`)
  }
  if (generationId !== memberEpoch) {
    return refusal('ILLEGAL_GENERATION', `The member ${memberId} is in epoch ${memberEpoch}, not ${generationId}.`)
  }
  return { ...member, classic }
}

function protocolProblem(
  { classic }: ClassicSpeaker,
  { protocolType, protocolName }: SyncGroupRequest,
): Refusal | undefined {
  const isOtherType = protocolType !== null && protocolType !== consumerProtocolType
  const isOtherName = protocolName !== null && protocolName !== classic.supportedProtocols[0]?.name
  if (!isOtherType && !isOtherName) return undefined
  return refusal('INCONSISTENT_GROUP_PROTOCOL', 'Neither type nor name of the protocol may change within an epoch.')
}
