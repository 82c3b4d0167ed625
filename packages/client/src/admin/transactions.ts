/**
 * Producers and transactions as an administrator sees them, and how those are ended that hang (KIP-664). Partitions’ leaders
 * know which producers write there, coordinators know the transactions.
 */
import {
  DescribeProducers,
  DescribeTransactions,
  InitProducerId,
  ListTransactions,
  WriteTxnMarkers,
} from '@gregor/protocol'
import { type TopicPartition, byTopic, partitionKey } from '../consumer/partition-set.ts'
import { UnsupportedVersionError } from '../errors.ts'
import { type AdminContext, type CallOptions, type Try, check, errorOf, inRounds, asIs } from './call.ts'
import type { Results } from './results.ts'
import { brokerIds, inParts, toCoordinators, toLeaders } from './routing.ts'

export interface DescribeProducersOptions extends CallOptions {
  /** A replica to ask instead of the leader. */
  readonly brokerId?: number
}

/** A producer that a partition remembers. */
export interface ProducerState {
  readonly producerId: number
  readonly producerEpoch: number
  readonly lastSequence: number
  /** Of its last batch, in ms. */
  readonly lastTimestamp: number
  /** Of the last marker; `undefined`: there was none. */
  readonly coordinatorEpoch: number | undefined
  /** Where its open transaction begins; `undefined`: none is open. */
  readonly currentTransactionStartOffset: number | undefined
}

export interface TransactionDescription {
  readonly coordinatorId: number
  /** `Empty`, `Ongoing`, `PrepareCommit`, `PrepareAbort`, `CompleteCommit`, `CompleteAbort`, … */
  readonly state: string
  readonly producerId: number
  readonly producerEpoch: number
  readonly transactionTimeoutMs: number
  /** In ms; `undefined`: none is open. */
  readonly transactionStartTimeMs: number | undefined
  /** While it ends: only those still without a marker. */
  readonly topicPartitions: readonly TopicPartition[]
}

export interface ListTransactionsOptions extends CallOptions {
  /** Default: all. Names that are no states are ignored by the broker. */
  readonly states?: readonly string[]
  readonly producerIds?: readonly number[]
  /** Only what is open for longer (3.8 and later). */
  readonly durationMs?: number
  /** Only ids that match, in the syntax of RE2 (4.1 and later). */
  readonly transactionalIdPattern?: string
}

export interface TransactionListing {
  readonly transactionalId: string
  readonly producerId: number
  readonly state: string
  readonly coordinatorId: number
}

export interface ListedTransactions {
  readonly transactions: readonly TransactionListing[]
  /** Brokers that did not say which transactions they coordinate. */
  readonly failures: readonly { readonly brokerId: number; readonly error: Error }[]
}

/** Which transaction hangs in a partition, as `describeProducers` tells. */
export interface AbortTransactionSpec extends TopicPartition {
  readonly producerId: number
  readonly producerEpoch: number
  /** Default: one that is below every other, as no marker was there yet. */
  readonly coordinatorEpoch?: number | undefined
}

/** Who may write from now on: whoever wrote with the id before is refused. */
export interface FencedProducer {
  readonly producerId: number
  readonly producerEpoch: number
}

const durationVersion = 1
const patternVersion = 2
export function describeProducers(
  context: AdminContext,
  partitions: readonly TopicPartition[],
  options: DescribeProducersOptions,
): Promise<Results<TopicPartition, readonly ProducerState[]>> {
  const { brokerId } = options
  const rounds = { ...options, name: 'describeProducers', keyOf: partitionKey }
  return inRounds(context, partitions, rounds, async (open, report, given) => {
    const ask = async (nodeId: number, part: readonly TopicPartition[]): Promise<void> => {
      const topics = byTopic(part).map(({ topic, partitions: indexes }) => ({ name: topic, partitionIndexes: indexes }))
      const { response } = await context.cluster.send(nodeId, DescribeProducers, { topics }, given)
      for (const { name, partitions: answered } of response.topics) {
        for (const { partitionIndex, errorCode, errorMessage, activeProducers } of answered) {
          const item = { topic: name, partition: partitionIndex }
          const error = errorOf(errorCode, errorMessage)
          if (error === undefined) report.done(item, activeProducers.map(producerState))
          else if (brokerId !== undefined && error.code === 'NOT_LEADER_OR_FOLLOWER') report.refused(item, error)
          else report.failed(item, error)
        }
      }
    }
    if (brokerId === undefined) await toLeaders(context, open, report, given, ask)
    else await ask(brokerId, open)
  })
}

export function describeTransactions(
  context: AdminContext,
  transactionalIds: readonly string[],
  options: CallOptions,
): Promise<Results<string, TransactionDescription>> {
  const rounds = { ...options, name: 'describeTransactions', keyOf: asIs }
  return inRounds(context, transactionalIds, rounds, (items, report, given) =>
    toCoordinators(context, 'transaction', { items, keyOf: asIs, report }, given, async ({ nodeId }, part) => {
      const { response } = await context.cluster.send(nodeId, DescribeTransactions, { transactionalIds: part }, given)
      for (const { transactionalId, errorCode, ...state } of response.transactionStates) {
        const error = errorOf(errorCode, null, `transactional id ${transactionalId}`)
        if (error === undefined) report.done(transactionalId, transactionDescription(state, nodeId))
        else report.failed(transactionalId, error)
      }
    }),
  )
}

