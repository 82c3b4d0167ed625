/**
 * WriteTxnMarkers (key 27): the coordinator tells the leaders of a transaction’s partitions how it ended (KIP-98).
 * v1 flexible (KIP-482) · v2 transaction version (KIP-1228)
 */

import { array, boolean, int16, int32, int64, int8, string } from '../schema/field.ts'
import { type RequestOf, type ResponseOf, defineApi } from '../schema/schema.ts'

export const WriteTxnMarkers = defineApi({
  key: 27,
  name: 'WriteTxnMarkers',
  versions: '1-2',
  flexible: '1+',
  listeners: ['broker'],
  request: {
    markers: array({
      producerId: int64(),
      producerEpoch: int16(),
      /** True: commit. */
      transactionResult: boolean(),
      topics: array({
        name: string(),
        partitionIndexes: array(int32()),
      }),
      /** Leader epoch of the coordinator’s partition: older ones are fenced. */
      coordinatorEpoch: int32(),
      /** 2: the epoch in the marker is one above that of the records. */
      transactionVersion: int8({ versions: '2+', default: 0, ignorable: true }),
    }),
  },
  response: {
    markers: array({
      producerId: int64(),
      topics: array({
        name: string(),
        partitions: array({
          partitionIndex: int32(),
          errorCode: int16(),
        }),
      }),
    }),
  },
})

export type WriteTxnMarkersRequest = RequestOf<typeof WriteTxnMarkers>
export type WriteTxnMarkersResponse = ResponseOf<typeof WriteTxnMarkers>
