/**
 * Timers of a machine. To set one is an effect, to expire is an event that carries the generation it was set with:
 * an event that was already on its way when the timer was set anew or cancelled is told by its old generation.
 *
 * One clock timer serves them all. A key set again to a later time (a session that was just heard from) costs no
 * allocation in the queue: its old entry is put back when it comes up too early.
 */
import { PriorityQueue } from '@gregor/base'
import type { Clock, Timer } from '@gregor/platform'

export type TimerEffect = SetTimer | CancelTimer

/** Replaces the timer of that key. */
export interface SetTimer {
  readonly type: 'SetTimer'
  readonly key: string
  readonly delayMs: number
  readonly generation: number
}

export interface CancelTimer {
  readonly type: 'CancelTimer'
  readonly key: string
}

export interface TimerFired {
  readonly type: 'TimerFired'
  readonly key: string
  readonly generation: number
}

export function isTimerEffect(effect: { readonly type: string }): effect is TimerEffect {
  return effect.type === 'SetTimer' || effect.type === 'CancelTimer'
}

interface Armed {
  dueMs: number
  generation: number
  /** When the entry in the queue that stands for this key comes up: never later than `dueMs`. */
  queuedMs: number
}

export class Timers {
  readonly #clock: Pick<Clock, 'monotonicMs' | 'schedule'>
  readonly #fire: (event: TimerFired) => void
  readonly #armed = new Map<string, Armed>()
  readonly #queue = new PriorityQueue<{ readonly key: string; readonly atMs: number }>((a, b) => a.atMs - b.atMs)
  #wake: { readonly atMs: number; readonly timer: Timer } | undefined

  /** @param fire - gets each timer that has expired, in the order of expiry. */
  constructor(clock: Pick<Clock, 'monotonicMs' | 'schedule'>, fire: (event: TimerFired) => void) {
    this.#clock = clock
    this.#fire = fire
  }

  /** How many are waiting. */
  get size(): number {
    return this.#armed.size
  }

  perform(effect: TimerEffect): void {
    if (effect.type === 'CancelTimer') this.#armed.delete(effect.key)
    else this.#set(effect)
  }

  /** Cancels all. */
  clear(): void {
    this.#armed.clear()
    this.#queue.clear()
    this.#wake?.timer.cancel()
    this.#wake = undefined
  }

  #set({ key, delayMs, generation }: SetTimer): void {
    const dueMs = this.#clock.monotonicMs() + Math.max(0, delayMs)
    const armed = this.#armed.get(key)
    if (armed !== undefined && armed.queuedMs <= dueMs) {
      armed.dueMs = dueMs
      armed.generation = generation
      return
    }
    this.#armed.set(key, { dueMs, generation, queuedMs: dueMs })
    this.#enqueue(key, dueMs)
  }

  #enqueue(key: string, atMs: number): void {
    this.#queue.push({ key, atMs })
    this.#sleepUntil(this.#queue.peek()?.atMs)
  }

  #sleepUntil(atMs: number | undefined): void {
    if (atMs === undefined || (this.#wake !== undefined && this.#wake.atMs <= atMs)) return
    this.#wake?.timer.cancel()
    const delayMs = Math.max(0, atMs - this.#clock.monotonicMs())
    this.#wake = { atMs, timer: this.#clock.schedule(delayMs, () => this.#awake()) }
  }

  #awake(): void {
    this.#wake = undefined
    const nowMs = this.#clock.monotonicMs()
    for (let next = this.#queue.peek(); next !== undefined && next.atMs <= nowMs; next = this.#queue.peek()) {
      this.#queue.pop()
      this.#comeUp(next.key, next.atMs, nowMs)
    }
    this.#sleepUntil(this.#queue.peek()?.atMs)
  }

  #comeUp(key: string, atMs: number, nowMs: number): void {
    const armed = this.#armed.get(key)
    // Cancelled, or set anew to an earlier time, which has an entry of its own.
    if (armed === undefined || armed.queuedMs !== atMs) return
    if (armed.dueMs > nowMs) {
      armed.queuedMs = armed.dueMs
      this.#queue.push({ key, atMs: armed.dueMs })
      return
    }
    this.#armed.delete(key)
    this.#fire({ type: 'TimerFired', key, generation: armed.generation })
  }
}
