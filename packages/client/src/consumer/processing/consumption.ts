/**
 * Records as they come, without a loop of one’s own around `poll`: batches one after the other, or a handler that runs on
 * many records at once. What is done is committed; what was not done when a partition goes, or the program ends, is not.
 *
 * Invariant: nothing is committed before the handler, or the body of the loop, is done with it and all before it.
 */
import type { Deserializer } from '@gregor/serde'
import type { Cluster } from '../../cluster/cluster.ts'
import { ClosedError, CommitFailedError, TimeoutError, isRetriable } from '../../errors.ts'
import { tracedHandler } from '../../record-traces.ts'
import { reasonOf } from '../../retrying.ts'
import type { OffsetAndEpoch } from '../assigned-partition.ts'
import type { RecordBatch } from '../batch.ts'
import type { OffsetToCommit } from '../committed-offsets.ts'
import { Consumer } from '../consumer.ts'
import type { ConsumerEnvironment } from '../consumer-environment.ts'
import { type ConsumerOptions, readConsumerOptions } from '../consumer-options.ts'
import type { ConsumerRecord } from '../consumer-record.ts'
import { type TopicPartition, partitionKey } from '../partition-set.ts'
import type { RebalanceListener } from '../rebalancing.ts'
import type { SubscriptionChoice } from '../subscription.ts'
import { HeldPartitions } from './held-partitions.ts'
import { type ProcessingOrder, type RecordHandler, RecordProcessor } from './record-processor.ts'

/** A topic with what its keys and values are. */
export interface ReadableTopic<K, V> {
  readonly name: string
  readonly key: Deserializer<K>
  readonly value: Deserializer<V>
}

export interface ConsumeOptions<K = Buffer | null, V = Buffer | null> extends ConsumerOptions<K, V> {
  /** The same as `groupId`. Without a group: all partitions, from where `auto.offset.reset` says, and nothing is committed. */
  readonly group?: string | undefined
  /** Ends it in order: what is done is committed, the group is left. Nothing is thrown. */
  readonly signal?: AbortSignal | undefined
  readonly listener?: RebalanceListener | undefined
}

export interface EachOptions<K, V> {
  /** Handlers at once, 1 or more. Default: 1. */
  readonly concurrency?: number | undefined
  /** Default: `partition`. With `key` or `none`, records of one partition may be done in another order; commits are not. */
  readonly order?: ProcessingOrder | undefined
  /** What a handler threw. Where this returns, the record counts as done; what it throws ends `each`. Default: ends it. */
  readonly onError?: ((error: unknown, record: ConsumerRecord<K, V>) => unknown) | undefined
  /** How long handlers of a partition that goes may still run; then their signal aborts. Default: 30 s. */
  readonly drainTimeoutMs?: number | undefined
}

/** A batch, and how to say that it is done. */
export interface CommittableBatch<K, V> extends RecordBatch<K, V> {
  /** Commits now. Where it is automatic, a batch is done when the loop asks for the next. @throws as `Consumer.commit` */
  commit(): Promise<void>
}

const pollMs = 1_000
const drainTimeoutMsDefault = 30_000
const warningShare = 0.8

/** See `Kafka.consume`. One way of reading it at a time, once. */
export class Consumption<K, V> implements AsyncIterable<CommittableBatch<K, V>> {
  readonly #environment: ConsumerEnvironment
  readonly #options: ConsumeOptions<K, V>
  readonly #topics: SubscriptionChoice
  readonly #consumer: Consumer<K, V>
  readonly #commitIntervalMs: number | undefined
  readonly #hasGroup: boolean
  readonly #maxPollIntervalMs: number
  readonly #maxPollRecords: number
  readonly #committed = new Map<string, number>()
  #commitAtMs = 0
  #isRead = false

