/** Waiting for something to happen: whoever waits is woken by the next `tell`, by a deadline or by a signal. */
import type { Clock } from '@gregor/platform'

export class News {
  readonly #clock: Pick<Clock, 'monotonicMs' | 'schedule'>
  #waiters: (() => void)[] = []

  constructor(clock: Pick<Clock, 'monotonicMs' | 'schedule'>) {
    this.#clock = clock
  }

  tell(): void {
    const waiters = this.#waiters
    if (waiters.length === 0) return
    this.#waiters = []
    for (const wake of waiters) wake()
  }

  /** False when the time is up, or was. A signal that aborts is news. */
  async wait(deadlineMs: number, signal?: AbortSignal): Promise<boolean> {
    if (signal?.aborted === true) return true
    const leftMs = deadlineMs - this.#clock.monotonicMs()
    if (leftMs <= 0) return false
    const { promise, resolve } = Promise.withResolvers<boolean>()
    this.#waiters.push(() => resolve(true))
    const timer = leftMs === Infinity ? undefined : this.#clock.schedule(leftMs, () => resolve(false))
    const aborted = (): void => resolve(true)
    signal?.addEventListener('abort', aborted, { once: true })
    try {
      return await promise
    } finally {
      timer?.cancel()
      signal?.removeEventListener('abort', aborted)
    }
  }
}
