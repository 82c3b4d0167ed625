/**
 * How a transaction ends, whoever asks for it: the record that decides it, and then the markers. Once that record is
 * committed nothing can change the outcome.
 */
import { partitionCount } from './topic-partitions.ts'
import type { TopicPartitions } from './transaction-event.ts'
import { completed, isExhausted, prepared } from './transaction.ts'
import type { End, Transaction } from './transaction.ts'
import { write } from './turn.ts'
import type { Turn } from './turn.ts'

/** Returns the state that the transaction will have once it is complete. */
export function end(turn: Turn, transactionalId: string, before: Transaction, how: Omit<End, 'nowMs'>): Transaction {
  const { nowMs } = turn.given
  const transaction = prepared(before, { ...how, nowMs })
  const decisionOffset = write(turn, transactionalId, transaction)
  const complete = completed(transaction, nowMs)
  if (partitionCount(transaction.topics) === 0) write(turn, transactionalId, complete)
  else writeMarkers(turn, transactionalId, transaction, { decisionOffset, topics: transaction.topics })
  return complete
}

/**
 * Aborts an open transaction without its producer, which is fenced.
 * @returns false, and nothing is done: that takes a new producer id.
 */
export function abort(
  turn: Turn,
  transactionalId: string,
  before: Transaction,
  freshProducerId: number | undefined,
): boolean {
  const clientTransactionVersion = turn.state.config.transactionVersion === 2 ? 2 : 0
  const needsId = clientTransactionVersion === 2 && isExhausted(before.producerEpoch)
  if (needsId && freshProducerId === undefined) return false
  const nextProducerId = needsId && freshProducerId !== undefined ? freshProducerId : -1
  end(turn, transactionalId, before, { outcome: 'Abort', isFenced: true, clientTransactionVersion, nextProducerId })
  return true
}

/** @param transaction - in state PrepareCommit or PrepareAbort. */
export function writeMarkers(
  { given, effects }: Turn,
  transactionalId: string,
  { producerId, producerEpoch, state, clientTransactionVersion }: Transaction,
  what: { readonly decisionOffset: number; readonly topics: TopicPartitions },
): void {
  effects.push({
    type: 'WriteMarkers',
    transactionalId,
    producerId,
    producerEpoch,
    outcome: state === 'PrepareCommit' ? 'Commit' : 'Abort',
    coordinatorEpoch: given.epoch,
    transactionVersion: clientTransactionVersion,
    ...what,
  })
}
