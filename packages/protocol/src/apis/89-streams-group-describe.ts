/**
 * StreamsGroupDescribe (key 89).
 */

import { array, boolean, int16, int32, int64, string, struct, uint16 } from '../schema/field.ts'
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
      assignmentEpoch: int32(),
      topology: struct(
        {
          epoch: int32(),
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
        userEndpoint: struct(Endpoint, { nullable: '0+', default: null }),
        clientTags: array(KeyValue),
        taskOffsets: array(TaskOffset),
        taskEndOffsets: array(TaskOffset),
        assignment: struct(Assignment),
        targetAssignment: struct(Assignment),
        isClassic: boolean(),
      }),
      authorizedOperations: int32({ default: -2_147_483_648 }),
    }),
  },
})

export type StreamsGroupDescribeRequest = RequestOf<typeof StreamsGroupDescribe>
export type StreamsGroupDescribeResponse = ResponseOf<typeof StreamsGroupDescribe>
