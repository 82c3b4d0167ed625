import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'node:test'
import fc from 'fast-check'
import { FakeClock } from './host-fixture.ts'
import { isTimerEffect, Timers } from './timers.ts'

let clock: FakeClock
let fired: string[]
let timers: Timers

function set(key: string, delayMs: number, generation = 1): void {
  timers.perform({ type: 'SetTimer', key, delayMs, generation })
}

beforeEach(() => {
  clock = new FakeClock()
  fired = []
  timers = new Timers(clock, ({ key, generation }) => fired.push(`${key}${generation}@${clock.nowMs}`))
})

describe('Timers', () => {
  it('fire once, when they are due, in the order of their times', () => {
    set('b', 20)
    set('a', 10)
    clock.advance(9)
    assert.deepEqual(fired, [])
    clock.advance(100)
    assert.deepEqual(fired, ['a1@10', 'b1@20'])
    assert.equal(timers.size, 0)
  })

  it('set again replace the earlier one, whether later or sooner', () => {
    set('a', 10, 1)
    set('a', 30, 2)
    set('b', 30, 1)
    set('b', 10, 2)
    clock.advance(100)
    assert.deepEqual(fired, ['b2@10', 'a2@30'])
  })

  it('cancelled do not fire', () => {
    set('a', 10)
    timers.perform({ type: 'CancelTimer', key: 'a' })
    timers.perform({ type: 'CancelTimer', key: 'unknown' })
    clock.advance(100)
    assert.deepEqual(fired, [])
  })

  it('cleared do not fire, and leave no timer of the clock behind', () => {
    set('a', 10)
    timers.clear()
    assert.equal(clock.scheduledCount, 0)
    clock.advance(100)
    assert.deepEqual(fired, [])
  })

  it('need one timer of the clock for all of them', () => {
    for (let index = 0; index < 1_000; index++) set(`key${index}`, 1_000 + index)
    assert.equal(clock.scheduledCount, 1)
  })

  it('with a time that has passed fire at the next turn', () => {
    set('a', -5)
    assert.deepEqual(fired, [])
    clock.advance(0)
    assert.deepEqual(fired, ['a1@0'])
  })

  it('behave like a map of deadlines, whatever is set, cancelled and waited for', () => {
    const step = fc.oneof(
      fc.record({ what: fc.constant('set' as const), key: fc.constantFrom('a', 'b', 'c'), ms: fc.nat(20) }),
      fc.record({ what: fc.constant('cancel' as const), key: fc.constantFrom('a', 'b', 'c'), ms: fc.constant(0) }),
      fc.record({ what: fc.constant('wait' as const), key: fc.constant(''), ms: fc.nat(15) }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        clock = new FakeClock()
        const model = new Map<string, number>()
        const expected: string[] = []
        const got: string[] = []
        timers = new Timers(clock, ({ key }) => got.push(`${key}@${clock.nowMs}`))
        for (const { what, key, ms } of steps) {
          if (what === 'set') {
            model.set(key, clock.nowMs + ms)
            set(key, ms)
          } else if (what === 'cancel') {
            model.delete(key)
            timers.perform({ type: 'CancelTimer', key })
          } else {
            const untilMs = clock.nowMs + ms
            for (const [due, atMs] of [...model].filter(([, atMs]) => atMs <= untilMs)) {
              expected.push(`${due}@${atMs}`)
              model.delete(due)
            }
            clock.advance(ms)
          }
        }
        assert.deepEqual(got.toSorted(), expected.toSorted())
      }),
    )
  })

  it('are told from other effects', () => {
    assert.equal(isTimerEffect({ type: 'CancelTimer' }), true)
    assert.equal(isTimerEffect({ type: 'Print' }), false)
  })
})
