/**
 * StreamsGroupHeartbeat (key 88): joins, stays in and leaves a streams group; carries topology and tasks (KIP-1071).
 * Null in the request and in the answer: as last time.
 */

import { array, boolean, int16, int32, int64, int8, string, struct, uint16 } from '../schema/field.ts'
import { type RequestOf, type ResponseOf, defineApi } from '../schema/schema.ts'

const KeyValue = {
  key: string(),
  value: string(),
} as const

const TopicInfo = {
  name: string(),
  /** 0: not fixed; of changelogs always. */
  partitions: int32(),
  /** 0: the default. */
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
  /**
   * 0: stale topology. 1: source topics missing. 2: wrongly partitioned. 3: internal topics missing. 4: shutdown asked
   * for. 5: assignment delayed.
   */
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
    /** 0: join. -1: leave. -2: a static member leaves for a while. */
    memberEpoch: int32(),
    /** The latest one received: the answer tells only of newer endpoints. */
    endpointInformationEpoch: int32(),
    instanceId: string({ nullable: '0+', default: null }),
    rackId: string({ nullable: '0+', default: null }),
    /** How long giving up tasks may take. -1: as last time. */
    rebalanceTimeoutMs: int32({ default: -1 }),
    /** Sent when joining. */
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
          /** What must have equally many partitions, as indexes into the lists above. */
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
    /** Of the instance, which may hold several members. */
    processId: string({ nullable: '0+', default: null }),
    /** For interactive queries. */
    userEndpoint: struct(Endpoint, { nullable: '0+', default: null }),
    /** For rack-aware assignment. */
    clientTags: array(KeyValue, { nullable: '0+', default: null }),
    /** How far changelogs are restored. */
    taskOffsets: array(TaskOffset, { nullable: '0+', default: null }),
    /** How long these changelogs are. */
    taskEndOffsets: array(TaskOffset, { nullable: '0+', default: null }),
    /** All members shall stop. */
    shutdownApplication: boolean({ default: false }),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    errorCode: int16(),
    errorMessage: string({ nullable: '0+', default: null }),
    memberId: string(),
    memberEpoch: int32(),
    heartbeatIntervalMs: int32(),
    /** A warm-up task this close is caught up. */
    acceptableRecoveryLag: int32(),
    taskOffsetIntervalMs: int32(),
    status: array(Status, { nullable: '0+' }),
    activeTasks: array(TaskIds, { nullable: '0+', default: null }),
    standbyTasks: array(TaskIds, { nullable: '0+', default: null }),
    warmupTasks: array(TaskIds, { nullable: '0+', default: null }),
    endpointInformationEpoch: int32(),
    /** Who serves which partitions to interactive queries. */
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