export async function listTransactions(
  context: AdminContext,
  options: ListTransactionsOptions,
): Promise<ListedTransactions> {
  const nodes = await brokerIds(context, 'listTransactions', options)
  const rounds = { ...options, name: 'listTransactions', keyOf: (nodeId: number) => `broker ${nodeId}` }
  const results: Results<number, readonly TransactionListing[]> = await inRounds(
    context,
    nodes,
    rounds,
    (open, report, given) =>
      inParts(new Map(open.map((nodeId) => [nodeId, [nodeId]])), report, async (nodeId) => {
        const request = (version: number) => transactionFilters(options, version)
        const { response } = await context.cluster.send(nodeId, ListTransactions, request, given)
        check(response.errorCode)
        report.done(
          nodeId,
          response.transactionStates.map(({ transactionState, ...one }) => ({
            ...one,
            state: transactionState,
            coordinatorId: nodeId,
          })),
        )
      }),
  )
  return {
    transactions: Array.from(results).flatMap(({ value }) => value ?? []),
    failures: results.failures.map(({ item, error }) => ({ brokerId: item, error })),
  }
}

/** @throws the error of the partition */
export async function abortTransaction(
  context: AdminContext,
  spec: AbortTransactionSpec,
  options: CallOptions,
): Promise<void> {
  const { topic, partition, producerId, producerEpoch, coordinatorEpoch = -1 } = spec
  const item = { topic, partition }
  const rounds = { ...options, name: 'abortTransaction', keyOf: partitionKey }
  const results = await inRounds<TopicPartition, void>(context, [item], rounds, (open, report, given) =>
    toLeaders(context, open, report, given, async (nodeId) => {
      const topics = [{ name: topic, partitionIndexes: [partition] }]
      const markers = [{ producerId, producerEpoch, coordinatorEpoch, transactionResult: false, topics }]
      const { response } = await context.cluster.send(nodeId, WriteTxnMarkers, { markers }, given)
      const answered = response.markers[0]?.topics[0]?.partitions[0]
      if (answered === undefined) return
      const error = errorOf(answered.errorCode, null, partitionKey(item))
      if (error === undefined) report.done(item, undefined)
      else report.failed(item, error)
    }),
  )
  results.all()
}

/** Whoever writes with one of the ids is refused from now on; an open transaction is aborted. */
export function fenceProducers(
  context: AdminContext,
  transactionalIds: readonly string[],
  options: CallOptions,
): Promise<Results<string, FencedProducer>> {
  const rounds = { ...options, name: 'fenceProducers', keyOf: asIs }
  return inRounds(context, transactionalIds, rounds, (items, report, given) =>
    toCoordinators(context, 'transaction', { items, keyOf: asIs, report }, given, async ({ nodeId }, part) => {
      const fence = async (transactionalId: string): Promise<void> => {
        const fenced = await newEpoch(context, nodeId, transactionalId, given)
        if (fenced instanceof Error) report.failed(transactionalId, fenced)
        else report.done(transactionalId, fenced)
      }
      await Promise.all(part.map((one) => report.part([one], () => fence(one))))
    }),
  )
}

async function newEpoch(
  { cluster }: AdminContext,
  nodeId: number,
  transactionalId: string,
  given: Try,
): Promise<FencedProducer | Error> {
  // Nobody begins a transaction: what the coordinator takes from it is how long its own write may take.
  const request = { transactionalId, transactionTimeoutMs: given.timeoutMs }
  const { response } = await cluster.send(nodeId, InitProducerId, request, given)
  const error = errorOf(response.errorCode, null, `transactional id ${transactionalId}`)
  return error ?? { producerId: response.producerId, producerEpoch: response.producerEpoch }
}

function transactionFilters(options: ListTransactionsOptions, version: number) {
  const { states = [], producerIds = [], durationMs, transactionalIdPattern } = options
  if (durationMs !== undefined && durationMs >= 0 && version < durationVersion) {
    throw new UnsupportedVersionError('the node cannot list transactions by duration')
  }
  if (transactionalIdPattern !== undefined && version < patternVersion) {
    throw new UnsupportedVersionError('the node cannot list transactions by a pattern')
  }
  return {
    stateFilters: states,
    producerIdFilters: producerIds,
    ...(version >= durationVersion ? { durationFilter: durationMs ?? -1 } : {}),
    ...(version >= patternVersion ? { transactionalIdPattern: transactionalIdPattern ?? null } : {}),
  }
}

interface AnsweredProducer {
  readonly producerId: number
  readonly producerEpoch: number
  readonly lastSequence: number
  readonly lastTimestamp: number
  readonly coordinatorEpoch: number
  readonly currentTxnStartOffset: number
}

function producerState({ coordinatorEpoch, currentTxnStartOffset, ...producer }: AnsweredProducer): ProducerState {
  return {
    ...producer,
    coordinatorEpoch: coordinatorEpoch < 0 ? undefined : coordinatorEpoch,
    currentTransactionStartOffset: currentTxnStartOffset < 0 ? undefined : currentTxnStartOffset,
  }
}

interface AnsweredTransaction {
  readonly transactionState: string
  readonly transactionTimeoutMs: number
  readonly transactionStartTimeMs: number
  readonly producerId: number
  readonly producerEpoch: number
  readonly topics: readonly { readonly topic: string; readonly partitions: readonly number[] }[]
}

function transactionDescription(state: AnsweredTransaction, coordinatorId: number): TransactionDescription {
  const { transactionState, transactionTimeoutMs, transactionStartTimeMs, producerId, producerEpoch, topics } = state
  return {
    coordinatorId,
    state: transactionState,
    producerId,
    producerEpoch,
    transactionTimeoutMs,
    transactionStartTimeMs: transactionStartTimeMs < 0 ? undefined : transactionStartTimeMs,
    topicPartitions: topics.flatMap(({ topic, partitions }) => partitions.map((partition) => ({ topic, partition }))),
  }
}
