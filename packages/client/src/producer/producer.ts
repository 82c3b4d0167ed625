/**
 * The producer: records in, and for each of them where it landed or why it did not. What it does, in order: `Intake`
 * (topics, room), `Accumulator` (batches), `Sender` (requests, answers), `Sequences` (no doubles, in order), and
 * `TransactionRunner`.
 */
import { asError } from '@gregor/base'
import type { Cluster } from '../cluster/cluster.ts'
import type { PartitionMetadata } from '../cluster/cluster-metadata.ts'
import { ClosedError, KafkaError, TransactionAbortedError } from '../errors.ts'
import { sendTraces, tracedSend } from '../record-traces.ts'
import { Unnumbered } from './numbering.ts'
import { ProducerIdentitySource } from './producer-identity.ts'
import {
  type ProducerEnvironment,
  type ProducerOptions,
  type ProducerSettings,
  readProducerOptions,
} from './producer-options.ts'
import { type ProducerRecord, type TypedTopic, plainRecord, typedRecord } from './producer-record.ts'
import { type Receipt, SendAllReceipts, SendReceipt, type SentRecord } from './receipt.ts'
import { RecordFlow } from './record-flow.ts'
import { Sequences, rememberedBatchCount } from './sequences.ts'
import type { SerializedRecord } from './topic-queues.ts'
import { TransactionRunner, wrongState } from './transaction-runner.ts'
import type { GroupOffset } from './transaction.ts'
import {
  type ConsumedBatch,
  type ConsumerGroupMetadata,
  type TransactionHandle,
  groupOffsets,
  transactionHandle,
} from './transaction-handle.ts'
import { withDeadline } from './with-deadline.ts'

export type { ConsumedBatch, ConsumerGroupMetadata, TransactionHandle } from './transaction-handle.ts'

export interface CloseOptions {
  /** For what is under way; then it fails. Default: no limit but `delivery.timeout.ms`. */
  readonly timeoutMs?: number
}

export class Producer implements AsyncDisposable {
  readonly #environment: ProducerEnvironment
  readonly #settings: ProducerSettings
  readonly #flow: RecordFlow
  readonly #identitySource: ProducerIdentitySource | undefined
  readonly #runner: TransactionRunner | undefined
  #fatal: Error | undefined
  #closing: Promise<void> | undefined

  /**
   * A producer on a cluster that is connected or will be; the cluster stays open when the producer is closed. Nothing is
   * sent before the first record.
   *
   * @throws ConfigError with everything that is wrong with the options.
   */
  static open(given: {
    readonly cluster: Cluster
    readonly environment: ProducerEnvironment
    readonly options?: ProducerOptions
  }): Producer {
    const { cluster, environment, options = {} } = given
    const settings = readProducerOptions(options, {
      random: environment.random,
      warn: (message) => environment.logger.warn(message),
    })
    return new Producer(cluster, environment, settings)
  }

