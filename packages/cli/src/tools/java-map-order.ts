/**
 * The order in which a `HashMap` of Java with these keys is walked: by bucket, in a bucket as they came. Some of Kafka’s
 * tools print in this order, and scripts compare what they print.
 */
import { javaHashCode } from '@gregor/base'
import type { TopicPartition } from '@gregor/client'

const CAPACITY = 16
const LOAD = 0.75

/**
 * @param keys - each once, in the order in which they were put in.
 * @param capacity - what the map was made for.
 */
export function javaMapOrder(keys: readonly string[], capacity = CAPACITY): readonly string[] {
  return javaHashOrder(keys, javaHashCode, capacity)
}

/**
 * @param keys - each once, in the order in which they were put in.
 * @param capacity - what the map was made for.
 */
export function javaHashOrder<Key>(
  keys: readonly Key[],
  hashOf: (key: Key) => number,
  capacity = CAPACITY,
): readonly Key[] {
  let buckets = 1
  while (buckets < capacity) buckets *= 2
  while (keys.length > buckets * LOAD) buckets *= 2
  const placed = keys.map((key) => ({ key, bucket: spread(hashOf(key)) & (buckets - 1) }))
  return placed.toSorted((one, other) => one.bucket - other.bucket).map(({ key }) => key)
}

/** `hashCode` of the class of that name. */
export function topicPartitionHash({ topic, partition }: TopicPartition): number {
  return (Math.imul(31, 31 + partition) + javaHashCode(topic)) | 0
}

function spread(hash: number): number {
  return hash ^ (hash >>> 16)
}
