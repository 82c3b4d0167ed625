/**
 * A transactional producer: writes to several partitions and commits an offset in each transaction, then commits or
 * aborts it; at times it waits for so long that the coordinator does.
 */
import { between, chance } from '../simulation/seeded-random.ts'
import { Driver, type Topic } from './driver.ts'
import type { NodeWorld } from './node-world.ts'
import { TransactionSession, type TransactionSessionOptions } from './transaction-session.ts'

export interface TransactionDriverOptions extends TransactionSessionOptions {
  readonly name: string
  readonly topics: readonly string[]
  /** How many to end well. */
  readonly transactionCount: number
  /** Grows with every transaction of the id, whoever makes it: the offset it commits for its group. */
  readonly nextOffset: () => number
}

const nobody = { memberId: '', instanceId: null, generationIdOrMemberEpoch: -1 }

export class TransactionDriver extends Driver {
  readonly #options: TransactionDriverOptions
  readonly #session: TransactionSession
  #valueCount = 0

  constructor(world: NodeWorld, options: TransactionDriverOptions) {
    super(world, options.name)
    this.#options = options
    this.#session = new TransactionSession(this, options)
  }

  /** Until all are done, or a newer producer has its id. */
  async run(): Promise<'done' | 'fenced'> {
    const topics = await this.topics(this.connect(), this.#options.topics)
    for (let ended = 0; ended < this.#options.transactionCount;) {
      if (!(await this.#session.begin())) return 'fenced'
      if (await this.#oneTransaction(topics)) ended++
      await this.pauseBetween(1, 200)
    }
    return 'done'
  }

  async #oneTransaction(topics: readonly Topic[]): Promise<boolean> {
    for (let batches = between(this.random, 1, 4); batches > 0; batches--) {
      const topic = topics[this.random.below(topics.length)]
      if (topic === undefined) continue
      const values = Array.from({ length: between(this.random, 1, 3) }, () => `${this.name}.${this.#valueCount++}`)
      await this.#session.produce(topic, this.random.below(topic.partitionCount), values)
      await this.pauseBetween(0, 20)
    }
    const [first] = topics
    if (first !== undefined && chance(this.random, 50)) {
      const { name: topic, topicId } = first
      const offsets = [{ topic, topicId, partition: 0, offset: this.#options.nextOffset() }]
      await this.#session.sendOffsets({ group: groupOf(this.#options.transactionalId), member: nobody, offsets })
    }
    await this.#session.settle()
    await this.pauseBetween(0, chance(this.random, 10) ? 4_000 : 20)
    return this.#session.end(chance(this.random, 70) ? 'commit' : 'abort')
  }
}

/** Without members: only its own producer commits for it. */
export function groupOf(transactionalId: string): string {
  return `of-${transactionalId}`
}
