import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ClientQuotas } from './client-quotas.ts'
import type { StoredQuota } from './quota-table.ts'

const window = { sampleCount: 11, sampleMs: 1_000 }
const start = 1_700_000_000_000
const ann = { user: 'ann', clientId: 'app' }

function quotas(key: 'producer_byte_rate' | 'request_percentage', limit: number | undefined): ClientQuotas {
  const made = new ClientQuotas({ key, window })
  const stored: StoredQuota[] =
    limit === undefined ? [] : [{ entity: new Map([['user', null]]), values: new Map([[key, limit]]) }]
  made.load(stored)
  return made
}

describe('a client', () => {
  it('is not throttled without a quota', () => {
    const none = quotas('producer_byte_rate', undefined)
    assert.equal(none.record(ann, 1e12, start), 0)
    none.adjust(ann, 1, start)
    assert.equal(none.mostAtOnce(ann), Infinity)
  })

  it('is throttled until its rate is down to the quota', () => {
    const used = quotas('producer_byte_rate', 1_000)
    assert.equal(used.record(ann, 10_000, start), 0)
    assert.equal(used.record(ann, 5_000, start), 5_000)
  })

  it('is counted with the other clients of its user', () => {
    const used = quotas('producer_byte_rate', 1_000)
    used.record(ann, 10_000, start)
    assert.equal(used.record({ user: 'ann', clientId: 'other' }, 5_000, start), 5_000)
    assert.equal(used.record({ user: 'bob', clientId: 'app' }, 5_000, start), 0)
  })

  it('gets back what a fetch that was answered empty had cost', () => {
    const used = quotas('producer_byte_rate', 1_000)
    assert.equal(used.record(ann, 15_000, start), 5_000)
    used.adjust(ann, -15_000, start)
    assert.equal(used.record(ann, 1, start), 0)
  })

  it('pays with its next request for what is known only after the answer', () => {
    const used = quotas('producer_byte_rate', 1_000)
    used.adjust(ann, 15_000, start)
    assert.equal(used.record(ann, 0, start), 5_000)
  })

  it('can take all of the window but the current sample at once', () => {
    assert.equal(quotas('producer_byte_rate', 1_000).mostAtOnce(ann), 10_000)
    const others = new ClientQuotas({ key: 'producer_byte_rate', window })
    others.load([{ entity: new Map([['user', 'bob']]), values: new Map([['producer_byte_rate', 1]]) }])
    assert.equal(others.mostAtOnce(ann), Infinity)
  })

  it('is throttled by at most a sample for the time of its requests', () => {
    assert.equal(quotas('request_percentage', 1).record(ann, 500, start), 1_000)
  })

  it('keeps what it used when quotas change, and starts anew when there were none', () => {
    const used = quotas('producer_byte_rate', 1_000)
    used.record(ann, 10_000, start)
    const tighter = [{ entity: new Map([['user', null]]), values: new Map([['producer_byte_rate', 500]]) }]
    used.load(tighter)
    assert.equal(used.record(ann, 0, start), 10_000)
    used.load([])
    used.load(tighter)
    assert.equal(used.record(ann, 0, start), 0)
  })

  it('is forgotten after an hour in which it did nothing', () => {
    const used = quotas('producer_byte_rate', 1_000)
    used.record(ann, 1, start)
    used.record({ user: 'bob', clientId: '' }, 1, start + 3_000_000)
    used.forgetIdle(start + 3_599_999)
    used.forgetIdle(start + 3_600_000)
    used.forgetIdle(start + 10_000_000)
    assert.equal(used.record(ann, 10_000, start + 10_000_000), 0)
  })

  it('that was quiet longest is forgotten when there are too many', () => {
    const used = quotas('producer_byte_rate', 1_000)
    used.record(ann, 20_000, start)
    for (let i = 0; i < 100_000; i++) used.record({ user: `user-${i}`, clientId: '' }, 1, start)
    assert.equal(used.record(ann, 1, start), 0)
  })
})
