/**
 * Copies what a member of a group reads into another topic, exactly once: the copies and the offsets they come from are
 * one transaction (KIP-98, 447). Each record is copied into the partition of the same number, in order.
 */
import type { MemberIdentity } from '@gregor/client'
import { copyOf } from '../history/copy-checks.ts'
import { Driver, type Topic } from './driver.ts'
import type { NodeWorld } from './node-world.ts'
import type { PartitionRead } from './reading.ts'
import { TransactionSession } from './transaction-session.ts'

export interface CopierOptions {
  readonly name: string
  readonly group: string
  readonly topic: string
  readonly joinsImplicitly: boolean
}

/** What a consumer does with what it has read, instead of committing where it is. */
export interface Processor {
  /** False: nothing of it is done, the group is where it was. Or nobody knows: the group does. */
  process(
    read: readonly PartitionRead[],
    names: ReadonlyMap<string, string>,
    member: () => MemberIdentity,
  ): Promise<boolean>
  kill(): void
}

export class Copier extends Driver implements Processor {
  readonly #options: CopierOptions
  #session: TransactionSession
  #topic: Topic | undefined
  #copyCount = 0

  constructor(world: NodeWorld, options: CopierOptions) {
    super(world, options.name)
    this.#options = options
    this.#session = this.#newSession()
  }

  async process(
    read: readonly PartitionRead[],
    names: ReadonlyMap<string, string>,
    member: () => MemberIdentity,
  ): Promise<boolean> {
    this.#topic ??= (await this.topics(this.connect(), [this.#options.topic]))[0]
    const topic = this.#topic
    if (topic === undefined) return false
    while (!(await this.#session.begin())) this.#session = this.#newSession()
    for (const { partition, batches } of read) {
      const values = batches.flatMap(({ records }) =>
        records.map(({ value }) => copyOf(value, `${this.name}.${this.#copyCount++}`)),
      )
      if (values.length > 0) await this.#session.produce(topic, partition % topic.partitionCount, values)
    }
    const identity = member()
    // It was thrown out meanwhile: nothing it has read is its to copy.
    if (identity.generationIdOrMemberEpoch === -1) {
      await this.#session.end('abort')
      return false
    }
    const offsets = read.map(({ topicId, partition, nextOffset }) => ({
      topic: names.get(topicId) ?? topicId,
      topicId,
      partition,
      offset: nextOffset,
    }))
    await this.#session.sendOffsets({ group: this.#options.group, member: identity, offsets })
    return this.#session.end('commit')
  }

  /** After a fencing: by the coordinator, whose patience was over. */
  #newSession(): TransactionSession {
    const { name, joinsImplicitly } = this.#options
    return new TransactionSession(this, { transactionalId: `copy-${name}`, joinsImplicitly })
  }
}
