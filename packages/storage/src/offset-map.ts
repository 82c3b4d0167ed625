/**
 * The latest offset of each key, for one run of compaction over one log, in bounded memory: 24 bytes a key, 16 of a
 * hash instead of the key and 8 of the offset, in typed arrays. Keys are told apart by their hash alone, which is
 * keyed with a secret of the run (see `key-hash`): that two keys share one is less likely than a broken disk.
 */

import type { Random } from '@gregor/platform'
import { KeyHash } from './key-hash.ts'

export const OFFSET_MAP_BYTES_PER_SLOT = 24

export class OffsetMap {
  readonly #hash: KeyHash
  readonly #slotCount: number
  readonly #maxSize: number
  /** Four words of hash a slot. */
  readonly #hashes: Int32Array
  /** The offset plus one; 0 where the slot is free. */
  readonly #offsets: Float64Array
  #size = 0

  /** `slotCount` bounds memory, `loadFactor` (0 to 1) how full it may be. */
  constructor(options: { readonly slotCount: number; readonly loadFactor: number; readonly random: Random }) {
    this.#hash = new KeyHash(Buffer.from(options.random.fill(new Uint8Array(16))))
    this.#slotCount = Math.max(2, options.slotCount)
    this.#maxSize = Math.min(this.#slotCount - 1, Math.max(1, Math.floor(this.#slotCount * options.loadFactor)))
    this.#hashes = new Int32Array(this.#slotCount * 4)
    this.#offsets = new Float64Array(this.#slotCount)
  }

  /** Of keys. */
  get size(): number {
    return this.#size
  }

  /** 0 to 1. */
  get utilization(): number {
    return this.#size / this.#slotCount
  }

  /** Offsets come in ascending order. False: there is no room for another key, and nothing was changed. */
  put(bytes: Buffer, start: number, length: number, offset: number): boolean {
    const slot = this.#slotOf(bytes, start, length)
    if (this.#offsets[slot] === 0) {
      if (this.#size === this.#maxSize) return false
      this.#size++
      this.#hashes[slot * 4] = this.#hash.h0
      this.#hashes[slot * 4 + 1] = this.#hash.h1
      this.#hashes[slot * 4 + 2] = this.#hash.h2
      this.#hashes[slot * 4 + 3] = this.#hash.h3
    }
    this.#offsets[slot] = offset + 1
    return true
  }

  /** -1: the key is not there. */
  get(bytes: Buffer, start: number, length: number): number {
    return (this.#offsets[this.#slotOf(bytes, start, length)] ?? 0) - 1
  }

  /** Of the key, or the free one where it would go: there is always one. */
  #slotOf(bytes: Buffer, start: number, length: number): number {
    const hash = this.#hash
    hash.update(bytes, start, length)
    const hashes = this.#hashes
    let slot = (hash.h0 >>> 0) % this.#slotCount
    for (;;) {
      const at = slot * 4
      if (this.#offsets[slot] === 0) return slot
      if (
        hashes[at] === hash.h0 &&
        hashes[at + 1] === hash.h1 &&
        hashes[at + 2] === hash.h2 &&
        hashes[at + 3] === hash.h3
      ) {
        return slot
      }
      slot = slot + 1 === this.#slotCount ? 0 : slot + 1
    }
  }
}
