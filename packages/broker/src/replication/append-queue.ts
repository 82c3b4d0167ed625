/**
 * Appends gathered by partition: all that came for a partition becomes one write. Large batches wait for the end of the
 * pass, as they lie in the receive buffer; small ones for the end of the turn, so that many connections share a write.
 * Whoever handles a request that is no append flushes first, so that a connection sees its requests done in order.
 *
 * Invariant: between turns the queue is empty.
 */

/** What has appends waiting. */
export interface Appending {
  flushAppends(): void
}

/** Where copying a frame and its neighbours costs less than a write of its own. */
export const smallFrameBytesMax = 4096
/** Enough for a write that costs little for each. */
const gatheredCountMax = 128

export class AppendQueue {
  #waiting: Appending[] = []
  #count = 0
  #hasLarge = false

  get isEmpty(): boolean {
    return this.#waiting.length === 0
  }

  /** Whether the flush is due at the end of the pass; else it is at the end of the turn. */
  get isPassDue(): boolean {
    return this.#hasLarge || this.#count >= gatheredCountMax
  }

  /** A request is about to add batches. @param frameBytes - of the whole request. */
  gather(frameBytes: number): void {
    this.#count++
    if (frameBytes > smallFrameBytesMax) this.#hasLarge = true
  }

  /** Called by a partition with the first append after a flush. */
  add(partition: Appending): void {
    this.#waiting.push(partition)
  }

  /** Each partition is flushed, whatever became of those before it. @throws what the first one threw. */
  flush(): void {
    this.#count = 0
    this.#hasLarge = false
    if (this.#waiting.length === 0) return
    const waiting = this.#waiting
    this.#waiting = []
    const failures: unknown[] = []
    for (const partition of waiting) {
      try {
        partition.flushAppends()
      } catch (error) {
        failures.push(error)
      }
    }
    if (failures.length > 0) throw failures[0]
  }
}
