/**
 * Producers as programs have them, with the client library, in the simulated world: what `ProducerDriver` and
 * `TransactionDriver` do by hand, its producer does here by itself. A history’s batches are single records.
 */
import { Kafka, KafkaError, type Producer, type ProducerOptions } from '@gregor/client'
import type { ProtocolError } from '@gregor/protocol'
import { between, chance } from '../simulation/seeded-random.ts'
import { Driver, type Topic } from './driver.ts'
import type { NodeWorld } from './node-world.ts'
import type { ProducerOptions as DriverOptions } from './producer-driver.ts'
import { type TransactionDriverOptions, groupOf } from './transaction-driver.ts'

/** Longer than any story: whoever gives up earlier would have to say so. */
const patienceMs = 1_000_000
const transactionTimeoutMs = 3_000

/** What both have. */
class Library {
  readonly driver: Driver
  readonly kafka: Kafka
  #valueCount = 0

  constructor(driver: Driver) {
    this.driver = driver
    this.kafka = new Kafka({
      environment: driver.host.environment,
      bootstrap: 'broker:9092',
      clientId: driver.name,
      requestTimeoutMs: 3_000,
      socketConnectionSetupTimeoutMs: 500,
    })
  }

  /** With everything that makes batches small, requests many, and room scarce. */
  producer(options: ProducerOptions = {}): Producer {
    const { random } = this.driver
    return this.kafka.producer({
      lingerMs: between(random, 0, 20),
      batchSize: chance(random, 50) ? 200 : 16_384,
      bufferMemory: chance(random, 30) ? 1_000 : 1_000_000,
      compressionType: chance(random, 30) ? 'zstd' : 'none',
      deliveryTimeoutMs: patienceMs,
      maxBlockMs: patienceMs,
      ...options,
    })
  }

  async topics(producer: Producer, names: readonly string[]): Promise<readonly Topic[]> {
    const topics: Topic[] = []
    for (const name of names) {
      const { length: partitionCount } = await producer.partitionsFor(name)
      topics.push({ name, partitionCount, topicId: this.kafka.cluster.metadata.topic(name)?.topicId ?? '' })
    }
    return topics
  }

  /** One record to any partition. Resolves when its fate is known and in the history. */
  send(producer: Producer, topics: readonly Topic[], transaction?: string): Promise<Error | undefined> {
    const { random, history, name } = this.driver
    const topic = topics[random.below(topics.length)]
    if (topic === undefined) return Promise.resolve(undefined)
    const partition = random.below(topic.partitionCount)
    const value = `${name}.${this.#valueCount++}`
    const complete = history.begin<'produce'>({
      kind: 'produce',
      producer: name,
      topicId: topic.topicId,
      partition,
      values: [value],
      ...(transaction === undefined ? {} : { transaction }),
    })
    return producer.send(topic.name, { value, partition }).then(
      ({ offset }) => {
        complete({ error: 'NONE', baseOffset: offset })
        return undefined
      },
      (error: unknown) => {
        complete({ error: codeOf(error), baseOffset: -1 })
        return error instanceof Error ? error : new Error(String(error))
      },
    )
  }
}

export class LibraryProducer extends Driver {
  readonly #options: DriverOptions
  readonly #library: Library

  constructor(world: NodeWorld, options: DriverOptions) {
    super(world, options.name)
    this.#options = options
    this.#library = new Library(this)
  }

  /** Until all its records are acknowledged. */
  async run(): Promise<void> {
    const producer = this.#library.producer()
    const topics = await this.#library.topics(producer, this.#options.topics)
    const sent: Promise<Error | undefined>[] = []
    for (let batches = this.#options.batchCount; batches > 0; batches--) {
      for (let records = between(this.random, 1, 8); records > 0; records--) {
        sent.push(this.#library.send(producer, topics))
      }
      await this.pauseBetween(1, chance(this.random, 10) ? 400 : 60)
    }
    await producer.flush()
    for (const failure of await Promise.all(sent)) {
      if (failure !== undefined) throw new Error(`${this.name}: ${failure.message}`, { cause: failure })
    }
    await this.#library.kafka.close()
  }
}

export class LibraryTransactions extends Driver {
  readonly #options: TransactionDriverOptions
  readonly #library: Library
  #begun = 0

  constructor(world: NodeWorld, options: TransactionDriverOptions) {
    super(world, options.name)
    this.#options = options
    this.#library = new Library(this)
  }

  /** Until all are done, or a newer producer has its id. */
  async run(): Promise<'done' | 'fenced'> {
    const producer = this.#library.producer({ transactionalId: this.#options.transactionalId, transactionTimeoutMs })
    const topics = await this.#library.topics(producer, this.#options.topics)
    for (let ended = 0; ended < this.#options.transactionCount;) {
      try {
        await producer.beginTransaction()
        if (await this.#oneTransaction(producer, topics)) ended++
      } catch (error) {
        if (error instanceof KafkaError && error.fatal) return 'fenced'
        throw error
      }
      await this.pauseBetween(1, 200)
    }
    await this.#library.kafka.close()
    return 'done'
  }

  async #oneTransaction(producer: Producer, topics: readonly Topic[]): Promise<boolean> {
    const name = `${this.name}#${this.#begun++}`
    const sent: Promise<Error | undefined>[] = []
    for (let records = between(this.random, 0, 12); records > 0; records--) {
      sent.push(this.#library.send(producer, topics, name))
      if (chance(this.random, 30)) await this.pauseBetween(0, 20)
    }
    if (chance(this.random, 50)) await this.#sendOffsets(producer, topics, name)
    await this.pauseBetween(0, chance(this.random, 10) ? 4_000 : 20)
    const wanted = chance(this.random, 70) ? 'commit' : 'abort'
    // A commit asks for the fate of every record first; then the history may say that it was asked for.
    const failures = wanted === 'commit' ? await Promise.all(sent) : []
    const hasFailed = failures.some((failure) => failure !== undefined)
    const isDone = await this.#end(producer, name, hasFailed ? 'abort' : wanted)
    return isDone && !hasFailed
  }

  async #end(producer: Producer, transaction: string, outcome: 'commit' | 'abort'): Promise<boolean> {
    const call = { kind: 'end transaction', transaction, outcome } as const
    const complete = this.history.begin<'end transaction'>(call)
    try {
      await (outcome === 'commit' ? producer.commitTransaction() : producer.abortTransaction())
      complete({ error: 'NONE' })
      return true
    } catch (error) {
      complete({ error: codeOf(error) })
      if (!(error instanceof KafkaError) || !error.abortable || outcome === 'abort') throw error
      await this.#end(producer, transaction, 'abort')
      return false
    }
  }

  async #sendOffsets(producer: Producer, [first]: readonly Topic[], transaction: string): Promise<void> {
    if (first === undefined) return
    const group = groupOf(this.#options.transactionalId)
    const place = { partition: 0, offset: this.#options.nextOffset() }
    const complete = this.history.begin<'commit offsets'>({
      kind: 'commit offsets',
      group,
      member: this.name,
      epoch: -1,
      offsets: [{ topicId: first.topicId, ...place }],
      transaction,
    })
    try {
      await producer.sendOffsets([{ topic: first.name, ...place }], { groupId: group })
      complete({ errors: ['NONE'] })
    } catch (error) {
      // The commit will say so again, and more.
      if (!(error instanceof KafkaError) || error.fatal) throw error
    }
  }
}

function codeOf(error: unknown): ProtocolError {
  return error instanceof KafkaError ? error.code : 'NETWORK_EXCEPTION'
}
