/**
 * Messages of `__consumer_offsets` about share groups (KIP-932). What was delivered: `share-state-records`.
 * How they become keys and values: `group-records`.
 */

import { array, int32, int64, int64Big, int8, string, uuid } from '../schema/field.ts'
import { defineMessage } from '../schema/schema.ts'

export const ShareGroupMemberMetadataKey = defineMessage({
  name: 'ShareGroupMemberMetadataKey',
  versions: '0',
  flexible: 'none',
  fields: {
    groupId: string(),
    memberId: string(),
  },
})

export const ShareGroupMemberMetadataValue = defineMessage({
  name: 'ShareGroupMemberMetadataValue',
  versions: '0',
  flexible: '0+',
  fields: {
    rackId: string({ nullable: '0+' }),
    clientId: string(),
    clientHost: string(),
    subscribedTopicNames: array(string()),
  },
})

export const ShareGroupMetadataKey = defineMessage({
  name: 'ShareGroupMetadataKey',
  versions: '0',
  flexible: 'none',
  fields: {
    groupId: string(),
  },
})

export const ShareGroupMetadataValue = defineMessage({
  name: 'ShareGroupMetadataValue',
  versions: '0',
  flexible: '0+',
  fields: {
    epoch: int32(),
    /** Of the subscribed topics, over the whole int64 range: another one means that the group must rebalance (KIP-1101). */
    metadataHash: int64Big(),
  },
})

export const ShareGroupTargetAssignmentMetadataKey = defineMessage({
  name: 'ShareGroupTargetAssignmentMetadataKey',
  versions: '0',
  flexible: 'none',
  fields: {
    groupId: string(),
  },
})

export const ShareGroupTargetAssignmentMetadataValue = defineMessage({
  name: 'ShareGroupTargetAssignmentMetadataValue',
  versions: '0',
  flexible: '0+',
  fields: {
    assignmentEpoch: int32(),
    assignmentTimestamp: int64({ default: 0, tag: 0, ignorable: true }),
  },
})

export const ShareGroupTargetAssignmentMemberKey = defineMessage({
  name: 'ShareGroupTargetAssignmentMemberKey',
  versions: '0',
  flexible: 'none',
  fields: {
    groupId: string(),
    memberId: string(),
  },
})

export const ShareGroupTargetAssignmentMemberValue = defineMessage({
  name: 'ShareGroupTargetAssignmentMemberValue',
  versions: '0',
  flexible: '0+',
  fields: {
    topicPartitions: array({
      topicId: uuid(),
      partitions: array(int32()),
    }),
  },
})

export const ShareGroupCurrentMemberAssignmentKey = defineMessage({
  name: 'ShareGroupCurrentMemberAssignmentKey',
  versions: '0',
  flexible: 'none',
  fields: {
    groupId: string(),
    memberId: string(),
  },
})

const TopicPartitions = {
  topicId: uuid(),
  partitions: array(int32()),
} as const

export const ShareGroupCurrentMemberAssignmentValue = defineMessage({
  name: 'ShareGroupCurrentMemberAssignmentValue',
  versions: '0',
  flexible: '0+',
  fields: {
    memberEpoch: int32(),
    previousMemberEpoch: int32(),
    state: int8(),
    assignedPartitions: array(TopicPartitions),
  },
})

export const ShareGroupStatePartitionMetadataKey = defineMessage({
  name: 'ShareGroupStatePartitionMetadataKey',
  versions: '0',
  flexible: 'none',
  fields: {
    groupId: string(),
  },
})

const TopicPartitionsInfo = {
  topicId: uuid(),
  topicName: string(),
  partitions: array(int32()),
} as const

const TopicInfo = {
  topicId: uuid(),
  topicName: string(),
} as const

export const ShareGroupStatePartitionMetadataValue = defineMessage({
  name: 'ShareGroupStatePartitionMetadataValue',
  versions: '0',
  flexible: '0+',
  fields: {
    initializingTopics: array(TopicPartitionsInfo),
    initializedTopics: array(TopicPartitionsInfo),
    deletingTopics: array(TopicInfo),
  },
})
