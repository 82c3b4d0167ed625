/**
 * ConsumerGroupHeartbeat (key 68): joins, stays in and leaves a consumer group; carries the whole rebalance (KIP-848).
 * Null in the request: as last time.
 * v1 subscriptions by pattern, member ids made by the client (KIP-1082)
 */

import { array, int16, int32, string, struct, uuid } from '../schema/field.ts'
import { type RequestOf, type ResponseOf, defineApi } from '../schema/schema.ts'

const TopicPartitions = {
  topicId: uuid(),
  partitions: array(int32()),
} as const

export const ConsumerGroupHeartbeat = defineApi({
  key: 68,
  name: 'ConsumerGroupHeartbeat',
  versions: '0-1',
  flexible: '0+',
  listeners: ['broker'],
  request: {
    groupId: string(),
    memberId: string(),
    /** 0: join. -1: leave. -2: a static member leaves for a while. */
    memberEpoch: int32(),
    instanceId: string({ nullable: '0+', default: null }),
    rackId: string({ nullable: '0+', default: null }),
    /** How long giving up partitions may take. -1: as last time. */
    rebalanceTimeoutMs: int32({ default: -1 }),
    subscribedTopicNames: array(string(), { nullable: '0+', default: null }),
    subscribedTopicRegex: string({ versions: '1+', nullable: '1+', default: null }),
    serverAssignor: string({ nullable: '0+', default: null }),
    /** What the member holds. */
    topicPartitions: array(
      {
        topicId: uuid(),
        partitions: array(int32()),
      },
      { nullable: '0+', default: null },
    ),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    errorCode: int16(),
    errorMessage: string({ nullable: '0+', default: null }),
    memberId: string({ nullable: '0+', default: null }),
    memberEpoch: int32(),
    heartbeatIntervalMs: int32(),
    /** Null: as last time. */
    assignment: struct(
      {
        topicPartitions: array(TopicPartitions),
      },
      { nullable: '0+', default: null },
    ),
  },
})

export type ConsumerGroupHeartbeatRequest = RequestOf<typeof ConsumerGroupHeartbeat>
export type ConsumerGroupHeartbeatResponse = ResponseOf<typeof ConsumerGroupHeartbeat>
