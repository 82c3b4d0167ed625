/**
 * Smallest first, by an order the caller gives; among equals the one that came first. A binary heap: push and pop
 * take O(log n). The order must not change while an item is inside.
 */

export class PriorityQueue<T> {
  readonly #compare: (a: T, b: T) => number
  readonly #heap: Entry<T>[] = []
  #nextTicket = 0

  /** @param compare - negative when `a` comes before `b`, positive when after, 0 when they tie. */
  constructor(compare: (a: T, b: T) => number) {
    this.#compare = compare
  }

  get size(): number {
    return this.#heap.length
  }

  push(item: T): void {
    const entry = { item, ticket: this.#nextTicket++ }
    let hole = this.#heap.length
    this.#heap.push(entry)
    while (hole > 0) {
      const above = (hole - 1) >> 1
      const parent = this.#heap[above]
      if (parent === undefined || !this.#isBefore(entry, parent)) break
      this.#heap[hole] = parent
      hole = above
    }
    this.#heap[hole] = entry
  }

  /** The smallest item, left where it is; `undefined` when there is none. */
  peek(): T | undefined {
    return this.#heap[0]?.item
  }

  /** Removes and returns the smallest item; `undefined` when there is none. */
  pop(): T | undefined {
    const first = this.#heap[0]
    const last = this.#heap.pop()
    if (last !== undefined && last !== first) this.#sinkFromTop(last)
    return first?.item
  }

  clear(): void {
    this.#heap.length = 0
  }

  #sinkFromTop(entry: Entry<T>): void {
    let hole = 0
    for (;;) {
      const left = hole * 2 + 1
      const leftEntry = this.#heap[left]
      if (leftEntry === undefined) break
      const rightEntry = this.#heap[left + 1]
      const takesRight = rightEntry !== undefined && this.#isBefore(rightEntry, leftEntry)
      const child = takesRight ? rightEntry : leftEntry
      if (!this.#isBefore(child, entry)) break
      this.#heap[hole] = child
      hole = takesRight ? left + 1 : left
    }
    this.#heap[hole] = entry
  }

  #isBefore(a: Entry<T>, b: Entry<T>): boolean {
    const order = this.#compare(a.item, b.item)
    return order === 0 ? a.ticket < b.ticket : order < 0
  }
}

/** The ticket makes ties stable: a heap alone does not keep them in order. */
interface Entry<T> {
  readonly item: T
  readonly ticket: number
}
