/**
 * The order in which Java’s `HashMap` and `HashSet` hand out what was put into them. Some of the Java client’s
 * assignments depend on it, and ours have to be the same.
 *
 * Not done: Java makes trees of buckets with more than eight of 64 or more; these come in another order. Member ids and
 * topics would have to be made for it.
 */
import { javaHashCode } from '@gregor/base'

const firstCapacity = 16
const fullestShare = 0.75
const fullestBucket = 8
const smallestTreeCapacity = 64

export class JavaHashSet<T> {
  readonly #hash: (item: T) => number
  #buckets: T[][] = emptyBuckets(firstCapacity)
  #size = 0

  /** Items are the same when they are identical; those that are have one hash, as Java’s `hashCode` gives it. */
  constructor(hash: (item: T) => number) {
    this.#hash = hash
  }

  get size(): number {
    return this.#size
  }

  add(item: T): void {
    const bucket = this.#bucketOf(item)
    if (bucket.includes(item)) return
    bucket.push(item)
    this.#size++
    const isCrowded = bucket.length > fullestBucket && this.#buckets.length < smallestTreeCapacity
    if (isCrowded) this.#grow()
    if (this.#size > fullestShare * this.#buckets.length) this.#grow()
  }

  /** As `HashMap.computeIfAbsent` puts it: into the front of its bucket, and room is made the next time. */
  addFirst(item: T): void {
    if (this.#size > fullestShare * this.#buckets.length) this.#grow()
    const bucket = this.#bucketOf(item)
    if (bucket.includes(item)) return
    bucket.unshift(item)
    this.#size++
  }

  delete(item: T): void {
    const bucket = this.#bucketOf(item)
    const index = bucket.indexOf(item)
    if (index < 0) return
    bucket.splice(index, 1)
    this.#size--
  }

  *[Symbol.iterator](): Generator<T, undefined> {
    for (const bucket of this.#buckets) yield* bucket
  }

  #grow(): void {
    const items = [...this]
    this.#buckets = emptyBuckets(2 * this.#buckets.length)
    for (const item of items) this.#bucketOf(item).push(item)
  }

  #bucketOf(item: T): T[] {
    const hash = this.#hash(item)
    // As many buckets as a power of two: the index is in range.
    return this.#buckets[(hash ^ (hash >>> 16)) & (this.#buckets.length - 1)] ?? []
  }
}

/** The keys of a `HashMap` whose values `computeIfAbsent` made, for the keys in the order given. */
export function inOrderOfComputed(keys: Iterable<string>): readonly string[] {
  const set = new JavaHashSet(javaHashCode)
  for (const key of keys) set.addFirst(key)
  return [...set]
}

/** The keys of a `HashMap` into which they were put in the order given. */
export function inJavaOrder(keys: Iterable<string>): readonly string[] {
  const set = new JavaHashSet(javaHashCode)
  for (const key of keys) set.add(key)
  return [...set]
}

function emptyBuckets<T>(count: number): T[][] {
  return Array.from({ length: count }, () => [])
}
