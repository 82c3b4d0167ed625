/**
 * Memory that fetches read records into, and its bound over all of them: what is lent lies in answers that are being
 * read, or that clients have not taken. The more of it there is, the less one fetch may read; at the bound it waits.
 * So a client that never reads costs others some of the size of their answers, and never the node its memory.
 */
import { ByteBudget, SlabPool } from '@gregor/transport'

/** One fetch may read this part of what is left, and so much in any case. No client loses by it: it asks again. */
const partOfRest = 4
const answerBytesMin = 64 * 1024
/** Half of the bound, which is below the one on all answers: small ones to other requests have room beside it. */
const lentBytesDefault = 12 * 1_048_576

export class ReadMemory {
  readonly #pool = new SlabPool()
  readonly #lent: ByteBudget

  /** @param lentBytesMax - from there on those who wait go on waiting; others may read until it is twice as much. */
  constructor(lentBytesMax: number = lentBytesDefault) {
    this.#lent = new ByteBudget(lentBytesMax)
  }

  get lentBytes(): number {
    return this.#pool.lentBytes
  }

  /** How many bytes a fetch may read now, beside a first batch that is larger. */
  get answerBytes(): number {
    const rest = 2 * this.#lent.bytesMax - this.#lent.bytes
    return Math.max(answerBytesMin, Math.floor(rest / partOfRest))
  }

  /** For whoever has nothing lent. `undefined`: there is some now. */
  room(): Promise<void> | undefined {
    if (!this.#lent.isOverdrawn) return undefined
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#lent.whenRoom(resolve)
    return promise
  }

  take(byteCount: number): Buffer {
    const slab = this.#pool.take(byteCount)
    this.#lent.add(slab.length)
    return slab
  }

  give(slab: Buffer): void {
    // A slab that the pool does not keep is empty afterwards.
    const { length } = slab
    this.#pool.give(slab)
    this.#lent.add(-length)
  }
}
