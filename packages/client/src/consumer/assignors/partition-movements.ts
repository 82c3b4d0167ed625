/**
 * What has moved from whom to whom while an assignment is balanced, so that no two partitions of a topic swap their
 * members in the end: rather the one that came is sent back.
 */
import { javaHashCode } from '@gregor/base'
import type { TopicPartition } from '../partition-set.ts'
import { JavaHashSet } from './java-hash-set.ts'

interface Movement {
  readonly from: string
  readonly to: string
}

export class PartitionMovements {
  readonly #byPartition = new Map<TopicPartition, Movement>()
  /** By topic and movement, in Java’s order. */
  readonly #partitions = new Map<string, JavaHashSet<TopicPartition>>()

  /** Several movements of a partition are one. */
  record(partition: TopicPartition, { from, to }: Movement): void {
    const earlier = this.#byPartition.get(partition)
    if (earlier === undefined) this.#add(partition, { from, to })
    else {
      this.#remove(partition, earlier)
      if (earlier.from !== to) this.#add(partition, { from: earlier.from, to })
    }
  }

  /** What to move instead of the partition: one of its topic that went the other way, if there is one. */
  instead(partition: TopicPartition, { from, to }: Movement): TopicPartition {
    const origin = this.#byPartition.get(partition)?.from ?? from
    const [first] = this.#partitions.get(keyOf(partition.topic, { from: to, to: origin })) ?? []
    return first ?? partition
  }

  #add(partition: TopicPartition, movement: Movement): void {
    this.#byPartition.set(partition, movement)
    const key = keyOf(partition.topic, movement)
    let partitions = this.#partitions.get(key)
    if (partitions === undefined) this.#partitions.set(key, (partitions = new JavaHashSet(hashOf)))
    partitions.add(partition)
  }

  #remove(partition: TopicPartition, movement: Movement): void {
    this.#byPartition.delete(partition)
    const key = keyOf(partition.topic, movement)
    const partitions = this.#partitions.get(key)
    partitions?.delete(partition)
    if (partitions?.size === 0) this.#partitions.delete(key)
  }
}

function keyOf(topic: string, { from, to }: Movement): string {
  return JSON.stringify([topic, from, to])
}

/** As `TopicPartition.hashCode` of the Java client. */
function hashOf({ topic, partition }: TopicPartition): number {
  return (Math.imul(31, 31 + partition) + javaHashCode(topic)) | 0
}
