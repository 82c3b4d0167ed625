/**
 * Time that a test may move: it flows as real time does, jumps ahead when told to, or stands still until then. Timers run
 * in the order in which they are due, each in its own moment. Sockets are real and know nothing of it.
 */
import { PriorityQueue } from '@gregor/base'
import { type Clock, type Timer, turnEnded } from '@gregor/platform'

interface Waiting {
  readonly dueMs: number
  callback: (() => void) | undefined
}

const hourMs = 3_600_000
const exactUpToMs = 60_000
const stepCount = 200

export class TestClock implements Clock {
  readonly #real: Clock
  readonly #queue = new PriorityQueue<Waiting>((a, b) => a.dueMs - b.dueMs)
  /** Between this clock and the real one, while it flows. */
  #aheadMs = 0
  #stoppedAtMs: number | undefined
  /** Between the wall and the monotonic clock. */
  readonly #wallOffsetMs: number
  #armed: { readonly dueMs: number; readonly timer: Timer } | undefined
  #advancing: Promise<void> = Promise.resolve()

  /** @internal */
  constructor(real: Clock) {
    this.#real = real
    this.#wallOffsetMs = real.wallMs() - real.monotonicMs()
  }

  /** Milliseconds since the epoch, as the node and its clients see them: the real time, and what was advanced. */
  wallMs(): number {
    return Math.floor(this.#wallOffsetMs + this.monotonicMs())
  }

  /** Milliseconds since some moment, never going back. */
  monotonicMs(): number {
    return this.#stoppedAtMs ?? this.#real.monotonicMs() + this.#aheadMs
  }

  get isPaused(): boolean {
    return this.#stoppedAtMs !== undefined
  }

  /** Time stands still: no timer runs but by `advance`. Whoever waits for one waits until then. Idempotent. */
  pause(): void {
    if (this.isPaused) return
    this.#stoppedAtMs = this.monotonicMs()
    this.#disarm()
  }

  /** Time flows on from where it stood. Idempotent. */
  resume(): void {
    if (this.#stoppedAtMs === undefined) return
    this.#aheadMs = this.#stoppedAtMs - this.#real.monotonicMs()
    this.#stoppedAtMs = undefined
    this.#arm()
  }

  /**
   * Lets `durationMs` pass at once: what is due until then runs, each in its moment, and what promises have to do because
   * of it is done before the next. What goes over sockets takes its real time: wait for what comes of it.
   *
   * @throws RangeError for what is no time.
   */
  advance(durationMs: number): Promise<void> {
    if (!(durationMs >= 0 && durationMs < Infinity)) throw new RangeError(`${durationMs} ms cannot pass`)
    this.#advancing = this.#advancing.then(() => this.#advance(durationMs))
    return this.#advancing
  }

  /**
   * Lets time pass, a step at a time, until the promise settles, and returns what it brings: for what needs both time and
   * sockets. Each step leaves a millisecond of real time to what is under way.
   *
   * @param options.stepMs - default: 100. @param options.limitMs - default: an hour.
   * @throws Error when `limitMs` have passed; what the promise is rejected with.
   */
  async runUntil<T>(
    promise: Promise<T>,
    { stepMs = 100, limitMs = hourMs }: { readonly stepMs?: number; readonly limitMs?: number } = {},
  ): Promise<T> {
    let isSettled = false
    const settled = (): void => {
      isSettled = true
    }
    promise.then(settled, settled)
    for (let passedMs = 0; ; passedMs += stepMs) {
      await this.#breathe()
      if (isSettled) return promise
      if (passedMs >= limitMs) throw new Error(`not settled after ${limitMs} ms on the clock of the test`)
      await this.advance(stepMs)
    }
  }

  schedule(delayMs: number, callback: () => void): Timer {
    const waiting: Waiting = { dueMs: this.monotonicMs() + Math.max(0, delayMs), callback }
    this.#queue.push(waiting)
    this.#arm()
    return {
      cancel: () => {
        waiting.callback = undefined
      },
    }
  }

  afterTurn(callback: () => void): void {
    this.#real.afterTurn(callback)
  }

  async #advance(durationMs: number): Promise<void> {
    const untilMs = this.monotonicMs() + durationMs
    const stepMs = durationMs <= exactUpToMs ? 0 : durationMs / stepCount
    await turnEnded()
    for (let dueMs = this.#nextDueMs(); dueMs <= untilMs; dueMs = this.#nextDueMs()) {
      if (dueMs > this.monotonicMs()) this.#moveTo(Math.min(untilMs, Math.max(dueMs, this.monotonicMs() + stepMs)))
      this.#runNext()
      await turnEnded()
    }
    this.#moveTo(untilMs)
    await turnEnded()
    this.#arm()
  }

  #breathe(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#real.schedule(1, resolve)
    return promise
  }

  #moveTo(targetMs: number): void {
    const byMs = Math.max(0, targetMs - this.monotonicMs())
    if (this.#stoppedAtMs === undefined) this.#aheadMs += byMs
    else this.#stoppedAtMs += byMs
  }

  #runNext(): void {
    const waiting = this.#queue.pop()
    const callback = waiting?.callback
    if (waiting !== undefined) waiting.callback = undefined
    callback?.()
  }

  /** Infinity where nothing waits. */
  #nextDueMs(): number {
    for (let next = this.#queue.peek(); next !== undefined; next = this.#queue.peek()) {
      if (next.callback !== undefined) return next.dueMs
      this.#queue.pop()
    }
    return Infinity
  }

  #arm(): void {
    if (this.isPaused) return
    const dueMs = this.#nextDueMs()
    if (dueMs >= (this.#armed?.dueMs ?? Infinity)) return
    this.#disarm()
    const timer = this.#real.schedule(dueMs - this.monotonicMs(), () => this.#wake())
    this.#armed = { dueMs, timer }
  }

  #disarm(): void {
    this.#armed?.timer.cancel()
    this.#armed = undefined
  }

  #wake(): void {
    this.#armed = undefined
    try {
      // What is added meanwhile waits for the next time, so that nothing can keep the turn.
      const nowMs = this.monotonicMs()
      while (!this.isPaused && this.#nextDueMs() <= nowMs) this.#runNext()
    } finally {
      this.#arm()
    }
  }
}
