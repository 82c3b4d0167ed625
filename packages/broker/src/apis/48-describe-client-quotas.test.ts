import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AlterClientQuotas, DescribeClientQuotas, errorCode } from '@gregor/protocol'
import { BrokerFixture } from '../broker-fixture.ts'

const producerRate = { key: 'producer_byte_rate', value: 1024, remove: false }

interface Component {
  readonly entityType: string
  readonly matchType: number
  readonly match: string | null
}

async function countOf(
  fixture: BrokerFixture,
  components: readonly Component[],
  strict: boolean,
): Promise<number | undefined> {
  return (await fixture.call(DescribeClientQuotas, { components, strict })).entries?.length
}

describe('DescribeClientQuotas', () => {
  it('tells the quotas that a filter means: by name, the default, any, and strictly', async () => {
    await using fixture = await BrokerFixture.start()
    const user = { entityType: 'user', entityName: 'ann' }
    const clientId = { entityType: 'client-id', entityName: 'app' }
    const entities = [[user], [user, clientId], [{ entityType: 'user', entityName: null }]]
    const entries = entities.map((entity) => ({ entity, ops: [producerRate] }))
    await fixture.call(AlterClientQuotas, { entries, validateOnly: false })
    const ann = { entityType: 'user', matchType: 0, match: 'ann' }
    assert.equal(await countOf(fixture, [ann], false), 2)
    assert.equal(await countOf(fixture, [ann], true), 1)
    assert.equal(await countOf(fixture, [{ entityType: 'user', matchType: 1, match: null }], true), 1)
    assert.equal(await countOf(fixture, [{ entityType: 'user', matchType: 2, match: null }], true), 2)
    assert.equal(await countOf(fixture, [], false), 3)
  })

  it('refuses filters that contradict themselves, and types that it does not know', async () => {
    await using fixture = await BrokerFixture.start()
    const codeOf = async (components: readonly Component[]): Promise<number> =>
      (await fixture.call(DescribeClientQuotas, { components, strict: false })).errorCode
    const ann = { entityType: 'user', matchType: 0, match: 'ann' }
    assert.equal(await codeOf([ann, ann]), errorCode('INVALID_REQUEST'))
    assert.equal(await codeOf([{ ...ann, match: null }]), errorCode('INVALID_REQUEST'))
    assert.equal(await codeOf([ann, { entityType: 'ip', matchType: 2, match: null }]), errorCode('INVALID_REQUEST'))
    assert.equal(await codeOf([{ ...ann, entityType: 'team' }]), errorCode('UNSUPPORTED_VERSION'))
  })
})
