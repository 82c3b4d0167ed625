/**
 * The clocks, read once for the requests that a read brought rather than several times for each. Within a pass a request
 * begins when the one before it was done with; those that are finished together, when the pass ends, end at one time.
 */
import type { Clock } from '@gregor/platform'

export class PassClock {
  readonly #clock: Pick<Clock, 'monotonicMs' | 'wallMs'>
  /** `undefined`: not read yet, or too much has happened since. */
  #lastMs: number | undefined
  #lastWallMs: number | undefined
  /** Whether the pass is at its end: what was gathered is done. */
  #isGathering = false

  constructor(clock: Pick<Clock, 'monotonicMs' | 'wallMs'>) {
    this.#clock = clock
  }

  /** When the request begins that is taken up now. */
  get startMs(): number {
    return (this.#lastMs ??= this.#clock.monotonicMs())
  }

  /** Of the wall clock. */
  get wallMs(): number {
    return (this.#lastWallMs ??= this.#clock.wallMs())
  }

  /** When the request ends that was just done with. @param isGathered - others may end with it. */
  finishMs(isGathered: boolean): number {
    if (isGathered && this.#isGathering) return (this.#lastMs ??= this.#clock.monotonicMs())
    const nowMs = this.#clock.monotonicMs()
    // A pass is under way.
    if (this.#lastMs !== undefined) this.#lastMs = nowMs
    return nowMs
  }

  /** What was gathered in this pass is done from now on. */
  turn(): void {
    this.#lastMs = undefined
    this.#isGathering = true
  }

  end(): void {
    this.#lastMs = undefined
    this.#lastWallMs = undefined
    this.#isGathering = false
  }
}
