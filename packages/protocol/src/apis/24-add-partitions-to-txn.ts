/**
 * AddPartitionsToTxn (key 24): makes partitions part of a transaction (KIP-98); answered by its coordinator.
 * v1 answers before it throttles (KIP-219) · v2 may say PRODUCER_FENCED (KIP-588) · v3 flexible (KIP-482) · v4 for
 * brokers: many transactions, verifying only (KIP-890) · v5 may say TRANSACTION_ABORTABLE
 */

import { array, boolean, int16, int32, int64, string } from '../schema/field.ts'
import { type RequestOf, type ResponseOf, defineApi } from '../schema/schema.ts'

const AddPartitionsToTxnTopic = {
  name: string(),
  partitions: array(int32()),
} as const

const AddPartitionsToTxnPartitionResult = {
  partitionIndex: int32(),
  partitionErrorCode: int16(),
} as const

const AddPartitionsToTxnTopicResult = {
  name: string(),
  resultsByPartition: array(AddPartitionsToTxnPartitionResult),
} as const

export const AddPartitionsToTxn = defineApi({
  key: 24,
  name: 'AddPartitionsToTxn',
  versions: '0-5',
  flexible: '3+',
  listeners: ['broker'],
  request: {
    transactions: array(
      {
        transactionalId: string(),
        producerId: int64(),
        producerEpoch: int16(),
        /** Ask whether the partitions are in the transaction, add nothing. */
        verifyOnly: boolean({ default: false }),
        topics: array(AddPartitionsToTxnTopic),
      },
      { versions: '4+' },
    ),
    v3AndBelowTransactionalId: string({ versions: '0-3' }),
    v3AndBelowProducerId: int64({ versions: '0-3' }),
    v3AndBelowProducerEpoch: int16({ versions: '0-3' }),
    v3AndBelowTopics: array(AddPartitionsToTxnTopic, { versions: '0-3' }),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    /** Of the whole request. */
    errorCode: int16({ versions: '4+', ignorable: true }),
    resultsByTransaction: array(
      {
        transactionalId: string(),
        topicResults: array(AddPartitionsToTxnTopicResult),
      },
      { versions: '4+' },
    ),
    resultsByTopicV3AndBelow: array(AddPartitionsToTxnTopicResult, { versions: '0-3' }),
  },
})

export type AddPartitionsToTxnRequest = RequestOf<typeof AddPartitionsToTxn>
export type AddPartitionsToTxnResponse = ResponseOf<typeof AddPartitionsToTxn>
