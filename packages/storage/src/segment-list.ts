/**
 * The segments of one log in order of their base offsets. The last one is the active one; there is always one.
 */
import { assert } from '@gregor/base'
import type { Segment } from './segment.ts'

export class SegmentList {
  #segments: Segment[]

  constructor(segments: readonly Segment[]) {
    assert(segments.length > 0, 'a log has a segment')
    this.#segments = segments.toSorted((a, b) => a.baseOffset - b.baseOffset)
  }

  get all(): readonly Segment[] {
    return this.#segments
  }

  get active(): Segment {
    return this.#at(this.#segments.length - 1)
  }

  get first(): Segment {
    return this.#at(0)
  }

  get byteCount(): number {
    let sum = 0
    for (const segment of this.#segments) sum += segment.size
    return sum
  }

  /** The last segment that begins at `offset` or before it. */
  floor(offset: number): Segment | undefined {
    return this.#segments[this.#floorIndex(offset)]
  }

  after(segment: Segment): Segment | undefined {
    return this.#segments[this.#floorIndex(segment.baseOffset) + 1]
  }

  /** Those that may hold offsets from `offset` on. */
  from(offset: number): readonly Segment[] {
    return this.#segments.slice(Math.max(0, this.#floorIndex(offset)))
  }

  add(segment: Segment): void {
    assert(segment.baseOffset > this.active.baseOffset, 'a new segment begins behind the active one')
    this.#segments.push(segment)
  }

  /** Takes `removed` out and puts `added` in, in one step. */
  replace(removed: readonly Segment[], added: readonly Segment[]): void {
    const kept = this.#segments.filter((segment) => !removed.includes(segment))
    this.#segments = [...kept, ...added].toSorted((a, b) => a.baseOffset - b.baseOffset)
    assert(this.#segments.length > 0, 'a log has a segment')
  }

  #at(index: number): Segment {
    const segment = this.#segments[index]
    assert(segment !== undefined, 'a log has a segment')
    return segment
  }

  #floorIndex(offset: number): number {
    // Nearly always it is the last one.
    if (this.active.baseOffset <= offset) return this.#segments.length - 1
    let low = -1
    let high = this.#segments.length
    while (high - low > 1) {
      const middle = (low + high) >>> 1
      if (this.#at(middle).baseOffset <= offset) low = middle
      else high = middle
    }
    return low
  }
}
