/**
 * The transactions of one transactional producer: begins one, writes to partitions and commits offsets in it, ends it.
 * What is due and what answers mean: `Transaction` and `Sequences` of the client. With `transaction.version` 2, or as a
 * client that knows only version 1 and adds partitions itself.
 */
import {
  type GroupOffsets,
  type NumberedBatch,
  Sequences,
  Transaction,
  type TransactionRequest,
  type TransactionState,
} from '@gregor/client'
import {
  AddOffsetsToTxn,
  AddPartitionsToTxn,
  EndTxn,
  InitProducerId,
  type ProtocolError,
  TxnOffsetCommit,
  errorName,
} from '@gregor/protocol'
import type { Complete, OffsetOf } from '../history/history.ts'
import { type Driver, type Topic, attempt, retryBackoffMs } from './driver.ts'
import type { DriverConnection } from './driver-connection.ts'
import { produceBatch } from './producer-driver.ts'

export interface TransactionSessionOptions {
  readonly transactionalId: string
  readonly joinsImplicitly: boolean
}

/** Of members, or of nobody in particular. */
export interface OffsetsToSend {
  readonly group: string
  readonly member: GroupOffsets['member']
  readonly offsets: readonly (OffsetOf & { readonly topic: string })[]
}

interface Sent {
  readonly topic: Topic
  readonly partition: number
  readonly values: readonly string[]
  readonly complete: Complete<'produce'>
}

const transactionTimeoutMs = 3_000
/** What clients send that know nothing of `transaction.version` 2. */
const versionsBefore = { produce: 11, txnOffsetCommit: 4, endTxn: 4 }
const addPartitionsVersion = 3

export class TransactionSession {
  readonly #driver: Driver
  readonly #options: TransactionSessionOptions
  readonly #connection: DriverConnection
  readonly #transaction: Transaction
  readonly #sequences = new Sequences({ isTransactional: true })
  readonly #sent = new Map<NumberedBatch, Sent>()
  #identity: Transaction['identity']
  /** Of the last EndTxn. */
  #endError: ProtocolError = 'NONE'
  /** Of the transaction that is open, or was last. */
  #name = ''
  #begun = 0

  constructor(driver: Driver, options: TransactionSessionOptions) {
    this.#driver = driver
    this.#options = options
    this.#connection = driver.connect()
    const { transactionalId, joinsImplicitly } = options
    this.#transaction = new Transaction({ transactionalId, transactionTimeoutMs, joinsImplicitly, retryBackoffMs })
  }

