/**
 * Long work in the thread that serves clients, cut into slices: after a few milliseconds it stands back until what has
 * arrived meanwhile is done. `longestMs` is what others had to wait for it at most.
 */

import type { Clock } from '@gregor/platform'

const SLICE_MS = 2

export class TimeSlices {
  longestMs = 0
  readonly #clock: Pick<Clock, 'monotonicMs' | 'afterTurn'>
  #startedMs: number

  constructor(clock: Pick<Clock, 'monotonicMs' | 'afterTurn'>) {
    this.#clock = clock
    this.#startedMs = clock.monotonicMs()
  }

  /** The work came back from waiting for something else: a new slice begins. */
  begin(): void {
    this.#startedMs = this.#clock.monotonicMs()
  }

  /** Asked often; when true, `rest` is due. */
  isOver(): boolean {
    const lastedMs = this.#clock.monotonicMs() - this.#startedMs
    if (lastedMs > this.longestMs) this.longestMs = lastedMs
    return lastedMs >= SLICE_MS
  }

  async rest(): Promise<void> {
    await new Promise<void>((resolve) => this.#clock.afterTurn(resolve))
    this.begin()
  }
}
