/**
 * Appends of one pass, gathered by partition: all that a read of a socket brought for a partition becomes one write.
 * Whoever handles a request that is no append flushes first, so that a connection sees its requests done in order.
 *
 * Invariant: between passes the queue is empty.
 */

/** What has appends waiting. */
export interface Appending {
  flushAppends(): void
}

export class AppendQueue {
  #waiting: Appending[] = []

  get isEmpty(): boolean {
    return this.#waiting.length === 0
  }

  /** Called by a partition with the first append after a flush. */
  add(partition: Appending): void {
    this.#waiting.push(partition)
  }

  /** Each partition is flushed, whatever became of those before it. @throws what the first one threw. */
  flush(): void {
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
