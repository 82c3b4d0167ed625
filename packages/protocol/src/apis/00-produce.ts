/**
 * Produce (key 0): appends record batches to partitions; answered by each partition’s leader, not at all for acks 0.
 * v3 transactions, record batches of magic 2 (KIP-98) · v4 may say KAFKA_STORAGE_ERROR · v5 log start offset · v6
 * answers before it throttles (KIP-219) · v7 zstd (KIP-110) · v8 record errors (KIP-467) · v9 flexible (KIP-482) · v10
 * current leader (KIP-951) · v11 may say TRANSACTION_ABORTABLE · v12 partitions join the transaction by being written
 * to (KIP-890) · v13 topic ids instead of names (KIP-516). Versions 0-2 carried message sets: refused.
 */

import { array, int16, int32, int64, records, string, struct, uuid } from '../schema/field.ts'
import { type RequestOf, type ResponseOf, defineApi } from '../schema/schema.ts'
import { LeaderIdAndEpoch, NodeEndpoint } from './leader-hints.ts'

export const Produce = defineApi({
  key: 0,
  name: 'Produce',
  versions: '3-13',
  flexible: '9+',
  listeners: ['broker'],
  request: {
    /** Set by transactional producers only. */
    transactionalId: string({ nullable: '3+', default: null }),
    /** 0: do not answer. 1: the leader has it. -1: every in-sync replica has it. */
    acks: int16(),
    /** How long to wait for the in-sync replicas. */
    timeoutMs: int32(),
    topicData: array({
      name: string({ versions: '0-12', ignorable: true }),
      topicId: uuid({ versions: '13+', ignorable: true }),
      partitionData: array({
        index: int32(),
        /** One batch from version 3 on. Null is refused. */
        records: records({ nullable: '0+' }),
      }),
    }),
  },
  response: {
    responses: array({
      name: string({ versions: '0-12', ignorable: true }),
      topicId: uuid({ versions: '13+', ignorable: true }),
      partitionResponses: array({
        index: int32(),
        errorCode: int16(),
        /** Of the first record; -1 with an error. */
        baseOffset: int64(),
        /** -1 unless the topic stamps records with the time of the append. */
        logAppendTimeMs: int64({ default: -1 }),
        logStartOffset: int64({ versions: '5+', default: -1, ignorable: true }),
        /** Which records made the broker refuse the batch. */
        recordErrors: array(
          {
            /** Position of the record in its batch. */
            batchIndex: int32(),
            batchIndexErrorMessage: string({ nullable: '8+', default: null }),
          },
          { versions: '8+', ignorable: true },
        ),
        errorMessage: string({ versions: '8+', nullable: '8+', default: null, ignorable: true }),
        /** Where to go instead, with NOT_LEADER_OR_FOLLOWER (KIP-951). */
        currentLeader: struct(LeaderIdAndEpoch, { versions: '10+', tag: 0 }),
      }),
    }),
    throttleTimeMs: int32({ default: 0 }),
    /** The leaders named above. */
    nodeEndpoints: array(NodeEndpoint, { versions: '10+', tag: 0 }),
  },
})

export type ProduceRequest = RequestOf<typeof Produce>
export type ProduceResponse = ResponseOf<typeof Produce>
