import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { quantileMs, RequestMetrics } from './request-metrics.ts'

describe('RequestMetrics', () => {
  it('adds up requests, bytes and time by API', () => {
    const metrics = new RequestMetrics()
    const counts = metrics.of('Produce')
    metrics.count(counts, { version: 9, requestBytes: 100, responseBytes: 20, tookMs: 1.5 })
    metrics.count(counts, { version: 13, requestBytes: 50, responseBytes: 0, tookMs: 0.5 })
    const { requests, requestBytes, responseBytes, totalTimeMs } = metrics.of('Produce')
    assert.deepEqual(
      { requests, requestBytes, responseBytes, totalTimeMs },
      { requests: 2, requestBytes: 150, responseBytes: 20, totalTimeMs: 2 },
    )
    assert.deepEqual([counts.requestsByVersion[9], counts.requestsByVersion[13]], [1, 1])
    assert.equal(metrics.of('Fetch').requests, 0)
    assert.deepEqual([...metrics.byApi.keys()], ['Produce', 'Fetch'])
  })

  it('gives quantiles of the time, rounded up to a power of two of a microsecond', () => {
    const metrics = new RequestMetrics()
    const counts = metrics.of('Fetch')
    for (let i = 0; i < 98; i++) metrics.count(counts, { version: 0, requestBytes: 0, responseBytes: 0, tookMs: 0.1 })
    metrics.count(counts, { version: 0, requestBytes: 0, responseBytes: 0, tookMs: 5 })
    metrics.count(counts, { version: 0, requestBytes: 0, responseBytes: 0, tookMs: 500 })
    assert.equal(quantileMs(counts, 0.5), 0.128)
    assert.equal(quantileMs(counts, 0.98), 0.128)
    assert.equal(quantileMs(counts, 0.99), 8.192)
    assert.equal(quantileMs(counts, 0.999), 524.288)
  })

  it('keeps what takes hours in the last bucket, and nothing at all in the first', () => {
    const metrics = new RequestMetrics()
    const counts = metrics.of('Fetch')
    assert.equal(quantileMs(counts, 0.5), 0)
    metrics.count(counts, { version: 0, requestBytes: 0, responseBytes: 0, tookMs: 1e9 })
    assert.equal(quantileMs(counts, 0.5), 2 ** 27 / 1000)
    metrics.count(counts, { version: 0, requestBytes: 0, responseBytes: 0, tookMs: 0 })
    assert.equal(quantileMs(counts, 0.5), 0.001)
  })
})
