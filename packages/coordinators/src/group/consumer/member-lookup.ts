/** Which member a heartbeat speaks for, and whether it may: epochs and instances fence those that were replaced. */
import type { StoredGroupRecord } from '../group-log-record.ts'
import { isRefusal, refusal } from '../refusal.ts'
import type { Refusal } from '../refusal.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import { awayEpoch, newMember } from './consumer-member.ts'
import type { ConsumerMember } from './consumer-member.ts'
import { currentAssignmentRecord, memberTombstones, subscriptionRecord, targetRecord } from './consumer-records.ts'
import type { PartitionEpochs, TopicPartitions } from './partition-epochs.ts'

export interface Claim {
  readonly memberId: string
  readonly instanceId: string | null
  /** 0: it joins. */
  readonly memberEpoch: number
  /** What it says it has; `undefined`: as last time. */
  readonly owned: TopicPartitions | undefined
}

export interface FoundMember {
  readonly member: ConsumerMember
  /** Of a static member that takes the place of another one: what that takes. */
  readonly records: readonly StoredGroupRecord[]
}

export function findMember(group: ConsumerGroup, claim: Claim): FoundMember | Refusal {
  const { memberId, instanceId, memberEpoch } = claim
  if (instanceId === null) {
    const member = group.member(memberId) ?? (memberEpoch === 0 ? newMember(memberId) : undefined)
    if (member === undefined) return unknownMember(group, memberId)
    return epochProblem(member, claim) ?? { member, records: [] }
  }
  const present = group.staticMember(instanceId)
  if (memberEpoch === 0) return joinAsInstance(group, present, { ...claim, instanceId })
  const found = findStaticMember(group, memberId, instanceId)
  if (isRefusal(found)) return found
  return epochProblem(found, claim) ?? { member: found, records: [] }
}

/** The member with that instance id, if it is the one with that member id. */
export function findStaticMember(group: ConsumerGroup, memberId: string, instanceId: string): ConsumerMember | Refusal {
  const present = group.staticMember(instanceId)
  if (present === undefined) return refusal('UNKNOWN_MEMBER_ID', `Instance id ${instanceId} is unknown.`)
  if (present.memberId === memberId) return present
  const text = `Static member ${memberId} with instance id ${instanceId} was fenced by member ${present.memberId}.`
  return refusal('FENCED_INSTANCE_ID', text)
}

export function unknownMember({ groupId }: ConsumerGroup, memberId: string): Refusal {
  return refusal('UNKNOWN_MEMBER_ID', `Member ${memberId} is not a member of group ${groupId}.`)
}

/** An instance is free when the member that has it has left for a while, or speaks the classic protocol still. */
function joinAsInstance(
  group: ConsumerGroup,
  present: ConsumerMember | undefined,
  { memberId, instanceId }: Claim & { readonly instanceId: string },
): FoundMember | Refusal {
  if (present === undefined) return { member: group.member(memberId) ?? newMember(memberId), records: [] }
  if (present.classic === null && present.memberEpoch !== awayEpoch) {
    const text =
      `Static member ${memberId} with instance id ${instanceId} cannot join the group because the instance id is ` +
      `owned by ${present.memberId} member.`
    return refusal('UNRELEASED_INSTANCE_ID', text)
  }
  return succeed(group, present, memberId)
}

/** The same member under another id, in epoch 0: it keeps its partitions. */
export function succeed(group: ConsumerGroup, present: ConsumerMember, memberId: string): FoundMember {
  const { groupId } = group
  const member = { ...present, memberId, memberEpoch: 0, previousMemberEpoch: 0 }
  const records = [
    ...memberTombstones(groupId, present.memberId),
    subscriptionRecord(groupId, member),
    targetRecord(groupId, memberId, group.targetOf(present.memberId)),
    currentAssignmentRecord(groupId, member),
  ]
  return { member, records }
}

function epochProblem(member: ConsumerMember, { memberEpoch, owned }: Claim): Refusal | undefined {
  const isPresent = memberEpoch === member.memberEpoch
  // It has missed the answer that told it of the new epoch.
  const isLate = memberEpoch === member.previousMemberEpoch && hasOnly(owned, member.assigned)
  if (memberEpoch === 0 || isPresent || (memberEpoch < member.memberEpoch && isLate)) return undefined
  const isGreater = memberEpoch > member.memberEpoch
  const text =
    `The consumer group member has a ${isGreater ? 'greater' : 'smaller'} member epoch (${memberEpoch}) than the one ` +
    `known by the group coordinator (${member.memberEpoch}). The member must abandon all its partitions and rejoin.`
  return refusal('FENCED_MEMBER_EPOCH', text)
}

function hasOnly(owned: TopicPartitions | undefined, assigned: PartitionEpochs): boolean {
  if (owned === undefined) return false
  return owned.every(({ topicId, partitions }) => partitions.every((one) => assigned.get(topicId)?.has(one) ?? false))
}
