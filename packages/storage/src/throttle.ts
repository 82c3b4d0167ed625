/** Holds work back to a number of bytes per second, on average from its first byte on. */

import type { Clock } from '@gregor/platform'

/** Shorter waits are saved up: a timer for each of them would cost more than it holds back. */
const SHORTEST_WAIT_MS = 5

export class Throttle {
  readonly #clock: Pick<Clock, 'monotonicMs' | 'schedule'>
  readonly #bytesPerSecond: () => number
  #freeAtMs = -Infinity

  /** `bytesPerSecond` is asked each time, so that it may change; Infinity: no limit. */
  constructor(clock: Pick<Clock, 'monotonicMs' | 'schedule'>, bytesPerSecond: () => number) {
    this.#clock = clock
    this.#bytesPerSecond = bytesPerSecond
  }

  /** `byteCount` bytes were read or written. `undefined`: go on at once. */
  took(byteCount: number): Promise<void> | undefined {
    const costMs = (byteCount / this.#bytesPerSecond()) * 1000
    if (costMs === 0) return undefined
    const nowMs = this.#clock.monotonicMs()
    this.#freeAtMs = Math.max(nowMs, this.#freeAtMs) + costMs
    const waitMs = this.#freeAtMs - nowMs
    if (waitMs < SHORTEST_WAIT_MS) return undefined
    return new Promise((resolve) => {
      this.#clock.schedule(waitMs, resolve)
    })
  }
}
