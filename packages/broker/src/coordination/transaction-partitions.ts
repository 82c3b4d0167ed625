/**
 * Asks the coordinator of a transaction, on this node or another one, to make partitions part of it, or whether they are
 * (AddPartitionsToTxn 4+ among brokers, KIP-890). What comes back is in the words that a producer’s client expects of the
 * leader that it wrote to.
 */
import type { Clock } from '@gregor/platform'
import { AddPartitionsToTxn, errorName, type ProtocolError } from '@gregor/protocol'
import type { Peers } from '../metadata/peers.ts'
import type { Partition } from '../replication/partition.ts'
import type { NodeConfig } from '../server/node-config.ts'
import { coordinatorRefusal } from './group-requests.ts'
import type { TransactionCoordinators } from './transaction-coordinators.ts'
import type { GuardedProducer } from './transaction-guard.ts'

export interface TransactionPartitionsOptions {
  readonly nodeId: number
  readonly transactions: Pick<TransactionCoordinators, 'coordinatorIdOf' | 'submit'>
  readonly peers: Pick<Peers, 'call'>
  readonly config: NodeConfig
  readonly clock: Pick<Clock, 'monotonicMs'>
}

type Errors = ReadonlyMap<Partition, ProtocolError>
type TopicResults = readonly {
  readonly name: string
  readonly resultsByPartition: readonly { readonly partitionIndex: number; readonly partitionErrorCode: number }[]
}[]

const apiVersion = 5

export class TransactionPartitions {
  /** For metrics: partitions that were asked for in vain, and how long coordinators took. */
  failureCount = 0
  askedCount = 0
  tookMs = 0
  readonly #options: TransactionPartitionsOptions

  constructor(options: TransactionPartitionsOptions) {
    this.#options = options
  }

  /** Those of the partitions that may not be written to, and why. */
  async addOrVerify(producer: GuardedProducer, partitions: readonly Partition[]): Promise<Errors> {
    const { clock } = this.#options
    const startMs = clock.monotonicMs()
    const results = await this.#ask(producer, topicsOf(partitions))
    this.askedCount++
    this.tookMs += clock.monotonicMs() - startMs
    const errors = new Map<Partition, ProtocolError>()
    for (const partition of partitions) {
      const error = typeof results === 'string' ? results : resultOf(results, partition)
      if (error !== 'NONE') errors.set(partition, forProducer(error, producer))
    }
    this.failureCount += errors.size
    return errors
  }

  async #ask(
    producer: GuardedProducer,
    topics: readonly { name: string; partitions: number[] }[],
  ): Promise<TopicResults | ProtocolError> {
    const { nodeId, transactions, peers, config } = this.#options
    const { transactionalId, producerId, producerEpoch, addedBy } = producer
    const coordinatorId = transactions.coordinatorIdOf(transactionalId)
    if (coordinatorId === undefined) return 'COORDINATOR_NOT_AVAILABLE'
    const verifyOnly = addedBy !== 'broker'
    const asked = { transactionalId, producerId, producerEpoch, verifyOnly, topics: [...topics] }
    if (coordinatorId === nodeId) {
      try {
        return await transactions.submit<'AddPartitionsToTxn'>({ type: 'AddPartitionsToTxn', ...asked, apiVersion })
      } catch (error) {
        return coordinatorRefusal(error)
      }
    }
    const timeoutMs = config.get('request.timeout.ms')
    const answer = await peers.call(coordinatorId, AddPartitionsToTxn, { transactions: [asked] }, timeoutMs)
    if (answer === undefined) return 'NETWORK_EXCEPTION'
    const error = errorName(answer.errorCode)
    // That this broker may not ask is nothing to tell a producer.
    if (error === 'CLUSTER_AUTHORIZATION_FAILED') return 'INVALID_TXN_STATE'
    return error === 'NONE' ? (answer.resultsByTransaction[0]?.topicResults ?? []) : error
  }
}

function resultOf(results: TopicResults, { topic, index }: Partition): ProtocolError {
  const ofTopic = results.find(({ name }) => name === topic)?.resultsByPartition
  const result = ofTopic?.find(({ partitionIndex }) => partitionIndex === index)
  return result === undefined ? 'UNKNOWN_SERVER_ERROR' : errorName(result.partitionErrorCode)
}

function forProducer(error: ProtocolError, { addedBy }: GuardedProducer): ProtocolError {
  if (error === 'PRODUCER_FENCED') return 'INVALID_PRODUCER_EPOCH'
  return error === 'TRANSACTION_ABORTABLE' && addedBy === 'old-client' ? 'INVALID_TXN_STATE' : error
}

function topicsOf(partitions: readonly Partition[]): { name: string; partitions: number[] }[] {
  const topics = new Map<string, number[]>()
  for (const { topic, index } of partitions) {
    const indexes = topics.get(topic)
    if (indexes === undefined) topics.set(topic, [index])
    else indexes.push(index)
  }
  return Array.from(topics, ([name, indexes]) => ({ name, partitions: indexes }))
}