  /** @throws ConfigError with everything that is wrong with the options. */
  constructor(given: {
    readonly cluster: Cluster
    readonly environment: ConsumerEnvironment
    readonly topics: SubscriptionChoice | ReadableTopic<K, V>
    readonly options?: ConsumeOptions<K, V>
  }) {
    const { cluster, environment, topics, options = {} } = given
    const { group, signal: _signal, listener: _listener, ...rest } = options
    const isTyped = typeof topics === 'object' && 'name' in topics
    const consumerOptions: ConsumerOptions<K, V> = {
      ...(isTyped ? { key: topics.key, value: topics.value } : {}),
      ...rest,
      ...(group === undefined ? {} : { groupId: group }),
    }
    const { config, isAutoCommitting } = readConsumerOptions(consumerOptions)
    this.#environment = environment
    this.#options = options
    this.#topics = isTyped ? topics.name : topics
    this.#commitIntervalMs = isAutoCommitting ? config.autoCommitIntervalMs : undefined
    this.#hasGroup = config.groupId !== undefined
    this.#maxPollIntervalMs = config.maxPollIntervalMs
    this.#maxPollRecords = config.maxPollRecords
    // Only what is done is committed, which the consumer does not know: it is done here.
    const { enableAutoCommit: _camelCase, 'enable.auto.commit': _kafkas, ...others } = consumerOptions
    this.#consumer = Consumer.open({ cluster, environment, options: { ...others, enableAutoCommit: false } })
  }

  /** For `lag`, `pause`, `position` and the like. It is closed when the reading ends. */
  get consumer(): Consumer<K, V> {
    return this.#consumer
  }

  /**
   * Batches, one after the other. Where commits are automatic, a batch is done when the next is asked for; leaving the loop
   * by `break` leaves the last one not done. The end of the loop, however it comes, closes the consumer.
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<CommittableBatch<K, V>, void, undefined> {
    const done = new Map<string, OffsetToCommit>()
    let isBetween = true
    const committable = (): ReadonlyMap<string, OffsetToCommit> => this.#broughtOn(done, () => isBetween)
    try {
      // Others go on with what goes: what was done of it here is old when it comes back.
      const forget = (partitions: readonly TopicPartition[]): void => {
        for (const one of partitions) done.delete(partitionKey(one))
        this.#forgetCommitted(partitions)
      }
      await this.#begin({
        revoking: (partitions) => this.#commitDone(committable(), partitions).finally(() => forget(partitions)),
        lost: forget,
      })
      while (!this.#isAborted) {
        for (const batch of await this.#poll(this.#options.signal)) {
          isBetween = false
          yield new Committable(batch, async (offset) => {
            await this.#consumer.commit([offset])
            // Or what was done before it would be committed behind it.
            done.set(partitionKey(offset), offset)
            this.#committed.set(partitionKey(offset), offset.offset)
          })
          done.set(partitionKey(batch), offsetOf(batch, batch.next))
        }
        isBetween = true
        if (this.#isTimeToCommit()) await this.#commitDone(committable())
      }
    } finally {
      try {
        await this.#commitDone(committable())
      } finally {
        await this.close()
      }
    }
  }

  /** Records, one after the other: as the batches, with a little more work for each. */
  async *records(): AsyncGenerator<ConsumerRecord<K, V>, void, undefined> {
    for await (const batch of this) yield* batch.records
  }

