/**
 * StreamsGroupHeartbeat (key 88).
 */

import { array, boolean, int16, int32, int64, int8, string, struct, uint16 } from '../schema/field.ts'
import { type RequestOf, type ResponseOf, defineApi } from '../schema/schema.ts'

const KeyValue = {
  key: string(),
  value: string(),
} as const

const TopicInfo = {
  name: string(),
  partitions: int32(),
  replicationFactor: int16(),
  topicConfigs: array(KeyValue),
} as const

const TaskIds = {
  subtopologyId: string(),
  partitions: array(int32()),
} as const

const Endpoint = {
  host: string(),
  port: uint16(),
} as const

const TaskOffset = {
  subtopologyId: string(),
  partition: int32(),
  offset: int64(),
} as const

const Status = {
  statusCode: int8(),
  statusDetail: string(),
} as const

const TopicPartition = {
  topic: string(),
  partitions: array(int32()),
} as const

export const StreamsGroupHeartbeat = defineApi({
  key: 88,
  name: 'StreamsGroupHeartbeat',
  versions: '0',
  flexible: '0+',
  listeners: ['broker'],
  request: {
    groupId: string(),
    memberId: string(),
    memberEpoch: int32(),
    endpointInformationEpoch: int32(),
    instanceId: string({ nullable: '0+', default: null }),
    rackId: string({ nullable: '0+', default: null }),
    rebalanceTimeoutMs: int32({ default: -1 }),
    topology: struct(
      {
        epoch: int32(),
        subtopologies: array({
          subtopologyId: string(),
          sourceTopics: array(string()),
          sourceTopicRegex: array(string()),
          stateChangelogTopics: array(TopicInfo),
          repartitionSinkTopics: array(string()),
          repartitionSourceTopics: array(TopicInfo),
          copartitionGroups: array({
            sourceTopics: array(int16()),
            sourceTopicRegex: array(int16()),
            repartitionSourceTopics: array(int16()),
          }),
        }),
      },
      { nullable: '0+', default: null },
    ),
    activeTasks: array(TaskIds, { nullable: '0+', default: null }),
    standbyTasks: array(TaskIds, { nullable: '0+', default: null }),
    warmupTasks: array(TaskIds, { nullable: '0+', default: null }),
    processId: string({ nullable: '0+', default: null }),
    userEndpoint: struct(Endpoint, { nullable: '0+', default: null }),
    clientTags: array(KeyValue, { nullable: '0+', default: null }),
    taskOffsets: array(TaskOffset, { nullable: '0+', default: null }),
    taskEndOffsets: array(TaskOffset, { nullable: '0+', default: null }),
    shutdownApplication: boolean({ default: false }),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    errorCode: int16(),
    errorMessage: string({ nullable: '0+', default: null }),
    memberId: string(),
    memberEpoch: int32(),
    heartbeatIntervalMs: int32(),
    acceptableRecoveryLag: int32(),
    taskOffsetIntervalMs: int32(),
    status: array(Status, { nullable: '0+' }),
    activeTasks: array(TaskIds, { nullable: '0+', default: null }),
    standbyTasks: array(TaskIds, { nullable: '0+', default: null }),
    warmupTasks: array(TaskIds, { nullable: '0+', default: null }),
    endpointInformationEpoch: int32(),
    partitionsByUserEndpoint: array(
      {
        userEndpoint: struct(Endpoint),
        activePartitions: array(TopicPartition),
        standbyPartitions: array(TopicPartition),
      },
      { nullable: '0+', default: null },
    ),
  },
})

export type StreamsGroupHeartbeatRequest = RequestOf<typeof StreamsGroupHeartbeat>
export type StreamsGroupHeartbeatResponse = ResponseOf<typeof StreamsGroupHeartbeat>
