/**
 * Appends that wait for one sync together: one promise and one timer, however many they are. Each is answered once, by
 * the sync or by its own time limit, whichever comes first.
 */
import type { Clock, Timer } from '@gregor/platform'
import type { AppendResult } from '@gregor/storage'

/** Whoever wants to know what became of an append. */
export interface AppendWaiter {
  /** @param place - as given with the append: of the batch in its request. */
  appended(place: number, result: AppendResult): void
}

/** What an append that has been written still waits for. */
export interface SyncedAppend {
  readonly waiter: AppendWaiter
  readonly place: number
  readonly timeoutMs: number
  /** To be told once it is synced. */
  readonly result: AppendResult
}

export class SyncWait {
  readonly #clock: Pick<Clock, 'schedule'>
  /** Those with the least time first. */
  #waiting: SyncedAppend[]
  #waitedMs = 0
  #timer: Timer | undefined

  /** @param refusal - what is told to those whose time is over. */
  constructor(clock: Pick<Clock, 'schedule'>, appends: readonly SyncedAppend[], refusal: AppendResult) {
    this.#clock = clock
    this.#waiting = appends.toSorted((a, b) => a.timeoutMs - b.timeoutMs)
    this.#arm(refusal)
  }

  /** The sync is done: all that still wait are told their results. */
  synced(): void {
    this.#settle(undefined)
  }

  /** The sync failed: all that still wait are told so. */
  failed(refusal: AppendResult): void {
    this.#settle(refusal)
  }

  #settle(refusal: AppendResult | undefined): void {
    this.#timer?.cancel()
    const waiting = this.#waiting
    this.#waiting = []
    for (const { waiter, place, result } of waiting) waiter.appended(place, refusal ?? result)
  }

  #arm(refusal: AppendResult): void {
    const [next] = this.#waiting
    if (next === undefined) return
    const dueMs = Math.max(0, next.timeoutMs)
    this.#timer = this.#clock.schedule(dueMs - this.#waitedMs, () => {
      this.#waitedMs = dueMs
      const count = this.#waiting.findIndex(({ timeoutMs }) => timeoutMs > dueMs)
      const expired = this.#waiting.splice(0, count === -1 ? Infinity : count)
      for (const { waiter, place } of expired) waiter.appended(place, refusal)
      this.#arm(refusal)
    })
  }
}
