/**
 * StreamsGroupDescribe (key 89): topology, members and tasks of streams groups (KIP-1071); answered by their
 * coordinator.
 */

import { array, boolean, int16, int32, int64, string, struct, uint16 } from '../schema/field.ts'
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

const Endpoint = {
  host: string(),
  port: uint16(),
} as const

const TaskOffset = {
  subtopologyId: string(),
  partition: int32(),
  offset: int64(),
} as const

const TaskIds = {
  subtopologyId: string(),
  partitions: array(int32()),
} as const

const Assignment = {
  activeTasks: array(TaskIds),
  standbyTasks: array(TaskIds),
  warmupTasks: array(TaskIds),
} as const

export const StreamsGroupDescribe = defineApi({
  key: 89,
  name: 'StreamsGroupDescribe',
  versions: '0',
  flexible: '0+',
  listeners: ['broker'],
  request: {
    groupIds: array(string()),
    includeAuthorizedOperations: boolean(),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    groups: array({
      errorCode: int16(),
      errorMessage: string({ nullable: '0+', default: null }),
      groupId: string(),
      groupState: string(),
      groupEpoch: int32(),
      /** Group epoch that the target assignment was made for. */
      assignmentEpoch: int32(),
      /** Null with an error. */
      topology: struct(
        {
          epoch: int32(),
          /** Null until it is set up with existing topics. */
          subtopologies: array(
            {
              subtopologyId: string(),
              sourceTopics: array(string()),
              repartitionSinkTopics: array(string()),
              stateChangelogTopics: array(TopicInfo),
              repartitionSourceTopics: array(TopicInfo),
            },
            { nullable: '0+', default: null },
          ),
        },
        { nullable: '0+', default: null },
      ),
      members: array({
        memberId: string(),
        memberEpoch: int32(),
        instanceId: string({ nullable: '0+', default: null }),
        rackId: string({ nullable: '0+', default: null }),
        clientId: string(),
        clientHost: string(),
        topologyEpoch: int32(),
        processId: string(),
        /** For interactive queries. */
        userEndpoint: struct(Endpoint, { nullable: '0+', default: null }),
        clientTags: array(KeyValue),
        taskOffsets: array(TaskOffset),
        taskEndOffsets: array(TaskOffset),
        /** What the member holds. */
        assignment: struct(Assignment),
        /** What it shall hold. */
        targetAssignment: struct(Assignment),
        /** Not yet upgraded. */
        isClassic: boolean(),
      }),
      /** One bit per ACL operation. The smallest int32: not asked for. */
      authorizedOperations: int32({ default: -2_147_483_648 }),
    }),
  },
})

export type StreamsGroupDescribeRequest = RequestOf<typeof StreamsGroupDescribe>
export type StreamsGroupDescribeResponse = ResponseOf<typeof StreamsGroupDescribe>
