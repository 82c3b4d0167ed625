import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FetchWaiters, type Awaited, type FetchWaiter } from './fetch-waiters.ts'

class TestClock {
  readonly turns: (() => void)[] = []
  readonly timers: { delayMs: number; callback: () => void; isCancelled: boolean }[] = []

  afterTurn(callback: () => void): void {
    this.turns.push(callback)
  }

  schedule(delayMs: number, callback: () => void): { cancel: () => void } {
    const timer = { delayMs, callback, isCancelled: false }
    this.timers.push(timer)
    return {
      cancel: () => {
        timer.isCancelled = true
      },
    }
  }

  endTurn(): void {
    for (const callback of this.turns.splice(0)) callback()
  }
}

function partition(): Awaited {
  return { waiters: new Set<FetchWaiter>() }
}

describe('fetch waiters', () => {
  it('wakes a fetch at the end of the turn in which enough bytes came', async () => {
    const clock = new TestClock()
    const waiters = new FetchWaiters(clock)
    const a = partition()
    const b = partition()
    const { settled } = waiters.wait([a, b], { missingBytes: 100, maxWaitMs: 500 })
    waiters.advanced(a, 60)
    assert.equal(clock.turns.length, 0)
    waiters.advanced(b, 40)
    waiters.advanced(b, 1000)
    assert.equal(clock.turns.length, 1)
    clock.endTurn()
    assert.equal(await settled, 'advanced')
    assert.equal(a.waiters.size + b.waiters.size + waiters.waitingCount, 0)
    assert.equal(clock.timers[0]?.isCancelled, true)
  })

  it('ends a wait at its deadline', async () => {
    const clock = new TestClock()
    const waiters = new FetchWaiters(clock)
    const { settled } = waiters.wait([partition()], { missingBytes: 1, maxWaitMs: 500 })
    assert.equal(clock.timers[0]?.delayMs, 500)
    clock.timers[0]?.callback()
    assert.equal(await settled, 'expired')
  })

  it('ends a wait when its connection closes, and counts it once', async () => {
    const clock = new TestClock()
    const waiters = new FetchWaiters(clock)
    const a = partition()
    const { settled, cancel } = waiters.wait([a], { missingBytes: 1, maxWaitMs: 500 })
    waiters.advanced(a, 5)
    cancel()
    clock.endTurn()
    cancel()
    assert.equal(await settled, 'cancelled')
    assert.equal(waiters.waitingCount, 0)
  })

  it('does nothing for a partition nobody waits for', () => {
    const clock = new TestClock()
    new FetchWaiters(clock).advanced(partition(), 10)
    assert.equal(clock.turns.length, 0)
  })
})
