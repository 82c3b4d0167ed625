/**
 * InitProducerId of a transactional producer: fences whoever had the transactional id before, by a higher epoch or
 * another producer id, and aborts what is open. A producer that goes on after an error says which id and epoch it has
 * (KIP-360); the retry of a bump whose answer was lost gets the same answer.
 */
import type { ProtocolError } from '@gregor/protocol'
import { abort } from './end.ts'
import { errorCodeFor } from './errors.ts'
import { changed, isEnding, isExhausted, newTransaction, noTimeoutMs } from './transaction.ts'
import type { Transaction } from './transaction.ts'
import type { TransactionCoordinatorConfig } from './transaction-config.ts'
import type { TransactionEventOf, TransactionReplies } from './transaction-event.ts'
import { write } from './turn.ts'
import type { Turn } from './turn.ts'

type Event = TransactionEventOf<'InitProducerId'>
type Reply = TransactionReplies['InitProducerId']

interface Expected {
  readonly producerId: number
  readonly producerEpoch: number
}

export function initProducerId(turn: Turn, event: Event): Reply {
  const { state, given } = turn
  const { request, freshProducerId } = event
  const error = problemOf(request, state.config)
  if (error !== undefined) return refuseInit(event, error)
  const timeoutMs = request.enable2Pc ? noTimeoutMs : request.transactionTimeoutMs
  const before = state.transactions.get(request.transactionalId)
  if (before !== undefined) return initAgain(turn, event, before, timeoutMs)
  if (freshProducerId === undefined) return { needs: 'ProducerId' }
  return initialized(turn, event, newTransaction({ producerId: freshProducerId, timeoutMs, nowMs: given.nowMs }))
}

export function refuseInit({ apiVersion }: Pick<Event, 'apiVersion'>, error: ProtocolError): Reply {
  return { errorCode: errorCodeFor(error, apiVersion, 4), producerId: -1, producerEpoch: -1 }
}

function problemOf(
  request: Event['request'],
  { isTwoPhaseCommitEnabled, timeoutMsMax }: TransactionCoordinatorConfig,
): ProtocolError | undefined {
  const { transactionalId, transactionTimeoutMs, enable2Pc, keepPreparedTxn, producerId, producerEpoch } = request
  if ((producerId === -1) !== (producerEpoch === -1)) return 'INVALID_REQUEST'
  if (transactionalId === '') return 'INVALID_REQUEST'
  if (enable2Pc && !isTwoPhaseCommitEnabled) return 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED'
  // Not there in Apache Kafka 4.3 either.
  if (keepPreparedTxn) return 'UNSUPPORTED_VERSION'
  const isTimeoutAllowed = enable2Pc || (transactionTimeoutMs > 0 && transactionTimeoutMs <= timeoutMsMax)
  return isTimeoutAllowed ? undefined : 'INVALID_TRANSACTION_TIMEOUT'
}

function initAgain(turn: Turn, event: Event, before: Transaction, timeoutMs: number): Reply {
  const { request, freshProducerId } = event
  if (isEnding(before)) return refuseInit(event, 'CONCURRENT_TRANSACTIONS')
  const expected = expectedBy(request)
  if (expected !== undefined && !isSameProducer(before, expected)) return refuseInit(event, 'PRODUCER_FENCED')
  if (before.state === 'Ongoing') {
    const isAborted = abort(turn, request.transactionalId, before, freshProducerId)
    return isAborted ? refuseInit(event, 'CONCURRENT_TRANSACTIONS') : { needs: 'ProducerId' }
  }
  const next = nextIdentity(before, expected, freshProducerId)
  if (typeof next === 'string') return refuseInit(event, next)
  if ('needs' in next) return next
  const unchanged = { timeoutMs, topics: [], startedAtMs: -1, updatedAtMs: turn.given.nowMs }
  return initialized(turn, event, changed(before, { state: 'Empty', ...unchanged, ...next }))
}

function expectedBy({ producerId, producerEpoch }: Expected): Expected | undefined {
  return producerId === -1 ? undefined : { producerId, producerEpoch }
}

/** Whether its epoch is right is seen later. The id of before counts where it was left for lack of epochs. */
function isSameProducer({ producerId, previousProducerId }: Transaction, expected: Expected): boolean {
  if (expected.producerId === producerId) return true
  return expected.producerId === previousProducerId && isExhausted(expected.producerEpoch)
}

type Identity = Pick<Transaction, 'producerId' | 'producerEpoch' | 'lastProducerEpoch'>

function nextIdentity(
  { producerId, producerEpoch, lastProducerEpoch }: Transaction,
  expected: Expected | undefined,
  freshProducerId: number | undefined,
): Identity | 'PRODUCER_FENCED' | { readonly needs: 'ProducerId' } {
  const isLatest = expected === undefined || expected.producerEpoch === producerEpoch
  if (!isLatest) {
    // A retry: nobody else was initialized since, as that would have forgotten the last epoch.
    const isRetry = expected.producerEpoch === lastProducerEpoch
    return isRetry ? { producerId, producerEpoch, lastProducerEpoch } : 'PRODUCER_FENCED'
  }
  const newLastEpoch = expected === undefined ? -1 : producerEpoch
  if (!isExhausted(producerEpoch)) {
    return { producerId, producerEpoch: producerEpoch + 1, lastProducerEpoch: newLastEpoch }
  }
  if (freshProducerId === undefined) return { needs: 'ProducerId' }
  return { producerId: freshProducerId, producerEpoch: 0, lastProducerEpoch: newLastEpoch }
}

function initialized(turn: Turn, { request }: Event, after: Transaction): Reply {
  write(turn, request.transactionalId, after)
  return { errorCode: 0, producerId: after.producerId, producerEpoch: after.producerEpoch }
}
