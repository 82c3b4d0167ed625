/**
 * The coordinator of the transactions in one partition of `__transaction_state`: a pure machine, run by `machine/host`
 * over that partition. This file routes; each kind of decision has a file of its own. States, transitions and
 * invariants: SPEC.md.
 */
import { unreachable } from '@gregor/base'
import { decide } from '@gregor/machine'
import type { Decision, Given, Machine } from '@gregor/machine'
import { addOffsetsToTxn, addPartitionsToTxn, answerAll } from './add-partitions.ts'
import { endTxn, refuseEnd } from './end-transaction.ts'
import { errorCodeFor } from './errors.ts'
import { initProducerId, refuseInit } from './init-producer-id.ts'
import { markersWritten } from './markers.ts'
import type { Transaction } from './transaction.ts'
import type { TransactionCoordinatorConfig } from './transaction-config.ts'
import type { TransactionEffect, TransactionMachineEvent, TransactionReply } from './transaction-event.ts'
import { abortWithReservedId, expire, load } from './transaction-expiry.ts'
import { describeTransactions, listTransactions } from './transaction-listing.ts'
import type { TransactionLogRecord } from './transaction-log-record.ts'
import { applyRecord, newCoordinatorState } from './transaction-state.ts'
import type { CoordinatorState } from './transaction-state.ts'
import type { Turn } from './turn.ts'

type TransactionDecision = Decision<TransactionLogRecord, TransactionReply, TransactionEffect>

export class TransactionCoordinatorMachine implements Machine<
  TransactionMachineEvent,
  TransactionLogRecord,
  TransactionReply,
  TransactionEffect
> {
  readonly #state: CoordinatorState

  constructor(config: TransactionCoordinatorConfig) {
    this.#state = newCoordinatorState(config)
  }

  /** By transactional id, what replaying the log gives: for metrics, and to compare a machine with one that was rebuilt. */
  get transactions(): ReadonlyMap<string, Transaction> {
    return this.#state.transactions
  }

  apply(record: TransactionLogRecord, offset: number): void {
    applyRecord(this.#state, record, offset)
  }

  handle(event: TransactionMachineEvent, given: Given): TransactionDecision {
    const turn: Turn = { state: this.#state, given, records: [], effects: [] }
    const reply = replyTo(turn, event)
    const { records, effects } = turn
    return decide(reply, { records, effects, ...tooLargeFor(event) })
  }
}

function replyTo(turn: Turn, event: TransactionMachineEvent): TransactionReply {
  switch (event.type) {
    case 'InitProducerId':
      return initProducerId(turn, event)
    case 'AddPartitionsToTxn':
      return addPartitionsToTxn(turn, event)
    case 'AddOffsetsToTxn':
      return addOffsetsToTxn(turn, event)
    case 'EndTxn':
      return endTxn(turn, event)
    case 'DescribeTransactions':
      return describeTransactions(turn.state, event)
    case 'ListTransactions':
      return listTransactions(turn.state, event, turn.given.nowMs)
    case 'Loaded':
      return void load(turn)
    case 'MarkersWritten':
      return void markersWritten(turn, event)
    case 'ProducerIdReserved':
      return void abortWithReservedId(turn, event)
    case 'ConfigChanged':
      turn.state.config = event.config
      return undefined
    case 'TimerFired': {
      const purpose = turn.state.timers.expire(event)
      return purpose === undefined ? undefined : void expire(turn, purpose)
    }
    default:
      return unreachable(event)
  }
}

/** What is said where the records do not fit a batch. */
function tooLargeFor(event: TransactionMachineEvent): Pick<TransactionDecision, 'tooLarge'> {
  switch (event.type) {
    case 'InitProducerId':
      return refusing(refuseInit(event, 'UNKNOWN_SERVER_ERROR'))
    case 'AddPartitionsToTxn':
      return refusing(answerAll(event, 'UNKNOWN_SERVER_ERROR'))
    case 'AddOffsetsToTxn':
      return refusing({ errorCode: errorCodeFor('UNKNOWN_SERVER_ERROR', event.apiVersion, 2) })
    case 'EndTxn':
      return refusing(refuseEnd(event, 'UNKNOWN_SERVER_ERROR'))
    case 'Loaded':
    case 'TimerFired':
      // Of many transactions, which have nothing to do with each other.
      return { tooLarge: { action: 'split' } }
    default:
      return {}
  }
}

function refusing(reply: TransactionReply): Pick<TransactionDecision, 'tooLarge'> {
  return { tooLarge: { action: 'refuse', reply } }
}
