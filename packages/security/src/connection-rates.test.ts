import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ConnectionRates } from './connection-rates.ts'

const start = 1_700_000_000_000
const limits = { broker: Infinity, listener: Infinity }
const from = (address: string, listener = 'PLAINTEXT') => ({ listener, isInterBroker: false, address })

function rates(perAddress?: number): ConnectionRates {
  const made = new ConnectionRates({ sampleCount: 11, sampleMs: 1_000 })
  if (perAddress !== undefined) {
    made.load([{ entity: new Map([['ip', null]]), values: new Map([['connection_creation_rate', perAddress]]) }])
  }
  return made
}

/** What becomes of the last of `count` connections at once. */
function lastOf(count: number, made: ConnectionRates, given: typeof limits, connection = from('10.0.0.1')) {
  let verdict = made.opened(connection, given, start)
  for (let i = 1; i < count; i++) verdict = made.opened(connection, given, start)
  return verdict
}

describe('a new connection', () => {
  it('is taken at once without limits', () => {
    assert.deepEqual(lastOf(10_000, rates(), limits), { outcome: 'accept', delayMs: 0 })
  })

  it('delays the next one when the broker has had too many', () => {
    // 101 in a window of 10 s, where 10 a second are allowed: a hundredth of the window too much.
    assert.deepEqual(lastOf(100, rates(), { ...limits, broker: 10 }), { outcome: 'accept', delayMs: 0 })
    assert.deepEqual(lastOf(101, rates(), { ...limits, broker: 10 }), { outcome: 'accept', delayMs: 100 })
  })

  it('delays the next one by a sample at most', () => {
    assert.deepEqual(lastOf(1_000, rates(), { ...limits, broker: 10 }), { outcome: 'accept', delayMs: 1_000 })
  })

  it('delays the next one when its listener has had too many', () => {
    const made = rates()
    assert.equal(lastOf(102, made, { ...limits, listener: 10 }).delayMs, 200)
    assert.equal(made.opened(from('10.0.0.1', 'OTHER'), { ...limits, listener: 10 }, start).delayMs, 0)
  })

  it('between brokers counts only for its listener', () => {
    const connection = { listener: 'INTERNAL', isInterBroker: true, address: '10.0.0.1' }
    assert.equal(lastOf(1_000, rates(), { ...limits, broker: 1 }, connection).delayMs, 0)
    assert.equal(lastOf(101, rates(), { broker: 1, listener: 10 }, connection).delayMs, 100)
  })

  it('is closed, and counted for nobody, when its address has had too many', () => {
    const made = rates(10)
    const given = { ...limits, broker: 10 }
    assert.deepEqual(lastOf(100, made, given), { outcome: 'accept', delayMs: 0 })
    assert.deepEqual(lastOf(5, made, given), { outcome: 'refuse', delayMs: 100 })
    assert.deepEqual(made.opened(from('10.0.0.2'), given, start), { outcome: 'accept', delayMs: 100 })
  })

  it('between brokers is closed as well', () => {
    const connection = { listener: 'INTERNAL', isInterBroker: true, address: '10.0.0.1' }
    assert.equal(lastOf(101, rates(10), limits, connection).outcome, 'refuse')
  })

  it('is taken again when its address has been quiet, and is forgotten after an hour', () => {
    const made = rates(10)
    lastOf(101, made, limits)
    assert.equal(made.opened(from('10.0.0.1'), limits, start + 200).outcome, 'accept')
    made.forgetIdle(start + 3_600_199)
    made.forgetIdle(start + 3_600_200)
    assert.equal(made.opened(from('10.0.0.1'), limits, start + 3_600_200).outcome, 'accept')
  })
})
