/**
 * Memory that one fetch reads records into: slabs of a pool, which go back to it when the answer was sent. Fresh memory
 * for each read would cost its page faults, as much again as the copy out of the page cache.
 */
import type { ReadMemory } from './read-memory.ts'

export class ReadBuffers {
  readonly #memory: ReadMemory
  #lent: Buffer[] = []

  constructor(memory: ReadMemory) {
    this.#memory = memory
  }

  /** Valid until `release`. */
  readonly allocate = (byteCount: number): Buffer => {
    const slab = this.#memory.take(byteCount)
    this.#lent.push(slab)
    return slab.subarray(0, byteCount)
  }

  /** Nobody looks at what was read any more. Idempotent; there may be more reads afterwards. */
  readonly release = (): void => {
    for (const slab of this.#lent) this.#memory.give(slab)
    this.#lent = []
  }
}
