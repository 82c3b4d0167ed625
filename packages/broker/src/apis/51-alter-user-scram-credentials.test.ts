import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AlterUserScramCredentials, DescribeUserScramCredentials, errorCode } from '@gregor/protocol'
import { BrokerFixture } from '../broker-fixture.ts'

const upsertion = {
  name: 'ann',
  mechanism: 1,
  iterations: 4096,
  salt: Buffer.from('salt'),
  saltedPassword: Buffer.alloc(32, 7),
}

describe('AlterUserScramCredentials', () => {
  it('sets credentials, and removes them', async () => {
    await using fixture = await BrokerFixture.start()
    const set = await fixture.call(AlterUserScramCredentials, { deletions: [], upsertions: [upsertion] })
    assert.deepEqual(
      set.results.map(({ user, errorCode: code }) => [user, code]),
      [['ann', 0]],
    )
    const deletions = [{ name: 'ann', mechanism: 1 }]
    const removed = await fixture.call(AlterUserScramCredentials, { deletions, upsertions: [] })
    assert.equal(removed.results[0]?.errorCode, 0)
    assert.deepEqual((await fixture.call(DescribeUserScramCredentials, { users: null })).results, [])
  })

  it('refuses too few iterations, unknown mechanisms, and to remove what is not there', async () => {
    await using fixture = await BrokerFixture.start()
    const upsertions = [
      { ...upsertion, name: 'few', iterations: 100 },
      { ...upsertion, name: 'odd', mechanism: 9 },
    ]
    const deletions = [{ name: 'gone', mechanism: 1 }]
    const { results } = await fixture.call(AlterUserScramCredentials, { deletions, upsertions })
    assert.deepEqual(
      new Map(results.map(({ user, errorCode: code }) => [user, code])),
      new Map([
        ['few', errorCode('UNACCEPTABLE_CREDENTIAL')],
        ['odd', errorCode('UNSUPPORTED_SASL_MECHANISM')],
        ['gone', errorCode('RESOURCE_NOT_FOUND')],
      ]),
    )
  })
})
