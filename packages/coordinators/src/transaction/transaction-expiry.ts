/**
 * What happens by itself: transactions that run out of time are aborted, transactional ids that are not used for long
 * are forgotten. Both are looked for at intervals, as on Apache Kafka.
 */
import { unreachable } from '@gregor/base'
import { abort } from './end.ts'
import { resumeEndings, retryMarkers } from './markers.ts'
import { isEnding, noTimeoutMs } from './transaction.ts'
import type { Transaction } from './transaction.ts'
import type { TransactionEventOf } from './transaction-event.ts'
import type { TimerPurpose } from './transaction-timers.ts'
import { write } from './turn.ts'
import type { Turn } from './turn.ts'

export function load(turn: Turn): void {
  resumeEndings(turn)
  scheduleAborts(turn)
  scheduleRemovals(turn)
}

export function expire(turn: Turn, purpose: TimerPurpose): void {
  if (typeof purpose === 'object') return retryMarkers(turn, purpose.transactionalId)
  switch (purpose) {
    case 'AbortTimedOut':
      abortTimedOut(turn)
      return scheduleAborts(turn)
    case 'RemoveExpired':
      removeExpired(turn)
      return scheduleRemovals(turn)
    default:
      return unreachable(purpose)
  }
}

/** Whoever asked for the id may have gone on meanwhile. */
export function abortWithReservedId(
  turn: Turn,
  { transactionalId, freshProducerId }: TransactionEventOf<'ProducerIdReserved'>,
): void {
  const transaction = turn.state.transactions.get(transactionalId)
  if (transaction === undefined || !hasTimedOut(transaction, turn.given.nowMs)) return
  abort(turn, transactionalId, transaction, freshProducerId)
}

function abortTimedOut(turn: Turn): void {
  for (const [transactionalId, transaction] of turn.state.transactions) {
    if (!hasTimedOut(transaction, turn.given.nowMs)) continue
    const isAborted = abort(turn, transactionalId, transaction, undefined)
    if (!isAborted) turn.effects.push({ type: 'ReserveProducerId', transactionalId })
  }
}

function hasTimedOut({ state, startedAtMs, timeoutMs }: Transaction, nowMs: number): boolean {
  return state === 'Ongoing' && timeoutMs !== noTimeoutMs && startedAtMs + timeoutMs < nowMs
}

function removeExpired(turn: Turn): void {
  const { transactions, config } = turn.state
  const unusedSinceMs = turn.given.nowMs - config.transactionalIdExpirationMs
  for (const [transactionalId, transaction] of transactions) {
    const isIdle = transaction.state !== 'Ongoing' && !isEnding(transaction)
    if (isIdle && transaction.updatedAtMs <= unusedSinceMs) write(turn, transactionalId, undefined)
  }
}

function scheduleAborts({ state, effects }: Turn): void {
  effects.push(state.timers.set('AbortTimedOut', state.config.abortTimedOutIntervalMs))
}

function scheduleRemovals({ state, effects }: Turn): void {
  effects.push(state.timers.set('RemoveExpired', state.config.removeExpiredIntervalMs))
}
