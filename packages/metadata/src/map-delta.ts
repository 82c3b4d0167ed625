/**
 * Changes to one keyed part of the image, collected until they are applied at once. A change of `undefined` removes.
 */
import { PersistentMap } from './persistent-map.ts'

export class MapDelta<K extends string | number, V> {
  /** What it was before: what the changes are told against. */
  readonly before: PersistentMap<K, V>
  readonly #changes = new Map<K, V | undefined>()
  readonly #start: PersistentMap<K, V>

  /** @param isSnapshot - whether what is not set again is removed. */
  constructor(before: PersistentMap<K, V>, isSnapshot: boolean) {
    this.before = before
    this.#start = isSnapshot ? PersistentMap.empty() : before
  }

  /** In the order they were made. */
  get changes(): ReadonlyMap<K, V | undefined> {
    return this.#changes
  }

  /** As it is now. */
  get(key: K): V | undefined {
    return this.#changes.has(key) ? this.#changes.get(key) : this.#start.get(key)
  }

  set(key: K, value: V): void {
    this.#changes.set(key, value)
  }

  remove(key: K): void {
    if (this.before.has(key)) this.#changes.set(key, undefined)
    else this.#changes.delete(key)
  }

  apply(): PersistentMap<K, V> {
    const after = this.#start.with(this.#changes)
    if (this.#start !== this.before) this.#removeWhatIsGone()
    return after
  }

  #removeWhatIsGone(): void {
    for (const key of this.before.keys()) {
      if (!this.#changes.has(key)) this.#changes.set(key, undefined)
    }
  }
}
