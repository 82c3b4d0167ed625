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

describe('DescribeUserScramCredentials', () => {
  it('tells mechanism and iterations, never what would let somebody in', async () => {
    await using fixture = await BrokerFixture.start()
    await fixture.call(AlterUserScramCredentials, { deletions: [], upsertions: [upsertion] })
    const { results } = await fixture.call(DescribeUserScramCredentials, { users: null })
    assert.deepEqual(
      results.map(({ user, credentialInfos }) => [user, credentialInfos]),
      [['ann', [{ mechanism: 1, iterations: 4096 }]]],
    )
  })

  it('says who is not there, and refuses to name somebody twice', async () => {
    await using fixture = await BrokerFixture.start()
    const users = [{ name: 'bob' }, { name: 'eve' }, { name: 'eve' }]
    const { results } = await fixture.call(DescribeUserScramCredentials, { users })
    assert.deepEqual(
      results.map(({ user, errorCode: code }) => [user, code]),
      [
        ['bob', errorCode('RESOURCE_NOT_FOUND')],
        ['eve', errorCode('DUPLICATE_RESOURCE')],
      ],
    )
  })
})
