/**
 * ShareFetch (key 78): acquires records for a member of a share group, and settles earlier ones (KIP-932).
 * v2 strict record limit (KIP-1206), renewing (KIP-1222)
 */

import { array, boolean, int16, int32, int64, int8, records, string, struct, uuid } from '../schema/field.ts'
import { type RequestOf, type ResponseOf, defineApi } from '../schema/schema.ts'
import { NodeEndpoint } from './leader-hints.ts'

export const ShareFetch = defineApi({
  key: 78,
  name: 'ShareFetch',
  versions: '1-2',
  flexible: '0+',
  listeners: ['broker'],
  request: {
    groupId: string({ nullable: '0+', default: null }),
    memberId: string({ nullable: '0+' }),
    /** 0: opens the session. -1: closes it. Else: counts up from 1. */
    shareSessionEpoch: int32(),
    maxWaitMs: int32(),
    minBytes: int32(),
    /** The first batch is returned even if it is larger (KIP-74). */
    maxBytes: int32({ default: 0x7fff_ffff }),
    /** May be exceeded up to the end of a batch. */
    maxRecords: int32(),
    /** How many records the consumer would like to settle together. */
    batchSize: int32(),
    /** 0: whole batches. 1: no more than `maxRecords`. */
    shareAcquireMode: int8({ versions: '2+', default: 0, ignorable: true }),
    /** Some acknowledgement is a renewal. */
    isRenewAck: boolean({ versions: '2+', default: false }),
    topics: array({
      topicId: uuid(),
      partitions: array({
        partitionIndex: int32(),
        acknowledgementBatches: array({
          firstOffset: int64(),
          lastOffset: int64(),
          /** One for all, or one each. 0: gap. 1: accept. 2: release. 3: reject. 4: renew. */
          acknowledgeTypes: array(int8()),
        }),
      }),
    }),
    /** What leaves the session. */
    forgottenTopicsData: array({
      topicId: uuid(),
      partitions: array(int32()),
    }),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    errorCode: int16(),
    errorMessage: string({ nullable: '0+', default: null }),
    /** How long acquired records stay with the member. */
    acquisitionLockTimeoutMs: int32(),
    responses: array({
      topicId: uuid(),
      partitions: array({
        partitionIndex: int32(),
        errorCode: int16(),
        errorMessage: string({ nullable: '0+', default: null }),
        acknowledgeErrorCode: int16(),
        acknowledgeErrorMessage: string({ nullable: '0+', default: null }),
        /** Where to go instead (KIP-951). -1 twice: not known. */
        currentLeader: struct({
          leaderId: int32(),
          leaderEpoch: int32(),
        }),
        records: records(),
        /** Which of the records are the member’s. */
        acquiredRecords: array({
          firstOffset: int64(),
          lastOffset: int64(),
          /** How often they have been handed out, this time included. */
          deliveryCount: int16(),
        }),
      }),
    }),
    /** The leaders named above. */
    nodeEndpoints: array(NodeEndpoint),
  },
})

export type ShareFetchRequest = RequestOf<typeof ShareFetch>
export type ShareFetchResponse = ResponseOf<typeof ShareFetch>
