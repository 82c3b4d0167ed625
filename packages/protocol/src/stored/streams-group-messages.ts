/**
 * Messages of `__consumer_offsets` about streams groups (KIP-1071).
 * How they become keys and values: `group-records`.
 */

import { array, int16, int32, int64, int64Big, int8, string, struct, uint16 } from '../schema/field.ts'
import { defineMessage } from '../schema/schema.ts'

export const StreamsGroupMetadataKey = defineMessage({
  name: 'StreamsGroupMetadataKey',
  versions: '0',
  flexible: 'none',
  fields: {
    groupId: string(),
  },
})

const LastAssignmentConfig = {
  key: string(),
  value: string(),
} as const

export const StreamsGroupMetadataValue = defineMessage({
  name: 'StreamsGroupMetadataValue',
  versions: '0',
  flexible: '0+',
  fields: {
    epoch: int32(),
    /** Of the topics of the topology, over the whole int64 range: another one means that the group must rebalance. */
    metadataHash: int64Big(),
    /** The topology whose topics were all found, and as they should be. */
    validatedTopologyEpoch: int32({ default: -1, tag: 0 }),
    lastAssignmentConfigs: array(LastAssignmentConfig, { nullable: '0+', tag: 1 }),
  },
})

export const StreamsGroupMemberMetadataKey = defineMessage({
  name: 'StreamsGroupMemberMetadataKey',
  versions: '0',
  flexible: 'none',
  fields: {
    groupId: string(),
    memberId: string(),
  },
})

const Endpoint = {
  host: string(),
  port: uint16(),
} as const

const KeyValue = {
  key: string(),
  value: string(),
} as const

export const StreamsGroupMemberMetadataValue = defineMessage({
  name: 'StreamsGroupMemberMetadataValue',
  versions: '0',
  flexible: '0+',
  fields: {
    instanceId: string({ nullable: '0+' }),
    rackId: string({ nullable: '0+' }),
    clientId: string(),
    clientHost: string(),
    rebalanceTimeoutMs: int32({ default: -1 }),
    topologyEpoch: int32(),
    /** Members of one process share state and an endpoint. */
    processId: string(),
    /** Where interactive queries reach it. */
    userEndpoint: struct(Endpoint, { nullable: '0+', default: null }),
    clientTags: array(KeyValue),
  },
})

export const StreamsGroupTargetAssignmentMetadataKey = defineMessage({
  name: 'StreamsGroupTargetAssignmentMetadataKey',
  versions: '0',
  flexible: 'none',
  fields: {
    groupId: string(),
  },
})

export const StreamsGroupTargetAssignmentMetadataValue = defineMessage({
  name: 'StreamsGroupTargetAssignmentMetadataValue',
  versions: '0',
  flexible: '0+',
  fields: {
    assignmentEpoch: int32(),
    assignmentTimestamp: int64({ default: 0, tag: 0, ignorable: true }),
  },
})

export const StreamsGroupTargetAssignmentMemberKey = defineMessage({
  name: 'StreamsGroupTargetAssignmentMemberKey',
  versions: '0',
  flexible: 'none',
  fields: {
    groupId: string(),
    memberId: string(),
  },
})

const TaskIds = {
  subtopologyId: string(),
  partitions: array(int32()),
} as const

export const StreamsGroupTargetAssignmentMemberValue = defineMessage({
  name: 'StreamsGroupTargetAssignmentMemberValue',
  versions: '0',
  flexible: '0+',
  fields: {
    activeTasks: array(TaskIds),
    standbyTasks: array(TaskIds),
    warmupTasks: array(TaskIds),
  },
})

export const StreamsGroupCurrentMemberAssignmentKey = defineMessage({
  name: 'StreamsGroupCurrentMemberAssignmentKey',
  versions: '0',
  flexible: 'none',
  fields: {
    groupId: string(),
    memberId: string(),
  },
})

const CurrentTaskIds = {
  subtopologyId: string(),
  partitions: array(int32()),
  /** When each task was assigned; of active tasks only. */
  assignmentEpochs: array(int32(), { nullable: '0+', tag: 0 }),
} as const

export const StreamsGroupCurrentMemberAssignmentValue = defineMessage({
  name: 'StreamsGroupCurrentMemberAssignmentValue',
  versions: '0',
  flexible: '0+',
  fields: {
    memberEpoch: int32(),
    previousMemberEpoch: int32(),
    state: int8(),
    activeTasks: array(CurrentTaskIds),
    standbyTasks: array(CurrentTaskIds),
    warmupTasks: array(CurrentTaskIds),
    activeTasksPendingRevocation: array(CurrentTaskIds),
    standbyTasksPendingRevocation: array(CurrentTaskIds),
    warmupTasksPendingRevocation: array(CurrentTaskIds),
  },
})

export const StreamsGroupTopologyKey = defineMessage({
  name: 'StreamsGroupTopologyKey',
  versions: '0',
  flexible: 'none',
  fields: {
    groupId: string(),
  },
})

const TopicConfig = {
  key: string(),
  value: string(),
} as const

const TopicInfo = {
  name: string(),
  /** 0: as many as its source topics have. */
  partitions: int32(),
  /** 0: the broker’s default. */
  replicationFactor: int16(),
  topicConfigs: array(TopicConfig),
} as const

export const StreamsGroupTopologyValue = defineMessage({
  name: 'StreamsGroupTopologyValue',
  versions: '0',
  flexible: '0+',
  fields: {
    epoch: int32(),
    subtopologies: array({
      subtopologyId: string(),
      sourceTopics: array(string()),
      sourceTopicRegex: array(string()),
      stateChangelogTopics: array(TopicInfo),
      repartitionSinkTopics: array(string()),
      repartitionSourceTopics: array(TopicInfo),
      /** Topics that must have the same number of partitions: indexes into the lists above. */
      copartitionGroups: array({
        sourceTopics: array(int16()),
        sourceTopicRegex: array(int16()),
        repartitionSourceTopics: array(int16()),
      }),
    }),
  },
})
