/**
 * One direction between two simulated hosts: how long bytes are under way, and whether they get through at all. What
 * is held up arrives after `heal`, in order, as TCP sends it again; only a cut loses anything.
 */
import type { Random } from '@gregor/platform'
import { between } from './seeded-random.ts'
import type { VirtualTime } from './virtual-time.ts'

export interface LinkLatency {
  readonly minMs: number
  readonly maxMs: number
}

export class SimulatedLink {
  readonly #time: VirtualTime
  readonly #random: Random
  latency: LinkLatency
  #isBlocked = false
  #heldUp: (() => void)[] = []

  constructor(options: { readonly time: VirtualTime; readonly random: Random; readonly latency: LinkLatency }) {
    this.#time = options.time
    this.#random = options.random
    this.latency = options.latency
  }

  get isBlocked(): boolean {
    return this.#isBlocked
  }

  block(): void {
    this.#isBlocked = true
  }

  heal(): void {
    this.#isBlocked = false
    const heldUp = this.#heldUp
    this.#heldUp = []
    for (const arrive of heldUp) arrive()
  }

  /** The moment at which something sent now arrives, but not before `earliestMs`. */
  arrivalMs(earliestMs: number): number {
    const { minMs, maxMs } = this.latency
    const delayMs = between(this.#random, Math.round(minMs * 1000), Math.round(maxMs * 1000)) / 1000
    return Math.max(earliestMs, this.#time.nowMs + delayMs)
  }

  /** Runs `arrive` now, or once the link is healed. */
  pass(arrive: () => void): void {
    if (this.#isBlocked) this.#heldUp.push(arrive)
    else arrive()
  }
}
