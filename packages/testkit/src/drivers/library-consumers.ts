/**
 * A consumer as programs have it, with the client library, in the simulated world: what `ConsumerDriver` does by hand, its
 * consumer does here by itself: it fetches ahead, keeps its session, finds leaders and coordinators again. What it hands
 * out is written into the history as answers whose high watermark was not told.
 */
import {
  CommitFailedError,
  type Consumer,
  type ConsumerOptions as ClientConsumerOptions,
  Kafka,
  KafkaError,
  type MembershipEnd,
  type RecordBatch,
  type TopicPartition,
  isRetriable,
  partitionKey,
} from '@gregor/client'
import { keyOf } from '../history/history.ts'
import { chance } from '../simulation/seeded-random.ts'
import type { ConsumerOptions } from './consumer-driver.ts'
import { Driver } from './driver.ts'
import type { NodeWorld } from './node-world.ts'

/** Longer than any story: the library tries again by itself. */
const patienceMs = 1_000_000
const maxPollIntervalMs = 4_000
const pollMs = 300

export class LibraryConsumer extends Driver {
  readonly options: ConsumerOptions
  readonly #kafka: Kafka
  readonly #consumer: Consumer<Buffer | null, Buffer | null>
  readonly #leaving = new AbortController()
  /** Behind what was handed out, of what is assigned. */
  readonly #positions = new Map<string, number>()

  constructor(world: NodeWorld, options: ConsumerOptions) {
    super(world, options.name)
    this.options = options
    this.#kafka = new Kafka({
      environment: this.host.environment,
      bootstrap: 'broker:9092',
      clientId: this.name,
      requestTimeoutMs: 3_000,
      socketConnectionSetupTimeoutMs: 500,
      metadataMaxAgeMs: 2_000,
    })
    this.#consumer = this.#kafka.consumer(this.#configs())
  }

  /** Until it has left, or cannot be a member: says why. */
  async run(): Promise<MembershipEnd> {
    this.#consumer.subscribe(this.options.topics, {
      revoking: async (partitions) => {
        await this.#commit(partitions)
        this.#forget(partitions)
      },
      lost: (partitions) => this.#forget(partitions),
    })
    try {
      while (!this.#leaving.signal.aborted) await this.#pollOnce()
    } catch (error) {
      const isMine = this.#leaving.signal.aborted && error === this.#leaving.signal.reason
      if (!isMine) {
        if (error instanceof KafkaError && /INSTANCE_ID/.test(error.code)) return { error: error.code }
        throw error
      }
    }
    await this.#consumer.close({ timeoutMs: 20_000 })
    await this.#kafka.close()
    return 'left'
  }

  /** Leaves in order. */
  leave(): void {
    this.#leaving.abort(new Error('it leaves'))
  }

  #configs(): ClientConsumerOptions {
    const { group, instanceId, isolation, protocol } = this.options
    const shared = {
      groupId: group,
      groupInstanceId: instanceId,
      isolationLevel: isolation,
      autoOffsetReset: 'earliest',
      enableAutoCommit: false,
      defaultApiTimeoutMs: patienceMs,
      maxPollIntervalMs,
      maxPollRecords: chance(this.random, 50) ? 3 : 500,
      maxPartitionFetchBytes: chance(this.random, 50) ? 200 : 4096,
      prefetchBytes: chance(this.random, 50) ? 1 : 1_000_000,
    }
    if (protocol === 'consumer') return { ...shared, groupProtocol: 'consumer' }
    const assignor = protocol === 'classic cooperative' ? 'cooperative-sticky' : 'range'
    return { ...shared, partitionAssignmentStrategy: [assignor], sessionTimeoutMs: 1_500, heartbeatIntervalMs: 300 }
  }

  async #pollOnce(): Promise<void> {
    const before = new Map<string, number>()
    for (const batch of await this.#consumer.poll({ timeoutMs: pollMs, signal: this.#leaving.signal })) {
      this.#note(batch, before)
    }
    await this.pauseBetween(1, chance(this.random, 3) ? maxPollIntervalMs + 2_000 : 250)
    if (chance(this.random, 40)) await this.#commit(this.#consumer.assignment)
  }

  /** In the history: a read from where it was, or from its first record where it has just begun. */
  #note({ topic, partition, records, next }: RecordBatch, before: Map<string, number>): void {
    const topicId = this.#topicId(topic)
    const key = keyOf({ topicId, partition })
    const first = records[0]?.offset ?? next.offset
    const fetchOffset = before.get(key) ?? this.#positions.get(key) ?? first
    const { isolation, group } = this.options
    const reader = `${group} ${this.name}`
    const complete = this.history.begin<'fetch'>({ kind: 'fetch', reader, isolation, topicId, partition, fetchOffset })
    const seen = records.map(({ offset, value }) => ({ offset, value: String(value) }))
    const read = { baseOffset: fetchOffset, lastOffset: next.offset - 1, isControl: false, records: seen }
    complete({ error: 'NONE', highWatermark: -1, lastStableOffset: -1, logStartOffset: -1, batches: [read] })
    this.#positions.set(key, next.offset)
  }

  async #commit(partitions: readonly TopicPartition[]): Promise<void> {
    const keys = new Set(partitions.map(partitionKey))
    const places = this.#consumer.positions.filter((one) => keys.has(partitionKey(one)))
    if (places.length === 0) return
    const { group } = this.options
    const epoch = this.#consumer.groupMetadata().generationId ?? -1
    const offsets = places.map(({ topic, partition, offset }) => ({ topicId: this.#topicId(topic), partition, offset }))
    const call = { kind: 'commit offsets', group, member: this.name, epoch, offsets } as const
    const complete = this.history.begin<'commit offsets'>(call)
    try {
      await this.#consumer.commit(places, { timeoutMs: 5_000 })
      complete({ errors: offsets.map(() => 'NONE') })
    } catch (error) {
      // An attempt before may have been done: nobody knows.
      if (!(error instanceof CommitFailedError) && !isRetriable(error)) throw error
    }
  }

  #forget(partitions: readonly TopicPartition[]): void {
    for (const { topic, partition } of partitions) {
      this.#positions.delete(keyOf({ topicId: this.#topicId(topic), partition }))
    }
  }

  #topicId(topic: string): string {
    return this.#kafka.cluster.metadata.topic(topic)?.topicId ?? topic
  }
}
