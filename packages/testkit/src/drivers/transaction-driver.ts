/**
 * A transactional producer: writes to several partitions and commits an offset in each transaction, then commits or
 * aborts it. What is due and what answers mean: `Transaction` and `Sequences` of the client. With `transaction.version`
 * 2, or as a client that knows only version 1 and adds partitions itself.
 */
import {
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
import { between, chance } from '../simulation/seeded-random.ts'
import { Driver, type Topic, attempt, retryBackoffMs } from './driver.ts'
import type { DriverConnection } from './driver-connection.ts'
import type { NodeWorld } from './node-world.ts'
import { produceBatch } from './producer-driver.ts'

export interface TransactionDriverOptions {
  readonly name: string
  readonly transactionalId: string
  readonly topics: readonly string[]
  /** How many to end well. */
  readonly transactionCount: number
  readonly joinsImplicitly: boolean
  /** Grows with every transaction of the id, whoever makes it: the offset it commits for its group. */
  readonly nextOffset: () => number
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

export class TransactionDriver extends Driver {
  readonly #options: TransactionDriverOptions
  readonly #connection: DriverConnection
  readonly #transaction: Transaction
  readonly #sequences = new Sequences({ isTransactional: true })
  readonly #sent = new Map<NumberedBatch, Sent>()
  #identity: Transaction['identity']
  #valueCount = 0
  /** Of the last EndTxn. */
  #endError: ProtocolError = 'NONE'
  /** Once for each transaction that was begun. */
  #begun = 0

  constructor(world: NodeWorld, options: TransactionDriverOptions) {
    super(world, options.name)
    this.#options = options
    this.#connection = this.connect()
    const { transactionalId, joinsImplicitly } = options
    this.#transaction = new Transaction({ transactionalId, transactionTimeoutMs, joinsImplicitly, retryBackoffMs })
  }

  /** Until all are done, or a newer producer has its id. */
  async run(): Promise<'done' | 'fenced'> {
    const topics = await this.topics(this.#connection, this.#options.topics)
    for (let ended = 0; ended < this.#options.transactionCount;) {
      await this.#pump()
      if (this.#state() === 'fatal') return 'fenced'
      if (this.#state() !== 'ready') continue
      if (await this.#oneTransaction(topics)) ended++
      await this.pauseBetween(1, 200)
    }
    return 'done'
  }

  /** True where it ended as it should. */
  async #oneTransaction(topics: readonly Topic[]): Promise<boolean> {
    const transaction = this.#transaction
    const name = `${this.name}#${this.#begun++}`
    transaction.begin()
    for (let batches = between(this.random, 1, 4); batches > 0; batches--) await this.#send(topics, name)
    if (chance(this.random, 50)) await this.#sendOffsets(topics, name)
    await this.#settle()
    await this.pauseBetween(0, chance(this.random, 10) ? 4_000 : 20)
    if (this.#state() === 'fatal') return false
    const outcome = this.#state() === 'open' && chance(this.random, 70) ? 'commit' : 'abort'
    const complete = this.history.begin<'end transaction'>({ kind: 'end transaction', transaction: name, outcome })
    this.#endError = 'NONE'
    if (outcome === 'commit') transaction.commit()
    else transaction.abort()
    await this.#pump()
    if (transaction.error !== undefined) {
      complete({ error: transaction.error })
      if (this.#state() === 'abortable') await this.#abortAfterAll(name)
      return false
    }
    complete({ error: this.#endError })
    return this.#endError === 'NONE'
  }

  /** Anew at each call: it changes while others are waited for. */
  #state(): TransactionState {
    return this.#transaction.state
  }

  async #abortAfterAll(name: string): Promise<void> {
    const call = { kind: 'end transaction', transaction: name, outcome: 'abort' } as const
    const complete = this.history.begin<'end transaction'>(call)
    this.#endError = 'NONE'
    this.#transaction.abort()
    await this.#pump()
    complete({ error: this.#transaction.error ?? this.#endError })
  }

  // -------------------------------------------------------------------------------------------------------- batches

  async #send(topics: readonly Topic[], transaction: string): Promise<void> {
    const topic = topics[this.random.below(topics.length)]
    if (topic === undefined || this.#transaction.state !== 'open') return
    const partition = this.random.below(topic.partitionCount)
    const place = { topic: topic.name, partition }
    this.#transaction.include(place)
    await this.#pump()
    if (!this.#transaction.mayProduceTo(place)) return
    const recordCount = between(this.random, 1, 3)
    const batch = this.#sequences.send(`${topic.topicId}-${partition}`, recordCount)
    if (batch === undefined) return
    const values = Array.from({ length: recordCount }, () => `${this.name}.${this.#valueCount++}`)
    const complete = this.history.begin<'produce'>({
      kind: 'produce',
      producer: this.name,
      topicId: topic.topicId,
      partition,
      values,
      transaction,
    })
    this.#sent.set(batch, { topic, partition, values, complete })
    this.world.go(this.#exchange(batch))
    await this.pauseBetween(0, 20)
  }

  async #exchange(batch: NumberedBatch): Promise<void> {
    const sent = this.#sent.get(batch)
    if (sent === undefined) return
    const { transactionalId, joinsImplicitly } = this.#options
    const version = joinsImplicitly ? {} : { version: versionsBefore.produce }
    const toProduce = { ...sent, batch, transactionalId, ...version }
    const answer = await produceBatch(this, this.#connection, toProduce)
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

  /** Until every batch is acknowledged, or one of them has failed. */
  async #settle(): Promise<void> {
    while (this.#sent.size > 0 && this.#transaction.state === 'open') {
      for (const partition of new Set([...this.#sent.keys()].map((batch) => batch.partition))) {
        const again = this.#sequences.resend(partition)
        if (again !== undefined) this.world.go(this.#exchange(again))
      }
      await this.pause(20)
    }
    // Nobody waits for the others of a transaction that cannot be committed.
    if (this.#transaction.state !== 'open') this.#sent.clear()
  }

  // -------------------------------------------------------------------------------------------------------- offsets

  async #sendOffsets(topics: readonly Topic[], transaction: string): Promise<void> {
    const [topic] = topics
    if (topic === undefined || this.#transaction.state !== 'open') return
    const group = groupOf(this.#options.transactionalId)
    const offset: OffsetOf = { topicId: topic.topicId, partition: 0, offset: this.#options.nextOffset() }
    const complete = this.history.begin<'commit offsets'>({
      kind: 'commit offsets',
      group,
      member: this.name,
      epoch: -1,
      offsets: [offset],
      transaction,
    })
    const member = { memberId: '', instanceId: null, generationIdOrMemberEpoch: -1 }
    const offsets = [{ topic: topic.name, partition: 0, offset: offset.offset }]
    this.#transaction.sendOffsets({ groupId: group, member, offsets })
    await this.#pump()
    if (this.#transaction.state === 'open' && this.#transaction.hasSentOffsets) complete({ errors: ['NONE'] })
  }

  // ------------------------------------------------------------------------------------------------------- requests

  /** Until nothing is due. */
  async #pump(): Promise<void> {
    for (;;) {
      const step = this.#transaction.next(this.nowMs)
      switch (step.do) {
        case 'find coordinator':
          if (await this.findCoordinator(this.#connection, step.of, step.key))
            this.#transaction.coordinatorFound(step.of)
          else await this.pause(retryBackoffMs)
          break
        case 'send':
          await this.#exchangeRequest(step)
          break
        default:
          if (step.untilMs === Infinity) return
          await this.pause(step.untilMs - this.nowMs)
      }
    }
  }

  async #exchangeRequest(request: TransactionRequest): Promise<void> {
    const answer = await attempt(this.#answerTo(request))
    if (answer === undefined) return this.#transaction.lost(this.nowMs)
    if (request.api === 'EndTxn') this.#endError = answer.error
    this.#transaction.answered(answer, this.nowMs)
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

/** Without members: only its own producer commits for it. */
export function groupOf(transactionalId: string): string {
  return `of-${transactionalId}`
}

function worst(codes: readonly number[]): ProtocolError {
  return codes.map(errorName).find((error) => error !== 'NONE') ?? 'NONE'
}
