import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MutationQuotas } from './mutation-quotas.ts'

const start = 1_700_000_000_000
const ann = { user: 'ann', clientId: 'app' }

/** 10 partitions a second, so that 110 may be made at once. */
function quotas(limit = 10): MutationQuotas {
  const made = new MutationQuotas({ sampleCount: 11, sampleMs: 1_000 })
  made.load([{ entity: new Map([['user', 'ann']]), values: new Map([['controller_mutation_rate', limit]]) }])
  return made
}

describe('changes of topics', () => {
  it('are not limited without a quota', () => {
    const none = new MutationQuotas({ sampleCount: 11, sampleMs: 1_000 })
    assert.equal(none.charge(ann, true, start).take(1e9, start), true)
    const others = quotas().charge({ user: 'bob', clientId: '' }, true, start)
    assert.deepEqual([others.take(1e9, start), others.throttleMs], [true, 0])
  })

  it('of a newer request are refused once the quota is used up, item by item', () => {
    const charge = quotas().charge(ann, true, start)
    assert.equal(charge.take(100, start), true)
    // 10 are left: the last change that begins within the quota is carried out whole.
    assert.equal(charge.take(60, start), true)
    assert.equal(charge.throttleMs, 0)
    assert.equal(charge.take(1, start), false)
    assert.equal(charge.throttleMs, 5_000)
    assert.equal(charge.take(1, start + 5_000), true)
  })

  it('of an older request are all carried out, and paid for afterwards', () => {
    const charge = quotas().charge(ann, false, start)
    assert.equal(charge.take(160, start), true)
    assert.equal(charge.throttleMs, 5_000)
    assert.equal(charge.take(10, start), true)
    assert.equal(charge.throttleMs, 6_000)
  })

  it('of several requests share the quota of the client', () => {
    const used = quotas()
    used.charge(ann, true, start).take(200, start)
    assert.equal(used.charge(ann, true, start + 1_000).take(1, start + 1_000), false)
    assert.equal(used.charge(ann, true, start + 9_000).take(1, start + 9_000), true)
  })

  it('keep what was used when the quota changes, and start anew when there was none', () => {
    const used = quotas()
    used.charge(ann, true, start).take(210, start)
    used.load([{ entity: new Map([['user', 'ann']]), values: new Map([['controller_mutation_rate', 100]]) }])
    const charge = used.charge(ann, true, start)
    assert.deepEqual([charge.take(1, start), charge.throttleMs], [false, 1_000])
    used.load([])
    assert.equal(used.charge(ann, true, start).take(1, start), true)
  })

  it('are forgotten after an hour', () => {
    const used = quotas()
    used.charge(ann, true, start).take(100_000, start)
    used.forgetIdle(start + 3_599_999)
    assert.equal(used.charge(ann, true, start).take(1, start), false)
    used.forgetIdle(start + 3_600_000)
    assert.equal(used.charge(ann, true, start + 3_600_000).take(1, start + 3_600_000), true)
  })
})
