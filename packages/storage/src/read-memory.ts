/**
 * What reading a segment has taught: where batches begin behind which offset, so that whoever reads on need not search;
 * and which bytes were checked against their checksums so lately that they are still in the page cache, so that they
 * are neither fetched through the thread pool nor checked again. Bounded; what is forgotten is found out again.
 */
import { assert } from '@gregor/base'

/** Readers of one segment that are told apart. */
const placesMax = 64
const rangesMax = 8

/** Bytes [from, to) were checked; `sinceBytes` is how much had gone through the page cache when the first of them were. */
interface CheckedRange {
  from: number
  to: number
  readonly sinceBytes: number
}

export class ReadMemory {
  /** By the offset that a reader asks for next. Made when first needed: most segments are not read. */
  #positions: Map<number, number> | undefined
  #checked: CheckedRange[] = []

  /** Where the batch begins that holds `offset` or is the first behind it; the segment may end there. */
  positionOf(offset: number): number | undefined {
    return this.#positions?.get(offset)
  }

  /** Whole batches were read that end in front of `offset` and `position`. */
  readTo(offset: number, position: number): void {
    this.#positions ??= new Map()
    // The one kept for longest goes: a reader comes back for its place soon, or not at all.
    if (this.#positions.size >= placesMax) {
      const [oldest] = this.#positions.keys()
      if (oldest !== undefined) this.#positions.delete(oldest)
    }
    this.#positions.set(offset, position)
  }

  /** @param throughBytes - how many bytes went through the page cache so far. */
  checked(from: number, to: number, throughBytes: number): void {
    assert(from < to, 'what was checked is some')
    let range = this.#checked.find((one) => from <= one.to && to >= one.from)
    if (range === undefined) {
      range = { from, to, sinceBytes: throughBytes }
      if (this.#checked.length >= rangesMax) this.#checked.shift()
      this.#checked.push(range)
    }
    range.from = Math.min(range.from, from)
    range.to = Math.max(range.to, to)
  }

  /** How far from `from` on bytes were checked while no more than `cacheBytes` have gone through the page cache since. */
  checkedTo(from: number, given: { throughBytes: number; cacheBytes: number }): number {
    const { throughBytes, cacheBytes } = given
    if (this.#checked.length === 0) return from
    this.#checked = this.#checked.filter(({ sinceBytes }) => throughBytes - sinceBytes <= cacheBytes)
    return this.#checked.find((range) => from >= range.from && from < range.to)?.to ?? from
  }

  /** Of one offset: what it said did not help. */
  forgetPosition(offset: number): void {
    this.#positions?.delete(offset)
  }

  /** The segment was cut or found damaged: nothing is known any more. */
  forget(): void {
    this.#positions = undefined
    this.#checked = []
  }
}
