/** The records of consumer groups, each as Apache Kafka writes it. A null value deletes. */
import type { GroupRecordKey, GroupRecordValue, StoredGroupRecord } from '../group-log-record.ts'
import type { ConsumerGroup, ResolvedRegex } from './consumer-group.ts'
import type { ConsumerMember, MemberState } from './consumer-member.ts'
import { topicPartitionsFrom } from './partition-epochs.ts'
import type { Assignment, PartitionEpochs } from './partition-epochs.ts'

const stateCodes: Record<MemberState, number> = {
  Stable: 0,
  UnrevokedPartitions: 1,
  UnreleasedPartitions: 2,
  Unknown: 127,
}

export function memberStateFrom(code: number): MemberState {
  const found = Object.entries(stateCodes).find(([, one]) => one === code)
  // The table is keyed by states.
  return found === undefined ? 'Unknown' : (found[0] as MemberState)
}

export function subscriptionRecord(groupId: string, member: ConsumerMember): StoredGroupRecord {
  const value: GroupRecordValue<'ConsumerGroupMemberMetadata'> = {
    instanceId: member.instanceId,
    rackId: member.rackId,
    clientId: member.clientId,
    clientHost: member.clientHost,
    subscribedTopicNames: [...member.topicNames].toSorted(),
    subscribedTopicRegex: member.topicRegex,
    rebalanceTimeoutMs: member.rebalanceTimeoutMs,
    serverAssignor: member.assignor,
    classicMemberMetadata: member.classic,
  }
  return { type: 'ConsumerGroupMemberMetadata', key: { groupId, memberId: member.memberId }, value }
}

export function currentAssignmentRecord(groupId: string, member: ConsumerMember): StoredGroupRecord {
  const value: GroupRecordValue<'ConsumerGroupCurrentMemberAssignment'> = {
    memberEpoch: member.memberEpoch,
    previousMemberEpoch: member.previousMemberEpoch,
    state: stateCodes[member.state],
    assignedPartitions: withEpochs(member.assigned),
    partitionsPendingRevocation: withEpochs(member.pendingRevocation),
  }
  return { type: 'ConsumerGroupCurrentMemberAssignment', key: { groupId, memberId: member.memberId }, value }
}

function withEpochs(
  partitions: PartitionEpochs,
): GroupRecordValue<'ConsumerGroupCurrentMemberAssignment'>['assignedPartitions'] {
  return [...partitions].map(([topicId, epochs]) => ({
    topicId,
    partitions: [...epochs.keys()],
    assignmentEpochs: [...epochs.values()],
  }))
}

export function targetRecord(groupId: string, memberId: string, target: Assignment): StoredGroupRecord {
  const value = { topicPartitions: topicPartitionsFrom(target) }
  return { type: 'ConsumerGroupTargetAssignmentMember', key: { groupId, memberId }, value }
}

export function targetEpochRecord(
  groupId: string,
  { assignmentEpoch, assignedAtMs }: Pick<ConsumerGroup, 'assignmentEpoch' | 'assignedAtMs'>,
): StoredGroupRecord {
  const value = { assignmentEpoch, assignmentTimestamp: assignedAtMs }
  return { type: 'ConsumerGroupTargetAssignmentMetadata', key: { groupId }, value }
}

export function groupEpochRecord(groupId: string, epoch: number, metadataHash: bigint): StoredGroupRecord {
  return { type: 'ConsumerGroupMetadata', key: { groupId }, value: { epoch, metadataHash } }
}

export function regexRecord(
  groupId: string,
  regex: string,
  { topics, version, atMs }: ResolvedRegex,
): StoredGroupRecord {
  const value = { topics: [...topics].toSorted(), version, timestamp: atMs }
  return { type: 'ConsumerGroupRegularExpression', key: { groupId, regularExpression: regex }, value }
}

export function regexTombstone(groupId: string, regex: string): StoredGroupRecord {
  return { type: 'ConsumerGroupRegularExpression', key: { groupId, regularExpression: regex }, value: null }
}

export function legacyTopicMetadataTombstone(groupId: string): StoredGroupRecord {
  return { type: 'ConsumerGroupPartitionMetadata', key: { groupId }, value: null }
}

/** In an order in which nothing ever hangs in the air. */
export function memberTombstones(groupId: string, memberId: string): StoredGroupRecord[] {
  const key: GroupRecordKey<'ConsumerGroupMemberMetadata'> = { groupId, memberId }
  return [
    { type: 'ConsumerGroupCurrentMemberAssignment', key, value: null },
    { type: 'ConsumerGroupTargetAssignmentMember', key, value: null },
    { type: 'ConsumerGroupMemberMetadata', key, value: null },
  ]
}

/** Of the whole group, with these members. */
export function groupTombstones(
  { groupId, regexes }: Pick<ConsumerGroup, 'groupId' | 'regexes'>,
  memberIds: readonly string[],
): StoredGroupRecord[] {
  const keys = memberIds.map((memberId) => ({ groupId, memberId }))
  const each = (
    type:
      | 'ConsumerGroupCurrentMemberAssignment'
      | 'ConsumerGroupTargetAssignmentMember'
      | 'ConsumerGroupMemberMetadata',
  ) => keys.map((key): StoredGroupRecord => ({ type, key, value: null }))
  return [
    ...each('ConsumerGroupCurrentMemberAssignment'),
    ...each('ConsumerGroupTargetAssignmentMember'),
    { type: 'ConsumerGroupTargetAssignmentMetadata', key: { groupId }, value: null },
    ...each('ConsumerGroupMemberMetadata'),
    ...[...regexes.keys()].map((regex) => regexTombstone(groupId, regex)),
    legacyTopicMetadataTombstone(groupId),
    { type: 'ConsumerGroupMetadata', key: { groupId }, value: null },
  ]
}
