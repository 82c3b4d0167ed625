import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { TokenBucket } from './token-bucket.ts'

const start = 1_700_000_000_000

describe('a token bucket', () => {
  it('lets a burst overdraw it, to be paid off at the steady rate', () => {
    // 5 a second, 100 samples: 560 at once leave -60, which is 12 s.
    const bucket = new TokenBucket({ perSecond: 5, burst: 500 }, start)
    bucket.take(560, start)
    assert.equal(bucket.tokens(start), -60)
    assert.equal(bucket.throttleMs(start), 12_000)
    assert.equal(bucket.throttleMs(start + 12_000), 0)
  })

  it('never holds more than the burst', () => {
    const bucket = new TokenBucket({ perSecond: 5, burst: 50 }, start)
    assert.equal(bucket.tokens(start + 1_000_000), 50)
    bucket.take(-10, start + 1_000_000)
    assert.equal(bucket.tokens(start + 1_000_000), 50)
  })

  it('keeps its debts when the limit changes', () => {
    const bucket = new TokenBucket({ perSecond: 5, burst: 50 }, start)
    bucket.take(60, start)
    bucket.configure({ perSecond: 1, burst: 10 })
    assert.equal(bucket.throttleMs(start), 10_000)
    bucket.configure({ perSecond: 100, burst: 1_000 })
    assert.equal(bucket.throttleMs(start), 100)
  })

  it('never fills again at a rate of zero', () => {
    const bucket = new TokenBucket({ perSecond: 0, burst: 0 }, start)
    bucket.take(1, start)
    assert.equal(bucket.throttleMs(start), 2_147_483_647)
  })
})
