/**
 * ListOffsets (key 2): finds an offset by time, or one of the special places in a log.
 * v0 several offsets · v1 exactly one, with its timestamp (KIP-79) · v2 isolation level (KIP-98) · v3 answers before it
 * throttles (KIP-219) · v4 leader epochs (KIP-320) · v5 may say OFFSET_NOT_AVAILABLE (KIP-207) · v6 flexible
 * (KIP-482) · v7 -3, the largest timestamp (KIP-734) · v8 -4, the local log start (KIP-405) · v9 -5, the end of the
 * remote log (KIP-1005) · v10 waits for remote storage (KIP-1075) · v11 -6, the first offset not yet uploaded
 * (KIP-1023)
 */

import { array, int16, int32, int64, int8, string } from '../schema/field.ts'
import { type RequestOf, type ResponseOf, defineApi } from '../schema/schema.ts'

export const ListOffsets = defineApi({
  key: 2,
  name: 'ListOffsets',
  versions: '0-11',
  flexible: '6+',
  listeners: ['broker'],
  request: {
    /** -1: a consumer. -2: a tool that may see up to the log end. */
    replicaId: int32(),
    /** 1: the latest offset is the last stable offset. */
    isolationLevel: int8({ versions: '2+' }),
    topics: array({
      name: string(),
      partitions: array({
        partitionIndex: int32(),
        /** -1: not checked. */
        currentLeaderEpoch: int32({ versions: '4+', default: -1, ignorable: true }),
        /** The first record at or after it. -1: the end. -2: the start. -3 and below: see the versions. */
        timestamp: int64(),
        /** Of segments, newest first. */
        maxNumOffsets: int32({ versions: '0', default: 1 }),
      }),
    }),
    /** For what must be looked up in remote storage. */
    timeoutMs: int32({ versions: '10+', ignorable: true }),
  },
  response: {
    throttleTimeMs: int32({ versions: '2+', default: 0, ignorable: true }),
    topics: array({
      name: string(),
      partitions: array({
        partitionIndex: int32(),
        errorCode: int16(),
        oldStyleOffsets: array(int64(), { versions: '0' }),
        /** -1: not found, or a special place. */
        timestamp: int64({ versions: '1+', default: -1 }),
        /** -1: not found. */
        offset: int64({ versions: '1+', default: -1 }),
        leaderEpoch: int32({ versions: '4+', default: -1 }),
      }),
    }),
  },
})

export type ListOffsetsRequest = RequestOf<typeof ListOffsets>
export type ListOffsetsResponse = ResponseOf<typeof ListOffsets>
