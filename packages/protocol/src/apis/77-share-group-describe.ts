/**
 * ShareGroupDescribe (key 77): state and members of share groups (KIP-932); answered by their coordinator.
 */

import { array, boolean, int16, int32, string, struct, uuid } from '../schema/field.ts'
import { type RequestOf, type ResponseOf, defineApi } from '../schema/schema.ts'

const TopicPartitions = {
  topicId: uuid(),
  topicName: string(),
  partitions: array(int32()),
} as const

const Assignment = {
  topicPartitions: array(TopicPartitions),
} as const

export const ShareGroupDescribe = defineApi({
  key: 77,
  name: 'ShareGroupDescribe',
  versions: '1',
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
      /** Group epoch that the assignment was made for. */
      assignmentEpoch: int32(),
      assignorName: string(),
      members: array({
        memberId: string(),
        rackId: string({ nullable: '0+', default: null }),
        memberEpoch: int32(),
        clientId: string(),
        clientHost: string(),
        subscribedTopicNames: array(string()),
        assignment: struct(Assignment),
      }),
      /** One bit per ACL operation. The smallest int32: not asked for. */
      authorizedOperations: int32({ default: -2_147_483_648 }),
    }),
  },
})

export type ShareGroupDescribeRequest = RequestOf<typeof ShareGroupDescribe>
export type ShareGroupDescribeResponse = ResponseOf<typeof ShareGroupDescribe>
