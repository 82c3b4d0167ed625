/**
 * AddPartitionsToTxn and AddOffsetsToTxn: what is added gets a marker when the transaction ends. A leader that asks
 * about partitions before it takes a batch (KIP-890) adds nothing.
 */
import type { ProtocolError } from '@gregor/protocol'
import { errorCodeFor } from './errors.ts'
import { hasPartition, hasPartitions, withPartitions } from './topic-partitions.ts'
import { changed, isEnding } from './transaction.ts'
import type { TopicPartitions, TransactionEventOf, TransactionReplies } from './transaction-event.ts'
import { write } from './turn.ts'
import type { Turn } from './turn.ts'

type Event = TransactionEventOf<'AddPartitionsToTxn'>
type Reply = TransactionReplies['AddPartitionsToTxn']

interface Addition {
  readonly transactionalId: string
  readonly producerId: number
  readonly producerEpoch: number
  readonly topics: TopicPartitions
  readonly clientTransactionVersion: 0 | 2
}

export function addPartitionsToTxn(turn: Turn, event: Event): Reply {
  if (event.verifyOnly) return verify(turn, event)
  return answerAll(event, add(turn, { ...event, clientTransactionVersion: event.apiVersion > 3 ? 2 : 0 }))
}

export function addOffsetsToTxn(
  turn: Turn,
  { request, offsetsPartition, apiVersion }: TransactionEventOf<'AddOffsetsToTxn'>,
): TransactionReplies['AddOffsetsToTxn'] {
  const topics = [{ name: '__consumer_offsets', partitions: [offsetsPartition] }]
  // Who has an epoch for each transaction never sends this.
  return { errorCode: errorCodeFor(add(turn, { ...request, topics, clientTransactionVersion: 0 }), apiVersion, 2) }
}

/** The same for each of its partitions. */
export function answerAll({ topics, apiVersion }: Pick<Event, 'topics' | 'apiVersion'>, error: ProtocolError): Reply {
  const code = errorCodeFor(error, apiVersion, 2)
  return topics.map(({ name, partitions }) => ({
    name,
    resultsByPartition: partitions.map((partitionIndex) => ({ partitionIndex, partitionErrorCode: code })),
  }))
}

function add(turn: Turn, { transactionalId, producerId, producerEpoch, topics, ...how }: Addition): ProtocolError {
  const { transactions, config } = turn.state
  const { clientTransactionVersion } = how
  if (transactionalId === '') return 'INVALID_REQUEST'
  if (clientTransactionVersion > 0 && config.transactionVersion === 0) return 'UNSUPPORTED_VERSION'
  const before = transactions.get(transactionalId)
  if (before === undefined) return 'INVALID_PRODUCER_ID_MAPPING'
  // First of all: the producer may have been told an id already that counts only once the transaction is complete.
  if (isEnding(before)) return 'CONCURRENT_TRANSACTIONS'
  if (producerId !== before.producerId) return 'INVALID_PRODUCER_ID_MAPPING'
  if (producerEpoch !== before.producerEpoch) return 'PRODUCER_FENCED'
  const isOpen = before.state === 'Ongoing'
  if (isOpen && hasPartitions(before.topics, topics)) return 'NONE'
  const { nowMs } = turn.given
  const after = changed(before, {
    state: 'Ongoing',
    topics: withPartitions(before.topics, topics),
    startedAtMs: isOpen ? before.startedAtMs : nowMs,
    updatedAtMs: nowMs,
    clientTransactionVersion,
  })
  write(turn, transactionalId, after)
  return 'NONE'
}

function verify({ state }: Turn, event: Event): Reply {
  const { transactionalId, producerId, producerEpoch, topics, apiVersion } = event
  const transaction = state.transactions.get(transactionalId)
  if (transactionalId === '') return answerAll(event, 'INVALID_REQUEST')
  if (transaction?.producerId !== producerId) return answerAll(event, 'INVALID_PRODUCER_ID_MAPPING')
  if (transaction.producerEpoch !== producerEpoch) return answerAll(event, 'PRODUCER_FENCED')
  if (isEnding(transaction)) return answerAll(event, 'CONCURRENT_TRANSACTIONS')
  return topics.map(({ name, partitions }) => ({
    name,
    resultsByPartition: partitions.map((partitionIndex) => {
      const error = hasPartition(transaction.topics, name, partitionIndex) ? 'NONE' : 'TRANSACTION_ABORTABLE'
      return { partitionIndex, partitionErrorCode: errorCodeFor(error, apiVersion, 2) }
    }),
  }))
}
