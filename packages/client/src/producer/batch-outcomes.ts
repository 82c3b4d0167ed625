/**
 * What becomes of batches: acknowledged, sent again after a pause, split, or given up; by what an answer says of them, or
 * because there is none. Whoever waits for their records is told here, each exactly once.
 */
import { type ProduceResponse, type ProtocolError, errorName } from '@gregor/protocol'
import type { Cluster, LeaderHint } from '../cluster/cluster.ts'
import { AuthenticationError, ClosedError, DeliveryTimeoutError, UnsupportedVersionError } from '../errors.ts'
import { backoffPauseMs } from '../retrying.ts'
import type { Accumulator } from './accumulator.ts'
import type { Numbering } from './numbering.ts'
import {
  type PartitionAnswer,
  type ProducedBatch,
  answersFor,
  errorOf,
  leaderHint,
  recordFailures,
} from './produce-exchange.ts'
import type { ProducerBatch, RecordFailures } from './producer-batch.ts'
import type { ProducerCounts } from './producer-counts.ts'
import type { ProducerEnvironment, ProducerSettings } from './producer-options.ts'
import type { PartitionQueue } from './topic-queues.ts'

export interface BatchOutcomesOptions {
  readonly cluster: Pick<Cluster, 'metadata'>
  readonly environment: ProducerEnvironment
  readonly settings: ProducerSettings
  readonly accumulator: Accumulator
  readonly numbering: Numbering
  readonly counts: ProducerCounts
  readonly onFailed: (failed: FailedBatch) => void
  /** Batches were acknowledged or given up. */
  readonly onSettled: () => void
}

export interface FailedBatch {
  readonly queue: PartitionQueue
  readonly batch: ProducerBatch
  readonly error: Error
  /** As the protocol names it. */
  readonly code: ProtocolError
}

/** A leader may be another one, or the topic may be gone: metadata is old. */
const metadataErrors: ReadonlySet<ProtocolError> = new Set([
  'NOT_LEADER_OR_FOLLOWER',
  'LEADER_NOT_AVAILABLE',
  'UNKNOWN_TOPIC_OR_PARTITION',
  'UNKNOWN_TOPIC_ID',
  'FENCED_LEADER_EPOCH',
  'REPLICA_NOT_AVAILABLE',
  'KAFKA_STORAGE_ERROR',
  'LISTENER_NOT_FOUND',
  'NETWORK_EXCEPTION',
])

export class BatchOutcomes {
  readonly #options: BatchOutcomesOptions
  readonly #settings: ProducerSettings
  readonly #accumulator: Accumulator

  constructor(options: BatchOutcomesOptions) {
    this.#options = options
    this.#settings = options.settings
    this.#accumulator = options.accumulator
  }

  /** Gives up batches that were not sent yet (`unsent`), or all. */
  failAll(error: Error, which: 'unsent' | 'all'): void {
    for (const [batch, queue] of this.#accumulator.incomplete) {
      if (which === 'all' || batch.numbers === undefined) this.#giveUp(queue, batch, error)
    }
    this.#options.onSettled()
  }

  /** Batches that are older than `delivery.timeout.ms` have failed. */
  expire(): void {
    const { deliveryTimeoutMs } = this.#settings
    const oldestMs = this.#options.environment.clock.monotonicMs() - deliveryTimeoutMs
    for (const [batch, queue] of this.#accumulator.incomplete) {
      if (batch.birth.createdAtMs > oldestMs) break
      if (batch.numbers !== undefined) this.#options.numbering.expire(batch.numbers)
      const attempts = batch.attempts === 0 ? 'it was never sent' : `${batch.attempts} attempts`
      const message = `topic ${queue.topic.name}, partition ${queue.partition}: ${batch.recordCount} records were not acknowledged within ${deliveryTimeoutMs} ms (${attempts})`
      this.#fail(queue, batch, new DeliveryTimeoutError(message, { cause: batch.lastError }), 'REQUEST_TIMED_OUT')
      if (queue.batchCount > 0) this.#accumulator.markReady(queue)
    }
    this.#options.onSettled()
  }

  /** By what the answer to their request says. */
  answered(batches: readonly ProducedBatch[], response: ProduceResponse): void {
    const hints: LeaderHint[] = []
    const answers = answersFor(batches, response)
    for (const [index, { queue, batch }] of batches.entries()) {
      const answer = answers[index]
      const hint = answer === undefined || answer.errorCode === 0 ? undefined : leaderHint(queue, answer)
      if (hint !== undefined) hints.push(hint)
      if (answer === undefined) this.#retry(queue, batch, 'UNKNOWN_SERVER_ERROR', null)
      else this.#judge(queue, batch, answer, hint !== undefined)
      if (queue.batchCount > 0) this.#accumulator.ready.add(queue)
    }
    if (hints.length > 0) this.#options.cluster.metadata.hint(hints, response.nodeEndpoints)
    this.#options.onSettled()
  }

