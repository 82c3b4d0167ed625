/**
 * Which transactions of a partition are undecided, and which are decided but not yet on every replica: together they
 * bound what a reader of committed records may see (the last stable offset).
 *
 * Both are kept in order of arrival, and offsets only rise, so the first is the oldest.
 */

import { assert } from '@gregor/base'

export interface CompletedTransaction {
  readonly producerId: number
  readonly firstOffset: number
  /** Of the marker. */
  readonly lastOffset: number
  readonly isAborted: boolean
  /** For the transaction index: below it nothing is undecided any more. */
  readonly lastStableOffset: number
}

export class OpenTransactions {
  /** First offset → producer id. */
  readonly #undecided = new Map<number, number>()
  /** Markers at or above the high watermark. */
  #decided: { readonly firstOffset: number; readonly lastOffset: number }[] = []

  get undecidedCount(): number {
    return this.#undecided.size
  }

  get isEmpty(): boolean {
    return this.#undecided.size === 0 && this.#decided.length === 0
  }

  /** Of the oldest transaction without a marker. */
  get firstUndecidedOffset(): number | undefined {
    const [first] = this.#undecided.keys()
    return first
  }

  get firstUndecidedProducerId(): number | undefined {
    const [first] = this.#undecided.values()
    return first
  }

  /** The first offset whose fate is open, or known here but not yet on every replica. */
  get firstUnstableOffset(): number | undefined {
    let first = this.firstUndecidedOffset ?? Infinity
    for (const { firstOffset } of this.#decided) first = Math.min(first, firstOffset)
    return first === Infinity ? undefined : first
  }

  begin(producerId: number, firstOffset: number): void {
    this.#undecided.set(firstOffset, producerId)
  }

  /** The marker at `markerOffset` decides the transaction. Returns the last stable offset for the transaction index. */
  complete(firstOffset: number, markerOffset: number): number {
    const wasThere = this.#undecided.delete(firstOffset)
    assert(wasThere, `the transaction from ${firstOffset} that ends at ${markerOffset} was begun`)
    this.#decided.push({ firstOffset, lastOffset: markerOffset })
    return this.firstUndecidedOffset ?? markerOffset + 1
  }

  /** Everything below `offset` is on every replica, or gone from the log. */
  forgetDecidedBelow(offset: number): void {
    const [oldest] = this.#decided
    if (oldest === undefined || oldest.lastOffset >= offset) return
    this.#decided = this.#decided.filter(({ lastOffset }) => lastOffset >= offset)
  }

  clear(): void {
    this.#undecided.clear()
    this.#decided = []
  }
}
