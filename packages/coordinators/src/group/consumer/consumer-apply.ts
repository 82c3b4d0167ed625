/**
 * What each record does to its consumer group. A tombstone of what is not there does nothing: compaction keeps some
 * tombstones longer than what they are about.
 */
import type { GroupRecordValue, StoredGroupRecord } from '../group-log-record.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import { leavingEpoch, newMember } from './consumer-member.ts'
import type { ConsumerMember } from './consumer-member.ts'
import { memberStateFrom } from './consumer-records.ts'
import { assignmentFrom, noPartitions } from './partition-epochs.ts'
import type { PartitionEpochs } from './partition-epochs.ts'

export type ConsumerGroupRecord = Extract<StoredGroupRecord, { readonly type: `ConsumerGroup${string}` }>

export function isOfConsumerGroup(record: StoredGroupRecord): record is ConsumerGroupRecord {
  return record.type.startsWith('ConsumerGroup')
}

export function applyToConsumerGroup(group: ConsumerGroup, record: ConsumerGroupRecord): void {
  switch (record.type) {
    case 'ConsumerGroupMetadata':
      // Its tombstone removes the group as a whole.
      if (record.value === null) return
      group.groupEpoch = record.value.epoch
      group.metadataHash = record.value.metadataHash
      return
    case 'ConsumerGroupPartitionMetadata':
      group.hasLegacyTopicMetadata = record.value !== null
      return
    case 'ConsumerGroupMemberMetadata':
      return applySubscription(group, record)
    case 'ConsumerGroupTargetAssignmentMetadata':
      group.assignmentEpoch = record.value?.assignmentEpoch ?? -1
      group.assignedAtMs = record.value?.assignmentTimestamp ?? 0
      return
    case 'ConsumerGroupTargetAssignmentMember':
      if (record.value === null) group.target.delete(record.key.memberId)
      else group.target.set(record.key.memberId, assignmentFrom(record.value.topicPartitions))
      return
    case 'ConsumerGroupCurrentMemberAssignment':
      return applyCurrentAssignment(group, record)
    case 'ConsumerGroupRegularExpression':
      return applyRegex(group, record)
  }
}

type RecordOf<Type extends ConsumerGroupRecord['type']> = Extract<ConsumerGroupRecord, { readonly type: Type }>

function applySubscription(group: ConsumerGroup, { key, value }: RecordOf<'ConsumerGroupMemberMetadata'>): void {
  if (value === null) {
    group.removeMember(key.memberId)
    return
  }
  const { classicMemberMetadata: classic } = value
  group.setMember({
    ...(group.member(key.memberId) ?? newMember(key.memberId)),
    instanceId: value.instanceId,
    rackId: value.rackId,
    clientId: value.clientId,
    clientHost: value.clientHost,
    topicNames: new Set(value.subscribedTopicNames),
    topicRegex: value.subscribedTopicRegex,
    rebalanceTimeoutMs: value.rebalanceTimeoutMs,
    assignor: value.serverAssignor,
    classic: classic === null ? null : owned(classic),
  })
}

/** The record’s bytes belong to whoever read it. */
function owned(classic: NonNullable<ConsumerMember['classic']>): NonNullable<ConsumerMember['classic']> {
  const { sessionTimeoutMs, supportedProtocols } = classic
  return {
    sessionTimeoutMs,
    supportedProtocols: supportedProtocols.map(({ name, metadata }) => ({ name, metadata: Buffer.from(metadata) })),
  }
}

function applyCurrentAssignment(
  group: ConsumerGroup,
  { key, value }: RecordOf<'ConsumerGroupCurrentMemberAssignment'>,
): void {
  const member = group.member(key.memberId)
  if (value !== null) {
    const { memberEpoch, previousMemberEpoch } = value
    group.setMember({
      ...(member ?? newMember(key.memberId)),
      memberEpoch,
      previousMemberEpoch,
      state: memberStateFrom(value.state),
      assigned: partitionEpochsFrom(value.assignedPartitions, memberEpoch),
      pendingRevocation: partitionEpochsFrom(value.partitionsPendingRevocation, memberEpoch),
    })
  } else if (member !== undefined) {
    group.setMember({
      ...member,
      memberEpoch: leavingEpoch,
      previousMemberEpoch: leavingEpoch,
      assigned: noPartitions,
      pendingRevocation: noPartitions,
    })
  }
}

/** Records of 4.2 and before have no epochs: the member’s has to do, though not the one of a member that is away. */
function partitionEpochsFrom(
  topics: GroupRecordValue<'ConsumerGroupCurrentMemberAssignment'>['assignedPartitions'],
  memberEpoch: number,
): PartitionEpochs {
  const unknown = Math.max(memberEpoch, 0)
  return new Map(
    topics.map(({ topicId, partitions, assignmentEpochs }) => {
      const epochs = assignmentEpochs?.length === partitions.length ? assignmentEpochs : undefined
      return [topicId, new Map(partitions.map((partition, index) => [partition, epochs?.[index] ?? unknown]))]
    }),
  )
}

function applyRegex(group: ConsumerGroup, { key, value }: RecordOf<'ConsumerGroupRegularExpression'>): void {
  const resolved =
    value === null ? undefined : { topics: new Set(value.topics), version: value.version, atMs: value.timestamp }
  group.setRegex(key.regularExpression, resolved)
}
