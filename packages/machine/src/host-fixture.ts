/**
 * A small machine and a small world for the host's tests: an account whose balance is the sum of its records.
 */
import { assert } from '@gregor/base'
import type { Clock, Random, Timer } from '@gregor/platform'
import { BatchTooLargeError } from './errors.ts'
import type { HostBatch, HostLog } from './host-log.ts'
import { decide } from './machine.ts'
import type { BatchProducer, Decision, Given, RevertibleMachine, TooLarge } from './machine.ts'
import type { TimerEffect, TimerFired } from './timers.ts'

/** A timer of this generation adds 1. */
export const WRITING_GENERATION = 77

export type AccountEvent =
  | {
      type: 'Add'
      amounts: number[]
      producer?: BatchProducer
      tooLarge?: TooLarge<AccountReply>
      afterwards?: (lastOffset: number) => void
    }
  | { type: 'Read' }
  | { type: 'Print'; text: string }
  | { type: 'Wake'; delayMs: number; generation: number }
  | { type: 'Throw' }
export type AccountReply = number | string
export interface AccountEffect {
  readonly type: 'Print'
  readonly text: string
}

export class AccountMachine implements RevertibleMachine<
  AccountEvent | TimerFired,
  number,
  AccountReply,
  AccountEffect | TimerEffect
> {
  balance = 0
  readonly fired: TimerFired[] = []
  readonly given: Given[] = []
  #marks: { offset: number; balance: number }[] = []

  handle(event: AccountEvent | TimerFired, given: Given): Decision<number, AccountReply, AccountEffect | TimerEffect> {
    this.given.push(given)
    switch (event.type) {
      case 'Add': {
        const { amounts, type: _, ...more } = event
        return decide(
          amounts.reduce((sum, amount) => sum + amount, this.balance),
          { records: amounts, ...more },
        )
      }
      case 'Read':
        return decide(this.balance)
      case 'Print':
        return decide('printed', { effects: [event] })
      case 'Wake':
        return decide('set', {
          effects: [{ type: 'SetTimer', key: 'wake', delayMs: event.delayMs, generation: event.generation }],
        })
      case 'TimerFired':
        this.fired.push(event)
        return decide('', event.generation === WRITING_GENERATION ? { records: [1] } : {})
      case 'Throw':
        throw new Error('a bug')
    }
  }

  apply(amount: number): void {
    if (amount === 13) throw new Error('poison')
    this.balance += amount
  }

  get markedOffsets(): number[] {
    return this.#marks.map(({ offset }) => offset)
  }

  mark(offset: number): void {
    this.#marks.push({ offset, balance: this.balance })
  }

  rollbackTo(offset: number): void {
    this.#marks = this.#marks.filter((mark) => mark.offset <= offset)
    this.balance = this.#marks.at(-1)?.balance ?? 0
  }

  forgetMarksBelow(offset: number): void {
    while ((this.#marks[1]?.offset ?? Infinity) <= offset) this.#marks.shift()
  }
}

export class MemoryLog implements HostLog<number> {
  readonly batches: HostBatch<number>[] = []
  commitsAtOnce = false
  recordsMax = Infinity
  fault: Error | undefined
  epoch = 1
  endOffset = 0
  #committedOffset = 0

  get committedOffset(): number {
    return this.commitsAtOnce ? this.endOffset : this.#committedOffset
  }

  append(batch: HostBatch<number>): { baseOffset: number; lastOffset: number } {
    if (this.fault !== undefined) throw this.fault
    const size = batch.records.length
    if (size > this.recordsMax) throw new BatchTooLargeError({ size, sizeMax: this.recordsMax, unit: 'records' })
    const baseOffset = this.endOffset
    this.batches.push(batch)
    this.endOffset += size
    return { baseOffset, lastOffset: this.endOffset - 1 }
  }

  commit(offset: number): void {
    this.#committedOffset = offset
  }

  truncate(offset: number): void {
    this.endOffset = offset
  }
}

export class FakeClock implements Pick<Clock, 'wallMs' | 'monotonicMs' | 'schedule'> {
  nowMs = 0
  #timers: { atMs: number; callback: () => void }[] = []

  wallMs(): number {
    return this.nowMs + 500_000
  }

  monotonicMs(): number {
    return this.nowMs
  }

  get scheduledCount(): number {
    return this.#timers.length
  }

  schedule(delayMs: number, callback: () => void): Timer {
    const timer = { atMs: this.nowMs + delayMs, callback }
    this.#timers.push(timer)
    return { cancel: () => (this.#timers = this.#timers.filter((one) => one !== timer)) }
  }

  advance(ms: number): void {
    const untilMs = this.nowMs + ms
    for (;;) {
      const next = this.#timers.toSorted((a, b) => a.atMs - b.atMs)[0]
      if (next === undefined || next.atMs > untilMs) break
      this.#timers = this.#timers.filter((one) => one !== next)
      this.nowMs = Math.max(this.nowMs, next.atMs)
      next.callback()
    }
    this.nowMs = untilMs
  }
}

export const noRandom: Random = {
  uint32: () => 0,
  below: () => 0,
  fraction: () => 0,
  fill(target) {
    assert(target.length > 0, 'something to fill')
    return target
  },
}
