import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { simulatedEnvironment } from '@gregor/testkit/simulation'
import { inParallel } from './in-parallel.ts'
import { RepeatedWork } from './repeated-work.ts'
import { Throttle } from './throttle.ts'
import { TimeSlices } from './time-slices.ts'

describe('RepeatedWork', () => {
  it('runs after a delay, and again after each pause, failures or not, until it is closed', async () => {
    const { time, clock, logger } = simulatedEnvironment(1)
    const ranAtMs: number[] = []
    const work = new RepeatedWork({
      clock,
      logger,
      name: 'the work',
      firstDelayMs: 10,
      pauseMs: () => 100,
      run: async () => {
        ranAtMs.push(time.nowMs)
        await new Promise<void>((resolve) => clock.schedule(5, resolve))
        if (ranAtMs.length === 2) throw new Error('no luck')
        if (ranAtMs.length === 3) throw new RangeError('no luck at all')
      },
    })
    work.start()
    await time.advance(500)
    assert.deepEqual(ranAtMs, [10, 115, 220, 325, 430])
    assert.deepEqual(logger.lines('error'), ['ERROR the work did not succeed', 'ERROR the work did not succeed'])
    await time.run(work.close())
    await time.advance(500)
    assert.equal(ranAtMs.length, 5)
    work.start()
    await time.advance(500)
    assert.equal(ranAtMs.length, 5)
  })

  it('never runs where the pause has no end', async () => {
    const { time, clock, logger } = simulatedEnvironment(1)
    const run = (): Promise<void> => assert.fail('it ran')
    new RepeatedWork({ clock, logger, name: 'x', firstDelayMs: Infinity, pauseMs: () => 1, run }).start()
    await time.advance(1_000_000)
  })
})

describe('inParallel', () => {
  it('works on a few items at a time, in order', async () => {
    const { time, clock } = simulatedEnvironment(1)
    const events: string[] = []
    const done = inParallel([1, 2, 3, 4], 2, async (item) => {
      events.push(`begin ${item}`)
      await new Promise<void>((resolve) => clock.schedule(item === 1 ? 30 : 10, resolve))
      events.push(`end ${item}`)
    })
    await time.run(done)
    assert.deepEqual(
      events,
      ['begin 1', 'begin 2', 'end 2', 'begin 3', 'end 3', 'begin 4', 'end 1', 'end 4'].toSorted(byTime(events)),
    )
  })

  it('ends with the first failure, once what was begun has ended', async () => {
    const begun: number[] = []
    const work = inParallel([1, 2, 3, 4, 5], 2, async (item) => {
      begun.push(item)
      await Promise.resolve()
      if (item === 2) throw new Error('two')
    })
    await assert.rejects(work, /two/)
    assert.ok(begun.length < 5)
  })
})

/** The order of what happens in one moment is the seed’s. */
function byTime(events: readonly string[]): (a: string, b: string) => number {
  return (a, b) => events.indexOf(a) - events.indexOf(b)
}

describe('Throttle', () => {
  it('holds work back to a rate, saving up short waits', async () => {
    const { time, clock } = simulatedEnvironment(1)
    const throttle = new Throttle(clock, () => 1000)
    assert.equal(throttle.took(4), undefined)
    const startedMs = time.nowMs
    for (let count = 0; count < 100; count++) await time.run(throttle.took(10) ?? Promise.resolve())
    assert.ok(Math.abs(time.nowMs - startedMs - 1000) < 20, `${time.nowMs - startedMs}`)
  })

  it('holds nothing back without a limit', () => {
    const { clock } = simulatedEnvironment(1)
    assert.equal(new Throttle(clock, () => Infinity).took(1e9), undefined)
    assert.equal(new Throttle(clock, () => Number.MAX_VALUE).took(1e9), undefined)
  })
})

describe('TimeSlices', () => {
  it('are over after two milliseconds, and begin anew after a rest', async () => {
    let nowMs = 0
    const turns: (() => void)[] = []
    const slices = new TimeSlices({ monotonicMs: () => nowMs, afterTurn: (callback) => turns.push(callback) })
    nowMs = 1.5
    assert.equal(slices.isOver(), false)
    nowMs = 3
    assert.equal(slices.isOver(), true)
    const resting = slices.rest()
    nowMs = 50
    turns.shift()?.()
    await resting
    assert.equal(slices.isOver(), false)
    assert.equal(slices.longestMs, 3)
  })
})
