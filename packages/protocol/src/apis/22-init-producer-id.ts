/**
 * InitProducerId (key 22): a producer id and epoch; for a transactional id, fences its older producers and ends what
 * they left open (KIP-98).
 * v1 answers before it throttles (KIP-219) · v2 flexible (KIP-482) · v3 an epoch bump on request (KIP-360) · v4
 * PRODUCER_FENCED instead of INVALID_PRODUCER_EPOCH (KIP-588) · v5 may say TRANSACTION_ABORTABLE (KIP-890) · v6,
 * unstable: two-phase commit (KIP-939)
 */

import { boolean, int16, int32, int64, string } from '../schema/field.ts'
import { type RequestOf, type ResponseOf, defineApi } from '../schema/schema.ts'

export const InitProducerId = defineApi({
  key: 22,
  name: 'InitProducerId',
  versions: '0-6',
  flexible: '2+',
  unstable: '6',
  listeners: ['broker'],
  request: {
    /** Null: idempotent only. */
    transactionalId: string({ nullable: '0+' }),
    /** An open transaction is aborted after this long. */
    transactionTimeoutMs: int32(),
    /** The one to be bumped; -1: none yet. */
    producerId: int64({ versions: '3+', default: -1 }),
    producerEpoch: int16({ versions: '3+', default: -1 }),
    /** The transaction waits for its outcome without a timeout. */
    enable2Pc: boolean({ versions: '6+', default: false }),
    /** Do not abort what is open: its outcome is decided elsewhere. */
    keepPreparedTxn: boolean({ versions: '6+', default: false }),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    errorCode: int16(),
    producerId: int64({ default: -1 }),
    producerEpoch: int16(),
    /** Of the transaction kept; -1: none. */
    ongoingTxnProducerId: int64({ versions: '6+', default: -1 }),
    ongoingTxnProducerEpoch: int16({ versions: '6+', default: -1 }),
  },
})

export type InitProducerIdRequest = RequestOf<typeof InitProducerId>
export type InitProducerIdResponse = ResponseOf<typeof InitProducerId>