  #judge(queue: PartitionQueue, batch: ProducerBatch, answer: PartitionAnswer, hasHint: boolean): void {
    const { numbers } = batch
    if (numbers === undefined || batch.isOver) return
    const error = errorName(answer.errorCode)
    if (error === 'MESSAGE_TOO_LARGE' && batch.recordCount > 1) return this.#split(queue, batch)
    const verdict = this.#options.numbering.answered(numbers, { error, baseOffset: answer.baseOffset })
    if (metadataErrors.has(error)) this.#options.cluster.metadata.invalidate(queue.topic.name)
    switch (verdict.kind) {
      case 'acknowledged':
        return this.#deliver(queue, batch, verdict.baseOffset, answer.logAppendTimeMs)
      case 'retry':
        return this.#retry(queue, batch, error, answer.errorMessage, hasHint)
      case 'failed':
        return this.#fail(
          queue,
          batch,
          errorOf(queue, error, answer.errorMessage),
          error,
          recordFailures(queue, answer),
        )
      default:
        // Its transaction was given up meanwhile.
        return this.#giveUp(queue, batch, errorOf(queue, 'TRANSACTION_ABORTABLE', null))
    }
  }

  /** There is no answer: each may have been written. */
  lost(batches: readonly ProducedBatch[], error: Error): void {
    const isFinal = error instanceof AuthenticationError || error instanceof UnsupportedVersionError
    for (const { queue, batch } of batches) {
      const { numbers } = batch
      if (numbers === undefined || batch.isOver) continue
      if (isFinal || error instanceof ClosedError) {
        this.#options.numbering.expire(numbers)
        this.#fail(queue, batch, error, isFinal ? error.code : 'NETWORK_EXCEPTION')
        continue
      }
      const verdict = this.#options.numbering.lost(numbers)
      if (verdict.kind === 'retry') {
        this.#options.cluster.metadata.invalidate(queue.topic.name)
        batch.lastError = error
        this.#pause(queue, batch)
      } else this.#giveUp(queue, batch, error)
      if (queue.batchCount > 0) this.#accumulator.ready.add(queue)
    }
    this.#options.onSettled()
  }

  /** With acks 0 that is all there is to know. */
  handedOver(batches: readonly ProducedBatch[]): void {
    for (const { queue, batch } of batches) {
      const { numbers } = batch
      if (numbers === undefined || batch.isOver) continue
      this.#options.numbering.answered(numbers, { error: 'NONE', baseOffset: -1 })
      this.#deliver(queue, batch, -1, -1)
      if (queue.batchCount > 0) this.#accumulator.ready.add(queue)
    }
    this.#options.onSettled()
  }

  #deliver(queue: PartitionQueue, batch: ProducerBatch, baseOffset: number, logAppendTimeMs: number): void {
    queue.remove(batch)
    this.#accumulator.release(batch)
    this.#options.counts.sentRecords += batch.recordCount
    batch.delivered(queue.topic.name, queue.partition, { baseOffset, logAppendTimeMs })
  }

  #retry(
    queue: PartitionQueue,
    batch: ProducerBatch,
    code: ProtocolError,
    message: string | null,
    hasHint = false,
  ): void {
    if (code === 'UNKNOWN_SERVER_ERROR' && batch.numbers !== undefined) this.#options.numbering.lost(batch.numbers)
    batch.lastError = errorOf(queue, code, message)
    // The batches before it decide how long it waits.
    if (code === 'OUT_OF_ORDER_SEQUENCE_NUMBER' && queue.window[0] !== batch) return
    // There is somebody else to ask: no need to wait.
    if (!hasHint) this.#pause(queue, batch)
    else if (batch.attempts > this.#settings.retries) this.#exhausted(queue, batch)
  }

  #pause(queue: PartitionQueue, batch: ProducerBatch): void {
    if (batch.attempts > this.#settings.retries) return this.#exhausted(queue, batch)
    const { clock, random } = this.#options.environment
    const pauseMs = backoffPauseMs(this.#settings.backoff, batch.attempts, random)
    queue.notBeforeMs = clock.monotonicMs() + pauseMs
    clock.schedule(pauseMs, () => {
      if (queue.batchCount > 0) this.#accumulator.markReady(queue)
    })
  }

  #exhausted(queue: PartitionQueue, batch: ProducerBatch): void {
    if (batch.numbers !== undefined) this.#options.numbering.expire(batch.numbers)
    const error = batch.lastError ?? new DeliveryTimeoutError(`no attempt is left for ${queue.key}`)
    this.#fail(queue, batch, error, 'REQUEST_TIMED_OUT')
  }

  #split(queue: PartitionQueue, batch: ProducerBatch): void {
    const { numbers } = batch
    if (numbers === undefined) return
    const place = queue.window.indexOf(batch)
    const parts = batch.split()
    const partNumbers = this.#options.numbering.split(
      numbers,
      parts.map(({ recordCount }) => recordCount),
    )
    queue.window.splice(place, 1, ...parts)
    this.#accumulator.release(batch)
    this.#options.counts.splitBatches++
    // Batches to come are not to meet the same answer: they are not known to become smaller by compression.
    queue.topic.compressionRatio = 1
    for (const [index, part] of parts.entries()) {
      part.numbers = partNumbers[index]
      part.attempts = batch.attempts
      this.#accumulator.adopt(part, queue)
    }
  }

  #fail(
    queue: PartitionQueue,
    batch: ProducerBatch,
    error: Error,
    code: ProtocolError,
    records?: RecordFailures,
  ): void {
    queue.remove(batch)
    if (!this.#accumulator.release(batch)) return
    this.#options.counts.failedRecords += batch.recordCount
    batch.failed(error, records)
    this.#options.onFailed({ queue, batch, error, code })
  }

  /** Nobody asks for its numbers any more. */
  #giveUp(queue: PartitionQueue, batch: ProducerBatch, error: Error): void {
    if (batch.numbers !== undefined) this.#options.numbering.expire(batch.numbers)
    this.#fail(queue, batch, error, 'TRANSACTION_ABORTABLE')
  }
}