  /**
   * Runs a handler on each record, `concurrency` of them at once, until the signal of `consume` aborts. Commits what is done,
   * in the order of the log, every `auto.commit.interval.ms`, before a partition goes, and at the end. Heartbeats and
   * rebalances do not wait for handlers; one that runs longer than `max.poll.interval.ms` is reported and then costs the
   * member its place until it ends.
   *
   * @throws what a handler threw, unless `onError` takes it; the record, and all behind it, is not committed then.
   */
  async each(handler: RecordHandler<K, V>, options: EachOptions<K, V> = {}): Promise<void> {
    const { concurrency = 1 } = options
    if (!(concurrency >= 1)) throw new TypeError(`concurrency is ${concurrency}: at least one handler has to run`)
    const failed = new AbortController()
    const { signal } = this.#options
    const ending = signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal])
    let isFull = false
    const held = new HeldPartitions(this.#consumer)
    const processor: RecordProcessor<K, V> = new RecordProcessor<K, V>({
      clock: this.#environment.clock,
      handler: tracedHandler(handler),
      concurrency,
      order: options.order ?? 'partition',
      onError: options.onError,
      onProgress: () => {
        if (!isFull || processor.backlog > this.#maxPollRecords / 2) return
        isFull = false
        held.release()
      },
      onFailure: (error) => failed.abort(error),
    })
    const drainTimeoutMs = options.drainTimeoutMs ?? drainTimeoutMsDefault
    try {
      await this.#begin({
        assigned: () => {
          if (isFull) held.hold()
        },
        revoking: (partitions) => this.#drain(processor, partitions, drainTimeoutMs),
        lost: (partitions) => this.#lose(processor, partitions),
      })
      while (!ending.aborted) {
        await this.#waitForSlow(processor, ending)
        for (const batch of await this.#poll(ending)) processor.add(batch)
        if (processor.backlog >= this.#maxPollRecords) {
          isFull = true
          held.hold()
        }
        if (this.#isTimeToCommit()) await this.#commitDone(this.#committableOf(processor))
      }
    } finally {
      try {
        await this.#drain(processor, processor.partitions, drainTimeoutMs)
      } finally {
        await this.close()
      }
    }
    if (failed.signal.aborted) throw reasonOf(failed.signal)
  }

  /** Ends the reading: leaves the group without committing more than was. Idempotent. */
  close(): Promise<void> {
    return this.#consumer.close()
  }

  #lose(processor: RecordProcessor<K, V>, partitions: readonly TopicPartition[]): void {
    processor.abort(partitions, new CommitFailedError('the partition is another member’s'))
    processor.forget(partitions)
    this.#forgetCommitted(partitions)
  }

  async #begin(ours: RebalanceListener): Promise<void> {
    if (this.#isRead) throw new TypeError('a consumption is read once: call consume again')
    this.#isRead = true
    const { listener: theirs = {}, signal } = this.#options
    if (signal?.aborted === true) return
    if (this.#hasGroup) {
      this.#consumer.subscribe(this.#topics, {
        assigned: async (partitions) => {
          await theirs.assigned?.(partitions)
          await ours.assigned?.(partitions)
        },
        revoking: async (partitions) => {
          await ours.revoking?.(partitions)
          await theirs.revoking?.(partitions)
        },
        lost: async (partitions) => {
          await ours.lost?.(partitions)
          await theirs.lost?.(partitions)
        },
      })
      return
    }
    try {
      this.#consumer.assign(await this.#allPartitions())
    } catch (error) {
      if (!this.#isAborted) throw error
    }
  }

  async #allPartitions(): Promise<readonly TopicPartition[]> {
    const wanted = typeof this.#topics === 'string' ? [this.#topics] : this.#topics
    if (wanted instanceof RegExp) {
      const all = await this.#consumer.listTopics({ signal: this.#options.signal })
      return all
        .filter(({ name, isInternal }) => !isInternal && name.search(wanted) >= 0)
        .flatMap(({ name: topic, partitions }) => partitions.map(({ partition }) => ({ topic, partition })))
    }
    if ('pattern' in wanted) throw new TypeError('a pattern for the coordinator needs a group')
    const found = await Promise.all(
      wanted.map(async (topic) => {
        const partitions = await this.#consumer.partitionsFor(topic, { signal: this.#options.signal })
        return partitions.map(({ partition }) => ({ topic, partition }))
      }),
    )
    return found.flat()
  }

  get #isAborted(): boolean {
    return this.#options.signal?.aborted === true
  }

  /** Nothing where the signal aborts. */
  async #poll(signal: AbortSignal | undefined): Promise<readonly RecordBatch<K, V>[]> {
    try {
      return await this.#consumer.poll({ timeoutMs: pollMs, signal })
    } catch (error) {
      if (signal?.aborted === true) return []
      throw error
    }
  }

  // ------------------------------------------------------------------------------------------------------ committing

  #isTimeToCommit(): boolean {
    if (this.#commitIntervalMs === undefined) return false
    const nowMs = this.#environment.clock.monotonicMs()
    if (nowMs < this.#commitAtMs) return false
    this.#commitAtMs = nowMs + this.#commitIntervalMs
    return true
  }

  #committableOf(processor: RecordProcessor<K, V>): ReadonlyMap<string, OffsetToCommit> {
    return this.#broughtOn(processor.committable(), (key) => processor.isIdle(key))
  }

  /** Where all is done: behind what is not for readers, too, such as the end of a transaction. */
  #broughtOn(
    done: ReadonlyMap<string, OffsetToCommit>,
    isIdle: (key: string) => boolean,
  ): ReadonlyMap<string, OffsetToCommit> {
    const brought = new Map(done)
    for (const one of this.#consumer.positions) {
      const key = partitionKey(one)
      if (done.has(key) && isIdle(key)) brought.set(key, one)
    }
    return brought
  }

  /** Where it is automatic. What the group would not take is done again by whoever has the partition. */
  async #commitDone(done: ReadonlyMap<string, OffsetToCommit>, only?: readonly TopicPartition[]): Promise<void> {
    if (this.#commitIntervalMs === undefined) return
    const keys = only === undefined ? undefined : new Set(only.map(partitionKey))
    const assigned = new Set(this.#consumer.assignment.map(partitionKey))
    const offsets = [...done].filter(
      ([key, one]) => assigned.has(key) && keys?.has(key) !== false && this.#committed.get(key) !== one.offset,
    )
    if (offsets.length === 0) return
    try {
      await this.#consumer.commit(offsets.map(([, one]) => one))
      for (const [key, one] of offsets) this.#committed.set(key, one.offset)
    } catch (error) {
      const isExpected = error instanceof CommitFailedError || error instanceof ClosedError || isRetriable(error)
      if (!isExpected) throw error
      this.#environment.logger.warn('offsets were not committed', { reason: String(error) })
    }
  }

  #forgetCommitted(partitions: readonly TopicPartition[]): void {
    for (const one of partitions) this.#committed.delete(partitionKey(one))
  }

  async #drain(
    processor: RecordProcessor<K, V>,
    partitions: readonly TopicPartition[],
    drainTimeoutMs: number,
  ): Promise<void> {
    const { clock } = this.#environment
    const isLate = Promise.withResolvers<void>()
    const timer = clock.schedule(drainTimeoutMs, () => {
      processor.abort(partitions, new TimeoutError(`the handler was not done within ${drainTimeoutMs} ms`))
      isLate.resolve()
    })
    await Promise.race([processor.drain(partitions), isLate.promise])
    timer.cancel()
    await this.#commitDone(this.#committableOf(processor), partitions)
    processor.forget(partitions)
    this.#forgetCommitted(partitions)
  }

  /** A handler that takes longer than the group allows: nobody polls, so that the member leaves, until it is over. */
  async #waitForSlow(processor: RecordProcessor<K, V>, ending: AbortSignal): Promise<void> {
    const { clock, logger } = this.#environment
    for (;;) {
      const slowest = processor.slowest()
      if (slowest === undefined || slowest.sinceMs < this.#maxPollIntervalMs * warningShare) return
      const { topic, partition, offset } = slowest.record
      if (slowest.reportOnce()) {
        const maxPollIntervalMs = this.#maxPollIntervalMs
        const sinceMs = Math.round(slowest.sinceMs)
        logger.warn('a handler is slow: soon this member leaves its group', {
          topic,
          partition,
          offset,
          sinceMs,
          maxPollIntervalMs,
        })
      }
      if (slowest.sinceMs < this.#maxPollIntervalMs || ending.aborted) return
      const { promise, resolve } = Promise.withResolvers<void>()
      clock.schedule(pollMs, resolve)
      await promise
    }
  }
}

class Committable<K, V> implements CommittableBatch<K, V> {
  readonly topic: string
  readonly partition: number
  readonly records: readonly ConsumerRecord<K, V>[]
  readonly next: OffsetAndEpoch
  readonly highWatermark: number
  readonly lag: number | undefined
  readonly #commit: (offset: OffsetToCommit) => Promise<void>

  constructor(batch: RecordBatch<K, V>, commit: (offset: OffsetToCommit) => Promise<void>) {
    this.topic = batch.topic
    this.partition = batch.partition
    this.records = batch.records
    this.next = batch.next
    this.highWatermark = batch.highWatermark
    this.lag = batch.lag
    this.#commit = commit
  }

  commit(): Promise<void> {
    return this.#commit(offsetOf(this, this.next))
  }

  [Symbol.iterator](): Iterator<ConsumerRecord<K, V>> {
    return this.records[Symbol.iterator]()
  }
}

function offsetOf({ topic, partition }: TopicPartition, { offset, leaderEpoch }: OffsetAndEpoch): OffsetToCommit {
  return { topic, partition, offset, leaderEpoch }
}
