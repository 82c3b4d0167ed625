import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { nodeEnvironment } from '@gregor/platform'
import { simulatedEnvironment, type VirtualTime } from '@gregor/testkit/simulation'
import { TestClock } from './test-clock.ts'

/** A clock of a test whose real time is virtual, too. */
function newClock(): { readonly clock: TestClock; readonly real: VirtualTime } {
  const { time, clock } = simulatedEnvironment(1)
  return { clock: new TestClock(clock), real: time }
}

describe('the clock of a test', () => {
  it('flows as real time does', () => {
    const { clock, real } = newClock()
    const ran: number[] = []
    const startedMs = clock.wallMs()
    clock.schedule(10, () => ran.push(clock.monotonicMs()))
    clock.schedule(5, () => ran.push(clock.monotonicMs()))
    clock.schedule(7, () => ran.push(-1)).cancel()
    real.advanceNow(20)
    assert.deepEqual(ran, [5, 10])
    assert.equal(clock.wallMs() - startedMs, 20)
  })

  it('jumps ahead, and runs what is due in its moment and in its order', async () => {
    const { clock, real } = newClock()
    const ran: string[] = []
    const note = (name: string) => () => void ran.push(`${name} ${clock.monotonicMs()}`)
    clock.schedule(200, () => {
      note('second')()
      clock.schedule(50, note('third'))
      clock.schedule(5_000, note('late'))
    })
    clock.schedule(100, note('first'))
    await clock.advance(1_000)
    assert.deepEqual(ran, ['first 100', 'second 200', 'third 250'])
    assert.equal(clock.monotonicMs(), 1_000)
    real.advanceNow(4_199)
    assert.equal(ran.length, 3)
    real.advanceNow(1)
    assert.deepEqual(ran.at(-1), 'late 5200')
  })

  it('takes a week in 200 steps, in each of which a timer runs once', async () => {
    const { clock } = newClock()
    const weekMs = 7 * 24 * 3_600_000
    let runCount = 0
    const again = (): void => {
      runCount++
      clock.schedule(1_000, again)
    }
    again()
    clock.schedule(weekMs, () => void (runCount += 1_000))
    await clock.advance(weekMs)
    assert.equal(clock.monotonicMs(), weekMs)
    assert.ok(runCount >= 1_199 && runCount <= 1_202, `${runCount}`)
  })

  it('lets promises have their turn between two moments', async () => {
    const { clock } = newClock()
    const ran: string[] = []
    clock.schedule(1, () => void Promise.resolve().then(() => ran.push('a promise')))
    clock.schedule(2, () => ran.push('a timer'))
    await clock.advance(2)
    assert.deepEqual(ran, ['a promise', 'a timer'])
  })

  it('stands still while it is paused, and flows on from there', async () => {
    const { clock, real } = newClock()
    let runCount = 0
    clock.schedule(100, () => runCount++)
    clock.pause()
    clock.pause()
    real.advanceNow(1_000)
    assert.deepEqual([clock.monotonicMs(), runCount, clock.isPaused], [0, 0, true])
    await clock.advance(60)
    assert.deepEqual([clock.monotonicMs(), runCount], [60, 0])
    clock.resume()
    clock.resume()
    real.advanceNow(39)
    assert.equal(runCount, 0)
    real.advanceNow(1)
    assert.deepEqual([clock.monotonicMs(), runCount], [100, 1])
  })

  it('takes one advance after the other', async () => {
    const { clock } = newClock()
    clock.pause()
    await Promise.all([clock.advance(10), clock.advance(20)])
    assert.equal(clock.monotonicMs(), 30)
  })

  it('runs until a promise settles, or so much time has passed', async () => {
    // What goes over sockets is waited for: in real time.
    const clock = new TestClock(nodeEnvironment({ logLevel: 'off' }).clock)
    clock.pause()
    const startedMs = clock.monotonicMs()
    const { promise, resolve } = Promise.withResolvers<string>()
    clock.schedule(60_000, () => resolve('done'))
    assert.equal(await clock.runUntil(promise, { stepMs: 7_000 }), 'done')
    assert.equal(Math.round(clock.monotonicMs() - startedMs), 63_000)
    await assert.rejects(clock.runUntil(new Promise(() => undefined), { stepMs: 10, limitMs: 20 }), {
      message: 'not settled after 20 ms on the clock of the test',
    })
    await assert.rejects(clock.runUntil(Promise.reject(new Error('as planned'))), { message: 'as planned' })
  })

  it('goes on when a timer throws', () => {
    const { clock, real } = newClock()
    let hasRun = false
    clock.schedule(1, () => {
      throw new Error('as planned')
    })
    clock.schedule(1, () => {
      hasRun = true
    })
    assert.throws(() => real.advanceNow(1), { message: 'as planned' })
    real.advanceNow(1)
    assert.ok(hasRun)
  })

  it('does not go back', () => {
    const { clock } = newClock()
    for (const durationMs of [-1, Number.NaN, Infinity]) assert.throws(() => clock.advance(durationMs), RangeError)
  })
})
