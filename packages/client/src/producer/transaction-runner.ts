/**
 * Does what `Transaction` says is due: finds coordinators, sends its requests, one at a time, and tells it the answers.
 * With `transaction.version` 2 partitions and offsets join by being written (KIP-890); before, by requests of their own.
 *
 * Invariant: what was begun goes on in the background until it is answered, also when a caller's time is up: the same call
 * again waits for the same outcome.
 */
import { background } from '@gregor/base'
import {
  AddOffsetsToTxn,
  AddPartitionsToTxn,
  type Api,
  EndTxn,
  InitProducerId,
  Produce,
  type ProtocolError,
  TxnOffsetCommit,
  errorName,
} from '@gregor/protocol'
import type { Answer, Cluster, SendOptions, Versioned } from '../cluster/cluster.ts'
import { ClosedError, KafkaError, isRetriable } from '../errors.ts'
import { pause, retrying } from '../retrying.ts'
import type { ProducerEnvironment, ProducerSettings } from './producer-options.ts'
import type { Sequences } from './sequences.ts'
import type { PartitionQueue } from './topic-queues.ts'
import { type GroupOffsets, Transaction, type TransactionAnswer, type TransactionRequest } from './transaction.ts'

export interface TransactionRunnerOptions {
  readonly cluster: Cluster
  readonly environment: ProducerEnvironment
  readonly settings: ProducerSettings
  readonly transactionalId: string
  readonly sequences: Sequences
  /** Batches may be sent that might not before. */
  readonly onProgress: () => void
  /** The transaction can only be aborted: what was not sent will not be. */
  readonly onAbortable: (error: KafkaError) => void
  /** It is of no use any more. */
  readonly onFatal: (error: KafkaError) => void
}

/** What clients send that add partitions and offsets themselves. */
const versionsBefore = { produce: 11, txnOffsetCommit: 4, endTxn: 4 } as const
/** The newest that clients send. */
const addPartitionsVersion = 3
const implicitJoinVersion = 12
const levelOfImplicitJoin = 2

export class TransactionRunner {
  readonly #options: TransactionRunnerOptions
  readonly #transaction: Transaction
  #joinsImplicitly = false
  #running: Promise<void> | undefined
  /** Offsets are given one after the other; the last of them. Never fails. */
  #lastOffsets: Promise<void> = Promise.resolve()
  #identity: Transaction['identity']
  /** What the machine cannot know: why it is of no use. */
  #fatal: KafkaError | undefined
  #isClosed = false

