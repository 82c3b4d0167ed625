/**
 * The records of `__consumer_offsets`: committed offsets, and groups of every kind. The numbers of the types are those
 * on disk; values are written in the versions that Apache Kafka 4.3 writes. Both kinds of key for committed offsets
 * are read; 1 is written.
 */

import * as classic from './classic-group-messages.ts'
import * as consumer from './consumer-group-messages.ts'
import { type CoordinatorRecord, coordinatorRecordCodec } from './coordinator-records.ts'
import * as share from './share-group-messages.ts'
import * as streams from './streams-group-messages.ts'

export const groupRecords = coordinatorRecordCodec('__consumer_offsets', {
  LegacyOffsetCommit: {
    id: 0,
    key: classic.LegacyOffsetCommitKey,
    value: classic.LegacyOffsetCommitValue,
    valueVersion: 0,
  },
  /** Version 1 instead where it has an expiry of its own. */
  OffsetCommit: { id: 1, key: classic.OffsetCommitKey, value: classic.OffsetCommitValue, valueVersion: 4 },
  GroupMetadata: { id: 2, key: classic.GroupMetadataKey, value: classic.GroupMetadataValue, valueVersion: 3 },
  ConsumerGroupMetadata: {
    id: 3,
    key: consumer.ConsumerGroupMetadataKey,
    value: consumer.ConsumerGroupMetadataValue,
    valueVersion: 0,
  },
  ConsumerGroupPartitionMetadata: {
    id: 4,
    key: consumer.ConsumerGroupPartitionMetadataKey,
    value: consumer.ConsumerGroupPartitionMetadataValue,
    valueVersion: 0,
  },
  ConsumerGroupMemberMetadata: {
    id: 5,
    key: consumer.ConsumerGroupMemberMetadataKey,
    value: consumer.ConsumerGroupMemberMetadataValue,
    valueVersion: 0,
  },
  ConsumerGroupTargetAssignmentMetadata: {
    id: 6,
    key: consumer.ConsumerGroupTargetAssignmentMetadataKey,
    value: consumer.ConsumerGroupTargetAssignmentMetadataValue,
    valueVersion: 0,
  },
  ConsumerGroupTargetAssignmentMember: {
    id: 7,
    key: consumer.ConsumerGroupTargetAssignmentMemberKey,
    value: consumer.ConsumerGroupTargetAssignmentMemberValue,
    valueVersion: 0,
  },
  ConsumerGroupCurrentMemberAssignment: {
    id: 8,
    key: consumer.ConsumerGroupCurrentMemberAssignmentKey,
    value: consumer.ConsumerGroupCurrentMemberAssignmentValue,
    valueVersion: 0,
  },
  ShareGroupMemberMetadata: {
    id: 10,
    key: share.ShareGroupMemberMetadataKey,
    value: share.ShareGroupMemberMetadataValue,
    valueVersion: 0,
  },
  ShareGroupMetadata: {
    id: 11,
    key: share.ShareGroupMetadataKey,
    value: share.ShareGroupMetadataValue,
    valueVersion: 0,
  },
  ShareGroupTargetAssignmentMetadata: {
    id: 12,
    key: share.ShareGroupTargetAssignmentMetadataKey,
    value: share.ShareGroupTargetAssignmentMetadataValue,
    valueVersion: 0,
  },
  ShareGroupTargetAssignmentMember: {
    id: 13,
    key: share.ShareGroupTargetAssignmentMemberKey,
    value: share.ShareGroupTargetAssignmentMemberValue,
    valueVersion: 0,
  },
  ShareGroupCurrentMemberAssignment: {
    id: 14,
    key: share.ShareGroupCurrentMemberAssignmentKey,
    value: share.ShareGroupCurrentMemberAssignmentValue,
    valueVersion: 0,
  },
  ShareGroupStatePartitionMetadata: {
    id: 15,
    key: share.ShareGroupStatePartitionMetadataKey,
    value: share.ShareGroupStatePartitionMetadataValue,
    valueVersion: 0,
  },
  ConsumerGroupRegularExpression: {
    id: 16,
    key: consumer.ConsumerGroupRegularExpressionKey,
    value: consumer.ConsumerGroupRegularExpressionValue,
    valueVersion: 0,
  },
  StreamsGroupMetadata: {
    id: 17,
    key: streams.StreamsGroupMetadataKey,
    value: streams.StreamsGroupMetadataValue,
    valueVersion: 0,
  },
  StreamsGroupMemberMetadata: {
    id: 19,
    key: streams.StreamsGroupMemberMetadataKey,
    value: streams.StreamsGroupMemberMetadataValue,
    valueVersion: 0,
  },
  StreamsGroupTargetAssignmentMetadata: {
    id: 20,
    key: streams.StreamsGroupTargetAssignmentMetadataKey,
    value: streams.StreamsGroupTargetAssignmentMetadataValue,
    valueVersion: 0,
  },
  StreamsGroupTargetAssignmentMember: {
    id: 21,
    key: streams.StreamsGroupTargetAssignmentMemberKey,
    value: streams.StreamsGroupTargetAssignmentMemberValue,
    valueVersion: 0,
  },
  StreamsGroupCurrentMemberAssignment: {
    id: 22,
    key: streams.StreamsGroupCurrentMemberAssignmentKey,
    value: streams.StreamsGroupCurrentMemberAssignmentValue,
    valueVersion: 0,
  },
  StreamsGroupTopology: {
    id: 23,
    key: streams.StreamsGroupTopologyKey,
    value: streams.StreamsGroupTopologyValue,
    valueVersion: 0,
  },
})

export type GroupRecordType = keyof typeof groupRecords.types
export type GroupRecord = CoordinatorRecord<typeof groupRecords.types>
