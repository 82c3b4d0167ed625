/**
 * First in, first out, and never more than `capacity`: the caller of `push` decides what happens at the bound.
 * A ring that grows with its content, so that a large bound costs nothing while the queue is short.
 */

import { assert } from './assert.ts'

const smallestRing = 16

export class BoundedQueue<T> implements Iterable<T> {
  readonly capacity: number
  #ring: (T | undefined)[] = []
  #head = 0
  #size = 0

  constructor(capacity: number) {
    assert(Number.isSafeInteger(capacity) && capacity > 0, `a queue's capacity is a positive whole number: ${capacity}`)
    this.capacity = capacity
  }

  get size(): number {
    return this.#size
  }

  get isEmpty(): boolean {
    return this.#size === 0
  }

  get isFull(): boolean {
    return this.#size === this.capacity
  }

  /** False, and nothing is added, when the queue is full. */
  push(item: T): boolean {
    if (this.#size === this.capacity) return false
    if (this.#size === this.#ring.length) this.#grow()
    this.#ring[(this.#head + this.#size) % this.#ring.length] = item
    this.#size++
    return true
  }

  /** Removes and returns the oldest item; `undefined` when there is none. */
  shift(): T | undefined {
    if (this.#size === 0) return undefined
    const item = this.#ring[this.#head]
    this.#ring[this.#head] = undefined
    this.#head = (this.#head + 1) % this.#ring.length
    this.#size--
    return item
  }

  /** The oldest item, left where it is. */
  peek(): T | undefined {
    return this.#size === 0 ? undefined : this.#ring[this.#head]
  }

  clear(): void {
    this.#ring = []
    this.#head = 0
    this.#size = 0
  }

  /** Oldest first. The queue must not change meanwhile. */
  *[Symbol.iterator](): Iterator<T> {
    for (let index = 0; index < this.#size; index++) {
      // Every slot between head and size was filled by push; T itself may include undefined.
      yield this.#ring[(this.#head + index) % this.#ring.length] as T
    }
  }

  #grow(): void {
    const items = [...this]
    items.length = Math.min(this.capacity, Math.max(smallestRing, this.#ring.length * 2))
    this.#ring = items
    this.#head = 0
  }
}
