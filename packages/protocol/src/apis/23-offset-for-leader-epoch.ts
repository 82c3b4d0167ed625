/**
 * OffsetForLeaderEpoch (key 23): where a leader epoch ends, so that a reader can tell whether its log is the leader’s
 * (KIP-101, KIP-320).
 * v1 the epoch found · v2 the current epoch is checked, throttle time · v3 replica id (KIP-392) · v4 flexible (KIP-482)
 */

import { array, int16, int32, int64, string } from '../schema/field.ts'
import { type RequestOf, type ResponseOf, defineApi } from '../schema/schema.ts'

export const OffsetForLeaderEpoch = defineApi({
  key: 23,
  name: 'OffsetForLeaderEpoch',
  versions: '0-4',
  flexible: '4+',
  listeners: ['broker'],
  request: {
    /** -1: a consumer. -2: may see up to the log end. */
    replicaId: int32({ versions: '3+', default: -2, ignorable: true }),
    topics: array({
      topic: string(),
      partitions: array({
        partition: int32(),
        /** What the sender takes the leader’s to be. -1: not checked. */
        currentLeaderEpoch: int32({ versions: '2+', default: -1, ignorable: true }),
        leaderEpoch: int32(),
      }),
    }),
  },
  response: {
    throttleTimeMs: int32({ versions: '2+', default: 0, ignorable: true }),
    topics: array({
      topic: string(),
      partitions: array({
        errorCode: int16(),
        partition: int32(),
        /** The largest one known that is not above the epoch asked for; -1: none. */
        leaderEpoch: int32({ versions: '1+', default: -1, ignorable: true }),
        /** The first offset behind it. */
        endOffset: int64({ default: -1 }),
      }),
    }),
  },
})

export type OffsetForLeaderEpochRequest = RequestOf<typeof OffsetForLeaderEpoch>
export type OffsetForLeaderEpochResponse = ResponseOf<typeof OffsetForLeaderEpoch>
