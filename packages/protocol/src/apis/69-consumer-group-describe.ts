/**
 * ConsumerGroupDescribe (key 69): state and members of consumer groups (KIP-848); answered by their coordinator.
 * v1 kinds of members (KIP-1099)
 */

import { array, boolean, int16, int32, int8, string, struct, uuid } from '../schema/field.ts'
import { type RequestOf, type ResponseOf, defineApi } from '../schema/schema.ts'

const TopicPartitions = {
  topicId: uuid(),
  topicName: string(),
  partitions: array(int32()),
} as const

const Assignment = {
  topicPartitions: array(TopicPartitions),
} as const

export const ConsumerGroupDescribe = defineApi({
  key: 69,
  name: 'ConsumerGroupDescribe',
  versions: '0-1',
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
      assignorName: string(),
      members: array({
        memberId: string(),
        instanceId: string({ nullable: '0+', default: null }),
        rackId: string({ nullable: '0+', default: null }),
        memberEpoch: int32(),
        clientId: string(),
        clientHost: string(),
        subscribedTopicNames: array(string()),
        subscribedTopicRegex: string({ nullable: '0+', default: null }),
        /** What the member holds. */
        assignment: struct(Assignment),
        /** What it shall hold. */
        targetAssignment: struct(Assignment),
        /** 0: classic. 1: consumer. -1: unknown. */
        memberType: int8({ versions: '1+', default: -1, ignorable: true }),
      }),
      /** One bit per ACL operation. The smallest int32: not asked for. */
      authorizedOperations: int32({ default: -2_147_483_648 }),
    }),
  },
})

export type ConsumerGroupDescribeRequest = RequestOf<typeof ConsumerGroupDescribe>
export type ConsumerGroupDescribeResponse = ResponseOf<typeof ConsumerGroupDescribe>
