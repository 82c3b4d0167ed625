import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { NodeClock } from './clock.ts'
import { turnEnded } from './turn.ts'

describe('NodeClock', () => {
  it('runs timers once, in the order of their moments', async () => {
    const clock = new NodeClock()
    const ran: string[] = []
    const { promise, resolve } = Promise.withResolvers<void>()
    // Nothing else keeps the process alive.
    const alive = setInterval(() => undefined, 1000)
    clock.schedule(12, () => ran.push('second'))
    clock.schedule(4, () => ran.push('first'))
    clock.schedule(20, resolve)
    clock.schedule(8, () => ran.push('cancelled')).cancel()
    const startedAtMs = clock.monotonicMs()
    await promise
    clearInterval(alive)
    assert.deepEqual(ran, ['first', 'second'])
    assert.ok(clock.monotonicMs() - startedAtMs >= 19)
  })

  it('waits longer than a Node.js timer can', () => {
    const clock = new NodeClock()
    const warnings: unknown[] = []
    const warned = (warning: unknown): void => void warnings.push(warning)
    process.once('warning', warned)
    clock.schedule(Infinity, () => assert.fail('it is not yet time')).cancel()
    clock.schedule(2 ** 40, () => assert.fail('it is not yet time')).cancel()
    clock.schedule(-5, () => undefined).cancel()
    process.off('warning', warned)
    assert.deepEqual(warnings, [])
  })

  it('runs after the turn what was asked for within it, in order', async () => {
    const clock = new NodeClock()
    const ran: string[] = []
    clock.afterTurn(() => {
      ran.push('first')
      clock.afterTurn(() => ran.push('next turn'))
    })
    clock.afterTurn(() => ran.push('second'))
    await Promise.resolve()
    assert.deepEqual(ran, [])
    await turnEnded()
    assert.deepEqual(ran, ['first', 'second'])
    await turnEnded()
    assert.deepEqual(ran, ['first', 'second', 'next turn'])
  })

  it('tells the time of day', () => {
    const beforeMs = Date.now()
    const nowMs = new NodeClock().wallMs()
    assert.ok(nowMs >= beforeMs && nowMs <= Date.now())
  })
})
