/**
 * An immutable map that shares its structure with the map it was made from: a change copies the buckets it touches
 * and the list of buckets, so that one topic among ten thousand costs some fifty entries and not ten thousand.
 *
 * Its iteration order is fixed by its history, not by its keys: sort where order is seen.
 */

/** A bucket holds this many entries at most on average; beyond it there are four times as many buckets. */
const entriesPerBucketMax = 32

type Bucket<K, V> = ReadonlyMap<K, V>

export class PersistentMap<K extends string | number, V> implements Iterable<readonly [K, V]> {
  readonly size: number
  /** A power of two of them. */
  readonly #buckets: readonly Bucket<K, V>[]

  private constructor(buckets: readonly Bucket<K, V>[], size: number) {
    this.#buckets = buckets
    this.size = size
  }

  static empty<K extends string | number, V>(): PersistentMap<K, V> {
    return new PersistentMap<K, V>([new Map<K, V>()], 0)
  }

  static from<K extends string | number, V>(entries: Iterable<readonly [K, V]>): PersistentMap<K, V> {
    return PersistentMap.empty<K, V>().with(entries)
  }

  get(key: K): V | undefined {
    return this.#buckets[bucketOf(key, this.#buckets.length)]?.get(key)
  }

  has(key: K): boolean {
    return this.#buckets[bucketOf(key, this.#buckets.length)]?.has(key) ?? false
  }

  /** With these entries set; a value of `undefined` removes its key. Of equal keys the last one counts. */
  with(changes: Iterable<readonly [K, V | undefined]>): PersistentMap<K, V> {
    const buckets: Bucket<K, V>[] = [...this.#buckets]
    const copied = new Map<number, Map<K, V>>()
    let size = this.size
    for (const [key, value] of changes) {
      const index = bucketOf(key, buckets.length)
      const bucket = copied.get(index) ?? new Map(buckets[index])
      copied.set(index, bucket)
      buckets[index] = bucket
      size -= bucket.size
      if (value === undefined) bucket.delete(key)
      else bucket.set(key, value)
      size += bucket.size
    }
    if (copied.size === 0) return this
    return new PersistentMap(size > buckets.length * entriesPerBucketMax ? spread(buckets, size) : buckets, size)
  }

  *[Symbol.iterator](): IterableIterator<readonly [K, V]> {
    for (const bucket of this.#buckets) yield* bucket
  }

  *keys(): IterableIterator<K> {
    for (const bucket of this.#buckets) yield* bucket.keys()
  }

  *values(): IterableIterator<V> {
    for (const bucket of this.#buckets) yield* bucket.values()
  }
}

function spread<K extends string | number, V>(buckets: readonly Bucket<K, V>[], size: number): Bucket<K, V>[] {
  let count = buckets.length
  while (size > count * entriesPerBucketMax) count *= 4
  const wider = Array.from({ length: count }, () => new Map<K, V>())
  for (const bucket of buckets) {
    for (const [key, value] of bucket) wider[bucketOf(key, count)]?.set(key, value)
  }
  return wider
}

/** FNV-1a over the UTF-16 code units; numbers are mixed. `count` is a power of two. */
function bucketOf(key: string | number, count: number): number {
  if (count === 1) return 0
  if (typeof key === 'number') return (Math.imul(key, 0x9e3779b1) >>> 16) & (count - 1)
  let hash = 0x811c9dc5
  for (let index = 0; index < key.length; index++) hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193)
  return (hash ^ (hash >>> 15)) & (count - 1)
}
