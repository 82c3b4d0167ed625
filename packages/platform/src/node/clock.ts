/**
 * Time on Node.js. One `setTimeout` for all timers (see `deadline-buckets` for why), one `setImmediate` for all that
 * waits for the end of a turn. Reading the clocks is left alone: 40 to 50 ns each, `hrtime` less than `performance`, whose
 * module takes 1.5 ms to load besides.
 */
import type { Clock, Timer } from '../environment.ts'
import { DeadlineBuckets } from '../deadline-buckets.ts'

/** The longest a Node.js timer can wait. */
const longestTimeoutMs = 2 ** 31 - 1
/** When the process was started. */
const originMs = uptimeMs() - process.uptime() * 1_000

/** Of the machine. */
function uptimeMs(): number {
  const [seconds, nanoseconds] = process.hrtime()
  return seconds * 1e3 + nanoseconds / 1e6
}

function nowMs(): number {
  return uptimeMs() - originMs
}

export class NodeClock implements Clock {
  readonly #timers = new DeadlineBuckets()
  #armedForMs = Infinity
  #timeout: NodeJS.Timeout | undefined
  #afterTurn: (() => void)[] = []

  wallMs(): number {
    return Date.now()
  }

  monotonicMs(): number {
    return nowMs()
  }

  schedule(delayMs: number, callback: () => void): Timer {
    const timer = this.#timers.add(nowMs(), delayMs, callback)
    if (timer.dueMs < this.#armedForMs) this.#arm(timer.dueMs)
    return timer
  }

  afterTurn(callback: () => void): void {
    if (this.#afterTurn.push(callback) === 1) setImmediate(() => this.#runAfterTurn())
  }

  #arm(dueMs: number): void {
    clearTimeout(this.#timeout)
    this.#armedForMs = dueMs
    const delayMs = Math.max(1, Math.min(Math.ceil(dueMs - nowMs()), longestTimeoutMs))
    this.#timeout = setTimeout(() => this.#run(), delayMs).unref()
  }

  #run(): void {
    this.#armedForMs = Infinity
    try {
      this.#timers.runDue(nowMs())
    } finally {
      const dueMs = this.#timers.nextDueMs()
      if (dueMs !== undefined && dueMs < this.#armedForMs) this.#arm(dueMs)
    }
  }

  /** Callbacks added meanwhile wait for the next turn. One that throws does not take the others with it. */
  #runAfterTurn(): void {
    const callbacks = this.#afterTurn
    this.#afterTurn = []
    let index = 0
    try {
      while (index < callbacks.length) callbacks[index++]?.()
    } finally {
      if (index < callbacks.length) {
        this.#afterTurn = [...callbacks.slice(index), ...this.#afterTurn]
        setImmediate(() => this.#runAfterTurn())
      }
    }
  }
}
