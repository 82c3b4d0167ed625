/**
 * Sends what the accumulator holds: at the end of each turn of the event loop one request for each node and no more than
 * may be in flight; the answers go to `BatchOutcomes`. Order, and that nothing is written twice, are for `Numbering`.
 *
 * Invariant: a batch is in the window of its partition from its first request until it is acknowledged or given up.
 */
import { asError, background } from '@gregor/base'
import type { Timer } from '@gregor/platform'
import { Produce, type ProduceResponse } from '@gregor/protocol'
import type { Cluster } from '../cluster/cluster.ts'
import type { Accumulator } from './accumulator.ts'
import type { BatchOutcomes } from './batch-outcomes.ts'
import { tellLoad } from './load-report.ts'
import type { Numbering } from './numbering.ts'
import { type ProducedBatch, haveTopicIds, produceRequest } from './produce-exchange.ts'
import type { ProducerBatch } from './producer-batch.ts'
import type { ProducerCounts } from './producer-counts.ts'
import type { ProducerEnvironment, ProducerSettings } from './producer-options.ts'
import type { PartitionQueue, TopicQueues } from './topic-queues.ts'

export interface SenderOptions {
  readonly cluster: Cluster
  readonly environment: ProducerEnvironment
  readonly settings: ProducerSettings
  readonly accumulator: Accumulator
  readonly numbering: Numbering
  readonly counts: ProducerCounts
  readonly topics: Pick<ReadonlyMap<string, TopicQueues>, 'values'>
  /** Numbers are missing: whoever gives them calls `wake` afterwards. True where batches can be sent. */
  readonly identify: () => boolean
  /** Whether batches of that partition may be sent first, now: it is part of the transaction. */
  readonly maySend: (queue: PartitionQueue) => boolean
  /** The newest version that may be used. */
  readonly versionMax: () => number
  readonly outcomes: BatchOutcomes
}

const lastVersionWithNames = 12

export class Sender {
  readonly #options: SenderOptions
  readonly #settings: ProducerSettings
  readonly #accumulator: Accumulator
  /** Requests that are not answered, by node. */
  readonly #inFlight = new Map<number, number>()
  #isAwake = false
  #isClosed = false
  #deadlineTimer: Timer | undefined

  constructor(options: SenderOptions) {
    this.#options = options
    this.#settings = options.settings
    this.#accumulator = options.accumulator
  }

