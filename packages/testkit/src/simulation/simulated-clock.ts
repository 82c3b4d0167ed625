/** The clock of one simulated node: virtual time, with a wall clock that may be set wrong and jump. */
import type { Clock, Timer } from '@gregor/platform'
import type { Life } from './life.ts'
import type { VirtualTime } from './virtual-time.ts'

/** 2026-01-01T00:00:00Z: the wall clock at the beginning of every world. */
export const beginningMs = 1_767_225_600_000

export class SimulatedClock implements Clock {
  readonly #time: VirtualTime
  readonly #life: Life
  #wallOffsetMs: number

  constructor(options: { readonly time: VirtualTime; readonly life: Life; readonly wallOffsetMs?: number }) {
    this.#time = options.time
    this.#life = options.life
    this.#wallOffsetMs = options.wallOffsetMs ?? 0
  }

  wallMs(): number {
    return Math.floor(beginningMs + this.#time.nowMs + this.#wallOffsetMs)
  }

  monotonicMs(): number {
    return this.#time.nowMs
  }

  schedule(delayMs: number, callback: () => void): Timer {
    return this.#time.after(delayMs, 'timer', () => this.#alive(callback))
  }

  afterTurn(callback: () => void): void {
    this.#time.afterThisMoment('turn', () => this.#alive(callback))
  }

  /** The wall clock jumps, forward or (negative) back; monotonic time does not. */
  jump(byMs: number): void {
    this.#wallOffsetMs += byMs
  }

  #alive(callback: () => void): void {
    if (!this.#life.isOver) callback()
  }
}
