/**
 * DescribeLogDirs (key 35): the directories of this broker and what the partitions in them take (KIP-113).
 * v1 answers before it throttles (KIP-219) · v2 flexible (KIP-482) · v3 an error for all (KIP-784) · v4 room on the
 * volume (KIP-827) · v5 cordoned directories (KIP-1066)
 */

import { array, boolean, int16, int32, int64, string } from '../schema/field.ts'
import { type RequestOf, type ResponseOf, defineApi } from '../schema/schema.ts'

export const DescribeLogDirs = defineApi({
  key: 35,
  name: 'DescribeLogDirs',
  versions: '0-5',
  flexible: '2+',
  listeners: ['broker'],
  request: {
    /** Null: all. */
    topics: array(
      {
        topic: string(),
        partitions: array(int32()),
      },
      { nullable: '0+' },
    ),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    errorCode: int16({ versions: '3+', ignorable: true }),
    results: array({
      errorCode: int16(),
      logDir: string(),
      topics: array({
        name: string(),
        partitions: array({
          partitionIndex: int32(),
          /** In bytes, of its segments. */
          partitionSize: int64(),
          /** Of a copy being made: behind the replica. Else: the log end behind the high watermark. */
          offsetLag: int64(),
          /** A copy being made by AlterReplicaLogDirs. */
          isFutureKey: boolean(),
        }),
      }),
      /** Of the volume; -1: unknown. */
      totalBytes: int64({ versions: '4+', default: -1, ignorable: true }),
      /** Of the volume; -1: unknown. */
      usableBytes: int64({ versions: '4+', default: -1, ignorable: true }),
      /** Takes no new partitions. */
      isCordoned: boolean({ versions: '5+', default: false, ignorable: true }),
    }),
  },
})

export type DescribeLogDirsRequest = RequestOf<typeof DescribeLogDirs>
export type DescribeLogDirsResponse = ResponseOf<typeof DescribeLogDirs>
