/**
 * The order in which a `HashMap` of Java with these keys is walked: by bucket, in a bucket as they came. Some of Kafka’s
 * tools print in this order, and scripts compare what they print.
 */
import { javaHashCode } from '@gregor/base'

const BUCKETS_MIN = 16
const LOAD = 0.75

/**
 * @param keys - each once, in the order in which they were put in.
 * @param capacity - what the map was made for.
 */
export function javaMapOrder(keys: readonly string[], capacity = BUCKETS_MIN): readonly string[] {
  let buckets = 1
  while (buckets < capacity) buckets *= 2
  while (keys.length > buckets * LOAD) buckets *= 2
  const placed = keys.map((key) => ({ key, bucket: spread(javaHashCode(key)) & (buckets - 1) }))
  return placed.toSorted((one, other) => one.bucket - other.bucket).map(({ key }) => key)
}

function spread(hash: number): number {
  return hash ^ (hash >>> 16)
}
