/**
 * Memory for batches, in sizes that are powers of two: what a batch no longer needs serves the next one. Only what
 * surely nobody reads any more may be given back. What is kept unused is bounded; how much batches hold is counted
 * elsewhere.
 */
const sizeMin = 1024
const sizeMaxKept = 1 << 20

export class BufferPool {
  readonly #freeBytesMax: number
  /** By the exponent of their size. */
  readonly #free: Buffer[][] = Array.from({ length: 21 }, () => [])
  #freeBytes = 0

  constructor(freeBytesMax: number) {
    this.#freeBytesMax = freeBytesMax
  }

  /** At least that long. */
  take(byteLength: number): Buffer {
    const exponent = 32 - Math.clz32(Math.max(sizeMin, byteLength) - 1)
    const kept = this.#free[exponent]?.pop()
    if (kept === undefined) return Buffer.allocUnsafeSlow(2 ** exponent)
    this.#freeBytes -= kept.length
    return kept
  }

  /** One that `take` gave. */
  give(buffer: Buffer): void {
    if (buffer.length > sizeMaxKept || this.#freeBytes + buffer.length > this.#freeBytesMax) return
    this.#freeBytes += buffer.length
    this.#free[31 - Math.clz32(buffer.length)]?.push(buffer)
  }
}
