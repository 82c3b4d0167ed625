/**
 * An idempotent producer: sends batches to random partitions, several at once, and each again until it is acknowledged.
 * Numbers and what answers mean: `Sequences` of the client.
 */
import { type NumberedBatch, Sequences } from '@gregor/client'
import { errorName, InitProducerId, Produce, type ProtocolError } from '@gregor/protocol'
import type { Complete } from '../history/history.ts'
import { between, chance } from '../simulation/seeded-random.ts'
import { Driver, type Topic, attempt } from './driver.ts'
import type { DriverConnection } from './driver-connection.ts'
import type { NodeWorld } from './node-world.ts'
import { batchOf } from './record-batches.ts'

export interface ProducerOptions {
  readonly name: string
  readonly topics: readonly string[]
  readonly batchCount: number
}

interface Sent {
  readonly topic: Topic
  readonly partition: number
  readonly values: readonly string[]
  readonly complete: Complete<'produce'>
}

export class ProducerDriver extends Driver {
  readonly #options: ProducerOptions
  readonly #connection: DriverConnection
  readonly #sequences = new Sequences({ isTransactional: false })
  readonly #sent = new Map<NumberedBatch, Sent>()
  #valueCount = 0
  #batchCount = 0

  constructor(world: NodeWorld, options: ProducerOptions) {
    super(world, options.name)
    this.#options = options
    this.#connection = this.connect()
  }

  /** Until all its batches are acknowledged. */
  async run(): Promise<void> {
    const topics = await this.topics(this.#connection, this.#options.topics)
    while (this.#batchCount < this.#options.batchCount || this.#sent.size > 0) {
      if (this.#sequences.identity === undefined) await this.#identify()
      for (const partition of new Set([...this.#sent.keys()].map((batch) => batch.partition))) {
        const again = this.#sequences.resend(partition)
        if (again !== undefined) this.world.go(this.#exchange(again))
      }
      if (this.#batchCount < this.#options.batchCount) this.#sendNew(topics)
      await this.pauseBetween(1, chance(this.random, 10) ? 400 : 60)
    }
  }

  async #identify(): Promise<void> {
    const request = { transactionalId: null, transactionTimeoutMs: 0 }
    const given = await this.insist(this.#connection, InitProducerId, request, ({ errorCode }) => errorCode === 0)
    this.#sequences.identify(given)
  }

  #sendNew(topics: readonly Topic[]): void {
    const topic = topics[this.random.below(topics.length)]
    if (topic === undefined) return
    const partition = this.random.below(topic.partitionCount)
    const recordCount = between(this.random, 1, 4)
    const batch = this.#sequences.send(`${topic.topicId}-${partition}`, recordCount)
    if (batch === undefined) return
    this.#batchCount++
    const values = Array.from({ length: recordCount }, () => `${this.name}.${this.#valueCount++}`)
    const complete = this.history.begin<'produce'>({
      kind: 'produce',
      producer: this.name,
      topicId: topic.topicId,
      partition,
      values,
    })
    this.#sent.set(batch, { topic, partition, values, complete })
    this.world.go(this.#exchange(batch))
  }

  async #exchange(batch: NumberedBatch): Promise<void> {
    const sent = this.#sent.get(batch)
    if (sent === undefined) return
    const answer = await produceBatch(this, this.#connection, { ...sent, batch, transactionalId: null })
    const verdict = answer === undefined ? this.#sequences.lost(batch) : this.#sequences.answered(batch, answer)
    if (verdict.kind === 'acknowledged') {
      this.#sent.delete(batch)
      sent.complete({ error: 'NONE', baseOffset: verdict.baseOffset })
    } else if (verdict.kind === 'failed') {
      throw new Error(`${this.name} was told ${verdict.error}`)
    }
  }
}

export interface BatchToProduce {
  readonly topic: Topic
  readonly partition: number
  readonly values: readonly string[]
  readonly batch: NumberedBatch
  readonly transactionalId: string | null
  readonly version?: number
}

/** `undefined` where there is no answer. */
export async function produceBatch(
  driver: Driver,
  connection: DriverConnection,
  { topic, partition, values, batch, transactionalId, version }: BatchToProduce,
): Promise<{ readonly error: ProtocolError; readonly baseOffset: number } | undefined> {
  const { producerId, producerEpoch, baseSequence } = batch
  const numbers = { producerId, producerEpoch, baseSequence, isTransactional: transactionalId !== null }
  const records = batchOf(values, numbers, driver.host.environment.clock.wallMs())
  const request = {
    transactionalId,
    acks: -1,
    timeoutMs: 2_000,
    topicData: [{ name: topic.name, topicId: topic.topicId, partitionData: [{ index: partition, records }] }],
  }
  const response = await attempt(connection.call(Produce, request, version === undefined ? {} : { version }))
  const answer = response?.responses[0]?.partitionResponses[0]
  return answer === undefined ? undefined : { error: errorName(answer.errorCode), baseOffset: answer.baseOffset }
}
