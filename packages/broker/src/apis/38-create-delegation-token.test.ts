import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CreateDelegationToken, errorName } from '@gregor/protocol'
import { BrokerFixture } from '../broker-fixture.ts'

const asked = { renewers: [], maxLifetimeMs: -1, ownerPrincipalType: null, ownerPrincipalName: null }
const principal = { type: 'User', name: 'ann', tokenAuthenticated: false }

describe('CreateDelegationToken', () => {
  for (const isOnController of [false, true]) {
    it(`is not allowed without authentication, ${isOnController ? 'on the controller' : 'on a broker'}`, async () => {
      await using fixture = await BrokerFixture.start()
      for (const version of [0, 1, 2, 3]) {
        const { renewers, maxLifetimeMs } = asked
        const request = version < 3 ? ({ renewers, maxLifetimeMs } as typeof asked) : asked
        const answer = await fixture.call(CreateDelegationToken, request, { version, principal, isOnController })
        assert.equal(errorName(answer.errorCode), 'DELEGATION_TOKEN_REQUEST_NOT_ALLOWED')
        assert.deepEqual([answer.principalType, answer.principalName], ['User', 'ann'])
        assert.deepEqual([answer.tokenRequesterPrincipalName, answer.tokenId], [version < 3 ? '' : 'ann', ''])
        assert.deepEqual([answer.issueTimestampMs, answer.expiryTimestampMs, answer.maxTimestampMs], [-1, -1, -1])
      }
    })
  }

  it('for somebody else is refused in his name', async () => {
    await using fixture = await BrokerFixture.start()
    const forBob = { ...asked, ownerPrincipalType: 'User', ownerPrincipalName: 'bob' }
    const answer = await fixture.call(CreateDelegationToken, forBob, { principal })
    assert.deepEqual([answer.principalName, answer.tokenRequesterPrincipalName], ['bob', 'ann'])
  })
})
