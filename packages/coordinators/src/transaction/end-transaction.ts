/**
 * EndTxn. A producer with one epoch for all of its transactions (versions up to 4) cannot be told from its own delayed
 * requests; one that gets a new epoch with each end (version 5, KIP-890) can: a request with the epoch of before is a
 * retry.
 */
import { unreachable } from '@gregor/base'
import type { ProtocolError } from '@gregor/protocol'
import { end } from './end.ts'
import { errorCodeFor } from './errors.ts'
import { isEnding, isExhausted, producerEpochMax } from './transaction.ts'
import type { Transaction, TransactionOutcome } from './transaction.ts'
import type { TransactionEventOf, TransactionReplies } from './transaction-event.ts'
import type { Turn } from './turn.ts'

type Event = TransactionEventOf<'EndTxn'>
type Reply = TransactionReplies['EndTxn']

interface Request {
  readonly producerId: number
  readonly producerEpoch: number
  readonly outcome: TransactionOutcome
}

/** `Retry`: it was done before; say so again. */
type Ruling = 'End' | 'Retry' | ProtocolError

export function endTxn(turn: Turn, event: Event): Reply {
  const { transactions, config } = turn.state
  const { transactionalId, producerId, producerEpoch, committed } = event.request
  const clientTransactionVersion = event.apiVersion > 4 ? 2 : 0
  if (transactionalId === '') return refuseEnd(event, 'INVALID_REQUEST')
  // The first form of records has no room for it.
  if (clientTransactionVersion > 0 && config.transactionVersion === 0) return refuseEnd(event, 'UNSUPPORTED_VERSION')
  const before = transactions.get(transactionalId)
  if (before === undefined) return refuseEnd(event, 'INVALID_PRODUCER_ID_MAPPING')
  const outcome = committed ? 'Commit' : 'Abort'
  const request: Request = { producerId, producerEpoch, outcome }
  const ruling = clientTransactionVersion === 2 ? ruleWithEpochs(before, request) : rule(before, request)
  if (ruling === 'Retry') return ended(event, before)
  if (ruling !== 'End') return refuseEnd(event, ruling)
  const needsId = clientTransactionVersion === 2 && isExhausted(before.producerEpoch)
  if (needsId && event.freshProducerId === undefined) return { needs: 'ProducerId' }
  const nextProducerId = needsId ? (event.freshProducerId ?? -1) : -1
  const how = { outcome, clientTransactionVersion, isFenced: false, nextProducerId } as const
  return ended(event, end(turn, transactionalId, before, how))
}

export function refuseEnd({ apiVersion }: Pick<Event, 'apiVersion'>, error: ProtocolError): Reply {
  return { errorCode: errorCodeFor(error, apiVersion, 2) }
}

/** The producer goes on with this id and epoch, where it is told of them at all. */
function ended({ apiVersion }: Event, { producerId, producerEpoch }: Transaction): Reply {
  return apiVersion > 4 ? { errorCode: 0, producerId, producerEpoch } : { errorCode: 0 }
}

/** For a producer whose epoch stays. */
function rule(before: Transaction, { producerId, producerEpoch, outcome }: Request): Ruling {
  if (producerId !== before.producerId) return 'INVALID_PRODUCER_ID_MAPPING'
  if (producerEpoch !== before.producerEpoch) return 'PRODUCER_FENCED'
  switch (before.state) {
    case 'Ongoing':
      return 'End'
    case 'PrepareCommit':
    case 'PrepareAbort':
      return 'CONCURRENT_TRANSACTIONS'
    case 'CompleteCommit':
      return outcome === 'Commit' ? 'Retry' : 'INVALID_TXN_STATE'
    case 'CompleteAbort':
      return outcome === 'Abort' ? 'Retry' : 'INVALID_TXN_STATE'
    case 'Empty':
      return 'INVALID_TXN_STATE'
    default:
      return unreachable(before.state)
  }
}

/** For a producer that gets a new epoch with each end. It may abort what it never began, as it may not know. */
function ruleWithEpochs(before: Transaction, request: Request): Ruling {
  // First of all: the producer may have been told an id already that counts only once the transaction is complete.
  if (isEnding(before)) return 'CONCURRENT_TRANSACTIONS'
  const isAfterOverflow = isRetryAfterOverflow(before, request)
  if (request.producerId !== before.producerId && !isAfterOverflow) return 'INVALID_PRODUCER_ID_MAPPING'
  const isComplete = before.state === 'CompleteCommit' || before.state === 'CompleteAbort'
  const isRetry = isComplete && (isAfterOverflow || request.producerEpoch + 1 === before.producerEpoch)
  if (!isRetry && request.producerEpoch !== before.producerEpoch) return 'PRODUCER_FENCED'
  if (isRetry) return before.state === `Complete${request.outcome}` ? 'Retry' : 'INVALID_TXN_STATE'
  return before.state === 'Ongoing' || request.outcome === 'Abort' ? 'End' : 'INVALID_TXN_STATE'
}

function isRetryAfterOverflow(before: Transaction, { producerId, producerEpoch }: Request): boolean {
  const wasLast = producerId === before.previousProducerId && producerEpoch === producerEpochMax - 1
  return wasLast && before.producerEpoch === 0
}
