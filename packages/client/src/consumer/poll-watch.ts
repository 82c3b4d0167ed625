/**
 * Watches that the owner of a consumer comes back to poll: `max.poll.interval.ms`. It is told what was in his hands when
 * four fifths of it are over, and again when all of it is. Costs a poll two additions: one coarse timer looks.
 */
import type { Clock, Timer } from '@gregor/platform'

export interface PollWatchOptions {
  readonly clock: Pick<Clock, 'monotonicMs' | 'schedule'>
  readonly intervalMs: number
  /** Once for each time. */
  readonly onSlow: (sinceMs: number) => void
  readonly onExpired: () => void
}

const warningShare = 0.8

export class PollWatch {
  readonly #options: PollWatchOptions
  #timer: Timer | undefined
  #isPolling = false
  #isClosed = false
  #leftAtMs = 0
  #told: 'nothing' | 'slow' | 'expired' = 'nothing'

  constructor(options: PollWatchOptions) {
    this.#options = options
  }

  /** He is here. */
  entered(): void {
    this.#isPolling = true
    this.#told = 'nothing'
  }

  /** He has gone to work. */
  left(): void {
    this.#isPolling = false
    this.#leftAtMs = this.#options.clock.monotonicMs()
    if (this.#timer === undefined) this.#lookAfter(this.#options.intervalMs * warningShare)
  }

  close(): void {
    this.#isClosed = true
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #lookAfter(delayMs: number): void {
    if (this.#isClosed) return
    // Less than a millisecond may be nothing at all: it would look for ever.
    this.#timer = this.#options.clock.schedule(Math.max(1, delayMs), () => this.#look())
  }

  #look(): void {
    this.#timer = undefined
    const { clock, intervalMs, onSlow, onExpired } = this.#options
    const warningMs = intervalMs * warningShare
    if (this.#isPolling) return this.#lookAfter(warningMs)
    const sinceMs = clock.monotonicMs() - this.#leftAtMs
    if (sinceMs >= intervalMs) {
      if (this.#told !== 'expired') onExpired()
      this.#told = 'expired'
      return
    }
    if (sinceMs >= warningMs) {
      if (this.#told === 'nothing') onSlow(sinceMs)
      this.#told = 'slow'
      return this.#lookAfter(intervalMs - sinceMs)
    }
    this.#lookAfter(warningMs - sinceMs)
  }
}
