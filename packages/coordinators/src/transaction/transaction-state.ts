/**
 * All that a transaction coordinator knows. Logged, and changed by `applyRecord` only: the transactions. Not logged, and
 * lost with the machine: which partitions of an ending transaction have no marker yet, and timers.
 */
import type { TransactionCoordinatorConfig } from './transaction-config.ts'
import { OutstandingMarkers } from './outstanding-markers.ts'
import type { TransactionLogRecord } from './transaction-log-record.ts'
import { TransactionTimers } from './transaction-timers.ts'
import { isEnding } from './transaction.ts'
import type { Transaction } from './transaction.ts'

export interface CoordinatorState {
  config: TransactionCoordinatorConfig
  /** By transactional id. */
  readonly transactions: Map<string, Transaction>
  /** Of transactions in state PrepareCommit and PrepareAbort, and of no others; by transactional id. */
  readonly endings: Map<string, OutstandingMarkers>
  readonly timers: TransactionTimers
}

export function newCoordinatorState(config: TransactionCoordinatorConfig): CoordinatorState {
  return { config, transactions: new Map(), endings: new Map(), timers: new TransactionTimers() }
}

export function applyRecord(
  { transactions, endings }: CoordinatorState,
  { transactionalId, transaction }: TransactionLogRecord,
  offset: number,
): void {
  if (transaction === undefined) transactions.delete(transactionalId)
  else transactions.set(transactionalId, transaction)
  if (transaction !== undefined && isEnding(transaction)) {
    endings.set(transactionalId, new OutstandingMarkers(offset, transaction.topics))
  } else {
    endings.delete(transactionalId)
  }
}