  /** Sends what is ready when this turn of the event loop is over. */
  wake(): void {
    if (this.#isAwake || this.#isClosed) return
    this.#isAwake = true
    this.#options.environment.clock.afterTurn(() => {
      this.#isAwake = false
      this.#accumulator.endTurn()
      this.#round()
    })
  }

  /** Everything with batches is looked at again: there are numbers, or other leaders. */
  wakeAll(): void {
    for (const [, queue] of this.#accumulator.incomplete) this.#accumulator.ready.add(queue)
    this.wake()
  }

  /** Nothing is sent any more. */
  close(): void {
    this.#isClosed = true
    this.#deadlineTimer?.cancel()
  }

  // ------------------------------------------------------------------------------------------------------- sending

  #round(): void {
    if (this.#isClosed) return
    this.#accumulator.hurryLingered()
    const { ready } = this.#accumulator
    if (this.#accumulator.incompleteCount > 0) this.#watchDeadlines()
    if (ready.size === 0 || !this.#options.identify()) return
    const nowMs = this.#options.environment.clock.monotonicMs()
    tellLoad(this.#settings, this.#options.topics.values(), nowMs)
    while (this.#pass(nowMs)) continue
  }

  /** One request for each node at most, with one batch of each partition. False: nothing can be sent now. */
  #pass(nowMs: number): boolean {
    const requests = new Map<number, { readonly batches: ProducedBatch[]; byteLength: number }>()
    const { ready } = this.#accumulator
    for (const queue of ready) {
      const leaderId = queue.topic.leaderOf(queue.partition)
      if (leaderId < 0) {
        this.#options.cluster.metadata.invalidate(queue.topic.name)
        continue
      }
      if ((this.#inFlight.get(leaderId) ?? 0) >= this.#settings.inFlightMax) continue
      const request = requests.get(leaderId)
      const room = request === undefined ? Infinity : this.#settings.requestBytesMax - request.byteLength
      const batch = this.#next(queue, nowMs, room)
      if (batch === 'no room') continue
      ready.delete(queue)
      if (batch === undefined) continue
      const bytes = this.#bytesOf(queue, batch)
      if (request === undefined)
        requests.set(leaderId, { batches: [{ queue, batch, bytes }], byteLength: bytes.length })
      else {
        request.batches.push({ queue, batch, bytes })
        request.byteLength += bytes.length
      }
    }
    for (const [nodeId, { batches }] of requests) {
      for (const { queue } of batches) if (queue.unsent.length > 0) ready.add(queue)
      this.#send(nodeId, batches)
    }
    return requests.size > 0 && ready.size > 0
  }

  /** The batch to send of a partition, numbered. `undefined`: none now; something will make it ready again. */
  #next(queue: PartitionQueue, nowMs: number, room: number): ProducerBatch | 'no room' | undefined {
    const { numbering, maySend } = this.#options
    if (nowMs < queue.notBeforeMs) return undefined
    if (queue.window.length > 0) {
      const [oldest] = queue.window
      if (oldest !== undefined && oldest.byteLength > room) return 'no room'
      const again = numbering.resend(queue.key)
      if (again !== undefined) return queue.window.find(({ numbers }) => numbers === again)
    }
    const [batch] = queue.unsent
    if (batch === undefined || (batch.isOpen && !batch.isDue) || !maySend(queue)) return undefined
    if (batch.byteLength > room) return 'no room'
    const numbers = numbering.send(queue.key, batch.recordCount)
    if (numbers === undefined) return undefined
    this.#accumulator.close(queue, batch)
    batch.numbers = numbers
    queue.unsent.shift()
    queue.window.push(batch)
    return batch
  }

  #bytesOf({ topic }: PartitionQueue, batch: ProducerBatch): Buffer {
    const { compression, transactionalId } = this.#settings
    return batch.seal(compression, transactionalId !== undefined, (ratio) => {
      // Quick to believe that batches get larger, slow to believe that they get smaller.
      topic.compressionRatio = ratio > topic.compressionRatio ? ratio : topic.compressionRatio * 0.9 + ratio * 0.1
    })
  }

  #send(nodeId: number, batches: readonly ProducedBatch[]): void {
    const { cluster, environment, counts } = this.#options
    const { acks, requestTimeoutMs, transactionalId } = this.#settings
    const nowMs = environment.clock.monotonicMs()
    this.#inFlight.set(nodeId, (this.#inFlight.get(nodeId) ?? 0) + 1)
    counts.requests++
    for (const { queue, batch, bytes } of batches) {
      if (++batch.attempts > 1) counts.retriedRecords += batch.recordCount
      queue.servedAtMs = nowMs
      counts.sentBatches++
      counts.sentBytes += bytes.length
    }
    const request = produceRequest(batches, { transactionalId, acks, timeoutMs: requestTimeoutMs })
    const versionMax = haveTopicIds(batches)
      ? this.#options.versionMax()
      : Math.min(lastVersionWithNames, this.#options.versionMax())
    const options = { timeoutMs: requestTimeoutMs, versionMax }
    const exchange: Promise<ProduceResponse | undefined> =
      acks === 0
        ? cluster.sendOnly(nodeId, Produce, request, options).then(() => undefined)
        : cluster.send(nodeId, Produce, request, options).then(({ response }) => response)
    const landing = exchange.then(
      (response) => {
        this.#landed(nodeId)
        if (response === undefined) this.#options.outcomes.handedOver(batches)
        else this.#options.outcomes.answered(batches, response)
      },
      (error: unknown) => {
        this.#landed(nodeId)
        this.#options.outcomes.lost(batches, asError(error))
      },
    )
    background('the answer to a Produce request', landing, (name, error) => {
      environment.logger.error(`${name} could not be handled`, { error: asError(error) })
    })
  }

  /** An answer, or that there will be none. */
  #landed(nodeId: number): void {
    const count = (this.#inFlight.get(nodeId) ?? 1) - 1
    if (count > 0) this.#inFlight.set(nodeId, count)
    else this.#inFlight.delete(nodeId)
    this.wake()
  }

  // ----------------------------------------------------------------------------------------------------- deadlines

  #watchDeadlines(): void {
    const { clock } = this.#options.environment
    this.#deadlineTimer ??= clock.schedule(this.#msToDeadline(), () => {
      this.#deadlineTimer = undefined
      this.#options.outcomes.expire()
      if (this.#accumulator.incompleteCount > 0) this.#watchDeadlines()
    })
  }

  #msToDeadline(): number {
    const nowMs = this.#options.environment.clock.monotonicMs()
    for (const [{ birth }] of this.#accumulator.incomplete) {
      return Math.max(0, birth.createdAtMs + this.#settings.deliveryTimeoutMs - nowMs)
    }
    return this.#settings.deliveryTimeoutMs
  }
}
