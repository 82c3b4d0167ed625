/**
 * Where records wait until they are sent: in batches, by topic and partition. Says which partitions have something to
 * send, counts the memory that batches hold, and knows which batches are not acknowledged. Sends nothing.
 *
 * Invariant: every batch is in `#incomplete` from its first record until `release`, in the order of their beginnings, and
 * holds its `heldBytes` of `buffer.memory` for just that time.
 */
import type { Clock, Timer } from '@gregor/platform'
import { BATCH_HEADER_BYTES } from '@gregor/protocol'
import { KafkaError, RecordTooLargeError } from '../errors.ts'
import { BufferPool } from './buffer-pool.ts'
import { CurrentRecord } from './current-record.ts'
import { ProducerBatch } from './producer-batch.ts'
import type { ProducerSettings } from './producer-options.ts'
import type { Receipt } from './receipt.ts'
import { recordSizeMax } from './record-encoding.ts'
import type { PartitionQueue, SerializedRecord, TopicQueues } from './topic-queues.ts'

export interface AccumulatorOptions {
  readonly settings: ProducerSettings
  readonly clock: Clock
  /** A partition has something to send that it had not before. */
  readonly onReady: () => void
  /** A batch begins. */
  readonly onBatch: (queue: PartitionQueue) => void
}

/** Memory that is kept for the next batches. */
const freeBytesMax = 16 << 20
/** As Java: compressed batches may come out larger than batches before them. */
const compressionMargin = 1.05

export class Accumulator {
  /** Partitions to look at in the next round of sending. */
  readonly ready = new Set<PartitionQueue>()
  readonly #options: AccumulatorOptions
  readonly #settings: ProducerSettings
  readonly #pool = new BufferPool(freeBytesMax)
  readonly #incomplete = new Map<ProducerBatch, PartitionQueue>()
  /** Open batches, oldest first. */
  readonly #lingering: { readonly batch: ProducerBatch; readonly queue: PartitionQueue }[] = []
  readonly #current = new CurrentRecord()
  #lingerTimer: Timer | undefined
  #ordinal = 0
  #heldBytes = 0
  /** Of this turn of the event loop. */
  #nowMs = 0
  #wallMs = 0
  #isTimeKnown = false

  constructor(options: AccumulatorOptions) {
    this.#options = options
    this.#settings = options.settings
  }

  get heldBytes(): number {
    return this.#heldBytes
  }

  get incompleteCount(): number {
    return this.#incomplete.size
  }

  /** In the order of their beginnings, but for parts of batches that were split. */
  get incomplete(): Iterable<readonly [ProducerBatch, PartitionQueue]> {
    return this.#incomplete
  }

  /** Of the batch that began last. */
  get lastOrdinal(): number {
    return this.#ordinal
  }