  constructor(options: TransactionRunnerOptions) {
    this.#options = options
    const { transactionTimeoutMs, backoff } = options.settings
    this.#transaction = new Transaction({
      transactionalId: options.transactionalId,
      transactionTimeoutMs,
      joinsImplicitly: false,
      retryBackoffMs: backoff.backoffMs,
    })
  }

  get state(): Transaction['state'] {
    return this.#fatal === undefined ? this.#transaction.state : 'fatal'
  }

  /** Of Produce, at most. */
  get produceVersionMax(): number {
    return this.#joinsImplicitly ? Infinity : versionsBefore.produce
  }

  /** Why it is `abortable` or `fatal`, as an error. */
  get error(): KafkaError | undefined {
    if (this.#fatal !== undefined) return this.#fatal
    const { state, error } = this.#transaction
    if (state !== 'abortable' && state !== 'fatal') return undefined
    const isFatal = state === 'fatal'
    const about = `transactional id ${this.#options.transactionalId}`
    return new KafkaError({ code: error ?? 'UNKNOWN_SERVER_ERROR', about, fatal: isFatal, abortable: !isFatal })
  }

  /** Takes the transactional id: fences who had it, and ends what that left open. */
  async initialize(): Promise<void> {
    while (this.state === 'unidentified') await this.#run()
    this.#throwIfFatal()
  }

  /** Begins a transaction, once one can be begun. */
  async begin(): Promise<void> {
    await this.initialize()
    if (this.state !== 'ready') throw wrongState(`a transaction cannot begin while one is ${this.state}`)
    this.#joinsImplicitly = await this.#canJoinImplicitly()
    this.#transaction.begin(this.#joinsImplicitly)
  }

  /** A batch for that partition is coming. */
  include(queue: PartitionQueue): void {
    const place = { topic: queue.topic.name, partition: queue.partition }
    if (this.state !== 'open' || this.#transaction.mayProduceTo(place)) return
    this.#transaction.include(place)
    if (!this.#joinsImplicitly) background('adding partitions to a transaction', this.#run(), () => undefined)
  }

  mayProduceTo(queue: PartitionQueue): boolean {
    return (
      this.state === 'open' && this.#transaction.mayProduceTo({ topic: queue.topic.name, partition: queue.partition })
    )
  }

  async sendOffsets(offsets: GroupOffsets): Promise<void> {
    this.throwUnlessOpen()
    const sent = this.#lastOffsets.then(() => this.#sendOffsets(offsets))
    this.#lastOffsets = sent.catch(() => undefined)
    return sent
  }

  /** Resolves when all offsets given so far are sent, or have failed. */
  offsetsSent(): Promise<void> {
    return this.#lastOffsets
  }

  /** All batches are acknowledged. @throws KafkaError `abortable` or `fatal`. */
  async commit(): Promise<void> {
    if (this.state !== 'committing') {
      this.throwUnlessOpen()
      this.#transaction.commit()
    }
    await this.#run()
    this.#throwIfFatal()
    if (this.state === 'abortable' && this.error !== undefined) throw this.error
    if (this.state === 'committing') throw new ClosedError('the producer was closed before the commit was answered')
  }

  /** No batch is under way. */
  async abort(): Promise<void> {
    this.#throwIfFatal()
    if (this.state === 'open' || this.state === 'abortable') this.#transaction.abort()
    await this.#run()
    // They are not to get into the next transaction.
    await this.#lastOffsets
    this.#throwIfFatal()
  }

  /** A batch was given up: the transaction cannot be committed. */
  produceFailed(code: ProtocolError): void {
    const isInTransaction = this.state === 'open' || this.state === 'abortable'
    if (!isInTransaction) return
    this.#transaction.produceFailed(code)
    this.#tell()
  }

  throwUnlessOpen(): void {
    this.#throwIfFatal()
    if (this.state === 'abortable' && this.error !== undefined) throw this.error
    if (this.state !== 'open') throw wrongState('no transaction is open: begin one')
  }

  close(): void {
    this.#isClosed = true
  }

  async #sendOffsets(offsets: GroupOffsets): Promise<void> {
    this.throwUnlessOpen()
    this.#transaction.sendOffsets(offsets)
    while (!this.#transaction.hasSentOffsets && this.state === 'open') await this.#run()
    this.throwUnlessOpen()
  }

  #throwIfFatal(): void {
    if (this.state === 'fatal' && this.error !== undefined) throw this.error
  }

  /** Until nothing is due. One loop at a time: later callers wait for it. */
  #run(): Promise<void> {
    if (this.#running !== undefined) return this.#running
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    // Before the loop begins: it may be over at once.
    this.#running = promise
    void this.#loop().then(resolve, reject)
    return promise
  }

  async #loop(): Promise<void> {
    const { clock } = this.#options.environment
    try {
      for (;;) {
        if (this.#isClosed) throw new ClosedError('the producer is closed')
        const step = this.#transaction.next(clock.monotonicMs())
        if (step.do === 'find coordinator') await this.#findCoordinator(step.of, step.key)
        else if (step.do === 'send') await this.#exchange(step)
        else if (step.untilMs === Infinity) return
        else await pause(clock, step.untilMs - clock.monotonicMs())
      }
    } finally {
      // In the same moment as the last look at what is due.
      this.#running = undefined
      this.#tell()
    }
  }

  async #findCoordinator(kind: 'transaction' | 'group', key: string): Promise<void> {
    const { cluster, environment, settings } = this.#options
    try {
      cluster.forgetCoordinator(kind, key)
      await cluster.coordinator(kind, key, { timeoutMs: settings.requestTimeoutMs })
      this.#transaction.coordinatorFound(kind)
    } catch (error) {
      if (!isRetriable(error)) return this.#failed(error)
      await pause(environment.clock, settings.backoff.backoffMs)
    }
  }

  async #exchange(given: TransactionRequest): Promise<void> {
    const { clock } = this.#options.environment
    try {
      const answer = await this.#answerTo(given)
      this.#transaction.answered(answer, clock.monotonicMs())
      this.#identified()
    } catch (error) {
      if (!isRetriable(error)) return this.#failed(error)
      this.#transaction.lost(clock.monotonicMs())
    }
    this.#tell()
    this.#options.onProgress()
  }

  #identified(): void {
    const { identity } = this.#transaction
    if (identity === undefined || identity === this.#identity) return
    this.#identity = identity
    this.#options.sequences.identify(identity)
  }

  /** What no other attempt can help: refused credentials, a server that is too old, a closed client. */
  #failed(error: unknown): void {
    this.#fatal =
      error instanceof KafkaError
        ? new KafkaError({ code: error.code, message: error.message, fatal: true, abortable: false, cause: error })
        : undefined
    if (this.#fatal === undefined) throw error
  }

  #tell(): void {
    const { state, error } = this
    if (error === undefined) return
    if (state === 'fatal') this.#options.onFatal(error)
    else if (state === 'abortable') this.#options.onAbortable(error)
  }

  async #canJoinImplicitly(): Promise<boolean> {
    const { cluster, environment, settings } = this.#options
    if (cluster.featureLevel('transaction.version') < levelOfImplicitJoin) return false
    const retries = { environment, name: 'asking for versions', timeoutMs: settings.blockMsMax, ...settings.backoff }
    const version = await retrying(retries, ({ remainingMs }) =>
      cluster.versionOf('any', Produce, { timeoutMs: Math.min(remainingMs, settings.requestTimeoutMs) }),
    )
    return version >= implicitJoinVersion
  }

  async #answerTo(given: TransactionRequest): Promise<TransactionAnswer> {
    const older = (versionMax: number): { readonly versionMax?: number } =>
      this.#joinsImplicitly ? {} : { versionMax }
    switch (given.api) {
      case 'InitProducerId': {
        const { response } = await this.#toCoordinator(InitProducerId, (version) => {
          const { producerId, producerEpoch, ...request } = given.request
          return version < 3 ? request : { ...request, producerId, producerEpoch }
        })
        const { errorCode, producerId, producerEpoch } = response
        return { error: errorName(errorCode), identity: { producerId, producerEpoch } }
      }
      case 'AddPartitionsToTxn': {
        const options = { versionMax: addPartitionsVersion }
        const { response } = await this.#toCoordinator(AddPartitionsToTxn, given.request, options)
        const results = response.resultsByTopicV3AndBelow.flatMap(({ resultsByPartition }) => resultsByPartition)
        return { error: worst(results.map(({ partitionErrorCode }) => partitionErrorCode)) }
      }
      case 'AddOffsetsToTxn': {
        const { response } = await this.#toCoordinator(AddOffsetsToTxn, given.request)
        return { error: errorName(response.errorCode) }
      }
      case 'TxnOffsetCommit': {
        const { cluster, settings } = this.#options
        const options = { timeoutMs: settings.requestTimeoutMs, ...older(versionsBefore.txnOffsetCommit) }
        const nodeId = await cluster.coordinator('group', given.request.groupId, options)
        const { response } = await cluster.send(nodeId, TxnOffsetCommit, given.request, options)
        const results = response.topics.flatMap(({ partitions }) => partitions)
        return { error: worst(results.map(({ errorCode }) => errorCode)) }
      }
      default: {
        const { response } = await this.#toCoordinator(EndTxn, given.request, older(versionsBefore.endTxn))
        const { producerId, producerEpoch } = response
        return { error: errorName(response.errorCode), identity: { producerId, producerEpoch } }
      }
    }
  }

  async #toCoordinator<A extends Api>(
    api: A,
    request: Versioned<A>,
    given: Pick<SendOptions, 'versionMax'> = {},
  ): Promise<Answer<A>> {
    const { cluster, settings, transactionalId } = this.#options
    const options = { timeoutMs: settings.requestTimeoutMs, ...given }
    const nodeId = await cluster.coordinator('transaction', transactionalId, options)
    return cluster.send(nodeId, api, request, options)
  }
}

/** What is wrong with a call, not with the producer. */
export function wrongState(message: string): KafkaError {
  return new KafkaError({ code: 'INVALID_TXN_STATE', message, fatal: false, abortable: false })
}

/** The first that says why: others were only not tried. */
function worst(codes: readonly number[]): ProtocolError {
  const errors = codes.map(errorName).filter((error) => error !== 'NONE')
  return errors.find((error) => error !== 'OPERATION_NOT_ATTEMPTED') ?? errors[0] ?? 'NONE'
}
