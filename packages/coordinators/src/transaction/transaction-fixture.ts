/**
 * A small world for the tests of the transaction coordinator: a machine, a log that commits at once, timers on a clock
 * that stands still until it is moved, markers that wait until the test says what became of them, and producers.
 */
import { assert } from '@gregor/base'
import { countingRandom } from '@gregor/machine'
import { errorName } from '@gregor/protocol'
import type { InitProducerIdRequest, ListTransactionsRequest, ProtocolError } from '@gregor/protocol'
import type { TransactionCoordinatorConfig } from './transaction-config.ts'
import { TransactionCoordinatorMachine } from './transaction-coordinator-machine.ts'
import { needsProducerId } from './transaction-event.ts'
import type {
  MarkerResult,
  MarkersRefused,
  ReserveProducerId,
  TopicPartitions,
  TransactionEvent,
  TransactionMachineEvent,
  TransactionReplies,
  WriteMarkers,
} from './transaction-event.ts'
import { decodeTransactionBatches, encodeTransactionBatch } from './transaction-log-record.ts'
import type { TransactionLogRecord } from './transaction-log-record.ts'
import type { Transaction } from './transaction.ts'

export const testConfig: TransactionCoordinatorConfig = {
  transactionVersion: 2,
  timeoutMsMax: 900_000,
  abortTimedOutIntervalMs: 10_000,
  transactionalIdExpirationMs: 604_800_000,
  removeExpiredIntervalMs: 3_600_000,
  isTwoPhaseCommitEnabled: false,
}

/** Who a producer believes to be. */
export interface Producer {
  readonly producerId: number
  readonly producerEpoch: number
}

export interface Said extends Partial<Producer> {
  readonly error: ProtocolError
}

/** `t: [0, 1]` is a topic with two partitions. */
export type Topics = Readonly<Record<string, readonly number[]>>

export function topicsFrom(topics: Topics): TopicPartitions {
  return Object.entries(topics).map(([name, partitions]) => ({ name, partitions }))
}

export class TransactionWorld {
  readonly log: TransactionLogRecord[] = []
  /** Markers that were asked for, and of which nothing was said yet. */
  markers: WriteMarkers[] = []
  readonly refused: MarkersRefused[] = []
  readonly reservations: ReserveProducerId[] = []
  nowMs = 1_000_000
  config: TransactionCoordinatorConfig
  machine: TransactionCoordinatorMachine
  nextProducerId = 100
  /** The leader epoch of the partition. */
  epoch = 7
  #timers = new Map<string, { dueMs: number; generation: number }>()
  readonly #random = countingRandom()

  constructor(config: Partial<TransactionCoordinatorConfig> = {}, transactions: Record<string, Transaction> = {}) {
    this.config = { ...testConfig, ...config }
    this.machine = new TransactionCoordinatorMachine(this.config)
    for (const [transactionalId, transaction] of Object.entries(transactions)) {
      this.#append({ transactionalId, transaction, valueVersion: 1 })
    }
    this.send({ type: 'Loaded' })
  }

  send<Event extends TransactionEvent>(event: Event): TransactionReplies[Event['type']] {
    // The map of replies says what each event is answered with.
    return this.#handle(event) as TransactionReplies[Event['type']]
  }

  /** InitProducerId of a shell that has ids at hand. */
  init(transactionalId: string, more: Partial<InitProducerIdRequest> = {}, apiVersion = 5): Said {
    const usual = { transactionTimeoutMs: 60_000, producerId: -1, producerEpoch: -1 }
    const request = { ...usual, enable2Pc: false, keepPreparedTxn: false, ...more, transactionalId }
    return this.#withId({ type: 'InitProducerId', request, apiVersion })
  }

  /** Like `init`, where that must go well. */
  producer(transactionalId: string): Producer {
    const { error, producerId, producerEpoch } = this.init(transactionalId)
    assert(error === 'NONE' && producerId !== undefined && producerEpoch !== undefined, `${transactionalId}: ${error}`)
    return { producerId, producerEpoch }
  }

  add(transactionalId: string, producer: Producer, topics: Topics, apiVersion = 5): ProtocolError {
    const { producerId, producerEpoch } = producer
    const what = { transactionalId, producerId, producerEpoch, topics: topicsFrom(topics) }
    const reply = this.send({ type: 'AddPartitionsToTxn', ...what, verifyOnly: false, apiVersion })
    return errorName(reply[0]?.resultsByPartition[0]?.partitionErrorCode ?? 0)
  }

