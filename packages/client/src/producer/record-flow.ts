/**
 * The parts of a producer put together, and who waits for them: records go in at `take`, `drained` waits for room, `flushed`
 * for the fate of all records so far. Transactions are somebody else’s: see `RecordFlowOptions`.
 */
import { Deferred, asError } from '@gregor/base'
import type { Cluster } from '../cluster/cluster.ts'
import { Accumulator } from './accumulator.ts'
import { BatchOutcomes, type FailedBatch } from './batch-outcomes.ts'
import { Intake } from './intake.ts'
import type { Numbering } from './numbering.ts'
import { ProducerCounts } from './producer-counts.ts'
import type { ProducerEnvironment, ProducerSettings } from './producer-options.ts'
import type { DeliveryFailure, Receipt } from './receipt.ts'
import { Sender } from './sender.ts'
import type { PartitionQueue, SerializedRecord, TopicQueues } from './topic-queues.ts'

export interface RecordFlowOptions {
  readonly cluster: Cluster
  readonly environment: ProducerEnvironment
  readonly settings: ProducerSettings
  readonly numbering: Numbering
  /** Sees to it that there are numbers; true where there are. `wakeAll` follows when there are later. */
  readonly identify: () => boolean
  readonly onBatch: (queue: PartitionQueue) => void
  readonly maySend: (queue: PartitionQueue) => boolean
  readonly versionMax: () => number
  readonly onFailed: (failed: FailedBatch) => void
}

interface Flush {
  readonly ordinal: number
  readonly done: Deferred
}

export class RecordFlow {
  readonly #settings: ProducerSettings
  readonly #counts = new ProducerCounts()
  readonly #accumulator: Accumulator
  readonly #intake: Intake
  readonly #sender: Sender
  readonly #outcomes: BatchOutcomes
  readonly #unlisten: () => void
  readonly #flushes = new Set<Flush>()
  readonly #drains = new Set<Deferred>()
  /** Wake up when fewer records wait to be taken. */
  readonly #admissions = new Set<Deferred>()
  /** Of records that were offered, when nobody was told yet. */
  #failure: Error | undefined
  #isClosed = false

  constructor(options: RecordFlowOptions) {
    const { cluster, environment, settings } = options
    this.#settings = settings
    this.#accumulator = new Accumulator({
      settings,
      clock: environment.clock,
      onReady: () => this.#sender.wake(),
      onBatch: options.onBatch,
    })
    const accumulator = this.#accumulator
    this.#intake = new Intake({
      ...options,
      accumulator,
      onRefused: ({ topic, record }, error) => {
        this.#offeredFailed({ topic: topic.name, partition: record.partition ?? -1, recordCount: 1, error })
      },
      onAdmitted: () => {
        for (const admission of this.#admissions) admission.resolve()
        this.#admissions.clear()
        this.#endDrains()
      },
    })
    const counts = this.#counts
    this.#outcomes = new BatchOutcomes({
      ...options,
      accumulator,
      counts,
      onFailed: (failed) => {
        options.onFailed(failed)
        const { queue, batch, error } = failed
        const recordCount = batch.recordCount - batch.receipts.length
        const { topic, partition } = queue
        if (recordCount > 0) this.#offeredFailed({ topic: topic.name, partition, recordCount, error })
      },
      onSettled: () => this.#settled(),
    })
    this.#sender = new Sender({
      ...options,
      accumulator,
      counts,
      topics: this.#intake.topics,
      outcomes: this.#outcomes,
    })
    this.#unlisten = cluster.metadata.onChange(() => {
      this.#intake.learn()
      this.#sender.wake()
    })
  }

  /** As `Intake.take`. */
  take(topic: string, record: SerializedRecord, receipt: Receipt | undefined): boolean {
    return this.#intake.take(topic, record, receipt)
  }

  /** As `Intake.know`. */
  know(topic: string, signal: AbortSignal | undefined): Promise<TopicQueues> {
    return this.#intake.know(topic, signal)
  }

  /** There is half of the memory again. */
  async drained(): Promise<void> {
    while (!this.#hasRoom() && !this.#isClosed) {
      const drain = new Deferred()
      this.#drains.add(drain)
      this.#accumulator.hurry()
      await drain.promise
    }
  }

  /** All records taken so far are acknowledged or have failed. */
  async flushed(): Promise<void> {
    const ticket = this.#intake.lastTicket
    while (this.#intake.isWaiting(ticket)) {
      const admission = new Deferred()
      this.#admissions.add(admission)
      this.#accumulator.hurry()
      await admission.promise
    }
    const flush = { ordinal: this.#accumulator.lastOrdinal, done: new Deferred() }
    if (this.#accumulator.isDoneUpTo(flush.ordinal)) return
    this.#flushes.add(flush)
    this.#accumulator.hurry()
    await flush.done.promise
  }

  /** Batches may be sent that might not before. */
  wakeAll(): void {
    this.#sender.wakeAll()
  }

  /** Records that were not sent fail, and those under way, too, if `all`. */
  drop(error: Error, which: 'unsent' | 'all'): void {
    this.#intake.refuseAll(error)
    this.#outcomes.failAll(error, which)
  }

  /** @throws the first failure of a record that was offered, once. */
  throwFailure(): void {
    const failure = this.#failure
    this.#failure = undefined
    if (failure !== undefined) throw failure
  }

  /** Failures so far are somebody’s who was told otherwise. */
  forgetFailure(): void {
    this.#failure = undefined
  }

  /** Under Kafka’s names. */
  metrics(): Readonly<Record<string, number>> {
    const counts = this.#counts
    const { bufferBytes } = this.#settings
    return {
      'record-send-total': counts.sentRecords,
      'record-error-total': counts.failedRecords,
      'record-retry-total': counts.retriedRecords,
      'request-total': counts.requests,
      'batch-total': counts.sentBatches,
      'byte-total': counts.sentBytes,
      'batch-split-total': counts.splitBatches,
      'buffer-total-bytes': bufferBytes,
      'buffer-available-bytes': Math.max(0, bufferBytes - this.#accumulator.heldBytes),
      'waiting-records': this.#intake.waitingCount,
      'incomplete-batches': this.#accumulator.incompleteCount,
    }
  }

  /** What is under way fails with `error`. */
  close(error: Error): void {
    this.#isClosed = true
    this.#intake.close()
    this.#outcomes.failAll(error, 'all')
    this.#sender.close()
    this.#accumulator.stop()
    this.#unlisten()
    this.#settled()
  }

  #offeredFailed(failure: DeliveryFailure): void {
    const { onDeliveryFailure } = this.#settings
    if (onDeliveryFailure === undefined) {
      this.#failure ??= failure.error
      return
    }
    try {
      onDeliveryFailure(failure)
    } catch (error) {
      // Others have to be told still; the next flush says that it failed.
      this.#failure ??= asError(error)
    }
  }

  #hasRoom(): boolean {
    return this.#accumulator.heldBytes <= this.#settings.bufferBytes / 2 && !this.#intake.isFull
  }

  #endDrains(): void {
    if (this.#drains.size === 0 || !(this.#hasRoom() || this.#isClosed)) return
    for (const drain of this.#drains) drain.resolve()
    this.#drains.clear()
  }

  /** Batches are done with: there is room, and flushes may be through. */
  #settled(): void {
    this.#intake.admit()
    this.#endDrains()
    for (const flush of this.#flushes) {
      if (!this.#accumulator.isDoneUpTo(flush.ordinal)) continue
      this.#flushes.delete(flush)
      flush.done.resolve()
    }
  }
}
