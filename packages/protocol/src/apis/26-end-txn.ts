/**
 * EndTxn (key 26): commits or aborts a transaction (KIP-98); answered by its coordinator.
 * v1 answers before it throttles (KIP-219) · v2 may say PRODUCER_FENCED (KIP-588) · v3 flexible (KIP-482) · v4 may say
 * TRANSACTION_ABORTABLE · v5 a new epoch after every transaction (KIP-890)
 */

import { boolean, int16, int32, int64, string } from '../schema/field.ts'
import { type RequestOf, type ResponseOf, defineApi } from '../schema/schema.ts'

export const EndTxn = defineApi({
  key: 26,
  name: 'EndTxn',
  versions: '0-5',
  flexible: '3+',
  listeners: ['broker'],
  request: {
    transactionalId: string(),
    producerId: int64(),
    producerEpoch: int16(),
    committed: boolean(),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    errorCode: int16(),
    /** To be used from now on; another one when the epoch was used up. */
    producerId: int64({ versions: '5+', default: -1, ignorable: true }),
    producerEpoch: int16({ versions: '5+', default: -1, ignorable: true }),
  },
})

export type EndTxnRequest = RequestOf<typeof EndTxn>
export type EndTxnResponse = ResponseOf<typeof EndTxn>
