/**
 * AddOffsetsToTxn (key 25): makes a group’s offsets part of a transaction (KIP-98); answered by its coordinator.
 * v1 answers before it throttles (KIP-219) · v2 may say PRODUCER_FENCED (KIP-588) · v3 flexible (KIP-482) · v4 may say
 * TRANSACTION_ABORTABLE (KIP-890)
 */

import { int16, int32, int64, string } from '../schema/field.ts'
import { type RequestOf, type ResponseOf, defineApi } from '../schema/schema.ts'

export const AddOffsetsToTxn = defineApi({
  key: 25,
  name: 'AddOffsetsToTxn',
  versions: '0-4',
  flexible: '3+',
  listeners: ['broker'],
  request: {
    transactionalId: string(),
    producerId: int64(),
    producerEpoch: int16(),
    groupId: string(),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    errorCode: int16(),
  },
})

export type AddOffsetsToTxnRequest = RequestOf<typeof AddOffsetsToTxn>
export type AddOffsetsToTxnResponse = ResponseOf<typeof AddOffsetsToTxn>
