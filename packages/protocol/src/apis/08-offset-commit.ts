/**
 * OffsetCommit (key 8): stores how far a group has read; answered by the group’s coordinator.
 * v1 generation and member · v2 retention, no commit time · v3 throttle time · v4 answers before it throttles
 * (KIP-219) · v5 no retention: see offsets.retention.minutes (KIP-211) · v6 leader epochs (KIP-320) · v7 static members
 * (KIP-345) · v8 flexible (KIP-482) · v9 member epochs of the consumer protocol (KIP-848) · v10 topic ids instead of
 * names
 */

import { array, int16, int32, int64, string, uuid } from '../schema/field.ts'
import { type RequestOf, type ResponseOf, defineApi } from '../schema/schema.ts'

export const OffsetCommit = defineApi({
  key: 8,
  name: 'OffsetCommit',
  versions: '1-10',
  flexible: '8+',
  listeners: ['broker'],
  request: {
    groupId: string(),
    /** -1: the committer is not a member of the group. */
    generationIdOrMemberEpoch: int32({ default: -1 }),
    memberId: string(),
    groupInstanceId: string({ versions: '7+', nullable: '7+', default: null }),
    /** -1: as the broker is set up. */
    retentionTimeMs: int64({ versions: '2-4', default: -1, ignorable: true }),
    topics: array({
      name: string({ versions: '0-9', ignorable: true }),
      topicId: uuid({ versions: '10+', ignorable: true }),
      partitions: array({
        partitionIndex: int32(),
        /** Of the next record to be read. */
        committedOffset: int64(),
        /** Of the last record read. -1: unknown. */
        committedLeaderEpoch: int32({ versions: '6+', default: -1, ignorable: true }),
        /** -1: the time of the commit. */
        commitTimestamp: int64({ versions: '1', default: -1 }),
        /** Whatever the client wants to find again. */
        committedMetadata: string({ nullable: '0+' }),
      }),
    }),
  },
  response: {
    throttleTimeMs: int32({ versions: '3+', default: 0, ignorable: true }),
    topics: array({
      name: string({ versions: '0-9', ignorable: true }),
      topicId: uuid({ versions: '10+', ignorable: true }),
      partitions: array({
        partitionIndex: int32(),
        errorCode: int16(),
      }),
    }),
  },
})

export type OffsetCommitRequest = RequestOf<typeof OffsetCommit>
export type OffsetCommitResponse = ResponseOf<typeof OffsetCommit>
