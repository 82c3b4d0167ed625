/**
 * The coordinators of one internal topic on this node: one for each of its partitions that it leads, opened and closed
 * as the leadership moves. Finds the one that a key belongs to.
 */
import { javaHashCode } from '@gregor/base'
import type { MetadataImage } from '@gregor/metadata'
import type { Partition } from '../replication/partition.ts'
import type { Replicas } from '../replication/replicas.ts'
import { CoordinatorError, type ShardState } from './coordinator-shard.ts'

/** What is led, and what its owner keeps beside it. */
export interface LedShard {
  readonly shard: {
    readonly partition: Partition
    readonly leaderEpoch: number
    readonly state: ShardState
    close(): void
  }
}

export class LedShards<Shard extends LedShard> {
  readonly #topic: string
  readonly #replicas: Replicas
  readonly #open: (partition: Partition) => Shard
  readonly #shards = new Map<number, Shard>()
  #image: MetadataImage | undefined

  constructor(options: { topic: string; replicas: Replicas; open: (partition: Partition) => Shard }) {
    this.#topic = options.topic
    this.#replicas = options.replicas
    this.#open = options.open
    options.replicas.onPlacedLate(() => {
      if (this.#image !== undefined) this.follow(this.#image)
    })
  }

  /** To be called after the replicas have followed. */
  follow(image: MetadataImage): void {
    this.#image = image
    for (const [index, { shard }] of this.#shards) {
      const partition = this.#replicas.leader(this.#topic, index)
      const isLed = partition === shard.partition && shard.partition.leadership.leaderEpoch === shard.leaderEpoch
      if (isLed) continue
      shard.close()
      this.#shards.delete(index)
    }
    const partitionCount = image.topics.byName.get(this.#topic)?.partitions.length ?? 0
    for (let index = 0; index < partitionCount; index++) {
      const partition = this.#replicas.leader(this.#topic, index)
      if (typeof partition !== 'string' && !this.#shards.has(index)) this.#shards.set(index, this.#open(partition))
    }
  }

  /** Whether some of them still load. */
  get isLoading(): boolean {
    return [...this.#shards.values()].some(({ shard }) => shard.state === 'loading')
  }

  /** The partition that a key belongs to; `undefined` while there is no topic. */
  partitionOf(key: string): number | undefined {
    const count = this.#image?.topics.byName.get(this.#topic)?.partitions.length
    return count === undefined ? undefined : indexFor(key, count)
  }

  /** The node that leads that partition; `undefined`: none, or there is no topic. */
  leaderIdOf(key: string): number | undefined {
    const index = this.partitionOf(key)
    const leader = index === undefined ? -1 : this.#image?.topics.byName.get(this.#topic)?.partitions[index]?.leader
    return leader === undefined || leader === -1 ? undefined : leader
  }

  at(index: number): Shard | undefined {
    return this.#shards.get(index)
  }

  of(key: string): Shard | undefined {
    const index = this.partitionOf(key)
    return index === undefined ? undefined : this.#shards.get(index)
  }

  /** @throws CoordinatorError where this node does not lead the key’s partition. */
  owning(key: string): Shard {
    const found = this.of(key)
    if (found === undefined) throw new CoordinatorError('NOT_COORDINATOR')
    return found
  }

  all(): Iterable<Shard> {
    return this.#shards.values()
  }

  close(): void {
    for (const { shard } of this.#shards.values()) shard.close()
    this.#shards.clear()
  }
}

/** As Java places a string: the absolute value of its hash, modulo the partitions. */
function indexFor(id: string, partitionCount: number): number {
  const hash = javaHashCode(id)
  return (hash === -2_147_483_648 ? 0 : Math.abs(hash)) % partitionCount
}
