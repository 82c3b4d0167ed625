/** One decision while it is made: what is known, and what shall be written and done. */
import type { Given } from '@gregor/machine'
import type { TransactionEffect } from './transaction-event.ts'
import type { TransactionLogRecord } from './transaction-log-record.ts'
import type { CoordinatorState } from './transaction-state.ts'
import type { Transaction } from './transaction.ts'

export interface Turn {
  readonly state: CoordinatorState
  readonly given: Given
  readonly records: TransactionLogRecord[]
  readonly effects: TransactionEffect[]
}

/** Writes a transactional id’s new state. Returns the offset that its record will have. */
export function write(turn: Turn, transactionalId: string, transaction: Transaction | undefined): number {
  const { config } = turn.state
  const offset = turn.given.nextOffset + turn.records.length
  turn.records.push({ transactionalId, transaction, valueVersion: config.transactionVersion === 0 ? 0 : 1 })
  return offset
}
