/**
 * Timers by the moment they are due, for one waker: pure, driven by whoever owns a real timer.
 *
 * Each due moment, rounded up (to 1 ms, from 64 ms away to 8 ms), has one bucket, a linked ring of its timers; the
 * moments stand in a heap. So a timer costs a map look-up and one small object, and cancelling unlinks it at once:
 * a million requests with a 30 s timeout leave 3,750 buckets behind, not a million dead timers.
 */
import { PriorityQueue } from '@gregor/base'
import type { Timer } from './environment.ts'

const coarseFromMs = 64
const coarseMs = 8

export class DeadlineBuckets {
  readonly #buckets = new Map<number, Bucket>()
  /** The same buckets, earliest first. */
  readonly #order = new PriorityQueue<Bucket>((a, b) => a.dueMs - b.dueMs)

  /** The callback waits for the first `runDue` at or after `nowMs + delayMs`: at `dueMs`, which is rounded up. */
  add(nowMs: number, delayMs: number, callback: () => void): Timer & { readonly dueMs: number } {
    const due = nowMs + (delayMs > 0 ? delayMs : 0)
    const dueMs = delayMs < coarseFromMs ? Math.ceil(due) : Math.ceil(due / coarseMs) * coarseMs
    let bucket = this.#buckets.get(dueMs)
    if (bucket === undefined) {
      bucket = new Bucket(dueMs)
      this.#buckets.set(dueMs, bucket)
      this.#order.push(bucket)
    }
    const timer = new BucketTimer(dueMs, callback)
    bucket.append(timer)
    return timer
  }

  /** When `runDue` should be called next; `undefined` where nothing waits. */
  nextDueMs(): number | undefined {
    return this.#first()?.dueMs
  }

  /** Runs what is due, earliest first, and what these callbacks add for a moment that is already past. */
  runDue(nowMs: number): void {
    for (let bucket = this.#first(); bucket !== undefined && bucket.dueMs <= nowMs; bucket = this.#first()) {
      bucket.runFirst()
    }
  }

  /** The earliest bucket with a timer in it; forgets those before it, whose timers are all gone. */
  #first(): Bucket | undefined {
    for (;;) {
      const bucket = this.#order.peek()
      if (bucket === undefined || !bucket.isEmpty) return bucket
      this.#order.pop()
      this.#buckets.delete(bucket.dueMs)
    }
  }
}

/** A ring with the bucket as its head. */
class Bucket {
  readonly dueMs: number
  previous: Bucket | BucketTimer = this
  next: Bucket | BucketTimer = this

  constructor(dueMs: number) {
    this.dueMs = dueMs
  }

  get isEmpty(): boolean {
    return this.next === this
  }

  append(timer: BucketTimer): void {
    timer.previous = this.previous
    timer.next = this
    this.previous.next = timer
    this.previous = timer
  }

  runFirst(): void {
    const first = this.next
    if (!(first instanceof BucketTimer)) return
    const { callback } = first
    first.cancel()
    callback?.()
  }
}

class BucketTimer implements Timer {
  readonly dueMs: number
  callback: (() => void) | undefined
  previous: Bucket | BucketTimer | undefined
  next: Bucket | BucketTimer | undefined

  constructor(dueMs: number, callback: () => void) {
    this.dueMs = dueMs
    this.callback = callback
  }

  cancel(): void {
    const { previous, next } = this
    if (previous === undefined || next === undefined) return
    previous.next = next
    next.previous = previous
    this.previous = undefined
    this.next = undefined
    this.callback = undefined
  }
}
