/**
 * The way of records into batches: at once where the topic is known and there is room, else they wait in order, at most
 * for `max.block.ms`, each with its own deadline.
 *
 * Invariant: records for one topic are appended in the order of the calls, whatever they waited for.
 */
import { asError } from '@gregor/base'
import type { Timer } from '@gregor/platform'
import type { Cluster } from '../cluster/cluster.ts'
import { BufferFullError, ClosedError, isRetriable } from '../errors.ts'
import type { Accumulator } from './accumulator.ts'
import type { ProducerEnvironment, ProducerSettings } from './producer-options.ts'
import type { Receipt } from './receipt.ts'
import { type SerializedRecord, TopicQueues, type WaitingRecord } from './topic-queues.ts'

export interface IntakeOptions {
  readonly cluster: Pick<Cluster, 'metadata'>
  readonly environment: ProducerEnvironment
  readonly settings: ProducerSettings
  readonly accumulator: Accumulator
  /** A record that waited, and that nobody waits for, was not taken. */
  readonly onRefused: (waiting: WaitingRecord, error: Error) => void
  /** Fewer records wait. */
  readonly onAdmitted: () => void
}

/** Offers beyond that many times `buffer.memory` are refused: somebody does not listen. */
const offeredTimesMax = 2
/** Of offers that wait, for a topic or for room. */
const waitingOffersMax = 10_000

export class Intake {
  readonly topics = new Map<string, TopicQueues>()
  readonly #options: IntakeOptions
  readonly #accumulator: Accumulator
  readonly #settings: ProducerSettings
  readonly #unwatch = new Map<string, () => void>()
  #forRoom: WaitingRecord[] = []
  #ticket = 0
  #waitingOfferCount = 0
  #roomTimer: Timer | undefined
  /** Topics that are being asked for. */
  readonly #asking = new Set<TopicQueues>()
  #isClosed = false

  constructor(options: IntakeOptions) {
    this.#options = options
    this.#accumulator = options.accumulator
    this.#settings = options.settings
  }

  /** Of the record that came to wait last. */
  get lastTicket(): number {
    return this.#ticket
  }