  end(transactionalId: string, producer: Producer, outcome: 'Commit' | 'Abort', apiVersion = 5): Said {
    const { producerId, producerEpoch } = producer
    const request = { transactionalId, producerId, producerEpoch, committed: outcome === 'Commit' }
    return this.#withId({ type: 'EndTxn', request, apiVersion })
  }

  list(more: Partial<ListTransactionsRequest>): TransactionReplies['ListTransactions'] {
    const all = { stateFilters: [], producerIdFilters: [], durationFilter: -1, transactionalIdPattern: null }
    return this.send({ type: 'ListTransactions', request: { ...all, ...more } })
  }

  /** What the leaders say to all that waits; by default that it is done. */
  answerMarkers(result: (topic: string, partition: number) => MarkerResult['result'] = () => 'NONE'): void {
    for (const { transactionalId, decisionOffset, topics } of this.markers.splice(0)) {
      const results = topics.flatMap(({ name, partitions }) =>
        partitions.map((partition) => ({ topic: name, partition, result: result(name, partition) })),
      )
      this.send({ type: 'MarkersWritten', transactionalId, decisionOffset, results })
    }
  }

  stateOf(transactionalId: string): string {
    return this.machine.transactions.get(transactionalId)?.state ?? 'none'
  }

  /** Lets so much time pass, and every timer that comes up on the way do its work. */
  advance(ms: number): void {
    const untilMs = this.nowMs + ms
    for (;;) {
      const [next] = [...this.#timers].toSorted(([, a], [, b]) => a.dueMs - b.dueMs)
      if (next === undefined || next[1].dueMs > untilMs) break
      const [key, { dueMs, generation }] = next
      this.#timers.delete(key)
      this.nowMs = Math.max(this.nowMs, dueMs)
      this.#handle({ type: 'TimerFired', key, generation })
    }
    this.nowMs = untilMs
  }

  /** A new coordinator over the same log, read back from its bytes. What was asked for and not done is lost. */
  restart(): void {
    this.machine = this.rebuilt()
    this.#timers.clear()
    this.markers = []
    this.epoch++
    this.send({ type: 'Loaded' })
  }

  /** A machine that has read the log up to this record, from bytes, and decided nothing. */
  rebuilt(endOffset = this.log.length): TransactionCoordinatorMachine {
    const machine = new TransactionCoordinatorMachine(this.config)
    for (const [offset, record] of this.log.slice(0, endOffset).entries()) {
      const batch = encodeTransactionBatch({ records: [record] }, this.nowMs)
      for (const read of decodeTransactionBatches(batch)) machine.apply(read.record, offset)
    }
    return machine
  }

  #withId(event: Extract<TransactionEvent, { type: 'InitProducerId' | 'EndTxn' }>): Said {
    const first = this.send(event)
    const reply = needsProducerId(first) ? this.send({ ...event, freshProducerId: this.nextProducerId++ }) : first
    assert(!needsProducerId(reply), 'an id is used where it is given')
    const { errorCode, producerId, producerEpoch } = reply
    const identity = producerId === undefined || producerId === -1 ? {} : { producerId, producerEpoch }
    return { error: errorName(errorCode), ...identity } as Said
  }

  #append(record: TransactionLogRecord): void {
    this.machine.apply(record, this.log.length)
    this.log.push(record)
  }

  #handle(event: TransactionMachineEvent): unknown {
    const { nowMs, epoch } = this
    const given = { nowMs, monotonicMs: nowMs, random: this.#random, epoch, nextOffset: this.log.length }
    const { records, reply, effects } = this.machine.handle(event, given)
    for (const record of records) this.#append(record)
    for (const effect of effects) {
      if (effect.type === 'WriteMarkers') this.markers.push(effect)
      else if (effect.type === 'MarkersRefused') this.refused.push(effect)
      else if (effect.type === 'ReserveProducerId') this.reservations.push(effect)
      else if (effect.type === 'SetTimer') {
        this.#timers.set(effect.key, { dueMs: nowMs + effect.delayMs, generation: effect.generation })
      }
    }
    return reply
  }
}
