/**
 * Memory that is used again and again. What was given back last is taken first, while it is still in the processor's
 * cache; fresh memory costs its page faults. Slabs come in sizes a quarter of a power of two apart, so that at most a
 * fifth is slack. What is too much goes back to the system at once: the collector knows nothing of its size, and would
 * let many times as much lie about.
 */
import { assert } from '@gregor/base'

const smallestSlabBytes = 4096
const keptBytesMaxDefault = 8 * 1024 * 1024

export class SlabPool {
  readonly #keptBytesMax: number
  readonly #free = new Map<number, Buffer[]>()
  #keptBytes = 0
  #lentBytes = 0

  /** @param keptBytesMax - what lies idle in the pool at most. */
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
    const free = this.#free.get(size)
    const slab = free?.pop()
    if (slab === undefined) return Buffer.allocUnsafeSlow(size)
    if (free?.length === 0) this.#free.delete(size)
    this.#keptBytes -= size
    return slab
  }

  /** Takes a slab back, whole: nobody may use it, or a view of it, any more. */
  give(slab: Buffer): void {
    const size = slab.length
    assert(size === slab.buffer.byteLength && size === slabBytesFor(size), 'what comes back is a whole slab')
    this.#lentBytes -= size
    this.#keptBytes += size
    const free = this.#free.get(size)
    if (free === undefined) this.#free.set(size, [slab])
    else free.push(slab)
    while (this.#keptBytes > this.#keptBytesMax) this.#dropLargest()
  }

  /** Those of which one is as good as many of the others. */
  #dropLargest(): void {
    const size = Math.max(...this.#free.keys())
    const free = this.#free.get(size)
    const slab = free?.pop()
    if (free?.length === 0) this.#free.delete(size)
    assert(slab !== undefined, 'sizes without slabs are forgotten')
    this.#keptBytes -= size
    // Without this it would be gone when the collector finds it. Views of it are empty from now on.
    ;(slab.buffer as ArrayBuffer).transfer(0)
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
