/**
 * Fetches that wait for data (Kafka’s fetch purgatory). A waiting fetch costs nothing until one of its partitions
 * advances: partitions keep the waiters that named them, and only those are woken, once a turn however much came.
 * Bound: a waiter ends at its deadline or when its connection closes, whichever is first.
 */
import type { Clock, Timer } from '@gregor/platform'

/** What a partition keeps of those who wait for it. */
export interface Awaited {
  readonly waiters: Set<FetchWaiter>
}

export type WakeReason = 'advanced' | 'expired' | 'cancelled'

export class FetchWaiter {
  readonly #awaited: readonly Awaited[]
  readonly #settle: (reason: WakeReason) => void
  missingBytes: number
  isWoken = false
  timer: Timer | undefined

  constructor(awaited: readonly Awaited[], missingBytes: number, settle: (reason: WakeReason) => void) {
    this.#awaited = awaited
    this.missingBytes = missingBytes
    this.#settle = settle
    for (const { waiters } of awaited) waiters.add(this)
  }

  end(reason: WakeReason): void {
    for (const { waiters } of this.#awaited) waiters.delete(this)
    this.timer?.cancel()
    this.#settle(reason)
  }
}

export class FetchWaiters {
  readonly #clock: Pick<Clock, 'schedule' | 'afterTurn'>
  #woken: FetchWaiter[] = []
  /** How many fetches wait now. */
  waitingCount = 0

  constructor(clock: Pick<Clock, 'schedule' | 'afterTurn'>) {
    this.#clock = clock
  }

  /**
   * Waits until `missingBytes` more bytes became readable in these partitions, or something else about them changed.
   * @returns also a function that ends the wait early; calling it later does nothing.
   */
  wait(
    awaited: readonly Awaited[],
    given: { missingBytes: number; maxWaitMs: number },
  ): { settled: Promise<WakeReason>; cancel: () => void } {
    const { promise, resolve } = Promise.withResolvers<WakeReason>()
    let isSettled = false
    const waiter = new FetchWaiter(awaited, given.missingBytes, (reason) => {
      if (isSettled) return
      isSettled = true
      this.waitingCount--
      resolve(reason)
    })
    this.waitingCount++
    waiter.timer = this.#clock.schedule(given.maxWaitMs, () => waiter.end('expired'))
    return { settled: promise, cancel: () => waiter.end('cancelled') }
  }

  /** Tells that `byteCount` bytes became readable; `Infinity` where something other than data changed. */
  advanced({ waiters }: Awaited, byteCount: number): void {
    if (waiters.size === 0) return
    for (const waiter of waiters) {
      waiter.missingBytes -= byteCount
      if (waiter.missingBytes > 0 || waiter.isWoken) continue
      waiter.isWoken = true
      if (this.#woken.length === 0) this.#clock.afterTurn(() => this.#wake())
      this.#woken.push(waiter)
    }
  }

  #wake(): void {
    const woken = this.#woken
    this.#woken = []
    for (const waiter of woken) waiter.end('advanced')
  }
}
