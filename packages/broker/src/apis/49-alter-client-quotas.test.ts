import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AlterClientQuotas, DescribeClientQuotas, errorCode } from '@gregor/protocol'
import { BrokerFixture } from '../broker-fixture.ts'

const producerRate = { key: 'producer_byte_rate', value: 1024, remove: false }

describe('AlterClientQuotas', () => {
  it('sets and removes', async () => {
    await using fixture = await BrokerFixture.start()
    const entity = [{ entityType: 'client-id', entityName: 'app' }]
    const all = { components: [], strict: false }
    await fixture.call(AlterClientQuotas, { entries: [{ entity, ops: [producerRate] }], validateOnly: false })
    const { entries } = await fixture.call(DescribeClientQuotas, all)
    assert.deepEqual(entries?.[0]?.values, [{ key: 'producer_byte_rate', value: 1024 }])
    const removal = { ...producerRate, remove: true }
    await fixture.call(AlterClientQuotas, { entries: [{ entity, ops: [removal] }], validateOnly: false })
    assert.deepEqual((await fixture.call(DescribeClientQuotas, all)).entries, [])
  })

  it('only looks where it is asked to validate, and refuses what is no quota', async () => {
    await using fixture = await BrokerFixture.start()
    const entity = [{ entityType: 'user', entityName: 'ann' }]
    const looked = await fixture.call(AlterClientQuotas, {
      entries: [{ entity, ops: [producerRate] }],
      validateOnly: true,
    })
    assert.equal(looked.entries[0]?.errorCode, 0)
    const refused = await fixture.call(AlterClientQuotas, {
      entries: [{ entity, ops: [{ ...producerRate, key: 'rate' }] }],
      validateOnly: false,
    })
    assert.equal(refused.entries[0]?.errorCode, errorCode('INVALID_REQUEST'))
    const { entries } = await fixture.call(DescribeClientQuotas, { components: [], strict: false })
    assert.deepEqual(entries, [])
  })
})
