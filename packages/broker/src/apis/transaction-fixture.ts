/** For tests of transactions: batches and markers as producers and coordinators send them, and what readers see. */
import {
  AddOffsetsToTxn,
  AddPartitionsToTxn,
  DescribeProducers,
  DescribeTransactions,
  EndTxn,
  errorName,
  FindCoordinator,
  InitProducerId,
  OffsetFetch,
  TxnOffsetCommit,
  WriteTxnMarkers,
} from '@gregor/protocol'
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

/** Few partitions, so that a broker of a test has its coordinators soon. */
export const fewPartitions = { 'transaction.state.log.num.partitions': '2', 'offsets.topic.num.partitions': '2' }

/**
 * A producer as clients do it: with `bumpsEpoch` the broker adds partitions, and every end of a transaction gives it a
 * new epoch (`transaction.version` 2); else it adds them itself. Every call resolves to the error’s name.
 */
export class FixtureProducer {
  readonly transactionalId: string
  producerId = -1
  producerEpoch = -1
  readonly #fixture: BrokerFixture
  readonly #bumpsEpoch: boolean
  readonly #caller: Caller
  readonly #sequences = new Map<string, number>()

  constructor(fixture: BrokerFixture, transactionalId: string, { bumpsEpoch = true, caller = {} } = {}) {
    this.#fixture = fixture
    this.transactionalId = transactionalId
    this.#bumpsEpoch = bumpsEpoch
    this.#caller = caller
  }

  /** Finds its coordinator, and takes over from whoever had the id; tries again as long as that one’s end takes. */
  async init(transactionTimeoutMs = 60_000): Promise<string> {
    const { transactionalId } = this
    const found = await this.#fixture.call(
      FindCoordinator,
      { keyType: 1, coordinatorKeys: [transactionalId] },
      this.#caller,
    )
    const code = found.coordinators[0]?.errorCode ?? -1
    if (code !== 0) return errorName(code)
    const request = { transactionalId, transactionTimeoutMs }
    for (let tries = 0; ; tries++) {
      const answer = await this.#fixture.call(InitProducerId, request, { ...this.#caller, version: 5 })
      const error = errorName(answer.errorCode)
      if (error === 'NONE') this.#take(answer)
      const isPassing = error === 'CONCURRENT_TRANSACTIONS' || error === 'COORDINATOR_LOAD_IN_PROGRESS'
      if (!isPassing || tries === 50) return error
      await this.#fixture.advance(20)
    }
  }

  async send({ topic, topicId, partition = 0 }: SentTo, values: readonly string[]): Promise<string> {
    const added = this.#bumpsEpoch ? 'NONE' : await this.add(topic, [partition])
    if (added !== 'NONE') return added
    const place = `${topic}-${partition}`
    const { producerId, producerEpoch, transactionalId } = this
    const baseSequence = this.#sequences.get(place) ?? 0
    const version = this.#bumpsEpoch ? 12 : 11
    const sent = { producerId, producerEpoch, transactionalId, baseSequence, version }
    const { error } = await produceInTransaction(
      this.#fixture,
      { topic, topicId, partition },
      values,
      sent,
      this.#caller,
    )
    if (error === 'NONE') this.#sequences.set(place, baseSequence + values.length)
    return error
  }

  /** As a client that adds partitions itself. */
  async add(name: string, partitions: readonly number[]): Promise<string> {
    const request = {
      v3AndBelowTransactionalId: this.transactionalId,
      v3AndBelowProducerId: this.producerId,
      v3AndBelowProducerEpoch: this.producerEpoch,
      v3AndBelowTopics: [{ name, partitions: [...partitions] }],
    }
    const answer = await this.#fixture.call(AddPartitionsToTxn, request, { ...this.#caller, version: 3 })
    return errorName(answer.resultsByTopicV3AndBelow[0]?.resultsByPartition[0]?.partitionErrorCode ?? -1)
  }

  async sendOffset(groupId: string, topic: string, committedOffset: number): Promise<string> {
    const { transactionalId, producerId, producerEpoch } = this
    if (!this.#bumpsEpoch) {
      const request = { transactionalId, producerId, producerEpoch, groupId }
      const added = await this.#fixture.call(AddOffsetsToTxn, request, { ...this.#caller, version: 3 })
      if (added.errorCode !== 0) return errorName(added.errorCode)
    }
    const partitions = [{ partitionIndex: 0, committedOffset, committedMetadata: null }]
    const request = { transactionalId, producerId, producerEpoch, groupId, topics: [{ name: topic, partitions }] }
    const version = this.#bumpsEpoch ? 5 : 4
    const { topics } = await this.#fixture.call(TxnOffsetCommit, request, { ...this.#caller, version })
    return errorName(topics[0]?.partitions[0]?.errorCode ?? -1)
  }

  /** Resolves when the partitions have their markers, too: time has to pass for that. */
  async end(outcome: 'commit' | 'abort'): Promise<string> {
    const { transactionalId, producerId, producerEpoch } = this
    const request = { transactionalId, producerId, producerEpoch, committed: outcome === 'commit' }
    const version = this.#bumpsEpoch ? 5 : 4
    const answer = await this.#fixture.call(EndTxn, request, { ...this.#caller, version })
    if (answer.errorCode === 0 && this.#bumpsEpoch) this.#take(answer)
    await this.#fixture.advance(20)
    return errorName(answer.errorCode)
  }

  #take({ producerId, producerEpoch }: { producerId: number; producerEpoch: number }): void {
    this.producerId = producerId
    this.producerEpoch = producerEpoch
    this.#sequences.clear()
  }
}

/** As DescribeTransactions names it; else the error. */
export async function transactionState(fixture: BrokerFixture, transactionalId: string): Promise<string> {
  const { transactionStates } = await fixture.call(DescribeTransactions, { transactionalIds: [transactionalId] })
  const [described] = transactionStates
  return described?.errorCode === 0 ? described.transactionState : errorName(described?.errorCode ?? -1)
}
