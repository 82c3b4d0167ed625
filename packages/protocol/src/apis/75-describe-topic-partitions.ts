/**
 * DescribeTopicPartitions (key 75): topics and partitions page by page, with eligible leader replicas (KIP-966).
 */

import { array, boolean, int16, int32, string, struct, uuid } from '../schema/field.ts'
import { type RequestOf, type ResponseOf, defineApi } from '../schema/schema.ts'

export const DescribeTopicPartitions = defineApi({
  key: 75,
  name: 'DescribeTopicPartitions',
  versions: '0',
  flexible: '0+',
  listeners: ['broker'],
  request: {
    /** Empty: all, in order of their names. */
    topics: array({
      name: string(),
    }),
    /** The broker may allow fewer. */
    responsePartitionLimit: int32({ default: 2000 }),
    /** Where to begin: what the last answer gave. Null: at the start. */
    cursor: struct(
      {
        topicName: string(),
        partitionIndex: int32(),
      },
      { nullable: '0+', default: null },
    ),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    topics: array({
      errorCode: int16(),
      name: string({ nullable: '0+' }),
      topicId: uuid(),
      isInternal: boolean({ default: false }),
      partitions: array({
        errorCode: int16(),
        partitionIndex: int32(),
        leaderId: int32(),
        leaderEpoch: int32({ default: -1 }),
        replicaNodes: array(int32()),
        isrNodes: array(int32()),
        /** Not in sync, but without loss. */
        eligibleLeaderReplicas: array(int32(), { nullable: '0+', default: null }),
        /** Those that were eligible before an unclean stop. */
        lastKnownElr: array(int32(), { nullable: '0+', default: null }),
        offlineReplicas: array(int32()),
      }),
      /** One bit per ACL operation. The smallest int32: not asked for. */
      topicAuthorizedOperations: int32({ default: -2_147_483_648 }),
    }),
    /** Null: that was all. */
    nextCursor: struct(
      {
        topicName: string(),
        partitionIndex: int32(),
      },
      { nullable: '0+', default: null },
    ),
  },
})

export type DescribeTopicPartitionsRequest = RequestOf<typeof DescribeTopicPartitions>
export type DescribeTopicPartitionsResponse = ResponseOf<typeof DescribeTopicPartitions>
