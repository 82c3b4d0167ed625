/** For tests of transactions: batches and markers as producers and coordinators send them, and what readers see. */
import { DescribeProducers, errorName, OffsetFetch, WriteTxnMarkers } from '@gregor/protocol'
import type { BrokerFixture, Caller } from '../broker-fixture.ts'
import { fetchFrom, produceTo, sentBatch, type Produced, type SentTo } from '../produce-fixture.ts'

/** A broker that takes transactional batches without asking a coordinator. */
export const unverified = { 'transaction.partition.verification.enable': 'false' }

export interface SentInTransaction {
  readonly producerId: number
  readonly producerEpoch?: number
  readonly baseSequence?: number
  readonly transactionalId?: string
  /** Default: 11, the newest in which the client adds partitions itself. */
  readonly version?: number
}

export function produceInTransaction(
  fixture: BrokerFixture,
  to: SentTo,
  values: readonly string[],
  { producerId, producerEpoch = 0, baseSequence = 0, transactionalId = 'x', version = 11 }: SentInTransaction,
  caller: Caller = {},
): Promise<Produced> {
  const batch = sentBatch(values, { producerId, producerEpoch, baseSequence, isTransactional: true })
  return produceTo(fixture, { ...to, transactionalId }, batch, { ...caller, version })
}

export interface Marked {
  readonly topic: string
  readonly partition?: number
  readonly producerId: number
  readonly producerEpoch?: number
  readonly coordinatorEpoch?: number
  readonly transactionVersion?: number
  readonly isCommitted: boolean
}

export async function mark(
  fixture: BrokerFixture,
  { topic, partition = 0, producerId, producerEpoch = 0, coordinatorEpoch = 0, isCommitted, ...more }: Marked,
  caller: Caller = {},
): Promise<string> {
  const marker = {
    producerId,
    producerEpoch,
    transactionResult: isCommitted,
    topics: [{ name: topic, partitionIndexes: [partition] }],
    coordinatorEpoch,
    ...more,
  }
  const { markers } = await fixture.call(WriteTxnMarkers, { markers: [marker] }, caller)
  return errorName(markers[0]?.topics[0]?.partitions[0]?.errorCode ?? -1)
}

/** What a reader of committed records must do with an answer: leaves out batches of aborted transactions’ producers. */
export async function readCommitted(
  fixture: BrokerFixture,
  topic: SentTo,
): Promise<{ readonly lastStableOffset: number; readonly aborted: readonly (readonly [number, number])[] }> {
  const { lastStableOffset, abortedTransactions } = await fetchFrom(fixture, { ...topic, isolationLevel: 1 })
  const aborted = (abortedTransactions ?? []).map(({ producerId, firstOffset }) => [producerId, firstOffset] as const)
  return { lastStableOffset, aborted }
}

/** Where a producer’s open transaction begins in a partition; -1: none is open. */
export async function openTransactionStart(fixture: BrokerFixture, name: string, producerId: number): Promise<number> {
  const { topics } = await fixture.call(DescribeProducers, { topics: [{ name, partitionIndexes: [0] }] })
  const producer = topics[0]?.partitions[0]?.activeProducers.find((one) => one.producerId === producerId)
  return producer?.currentTxnStartOffset ?? -1
}

/** The committed offset of partition 0, or the error. */
export async function committedOffset(
  fixture: BrokerFixture,
  { groupId, topicId, requireStable = false }: { groupId: string; topicId: string; requireStable?: boolean },
): Promise<number | string> {
  const topics = [{ topicId, partitionIndexes: [0] }]
  const { groups } = await fixture.call(OffsetFetch, { groups: [{ groupId, topics }], requireStable })
  const [partition] = groups[0]?.topics[0]?.partitions ?? []
  if (partition === undefined) return errorName(groups[0]?.errorCode ?? -1)
  return partition.errorCode === 0 ? partition.committedOffset : errorName(partition.errorCode)
}
