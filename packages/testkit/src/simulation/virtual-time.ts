/**
 * Time that passes only when told to: a queue of events, each at a moment, run one by one. Events of the same moment
 * run in an order that the seed decides, so that a program cannot come to rely on one. After each event everything
 * that promises have left to do is done before the next.
 */
import { PriorityQueue, assert } from '@gregor/base'
import { type Random, type Timer, turnEnded } from '@gregor/platform'

export interface RunLimits {
  /** Give up once that much virtual time has passed. Default: one hour. */
  readonly limitMs?: number
  /** Give up after so many events. Default: 10 million. */
  readonly eventCountMax?: number
}

interface Event {
  readonly atMs: number
  readonly rank: number
  readonly tieBreak: number
  readonly name: string
  callback: (() => void) | undefined
}

const hourMs = 3_600_000
const eventCountMaxDefault = 10_000_000

export class VirtualTime {
  readonly #random: Random
  readonly #events = new PriorityQueue<Event>((a, b) => a.atMs - b.atMs || a.rank - b.rank || a.tieBreak - b.tieBreak)
  #nowMs = 0
  #eventCount = 0
  #digest = 0

  constructor(random: Random) {
    this.#random = random
  }

  /** Milliseconds since the world began. */
  get nowMs(): number {
    return this.#nowMs
  }

  get eventCount(): number {
    return this.#eventCount
  }

  /** A number that depends on every event so far, its name and its moment: equal runs have equal digests. */
  get digest(): number {
    return this.#digest >>> 0
  }

  /** Runs `callback` in `delayMs` from now. `name` tells events apart in the digest. */
  after(delayMs: number, name: string, callback: () => void): Timer {
    return this.#add(this.#nowMs + Math.max(0, delayMs), 0, this.#random.uint32(), name, callback)
  }

  /** Runs `callback` when all other events of this moment are over; in order of the calls. */
  afterThisMoment(name: string, callback: () => void): Timer {
    return this.#add(this.#nowMs, 1, 0, name, callback)
  }

  /** Runs the next event, without what promises make of it. False where there is none. */
  step(): boolean {
    for (let event = this.#events.pop(); event !== undefined; event = this.#events.pop()) {
      const { callback } = event
      if (callback === undefined) continue
      event.callback = undefined
      this.#nowMs = event.atMs
      this.#eventCount++
      this.#note(event)
      callback()
      return true
    }
    return false
  }

  /** Runs events until `promise` settles, and returns what it brings. Throws where it never will. */
  async run<T>(promise: Promise<T>, limits: RunLimits = {}): Promise<T> {
    let isSettled = false
    const settled = (): void => {
      isSettled = true
    }
    promise.then(settled, settled)
    await this.#runWhile(() => !isSettled, limits, 'the promise is still open, and nothing is left to happen')
    return promise
  }

  /** Runs events until `condition` holds. Throws where it never will. */
  async runUntil(condition: () => boolean, limits: RunLimits = {}): Promise<void> {
    await this.#runWhile(() => !condition(), limits, 'the condition does not hold, and nothing is left to happen')
  }

  /** Lets `durationMs` pass. */
  async advance(durationMs: number): Promise<void> {
    const untilMs = this.#nowMs + durationMs
    await turnEnded()
    while (this.#nextMs() <= untilMs) {
      this.step()
      await turnEnded()
    }
    this.#nowMs = untilMs
  }

  /** The same without waiting for promises: for tests of what is synchronous. */
  advanceNow(durationMs: number): void {
    const untilMs = this.#nowMs + durationMs
    while (this.#nextMs() <= untilMs) this.step()
    this.#nowMs = untilMs
  }

  async #runWhile(goesOn: () => boolean, limits: RunLimits, otherwise: string): Promise<void> {
    const untilMs = this.#nowMs + (limits.limitMs ?? hourMs)
    const lastEvent = this.#eventCount + (limits.eventCountMax ?? eventCountMaxDefault)
    await turnEnded()
    while (goesOn()) {
      assert(this.#nextMs() <= untilMs, this.#nextMs() === Infinity ? otherwise : `over after ${untilMs} ms`)
      assert(this.#eventCount < lastEvent, `over after ${lastEvent} events`)
      this.step()
      await turnEnded()
    }
  }

  /** Infinity where nothing waits. */
  #nextMs(): number {
    for (let event = this.#events.peek(); event !== undefined; event = this.#events.peek()) {
      if (event.callback !== undefined) return event.atMs
      this.#events.pop()
    }
    return Infinity
  }

  #add(atMs: number, rank: number, tieBreak: number, name: string, callback: () => void): Timer {
    const event: Event = { atMs, rank, tieBreak, name, callback }
    this.#events.push(event)
    return {
      cancel() {
        event.callback = undefined
      },
    }
  }

  /** FNV-1a over the moment and the name. */
  #note({ atMs, name }: Event): void {
    let digest = this.#digest ^ Math.imul(Math.round(atMs * 1000) | 0, 0x85ebca6b)
    for (let index = 0; index < name.length; index++) digest = Math.imul(digest ^ name.charCodeAt(index), 0x01000193)
    this.#digest = digest
  }
}
