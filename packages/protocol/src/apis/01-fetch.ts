/**
 * Fetch (key 1): reads record batches from an offset on; for consumers, for followers and for raft observers.
 * v4 transactions, record batches of magic 2 (KIP-98) · v5 log start offset · v6 may say KAFKA_STORAGE_ERROR · v7
 * sessions that name only what changed (KIP-227) · v8 answers before it throttles (KIP-219) · v9 leader epochs
 * (KIP-320) · v10 zstd (KIP-110) · v11 nearest replica (KIP-392) · v12 flexible (KIP-482), divergence (KIP-595) · v13
 * topic ids (KIP-516) · v14 may say OFFSET_MOVED_TO_TIERED_STORAGE (KIP-405) · v15 replica epoch (KIP-903) · v16 node
 * endpoints (KIP-951) · v17 directory ids (KIP-853) · v18 the follower’s high watermark (KIP-1166)
 */

import { array, int16, int32, int64, int8, records, string, struct, uuid } from '../schema/field.ts'
import { type RequestOf, type ResponseOf, defineApi } from '../schema/schema.ts'
import { LeaderIdAndEpoch, NodeEndpoint } from './leader-hints.ts'

export const Fetch = defineApi({
  key: 1,
  name: 'Fetch',
  versions: '4-18',
  flexible: '12+',
  listeners: ['broker', 'controller'],
  request: {
    /** Checked where it is given: raft before a broker has registered. */
    clusterId: string({ versions: '12+', nullable: '12+', default: null, tag: 0, ignorable: true }),
    /** -1: a consumer. -2: a tool that may read up to the log end. */
    replicaId: int32({ versions: '0-14', default: -1 }),
    /** The same from version 15 on, with the broker epoch of the follower. */
    replicaState: struct(
      {
        replicaId: int32({ default: -1 }),
        replicaEpoch: int64({ default: -1 }),
      },
      { versions: '15+', tag: 1 },
    ),
    /** How long to wait for `minBytes`. */
    maxWaitMs: int32(),
    minBytes: int32(),
    /** Of all records together. The first batch is returned even if it is larger (KIP-74). */
    maxBytes: int32({ default: 0x7fff_ffff }),
    /** 0: everything below the high watermark. 1: below the last stable offset, with the aborted transactions. */
    isolationLevel: int8({ default: 0 }),
    /** 0: no session, or a new one. */
    sessionId: int32({ versions: '7+', default: 0, ignorable: true }),
    /** 0: a full fetch that opens a session. -1: a full fetch without one. Else: counts up from 1. */
    sessionEpoch: int32({ versions: '7+', default: -1, ignorable: true }),
    /** Within a session only what is new or has changed. Read in this order. */
    topics: array({
      topic: string({ versions: '0-12', ignorable: true }),
      topicId: uuid({ versions: '13+', ignorable: true }),
      partitions: array({
        partition: int32(),
        /** -1: not checked. */
        currentLeaderEpoch: int32({ versions: '9+', default: -1, ignorable: true }),
        fetchOffset: int64(),
        /** Of the record before `fetchOffset`; where the leader’s history differs it says so. -1: not checked. */
        lastFetchedEpoch: int32({ versions: '12+', default: -1 }),
        /** Of the follower; -1 from consumers. */
        logStartOffset: int64({ versions: '5+', default: -1, ignorable: true }),
        /** As `maxBytes`, for this partition. */
        partitionMaxBytes: int32(),
        replicaDirectoryId: uuid({ versions: '17+', tag: 0, ignorable: true }),
        /** What the follower knows. -1: nothing yet. The largest value: it does not say. */
        highWatermark: int64({ versions: '18+', default: 2 ** 63, tag: 1, ignorable: true }),
      }),
    }),
    /** What leaves the session. */
    forgottenTopicsData: array(
      {
        topic: string({ versions: '7-12', ignorable: true }),
        topicId: uuid({ versions: '13+', ignorable: true }),
        partitions: array(int32()),
      },
      { versions: '7+' },
    ),
    /** Of the consumer, to find a replica near it. */
    rackId: string({ versions: '11+', default: '', ignorable: true }),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    /** Of the session. Partitions have their own. */
    errorCode: int16({ versions: '7+', ignorable: true }),
    /** 0: there is no session. */
    sessionId: int32({ versions: '7+', default: 0 }),
    responses: array({
      topic: string({ versions: '0-12', ignorable: true }),
      topicId: uuid({ versions: '13+', ignorable: true }),
      partitions: array({
        partitionIndex: int32(),
        errorCode: int16(),
        highWatermark: int64(),
        /** Everything before it belongs to a finished transaction or to none. -1: not asked for. */
        lastStableOffset: int64({ default: -1 }),
        logStartOffset: int64({ versions: '5+', default: -1, ignorable: true }),
        /** Set where the logs part: truncate to this epoch’s end. */
        divergingEpoch: struct(
          {
            epoch: int32({ default: -1 }),
            endOffset: int64({ default: -1 }),
          },
          { versions: '12+', tag: 0 },
        ),
        /** Where to go instead (KIP-951). */
        currentLeader: struct(LeaderIdAndEpoch, { versions: '12+', tag: 1 }),
        /** Set where the offset is before the log start of a raft log: fetch this snapshot first. */
        snapshotId: struct(
          {
            endOffset: int64({ default: -1 }),
            epoch: int32({ default: -1 }),
          },
          { versions: '12+', tag: 2 },
        ),
        /** For isolation level 1: drop the producer’s records from the offset on, up to its abort marker. */
        abortedTransactions: array(
          {
            producerId: int64(),
            firstOffset: int64(),
          },
          { nullable: '4+' },
        ),
        /** Read there next time. -1: here. */
        preferredReadReplica: int32({ versions: '11+', default: -1 }),
        /** May end in the middle of a batch. Null: empty. */
        records: records({ nullable: '0+' }),
      }),
    }),
    /** The leaders named above. */
    nodeEndpoints: array(NodeEndpoint, { versions: '16+', tag: 0 }),
  },
})

export type FetchRequest = RequestOf<typeof Fetch>
export type FetchResponse = ResponseOf<typeof Fetch>
