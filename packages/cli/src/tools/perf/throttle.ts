/** Holds a sender back to about so many things a second, as Kafka’s tools do: by sleeping a little, now and then. */
import { sleep } from '../sleep.ts'
import type { Clock } from '@gregor/platform'

const SLEEP_MS_MIN = 2

export class Throttle {
  readonly #clock: Clock
  readonly #perSecond: number
  readonly #startMs: number

  /** @param perSecond - below 0: no limit; 0: nothing more is let through. */
  constructor(clock: Clock, perSecond: number) {
    this.#clock = clock
    this.#perSecond = perSecond
    this.#startMs = clock.monotonicMs()
  }

  /** @param soFar - how much was sent. `undefined`: go on at once. */
  wait(soFar: number, ending: AbortSignal): Promise<void> | undefined {
    if (this.#perSecond < 0) return undefined
    const aheadMs = (soFar * 1_000) / this.#perSecond - (this.#clock.monotonicMs() - this.#startMs)
    return aheadMs >= SLEEP_MS_MIN ? sleep(this.#clock, aheadMs, ending) : undefined
  }
}
