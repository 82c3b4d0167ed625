import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { AppendResult } from '@gregor/storage'
import { TopicMetrics, type TopicCounts } from './topic-metrics.ts'

const byteCount = 120
const appended: AppendResult = {
  error: 'NONE',
  baseOffset: 0,
  lastOffset: 1,
  logAppendTimeMs: -1,
  logStartOffset: 0,
  isDuplicate: false,
}

function nonZero(counts: TopicCounts | undefined): Partial<TopicCounts> {
  return Object.fromEntries(Object.entries(counts ?? {}).filter(([, value]) => value !== 0))
}

describe('TopicMetrics', () => {
  it('counts what was appended, of the topic and in all', () => {
    const metrics = new TopicMetrics()
    metrics.produced('a', byteCount, appended)
    metrics.produced('b', byteCount, appended)
    const each = { messagesIn: 2, bytesIn: byteCount, produceRequests: 1 }
    assert.deepEqual(nonZero(metrics.byTopic.get('a')), each)
    assert.deepEqual(nonZero(metrics.byTopic.get('b')), each)
    assert.deepEqual(nonZero(metrics.all), { messagesIn: 4, bytesIn: 2 * byteCount, produceRequests: 2 })
  })

  it('counts what was refused, and its bytes where it was too large', () => {
    const metrics = new TopicMetrics()
    metrics.produced('a', byteCount, { error: 'MESSAGE_TOO_LARGE', logStartOffset: 0 })
    metrics.produced('a', byteCount, { error: 'CORRUPT_MESSAGE', logStartOffset: 0 })
    const expected = { bytesRejected: byteCount, produceRequests: 2, failedProduceRequests: 2 }
    assert.deepEqual(nonZero(metrics.byTopic.get('a')), expected)
    assert.deepEqual(nonZero(metrics.all), expected)
  })

  it('counts reads and their bytes', () => {
    const metrics = new TopicMetrics()
    metrics.fetchAsked('a', false)
    metrics.fetched('a', 100)
    metrics.fetchAsked('a', true)
    assert.deepEqual(nonZero(metrics.byTopic.get('a')), { bytesOut: 100, fetchRequests: 2, failedFetchRequests: 1 })
  })

  it('remembers no topic that was only asked for in vain', () => {
    const metrics = new TopicMetrics()
    metrics.fetchAsked('nowhere', true)
    assert.equal(metrics.byTopic.size, 0)
    assert.deepEqual(nonZero(metrics.all), { fetchRequests: 1, failedFetchRequests: 1 })
  })

  it('forgets a topic that was deleted; the totals stay', () => {
    const metrics = new TopicMetrics()
    metrics.produced('a', byteCount, appended)
    metrics.forget('a')
    assert.equal(metrics.byTopic.size, 0)
    assert.equal(metrics.all.messagesIn, 2)
  })
})
