import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { DeadlineBuckets } from './deadline-buckets.ts'

describe('DeadlineBuckets', () => {
  it('runs what is due, earliest first', () => {
    const buckets = new DeadlineBuckets()
    const ran: string[] = []
    buckets.add(0, 30, () => ran.push('30'))
    buckets.add(0, 10, () => ran.push('10'))
    buckets.add(0, 20, () => ran.push('20'))
    buckets.runDue(9)
    assert.deepEqual(ran, [])
    buckets.runDue(20)
    assert.deepEqual(ran, ['10', '20'])
    buckets.runDue(1000)
    assert.deepEqual(ran, ['10', '20', '30'])
  })

  it('runs timers of one moment in the order they were added', () => {
    const buckets = new DeadlineBuckets()
    const ran: number[] = []
    for (let index = 0; index < 5; index++) buckets.add(0, 7, () => ran.push(index))
    buckets.runDue(7)
    assert.deepEqual(ran, [0, 1, 2, 3, 4])
  })

  it('rounds up to 1 ms, and from 64 ms away to 8 ms', () => {
    const due = (nowMs: number, delayMs: number): number | undefined => {
      const buckets = new DeadlineBuckets()
      buckets.add(nowMs, delayMs, () => undefined)
      return buckets.nextDueMs()
    }
    assert.deepEqual([due(0.3, 5), due(0, 63), due(0, 64), due(0, 65), due(1.5, 500)], [6, 63, 64, 72, 504])
  })

  it('takes a negative delay for none', () => {
    const buckets = new DeadlineBuckets()
    buckets.add(10, -5, () => undefined)
    assert.equal(buckets.nextDueMs(), 10)
  })

  it('forgets a timer that is cancelled, however often', () => {
    const buckets = new DeadlineBuckets()
    const ran: string[] = []
    const timer = buckets.add(0, 10, () => ran.push('cancelled'))
    buckets.add(0, 20, () => ran.push('other'))
    timer.cancel()
    timer.cancel()
    assert.equal(buckets.nextDueMs(), 20)
    buckets.runDue(20)
    timer.cancel()
    assert.deepEqual(ran, ['other'])
    assert.equal(buckets.nextDueMs(), undefined)
  })

  it('does not run a timer that one before it cancels', () => {
    const buckets = new DeadlineBuckets()
    const ran: string[] = []
    buckets.add(0, 10, () => {
      ran.push('first')
      second.cancel()
    })
    const second = buckets.add(0, 10, () => ran.push('second'))
    buckets.runDue(10)
    assert.deepEqual(ran, ['first'])
  })

  it('runs at once what a callback adds for now', () => {
    const buckets = new DeadlineBuckets()
    const ran: string[] = []
    buckets.add(0, 10, () => buckets.add(10, 0, () => ran.push('added')))
    buckets.runDue(10)
    assert.deepEqual(ran, ['added'])
  })

  it('goes on after a callback that throws', () => {
    const buckets = new DeadlineBuckets()
    const ran: string[] = []
    buckets.add(0, 10, () => {
      throw new Error('a bug')
    })
    buckets.add(0, 10, () => ran.push('second'))
    assert.throws(() => buckets.runDue(10), /a bug/)
    buckets.runDue(10)
    assert.deepEqual(ran, ['second'])
  })

  it('runs each timer that is not cancelled, never before its time and within 8 ms after it', () => {
    const timer = fc.record({ delayMs: fc.integer({ min: 0, max: 300 }), isCancelled: fc.boolean() })
    fc.assert(
      fc.property(fc.array(timer, { maxLength: 100 }), (timers) => {
        const buckets = new DeadlineBuckets()
        const ranAtMs = new Map<number, number>()
        let nowMs = 0
        for (const [index, { delayMs, isCancelled }] of timers.entries()) {
          const added = buckets.add(0, delayMs, () => ranAtMs.set(index, nowMs))
          if (isCancelled) added.cancel()
        }
        for (; nowMs <= 310; nowMs++) buckets.runDue(nowMs)
        for (const [index, { delayMs, isCancelled }] of timers.entries()) {
          const atMs = ranAtMs.get(index)
          if (isCancelled) assert.equal(atMs, undefined)
          else assert.ok(atMs !== undefined && atMs >= delayMs && atMs < delayMs + 8, `${delayMs} at ${atMs}`)
        }
        assert.equal(buckets.nextDueMs(), undefined)
      }),
    )
  })
})
