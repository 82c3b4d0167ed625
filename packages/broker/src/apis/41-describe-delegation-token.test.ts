import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { DescribeDelegationToken, errorName } from '@gregor/protocol'
import { BrokerFixture } from '../broker-fixture.ts'

describe('DescribeDelegationToken', () => {
  it('is not allowed without authentication, whoever is asked for', async () => {
    await using fixture = await BrokerFixture.start()
    for (const owners of [null, [], [{ principalType: 'User', principalName: 'ann' }]]) {
      const { errorCode, tokens } = await fixture.call(DescribeDelegationToken, { owners })
      assert.equal(errorName(errorCode), 'DELEGATION_TOKEN_REQUEST_NOT_ALLOWED')
      assert.deepEqual(tokens, [])
    }
  })
})
