import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { RateWindow } from './rate-window.ts'

const window = () => new RateWindow({ sampleCount: 11, sampleMs: 1_000 })
const start = 1_700_000_000_000

describe('a rate over eleven samples of a second', () => {
  it('spreads the first amount over the ten seconds that are missing', () => {
    const rate = window()
    rate.record(5_000, start)
    assert.equal(rate.spanMs(start), 10_000)
    assert.equal(rate.perSecond(start), 500)
  })

  it('is nothing before anything was counted', () => {
    assert.equal(window().perSecond(start), 0)
    assert.equal(window().spanMs(start), 10_000)
  })

  it('counts a steady stream for what it is', () => {
    const rate = window()
    for (let second = 0; second < 30; second++) rate.record(100, start + second * 1_000)
    // Eleven samples of which the last has just begun: 1100 in 10 s.
    assert.equal(rate.spanMs(start + 29_000), 10_000)
    assert.equal(rate.perSecond(start + 29_000), 110)
    assert.equal(rate.perSecond(start + 29_999).toFixed(1), '100.0')
  })

  it('forgets what is older than all samples', () => {
    const rate = window()
    rate.record(5_000, start)
    assert.equal(rate.perSecond(start + 10_999) > 0, true)
    assert.equal(rate.perSecond(start + 11_000), 0)
  })

  it('takes back what was counted by mistake', () => {
    const rate = window()
    rate.record(5_000, start)
    rate.record(-5_000, start + 10)
    assert.equal(rate.perSecond(start + 10), 0)
  })
})

describe('the time to throttle for', () => {
  it('is what the window must be longer for the rate to be at the limit', () => {
    const rate = window()
    rate.record(15_000, start)
    // 1500 a second over 10 s, where 1000 are allowed: half as long again.
    assert.equal(rate.throttleMs(1_000, start), 5_000)
  })

  it('is nothing at the limit', () => {
    const rate = window()
    rate.record(10_000, start)
    assert.equal(rate.throttleMs(1_000, start), 0)
  })

  it('is bounded where the limit is zero', () => {
    const rate = window()
    rate.record(1, start)
    assert.equal(rate.throttleMs(0, start), 2_147_483_647)
  })
})
