/**
 * Memory that is used again and again. What was given back last is taken first, while it is still in the processor's
 * cache; fresh memory costs its page faults. Slabs come in sizes a quarter of a power of two apart, so that at most a
 * fifth is slack.
 */
import { assert } from '@gregor/base'

const smallestSlabBytes = 4096
const keptBytesMaxDefault = 8 * 1024 * 1024

export class SlabPool {
  readonly #keptBytesMax: number
  readonly #free = new Map<number, Buffer[]>()
  #keptBytes = 0
  #lentBytes = 0

  /** @param keptBytesMax - what lies idle in the pool at most; what comes back beyond it is left to the collector. */
  constructor(keptBytesMax: number = keptBytesMaxDefault) {
    this.#keptBytesMax = keptBytesMax
  }

  /** Bytes that lie idle. */
  get keptBytes(): number {
    return this.#keptBytes
  }

  /** Bytes that were taken and neither given back nor forgotten. */
  get lentBytes(): number {
    return this.#lentBytes
  }

  /** At least `byteCount` bytes, with anything in them. */
  take(byteCount: number): Buffer {
    const size = slabBytesFor(byteCount)
    this.#lentBytes += size
    const slab = this.#free.get(size)?.pop()
    if (slab === undefined) return Buffer.allocUnsafeSlow(size)
    this.#keptBytes -= size
    return slab
  }

  /** Takes a slab back, whole: nobody may use it, or a view of it, any more. */
  give(slab: Buffer): void {
    const size = slab.length
    assert(size === slab.buffer.byteLength && size === slabBytesFor(size), 'what comes back is a whole slab')
    this.#lentBytes -= size
    if (this.#keptBytes + size > this.#keptBytesMax) return
    const free = this.#free.get(size)
    if (free === undefined) this.#free.set(size, [slab])
    else free.push(slab)
    this.#keptBytes += size
  }

  /** The slab stays with whoever took it. */
  forget(slab: Buffer): void {
    this.#lentBytes -= slab.length
  }
}

function slabBytesFor(byteCount: number): number {
  if (byteCount <= smallestSlabBytes) return smallestSlabBytes
  const quarter = 2 ** Math.max(10, 29 - Math.clz32(byteCount - 1))
  return Math.ceil(byteCount / quarter) * quarter
}