  /** Whether a record with that ticket, or one before it, waits still. */
  isWaiting(ticket: number): boolean {
    for (const topic of this.topics.values()) if ((topic.waiting[0]?.ticket ?? Infinity) <= ticket) return true
    return (this.#forRoom[0]?.ticket ?? Infinity) <= ticket
  }

  /** Of records that are not in batches yet. */
  get waitingCount(): number {
    let count = this.#forRoom.length
    for (const { waiting } of this.topics.values()) count += waiting.length
    return count
  }

  /** Whether records wait for room, or offered ones for their topic. */
  get isFull(): boolean {
    return this.#forRoom.length > 0 || this.#waitingOfferCount > 0
  }

  /**
   * @param receipt - `undefined`: the record was offered, and takes room that is not there.
   * @returns whether there was room, and the topic known.
   * @throws what is wrong with the record, and BufferFullError for offers beyond twice the memory.
   */
  take(topicName: string, record: SerializedRecord, receipt: Receipt | undefined): boolean {
    const topic = this.topics.get(topicName) ?? this.#begin(topicName)
    const { partitionable } = topic
    const isKnown =
      partitionable !== undefined &&
      topic.waiting.length === 0 &&
      (record.partition === undefined || record.partition < partitionable.partitionCount)
    const hasRoom = this.#accumulator.hasRoom && this.#forRoom.length === 0
    if (isKnown && (hasRoom || (receipt === undefined && this.#forRoom.length === 0))) {
      if (!hasRoom) this.#checkOffers()
      this.#accumulator.append(topic, record, receipt)
      return hasRoom
    }
    const deadlineMs = this.#options.environment.clock.monotonicMs() + this.#settings.blockMsMax
    const waiting = { topic, record, receipt, deadlineMs, ticket: ++this.#ticket }
    if (receipt === undefined) this.#countOffer()
    if (isKnown) this.#waitForRoom(waiting)
    else {
      topic.waiting.push(waiting)
      this.#ask(topic)
    }
    return false
  }

  /** Room may have become free. */
  admit(): void {
    let count = 0
    for (const waiting of this.#forRoom) {
      if (!this.#accumulator.hasRoom) break
      count++
      this.#append(waiting)
    }
    if (count === 0) return
    this.#forRoom = this.#forRoom.slice(count)
    this.#options.onAdmitted()
    // What was let in is to make room for the next as soon as it can.
    if (this.#forRoom.length > 0) this.#accumulator.hurry()
  }

  /** Metadata changed. */
  learn(): void {
    const nowMs = this.#options.environment.clock.monotonicMs()
    for (const topic of this.topics.values()) {
      topic.learn(this.#options.cluster.metadata.topic(topic.name))
      const isIdle = topic.isIdle && nowMs - topic.usedAtMs > this.#settings.topicIdleMsMax
      if (isIdle) this.#forget(topic)
    }
  }

  /** Waits until the topic is known, @throws as `ClusterMetadata.ensure`. */
  async know(topicName: string, signal?: AbortSignal): Promise<TopicQueues> {
    const topic = this.topics.get(topicName) ?? this.#begin(topicName)
    if (topic.partitionable === undefined) {
      const options = { timeoutMs: this.#settings.blockMsMax, allowAutoCreation: true, signal }
      topic.learn(await this.#options.cluster.metadata.ensure(topicName, options))
    }
    return topic
  }

  /** Nothing that waits is taken any more. */
  refuseAll(error: Error): void {
    const all = [...this.#forRoom, ...[...this.topics.values()].flatMap(({ waiting }) => waiting)]
    this.#forRoom = []
    for (const topic of this.topics.values()) topic.waiting = []
    for (const waiting of all) this.#refuse(waiting, error)
    this.#options.onAdmitted()
  }

  close(): void {
    this.#isClosed = true
    this.refuseAll(new ClosedError('the producer is closed'))
    this.#roomTimer?.cancel()
    for (const unwatch of this.#unwatch.values()) unwatch()
    this.#unwatch.clear()
  }

  #begin(name: string): TopicQueues {
    const topic = new TopicQueues(name)
    const { metadata } = this.#options.cluster
    topic.usedAtMs = this.#options.environment.clock.monotonicMs()
    this.topics.set(name, topic)
    this.#unwatch.set(name, metadata.watch([name]))
    const known = metadata.topic(name)
    if (known?.error === 'NONE') topic.learn(known)
    return topic
  }

  #forget({ name }: TopicQueues): void {
    this.topics.delete(name)
    this.#unwatch.get(name)?.()
    this.#unwatch.delete(name)
  }

  #countOffer(): void {
    if (this.#waitingOfferCount >= waitingOffersMax) {
      throw new BufferFullError(`${waitingOffersMax} offers wait: after offer said false, wait for drained()`)
    }
    this.#waitingOfferCount++
  }

  #checkOffers(): void {
    const { bufferBytes } = this.#settings
    if (this.#accumulator.heldBytes < offeredTimesMax * bufferBytes) return
    throw new BufferFullError(
      `${this.#accumulator.heldBytes} bytes wait, buffer.memory is ${bufferBytes}: after offer said false, wait for drained()`,
    )
  }

  #waitForRoom(waiting: WaitingRecord): void {
    this.#forRoom.push(waiting)
    this.#accumulator.hurry()
    this.#watchRoom()
  }

  #watchRoom(): void {
    const [oldest] = this.#forRoom
    if (oldest === undefined) return
    const { clock } = this.#options.environment
    this.#roomTimer ??= clock.schedule(Math.max(0, oldest.deadlineMs - clock.monotonicMs()), () => {
      this.#roomTimer = undefined
      const nowMs = clock.monotonicMs()
      const late = this.#forRoom.filter(({ deadlineMs }) => deadlineMs <= nowMs)
      this.#forRoom = this.#forRoom.filter(({ deadlineMs }) => deadlineMs > nowMs)
      const { blockMsMax, bufferBytes } = this.#settings
      const error = new BufferFullError(`buffer.memory (${bufferBytes} bytes) stayed full for ${blockMsMax} ms`)
      for (const waiting of late) this.#refuse(waiting, error)
      if (late.length > 0) this.#options.onAdmitted()
      this.#watchRoom()
    })
  }

  #ask(topic: TopicQueues): void {
    if (this.#asking.has(topic)) return
    this.#asking.add(topic)
    void this.#askFor(topic).finally(() => {
      this.#asking.delete(topic)
      // A record that came while the last one was being refused.
      if (topic.waiting.length > 0 && !this.#isClosed) this.#ask(topic)
    })
  }

  /** Never fails: what goes wrong is told to the records that wait. */
  async #askFor(topic: TopicQueues): Promise<void> {
    const { metadata } = this.#options.cluster
    const { clock } = this.#options.environment
    for (;;) {
      const [oldest] = topic.waiting
      if (oldest === undefined || this.#isClosed) return
      const timeoutMs = Math.max(1, oldest.deadlineMs - clock.monotonicMs())
      try {
        // Known, but without the partition that a record names.
        if (topic.partitionable !== undefined) await metadata.refresh({ topics: [topic.name], timeoutMs })
        topic.learn(await metadata.ensure(topic.name, { timeoutMs, allowAutoCreation: true }))
        this.#admitTopic(topic)
      } catch (cause) {
        const error = asError(cause)
        const nowMs = clock.monotonicMs()
        const isLate = (waiting: WaitingRecord): boolean =>
          !isRetriable(error) || waiting === oldest || waiting.deadlineMs <= nowMs
        const late = topic.waiting.filter(isLate)
        topic.waiting = topic.waiting.filter((waiting) => !isLate(waiting))
        for (const waiting of late) this.#refuse(waiting, error)
        this.#options.onAdmitted()
      }
    }
  }

  #admitTopic(topic: TopicQueues): void {
    const { waiting } = topic
    topic.waiting = []
    for (const one of waiting) {
      const mayGo = one.receipt === undefined || this.#accumulator.hasRoom
      if (mayGo && this.#forRoom.length === 0) this.#append(one)
      else this.#waitForRoom(one)
    }
    this.#options.onAdmitted()
  }

  #append(waiting: WaitingRecord): void {
    if (waiting.receipt === undefined) this.#waitingOfferCount--
    try {
      this.#accumulator.append(waiting.topic, waiting.record, waiting.receipt)
    } catch (cause) {
      this.#tell(waiting, asError(cause))
    }
  }

  #refuse(waiting: WaitingRecord, error: Error): void {
    if (waiting.receipt === undefined) this.#waitingOfferCount--
    this.#tell(waiting, error)
  }

  #tell(waiting: WaitingRecord, error: Error): void {
    if (waiting.receipt === undefined) this.#options.onRefused(waiting, error)
    else waiting.receipt.failed(error)
  }
}
