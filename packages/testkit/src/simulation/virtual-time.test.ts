import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { InvariantViolation } from '@gregor/base'
import { seededRandom } from './seeded-random.ts'
import { VirtualTime } from './virtual-time.ts'

describe('VirtualTime', () => {
  it('runs events at their moments, earliest first', async () => {
    const time = newTime()
    const ran: string[] = []
    time.after(20, 'b', () => ran.push(`b at ${time.nowMs}`))
    time.after(10.5, 'a', () => ran.push(`a at ${time.nowMs}`))
    time.after(-1, 'now', () => ran.push(`now at ${time.nowMs}`))
    await time.advance(15)
    assert.deepEqual(ran, ['now at 0', 'a at 10.5'])
    assert.equal(time.nowMs, 15)
    time.advanceNow(5)
    assert.deepEqual(ran, ['now at 0', 'a at 10.5', 'b at 20'])
    assert.equal(time.eventCount, 3)
  })

  it('runs events of one moment in an order that only the seed decides', () => {
    const order = (seed: number): string => {
      const time = newTime(seed)
      let ran = ''
      for (const name of 'abcdefgh') time.after(5, name, () => (ran += name))
      time.advanceNow(5)
      return ran
    }
    assert.equal(order(1), order(1))
    assert.ok(new Set([1, 2, 3, 4, 5].map(order)).size > 1)
  })

  it('runs what waits for the end of a moment after all else in it, in order', () => {
    const time = newTime()
    const ran: string[] = []
    time.afterThisMoment('last', () => ran.push('last'))
    time.afterThisMoment('very last', () => ran.push('very last'))
    time.after(0, 'first', () => {
      ran.push('first')
      time.after(0, 'second', () => ran.push('second'))
    })
    time.advanceNow(0)
    assert.deepEqual(ran, ['first', 'second', 'last', 'very last'])
  })

  it('does not run what was cancelled', () => {
    const time = newTime()
    time.after(1, 'x', () => assert.fail('it was cancelled')).cancel()
    time.advanceNow(10)
    assert.equal(time.eventCount, 0)
    assert.equal(time.step(), false)
  })

  it('lets promises do all they have to do before the next event', async () => {
    const time = newTime()
    const ran: string[] = []
    time.after(1, 'a', () => {
      void (async () => {
        for (let hop = 0; hop < 50; hop++) await Promise.resolve()
        ran.push('after 50 hops')
      })()
    })
    time.after(2, 'b', () => ran.push('next event'))
    await time.advance(5)
    assert.deepEqual(ran, ['after 50 hops', 'next event'])
  })

  it('runs until a promise settles, and gives back what it brings', async () => {
    const time = newTime()
    const { promise, resolve } = Promise.withResolvers<string>()
    time.after(100, 'x', () => resolve('done'))
    time.after(200, 'y', () => assert.fail('that is later'))
    assert.equal(await time.run(promise), 'done')
    assert.equal(time.nowMs, 100)
    await assert.rejects(time.run(Promise.reject(new Error('why'))), /why/)
  })

  it('says so where a promise can never settle', async () => {
    const time = newTime()
    const never = new Promise<void>(() => undefined)
    await assert.rejects(time.run(never), InvariantViolation)
    const tick = (): void => void time.after(1000, 'tick', tick)
    tick()
    await assert.rejects(time.run(never, { limitMs: 10_000 }), /over after 10000 ms/)
    await assert.rejects(time.run(never, { eventCountMax: 5 }), /over after \d+ events/)
  })

  it('runs until a condition holds', async () => {
    const time = newTime()
    let count = 0
    const tick = (): void => {
      count++
      time.after(10, 'tick', tick)
    }
    tick()
    await time.runUntil(() => count === 4)
    assert.equal(time.nowMs, 30)
    await assert.rejects(
      newTime().runUntil(() => false),
      /nothing is left to happen/,
    )
  })

  it('has one digest for equal runs, another for others', () => {
    const digest = (names: readonly string[], delayMs: number): number => {
      const time = newTime()
      for (const name of names) time.after(delayMs, name, () => undefined)
      time.advanceNow(100)
      return time.digest
    }
    assert.equal(digest(['a', 'b'], 5), digest(['a', 'b'], 5))
    assert.notEqual(digest(['a', 'b'], 5), digest(['a', 'c'], 5))
    assert.notEqual(digest(['a', 'b'], 5), digest(['a', 'b'], 6))
  })
})

function newTime(seed = 1): VirtualTime {
  return new VirtualTime(seededRandom(seed))
}
