/**
 * One transactional id: its producer and its latest transaction. A value that each record of the log replaces as a
 * whole, so that what a machine knows is what its log says (KIP-98, KIP-360, KIP-890).
 *
 * Invariant: of two states of one transactional id the later has another producer id, or an epoch that is not lower.
 */
import type { TopicPartitions } from './transaction-event.ts'

export type TransactionState =
  | 'Empty'
  | 'Ongoing'
  | 'PrepareCommit'
  | 'PrepareAbort'
  | 'CompleteCommit'
  | 'CompleteAbort'

export type TransactionOutcome = 'Commit' | 'Abort'

export interface Transaction {
  readonly state: TransactionState
  readonly producerId: number
  readonly producerEpoch: number
  /** The producer id before the latest record; -1: not known. Stored since form 1. */
  readonly previousProducerId: number
  /** The id to go on with once this transaction is complete, as the present one has no epochs left; else -1. */
  readonly nextProducerId: number
  /** The epoch before the last bump, for a retry of what bumped it; -1: none. Not stored. */
  readonly lastProducerEpoch: number
  readonly timeoutMs: number
  readonly topics: TopicPartitions
  /** -1: nothing was begun since the producer was initialized. */
  readonly startedAtMs: number
  readonly updatedAtMs: number
  /** How the producer does transactions: 0, or 2 with an epoch for each. Stored since form 1. */
  readonly clientTransactionVersion: number
}

/** Never given to a client: what fences the last epoch. */
export const producerEpochMax = 32_767

/** No client gets a higher epoch with this producer id. */
export function isExhausted(producerEpoch: number): boolean {
  return producerEpoch >= producerEpochMax - 1
}

/** The way it ends is decided, and not yet known to all of its partitions. */
export function isEnding({ state }: Transaction): boolean {
  return state === 'PrepareCommit' || state === 'PrepareAbort'
}

/** Two-phase commit (KIP-939): somebody else decides, however long that takes. */
export const noTimeoutMs = 2_147_483_647

export function newTransaction(given: { producerId: number; timeoutMs: number; nowMs: number }): Transaction {
  return {
    state: 'Empty',
    producerId: given.producerId,
    producerEpoch: 0,
    previousProducerId: given.producerId,
    nextProducerId: -1,
    lastProducerEpoch: -1,
    timeoutMs: given.timeoutMs,
    topics: [],
    startedAtMs: -1,
    updatedAtMs: given.nowMs,
    clientTransactionVersion: 0,
  }
}

/** The next state of a transactional id. */
export function changed(before: Transaction, change: Partial<Transaction>): Transaction {
  return { ...before, previousProducerId: before.producerId, ...change }
}

export interface End {
  readonly outcome: TransactionOutcome
  readonly nowMs: number
  /** 2: the epoch is bumped. 0: it is kept, unless the producer is fenced. */
  readonly clientTransactionVersion: 0 | 2
  /** Whoever has the present epoch may do nothing any more. */
  readonly isFenced: boolean
  /** Where the epoch is bumped and the present one is the last; else -1. */
  readonly nextProducerId: number
}

export function prepared(before: Transaction, end: End): Transaction {
  const isBumped = end.clientTransactionVersion === 2 || end.isFenced
  const producerEpoch = isBumped ? Math.min(before.producerEpoch + 1, producerEpochMax) : before.producerEpoch
  return changed(before, {
    state: `Prepare${end.outcome}`,
    producerEpoch,
    lastProducerEpoch: lastEpochAfter(before, end),
    nextProducerId: end.nextProducerId,
    // An abort of nothing begins now, too.
    startedAtMs: before.state === 'Ongoing' ? before.startedAtMs : end.nowMs,
    updatedAtMs: end.nowMs,
    clientTransactionVersion: end.clientTransactionVersion,
  })
}

function lastEpochAfter(before: Transaction, { clientTransactionVersion, isFenced }: End): number {
  if (clientTransactionVersion === 2) return before.producerEpoch
  return isFenced ? -1 : before.lastProducerEpoch
}

export function completed(before: Transaction, nowMs: number): Transaction {
  const isRotated = before.clientTransactionVersion >= 2 && before.nextProducerId !== -1
  return changed(before, {
    state: before.state === 'PrepareCommit' ? 'CompleteCommit' : 'CompleteAbort',
    ...(isRotated ? { producerId: before.nextProducerId, producerEpoch: 0 } : {}),
    nextProducerId: -1,
    topics: [],
    updatedAtMs: nowMs,
  })
}