  private constructor(cluster: Cluster, environment: ProducerEnvironment, settings: ProducerSettings) {
    this.#environment = environment
    this.#settings = settings
    const { isIdempotent, transactionalId } = settings
    const inFlightMax = Math.min(settings.inFlightMax, rememberedBatchCount)
    const isTransactional = transactionalId !== undefined
    const sequences = isIdempotent ? new Sequences({ isTransactional, inFlightMax }) : undefined
    const parts = { cluster, environment, settings, onFatal: (error: Error) => this.#fail(error) }
    const wakeAll = (): void => this.#flow.wakeAll()
    if (sequences !== undefined && transactionalId !== undefined) {
      const onAbortable = (cause: KafkaError): void => {
        const message = 'the transaction can only be aborted, as something of it has failed'
        this.#flow.drop(new TransactionAbortedError(message, { cause }), 'unsent')
      }
      this.#runner = new TransactionRunner({ ...parts, transactionalId, sequences, onProgress: wakeAll, onAbortable })
    } else if (sequences !== undefined) {
      this.#identitySource = new ProducerIdentitySource({ ...parts, sequences, onIdentified: wakeAll })
    }
    this.#flow = new RecordFlow({
      ...parts,
      numbering: sequences ?? new Unnumbered({ inFlightMax: settings.inFlightMax }),
      identify: () => this.#identitySource?.identify() ?? true,
      onBatch: (queue) => this.#runner?.include(queue),
      maySend: (queue) => this.#runner?.mayProduceTo(queue) ?? true,
      versionMax: () => this.#runner?.produceVersionMax ?? Infinity,
      onFailed: ({ code, error }) => {
        // What an abort drops was never sent: it asks for nothing.
        if (!(error instanceof TransactionAbortedError)) this.#runner?.produceFailed(code)
      },
    })
  }

  // ------------------------------------------------------------------------------------------------------- sending

  /**
   * Sends one record and resolves once the broker has acknowledged it as `acks` asks. Records wait up to `lingerMs` for
   * others bound for the same partition and travel as one batch. Order is kept within a partition, across retries too
   * where the producer is idempotent (the default, KIP-98).
   *
   * The record is copied before the call returns, unless it has to wait for metadata of its topic or for room in
   * `buffer.memory`: leave buffers alone until the promise settles.
   *
   * @returns where the record landed.
   * @throws RecordTooLargeError before sending, when the record exceeds `max.request.size` or `buffer.memory`.
   * @throws SerializationError, TypeError for what cannot be written.
   * @throws TimeoutError, BufferFullError after `max.block.ms` without metadata, or without room: it was not sent.
   * @throws DeliveryTimeoutError after `delivery.timeout.ms`; the record may still have been written.
   * @throws KafkaError what the broker refuses; ClosedError after `close`.
   */
  send(topic: string, record: ProducerRecord): Promise<SentRecord>
  send<K, V>(topic: TypedTopic<K, V>, record: ProducerRecord<K, V>): Promise<SentRecord>
  send<K, V>(topic: string | TypedTopic<K, V>, record: ProducerRecord<K, V> | ProducerRecord): Promise<SentRecord> {
    if (sendTraces.hasSubscribers) return tracedSend(nameOf(topic), record, (traced) => this.#send(topic, traced))
    return this.#send(topic, record)
  }

  /**
   * Sends many records to one topic: with one promise for all, which is cheaper than one each.
   *
   * @returns where they landed, in the order given.
   * @throws the first failure, once the fate of each is known: others may have been written. See `send`.
   */
  sendAll(topic: string, records: Iterable<ProducerRecord>): Promise<readonly SentRecord[]>
  sendAll<K, V>(topic: TypedTopic<K, V>, records: Iterable<ProducerRecord<K, V>>): Promise<readonly SentRecord[]>
  sendAll<K, V>(
    topic: string | TypedTopic<K, V>,
    records: Iterable<ProducerRecord<K, V>> | Iterable<ProducerRecord>,
  ): Promise<readonly SentRecord[]> {
    const receipts = new SendAllReceipts()
    for (const record of records) this.#take(topic, record, receipts.next())
    receipts.complete()
    return receipts.promise
  }

  /**
   * Takes one record without a promise: the cheapest way. It is always taken; false says that `buffer.memory` is used up, or
   * the topic not known yet, and that `drained()` is to be awaited before the next. What cannot be delivered is told to `onDeliveryFailure`, or
   * else thrown by the next `drained`, `flush` or `close`.
   *
   * The record is copied before the call returns once the topic is known (`partitionsFor`); before, leave it alone until
   * `flush`.
   *
   * @throws what is wrong with the record (see `send`), BufferFullError where twice the memory is used up: false was not
   *   listened to; KafkaError once the producer is of no use any more.
   */
  offer(topic: string, record: ProducerRecord): boolean
  offer<K, V>(topic: TypedTopic<K, V>, record: ProducerRecord<K, V>): boolean
  offer<K, V>(topic: string | TypedTopic<K, V>, record: ProducerRecord<K, V> | ProducerRecord): boolean {
    this.#throwUnlessSendable()
    return this.#flow.take(nameOf(topic), serialize(topic, record), undefined)
  }

  /** Resolves when there is room in `buffer.memory` again, half of it, and what was offered is in it. @throws the failure of a record that was offered. */
  async drained(): Promise<void> {
    await this.#flow.drained()
    this.#flow.throwFailure()
  }

  /**
   * Sends what waits without lingering, and resolves when all records given before the call are acknowledged or have
   * failed. @throws the failure of a record that was offered; failures of `send` are told there.
   */
  async flush(): Promise<void> {
    await this.#flow.flushed()
    this.#flow.throwFailure()
  }

  /**
   * The partitions of a topic, waiting up to `max.block.ms` for its metadata; it is created where the cluster allows.
   * @throws TimeoutError, KafkaError
   */
  async partitionsFor(
    topic: string,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<readonly PartitionMetadata[]> {
    this.#throwUnlessOpen()
    return (await this.#flow.know(topic, options.signal)).metadata?.partitions ?? []
  }

  /** Counters and gauges, under Kafka’s names of them. */
  metrics(): Readonly<Record<string, number>> {
    return this.#flow.metrics()
  }

  // -------------------------------------------------------------------------------------------------- transactions

  /**
   * Does `work` as one transaction (KIP-98): what it sends, and the offsets it gives, count all or not at all for who reads
   * committed records. Commits when `work` returns, aborts when it throws. One transaction at a time.
   *
   * @returns what `work` returns, once committed.
   * @throws what `work` throws, after the abort; KafkaError `abortable` where the commit was refused and the transaction
   *   aborted: the same may be done again; KafkaError `fatal` where the producer is of no use any more (fenced by another
   *   with its id): close it. TimeoutError after `max.block.ms` without an answer: the outcome is open.
   */
  async transaction<T>(work: (transaction: TransactionHandle) => Promise<T>): Promise<T> {
    await this.beginTransaction()
    let result: T
    try {
      result = await work(transactionHandle(this))
    } catch (error) {
      if (this.#runner?.state !== 'fatal') await this.abortTransaction()
      throw error
    }
    try {
      await this.commitTransaction()
    } catch (error) {
      if (error instanceof KafkaError && error.abortable && this.#runner?.state === 'abortable')
        await this.abortTransaction()
      throw error
    }
    return result
  }

  /**
   * Takes the transactional id: producers that had it are fenced, what they left open is aborted. Done by the first
   * transaction otherwise. @throws as `transaction`
   */
  initTransactions(): Promise<void> {
    return this.#withinBlockTime('initTransactions', this.#transactions().initialize())
  }

  /** For tools and engines; programs use `transaction`. @throws as `transaction` */
  async beginTransaction(): Promise<void> {
    this.#throwUnlessUsable()
    await this.#withinBlockTime('beginTransaction', this.#transactions().begin())
    this.#flow.forgetFailure()
  }

  /**
   * Makes offsets of a group part of the transaction: they are committed with it (KIP-447). They are those of the records
   * to be read next; batches of a consumer say them themselves. `group` is the consumer’s `groupMetadata()`.
   * @throws KafkaError `abortable`: CommitFailedError’s reasons, too; `fatal` as in `transaction`.
   */
  sendOffsets(offsets: Iterable<GroupOffset | ConsumedBatch>, group: ConsumerGroupMetadata): Promise<void> {
    const given = groupOffsets(offsets, group)
    if (given.offsets.length === 0) return Promise.resolve()
    return this.#withinBlockTime('sendOffsets', this.#transactions().sendOffsets(given))
  }

  /** Sends what waits, and commits. After TimeoutError call it again. @throws as `transaction` */
  async commitTransaction(): Promise<void> {
    const runner = this.#transactions()
    if (runner.state !== 'committing') {
      runner.throwUnlessOpen()
      await this.#flow.flushed()
      this.#flow.forgetFailure()
      await this.#withinBlockTime('sendOffsets', runner.offsetsSent())
    }
    await this.#withinBlockTime('commitTransaction', runner.commit())
  }

  /** Drops what was not sent yet, and aborts. After TimeoutError call it again. @throws as `transaction` */
  abortTransaction(): Promise<void> {
    return this.#withinBlockTime('abortTransaction', this.#abort(this.#transactions()))
  }

  // ------------------------------------------------------------------------------------------------------- closing

  /**
   * Sends what waits, waits for answers, and ends. An open transaction is aborted. What is under way after `timeoutMs`
   * fails with ClosedError. Idempotent. @throws the failure of a record that was offered.
   */
  close(options: CloseOptions = {}): Promise<void> {
    this.#closing ??= this.#close(options)
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close({ timeoutMs = Infinity }: CloseOptions): Promise<void> {
    const runner = this.#runner
    const isOpen = runner?.state === 'open' || runner?.state === 'abortable'
    try {
      if (timeoutMs > 0 && this.#fatal === undefined) {
        const ending = isOpen ? this.#abort(runner) : this.#flow.flushed()
        // An abort that nobody answers goes on for ever; its coordinator makes it after transaction.timeout.ms.
        const patienceMs = isOpen ? Math.min(timeoutMs, this.#settings.deliveryTimeoutMs) : timeoutMs
        await withDeadline(this.#environment.clock, patienceMs, 'close', ending)
      }
    } catch (error) {
      this.#environment.logger.debug('the producer is closed before all was done', { error: asError(error) })
    }
    this.#flow.close(new ClosedError('the producer was closed before this was acknowledged'))
    runner?.close()
    this.#identitySource?.close()
    this.#flow.throwFailure()
  }

  // ------------------------------------------------------------------------------------------------------- helpers

  #send<K, V>(topic: string | TypedTopic<K, V>, record: ProducerRecord<K, V> | ProducerRecord): Promise<SentRecord> {
    const receipt = new SendReceipt()
    this.#take(topic, record, receipt)
    return receipt.promise
  }

  #take<K, V>(topic: string | TypedTopic<K, V>, record: ProducerRecord<K, V> | ProducerRecord, receipt: Receipt): void {
    try {
      this.#throwUnlessSendable()
      this.#flow.take(nameOf(topic), serialize(topic, record), receipt)
    } catch (error) {
      receipt.failed(asError(error))
    }
  }

  async #abort(runner: TransactionRunner): Promise<void> {
    if (runner.state !== 'aborting') {
      this.#flow.drop(new TransactionAbortedError('the transaction was aborted before this record was sent'), 'unsent')
      await this.#flow.flushed()
      this.#flow.forgetFailure()
    }
    await runner.abort()
  }

  #transactions(): TransactionRunner {
    this.#throwUnlessOpen()
    if (this.#runner === undefined) throw wrongState('transactions need `transactionalId` (transactional.id)')
    return this.#runner
  }

  #withinBlockTime<T>(name: string, promise: Promise<T>): Promise<T> {
    return withDeadline(this.#environment.clock, this.#settings.blockMsMax, name, promise)
  }

  #throwUnlessOpen(): void {
    if (this.#closing !== undefined) throw new ClosedError('the producer is closed')
  }

  #throwUnlessUsable(): void {
    this.#throwUnlessOpen()
    if (this.#fatal !== undefined) throw this.#fatal
  }

  #throwUnlessSendable(): void {
    this.#throwUnlessUsable()
    this.#runner?.throwUnlessOpen()
  }

  /** Everything is over: what is under way fails, and so does what comes. */
  #fail(error: Error): void {
    if (this.#fatal !== undefined) return
    this.#fatal = error
    this.#flow.drop(error, 'all')
  }
}

function nameOf<K, V>(topic: string | TypedTopic<K, V>): string {
  return typeof topic === 'string' ? topic : topic.name
}

function serialize<K, V>(
  topic: string | TypedTopic<K, V>,
  record: ProducerRecord<K, V> | ProducerRecord,
): SerializedRecord {
  // The overloads of the public methods pair them.
  return typeof topic === 'string'
    ? plainRecord(topic, record as ProducerRecord)
    : typedRecord(topic, record as ProducerRecord<K, V>)
}