  /** Begins a transaction once one can be begun; false: never more, a newer producer has the id. */
  async begin(): Promise<boolean> {
    while (this.#state() !== 'ready') {
      if (this.#state() === 'fatal') return false
      await this.#pump()
    }
    this.#name = `${this.#driver.name}#${this.#begun++}`
    this.#transaction.begin()
    return true
  }

  /** Sends a batch, which `end` waits for. Nothing is sent once something went wrong. */
  async produce(topic: Topic, partition: number, values: readonly string[]): Promise<void> {
    if (this.#state() !== 'open') return
    const place = { topic: topic.name, partition }
    this.#transaction.include(place)
    await this.#pump()
    if (!this.#transaction.mayProduceTo(place)) return
    const batch = this.#sequences.send(`${topic.topicId}-${partition}`, values.length)
    if (batch === undefined) return
    const complete = this.#driver.history.begin<'produce'>({
      kind: 'produce',
      producer: this.#driver.name,
      topicId: topic.topicId,
      partition,
      values,
      transaction: this.#name,
    })
    this.#sent.set(batch, { topic, partition, values, complete })
    this.#driver.world.go(this.#exchange(batch))
  }

  async sendOffsets({ group, member, offsets }: OffsetsToSend): Promise<void> {
    if (this.#state() !== 'open') return
    const complete = this.#driver.history.begin<'commit offsets'>({
      kind: 'commit offsets',
      group,
      member: this.#driver.name,
      epoch: member.generationIdOrMemberEpoch,
      offsets: offsets.map(({ topicId, partition, offset }) => ({ topicId, partition, offset })),
      transaction: this.#name,
    })
    this.#transaction.sendOffsets({ groupId: group, member, offsets })
    await this.#pump()
    if (this.#state() === 'open' && this.#transaction.hasSentOffsets) complete({ errors: offsets.map(() => 'NONE') })
  }

  /** Until every batch is acknowledged; false: one of them has failed. */
  async settle(): Promise<boolean> {
    while (this.#sent.size > 0 && this.#state() === 'open') {
      for (const partition of new Set([...this.#sent.keys()].map((batch) => batch.partition))) {
        const again = this.#sequences.resend(partition)
        if (again !== undefined) this.#driver.world.go(this.#exchange(again))
      }
      await this.#driver.pause(20)
    }
    // Nobody waits for the others of a transaction that cannot be committed.
    if (this.#state() !== 'open') this.#sent.clear()
    return this.#state() === 'open'
  }

  /** True where it ended as it should. A transaction that cannot be committed is aborted. */
  async end(outcome: 'commit' | 'abort'): Promise<boolean> {
    const isSettled = await this.settle()
    if (this.#state() === 'fatal') return false
    const isDone = await this.#endWith(isSettled ? outcome : 'abort')
    if (this.#state() === 'abortable') await this.#endWith('abort')
    return isDone && isSettled
  }

  async #endWith(outcome: 'commit' | 'abort'): Promise<boolean> {
    const call = { kind: 'end transaction', transaction: this.#name, outcome } as const
    const complete = this.#driver.history.begin<'end transaction'>(call)
    this.#endError = 'NONE'
    if (outcome === 'commit') this.#transaction.commit()
    else this.#transaction.abort()
    await this.#pump()
    const error = this.#transaction.error ?? this.#endError
    complete({ error })
    return error === 'NONE'
  }

  /** Anew at each call: it changes while others are waited for. */
  #state(): TransactionState {
    return this.#transaction.state
  }

  async #exchange(batch: NumberedBatch): Promise<void> {
    const sent = this.#sent.get(batch)
    if (sent === undefined) return
    const { transactionalId, joinsImplicitly } = this.#options
    const version = joinsImplicitly ? {} : { version: versionsBefore.produce }
    const toProduce = { ...sent, batch, transactionalId, ...version }
    const answer = await produceBatch(this.#driver, this.#connection, toProduce)
    const verdict = answer === undefined ? this.#sequences.lost(batch) : this.#sequences.answered(batch, answer)
    if (verdict.kind === 'retry') return
    this.#sent.delete(batch)
    if (verdict.kind === 'acknowledged') {
      sent.complete({ error: 'NONE', baseOffset: verdict.baseOffset })
    } else if (verdict.kind === 'failed') {
      sent.complete({ error: verdict.error, baseOffset: -1 })
      this.#transaction.produceFailed(verdict.error)
    }
  }

  /** Until nothing is due. */
  async #pump(): Promise<void> {
    for (;;) {
      const step = this.#transaction.next(this.#driver.nowMs)
      switch (step.do) {
        case 'find coordinator':
          if (await this.#driver.findCoordinator(this.#connection, step.of, step.key))
            this.#transaction.coordinatorFound(step.of)
          else await this.#driver.pause(retryBackoffMs)
          break
        case 'send':
          await this.#exchangeRequest(step)
          break
        default:
          if (step.untilMs === Infinity) return
          await this.#driver.pause(step.untilMs - this.#driver.nowMs)
      }
    }
  }

  async #exchangeRequest(request: TransactionRequest): Promise<void> {
    const answer = await attempt(this.#answerTo(request))
    if (answer === undefined) return this.#transaction.lost(this.#driver.nowMs)
    if (request.api === 'EndTxn') this.#endError = answer.error
    this.#transaction.answered(answer, this.#driver.nowMs)
    const { identity } = this.#transaction
    if (identity === undefined || identity === this.#identity) return
    this.#identity = identity
    this.#sequences.identify(identity)
  }

  async #answerTo(given: TransactionRequest): Promise<Parameters<Transaction['answered']>[0]> {
    const { joinsImplicitly } = this.#options
    const older = (version: number): { readonly version?: number } => (joinsImplicitly ? {} : { version })
    switch (given.api) {
      case 'InitProducerId': {
        const { errorCode, ...identity } = await this.#connection.call(InitProducerId, given.request)
        return { error: errorName(errorCode), identity }
      }
      case 'AddPartitionsToTxn': {
        const version = { version: addPartitionsVersion }
        const response = await this.#connection.call(AddPartitionsToTxn, given.request, version)
        const results = response.resultsByTopicV3AndBelow.flatMap(({ resultsByPartition }) => resultsByPartition)
        return { error: worst(results.map(({ partitionErrorCode }) => partitionErrorCode)) }
      }
      case 'AddOffsetsToTxn':
        return { error: errorName((await this.#connection.call(AddOffsetsToTxn, given.request)).errorCode) }
      case 'TxnOffsetCommit': {
        const version = older(versionsBefore.txnOffsetCommit)
        const { topics } = await this.#connection.call(TxnOffsetCommit, given.request, version)
        return { error: worst(topics.flatMap(({ partitions }) => partitions.map(({ errorCode }) => errorCode))) }
      }
      default: {
        const response = await this.#connection.call(EndTxn, given.request, older(versionsBefore.endTxn))
        const { producerId, producerEpoch } = response
        return { error: errorName(response.errorCode), identity: { producerId, producerEpoch } }
      }
    }
  }
}

function worst(codes: readonly number[]): ProtocolError {
  return codes.map(errorName).find((error) => error !== 'NONE') ?? 'NONE'
}
