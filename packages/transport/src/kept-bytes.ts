/**
 * Frames that outlive the read that brought them. A copy for each would cost more than all else that is done for a
 * small frame, so one copy serves its neighbours too: what follows the frame in the shared buffer, up to a bound, goes
 * with it. The memory is given back when the last of these frames is answered.
 */
import type { FrameSpan } from './frame-reader.ts'
import type { SlabPool } from './slab-pool.ts'

/** A frame that waits for long holds no more than that besides its own bytes; small enough for the nearest cache. */
const copiedBytesMax = 16 * 1024
/** Below it memory comes from the pool that Node.js has for small buffers, and goes with the collector. */
const slabBytesMin = 2048

export class KeptBytes {
  readonly #slabs: SlabPool
  readonly #slab: Buffer | undefined
  readonly #bytes: Buffer
  /** What [sourceStart, sourceEnd) of the source was copied to `#bytes`. */
  readonly #source: Buffer
  readonly #sourceStart: number
  readonly #sourceEnd: number
  /** Whoever hands out the frames, and each frame that is not answered. */
  #users = 1

  /** Takes over the slab of a frame that has its own, or copies a frame and what was received behind it. */
  constructor(slabs: SlabPool, { buffer, start, end, receivedEnd, slab }: FrameSpan) {
    this.#slabs = slabs
    this.#source = buffer
    this.#sourceStart = start
    if (slab === undefined) {
      this.#sourceEnd = Math.max(end, Math.min(receivedEnd, start + copiedBytesMax))
      const byteCount = this.#sourceEnd - start
      this.#slab = byteCount < slabBytesMin ? undefined : slabs.take(byteCount)
      this.#bytes = this.#slab ?? Buffer.allocUnsafe(byteCount)
      buffer.copy(this.#bytes, 0, start, this.#sourceEnd)
    } else {
      this.#sourceEnd = end
      this.#slab = slab
      this.#bytes = slab.subarray(start)
    }
  }

  has({ buffer, start, end }: FrameSpan): boolean {
    return buffer === this.#source && start >= this.#sourceStart && end <= this.#sourceEnd
  }

  /** The frame in its new place. It must be among those that were copied. */
  view({ start, end }: FrameSpan): Buffer {
    return this.#bytes.subarray(start - this.#sourceStart, end - this.#sourceStart)
  }

  retain(): void {
    this.#users++
  }

  release(): void {
    if (--this.#users === 0 && this.#slab !== undefined) this.#slabs.give(this.#slab)
  }
}