  /** Whether every batch that began until then is acknowledged or given up. */
  isDoneUpTo(ordinal: number): boolean {
    for (const { birth } of this.#incomplete.keys()) if (birth.ordinal <= ordinal) return false
    return true
  }

  get hasRoom(): boolean {
    return this.#heldBytes < this.#settings.bufferBytes || this.#incomplete.size === 0
  }

  /**
   * Appends a record of a topic that is known.
   * @throws RecordTooLargeError, KafkaError for a partition that is not there, what the partitioner throws.
   */
  append(topic: TopicQueues, record: SerializedRecord, receipt: Receipt | undefined): void {
    const { partitionable } = topic
    if (partitionable === undefined) throw new KafkaError({ code: 'UNKNOWN_TOPIC_OR_PARTITION', about: topic.name })
    if (!this.#isTimeKnown) this.#readTime()
    const current = this.#current
    current.set(record)
    const { partitioner } = this.#settings
    const isPlaced = record.partition !== undefined
    const partition = record.partition ?? partitioner.partition(partitionable, current.partitionable)
    if (!Number.isInteger(partition) || partition < 0 || partition >= partitionable.partitionCount) {
      const message = `partition ${partition} is not one of the ${partitionable.partitionCount} that the topic has`
      throw new KafkaError({ code: 'UNKNOWN_TOPIC_OR_PARTITION', about: topic.name, message, retriable: false })
    }
    const queue = topic.queues[partition] ?? topic.queue(partition)
    topic.usedAtMs = this.#nowMs
    const timestamp = record.timestamp ?? this.#wallMs
    const heldBefore = this.#heldBytes
    const batch = this.#appendTo(queue, timestamp)
    if (receipt !== undefined) batch.addReceipt(receipt, timestamp)
    if (isPlaced || partitioner.appended === undefined) return
    partitioner.appended(partitionable, current.appended(partition, this.#heldBytes - heldBefore, !batch.isOpen))
  }

  /** It is sent: no record joins it any more, and there is none behind it that records may join. */
  close(queue: PartitionQueue, batch: ProducerBatch): void {
    if (!batch.isOpen) return
    this.#seal(queue, batch)
    const { partitionable } = queue.topic
    if (partitionable !== undefined) this.#settings.partitioner.batchesClosed?.(partitionable, queue.partition)
  }

  /** All that waits may be sent now, without lingering. */
  hurry(): void {
    for (const { batch, queue } of this.#lingering.splice(0)) this.#due(batch, queue)
    if (this.ready.size > 0) this.#options.onReady()
  }

  /** What has waited long enough may be sent. Until it is, records still join it. */
  hurryLingered(): void {
    const nowMs = this.#options.clock.monotonicMs()
    const { lingerMs } = this.#settings
    let count = 0
    for (const { batch, queue } of this.#lingering) {
      if (batch.isOpen && batch.birth.createdAtMs + lingerMs > nowMs) break
      count++
      this.#due(batch, queue)
    }
    if (count > 0) this.#lingering.splice(0, count)
  }

  markReady(queue: PartitionQueue): void {
    this.ready.add(queue)
    this.#options.onReady()
  }

  /** The batch takes the place of another it is a part of. */
  adopt(batch: ProducerBatch, queue: PartitionQueue): void {
    batch.heldBytes = batch.byteLength
    this.#heldBytes += batch.heldBytes
    this.#incomplete.set(batch, queue)
  }

  /** False: it was released before. */
  release(batch: ProducerBatch): boolean {
    if (!this.#incomplete.delete(batch)) return false
    batch.isOver = true
    this.#heldBytes -= batch.heldBytes
    return true
  }

  /** The next record is stamped with another time. */
  endTurn(): void {
    this.#isTimeKnown = false
  }

  /** Nothing lingers any more. */
  stop(): void {
    this.#lingerTimer?.cancel()
    this.#lingerTimer = undefined
  }

  #appendTo(queue: PartitionQueue, timestamp: number): ProducerBatch {
    const limit = this.#batchBytesMax(queue.topic)
    const last = queue.unsent.at(-1)
    if (last?.isOpen === true) {
      if (last.append(this.#current, timestamp, limit)) {
        this.#grew(queue, last, limit)
        return last
      }
      this.#seal(queue, last)
      this.markReady(queue)
    }
    return this.#begin(queue, timestamp, limit)
  }

  #begin(queue: PartitionQueue, timestamp: number, limit: number): ProducerBatch {
    this.#checkSize(queue.topic)
    // Where an answer is awaited for long, time goes on within one turn.
    this.#readTime()
    const batch = new ProducerBatch({
      ordinal: ++this.#ordinal,
      createdAtMs: this.#nowMs,
      expectedBytes: Math.min(limit, queue.lastBatchBytes * 1.1),
      pool: this.#pool,
    })
    batch.append(this.#current, timestamp, limit)
    batch.heldBytes = 0
    if (queue.batchCount === 0) queue.servedAtMs = this.#nowMs
    queue.unsent.push(batch)
    this.#incomplete.set(batch, queue)
    this.#options.onBatch(queue)
    this.#grew(queue, batch, limit)
    if (batch.isOpen) this.#linger(batch, queue)
    return batch
  }

  #grew(queue: PartitionQueue, batch: ProducerBatch, limit: number): void {
    const grownBy = batch.byteLength - batch.heldBytes
    batch.heldBytes = batch.byteLength
    this.#heldBytes += grownBy
    // Full where another record of that size would not fit: it can leave now instead of when that is tried.
    const recordBytes = batch.recordCount === 1 ? grownBy - BATCH_HEADER_BYTES : grownBy
    if (batch.byteLength + recordBytes <= limit) return
    this.#seal(queue, batch)
    this.markReady(queue)
  }

  #linger(batch: ProducerBatch, queue: PartitionQueue): void {
    this.#lingering.push({ batch, queue })
    if (this.#settings.lingerMs === 0) this.#options.onReady()
    else this.#lingerTimer ??= this.#options.clock.schedule(this.#settings.lingerMs, () => this.#lingered())
  }

  #due(batch: ProducerBatch, queue: PartitionQueue): void {
    batch.isDue = true
    if (queue.unsent.includes(batch)) this.ready.add(queue)
  }

  #seal(queue: PartitionQueue, batch: ProducerBatch): void {
    batch.isOpen = false
    queue.lastBatchBytes = batch.byteLength
  }

  #lingered(): void {
    this.#lingerTimer = undefined
    this.hurryLingered()
    if (this.ready.size > 0) this.#options.onReady()
    const [oldest] = this.#lingering
    if (oldest === undefined) return
    const delayMs = oldest.batch.birth.createdAtMs + this.#settings.lingerMs - this.#options.clock.monotonicMs()
    this.#lingerTimer = this.#options.clock.schedule(Math.max(0, delayMs), () => this.#lingered())
  }

  #batchBytesMax({ compressionRatio }: TopicQueues): number {
    const { batchBytes, compression, requestBytesMax } = this.#settings
    if (compression.type === 'none') return batchBytes
    return Math.min(requestBytesMax, batchBytes / (compressionRatio * compressionMargin))
  }

  #checkSize(topic: TopicQueues): void {
    const byteLength = BATCH_HEADER_BYTES + recordSizeMax(this.#current)
    const { requestBytesMax, bufferBytes } = this.#settings
    if (byteLength <= requestBytesMax && byteLength <= bufferBytes) return
    const [config, limit] =
      byteLength > requestBytesMax ? ['max.request.size', requestBytesMax] : ['buffer.memory', bufferBytes]
    throw new RecordTooLargeError(`a record for ${topic.name} takes ${byteLength} bytes, ${config} is ${limit}`)
  }

  #readTime(): void {
    this.#nowMs = this.#options.clock.monotonicMs()
    this.#wallMs = Math.floor(this.#options.clock.wallMs())
    this.#isTimeKnown = true
  }
}
