import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  CreateDelegationToken,
  DescribeDelegationToken,
  errorName,
  ExpireDelegationToken,
  RenewDelegationToken,
} from '@gregor/protocol'
import { BrokerFixture, FixtureConnection } from '../broker-fixture.ts'
import type { ListenerIdentity } from '../server/request-context.ts'
import { tokenRefusal } from './delegation-tokens.ts'

const hmac = Buffer.from('whatever')
const asked = { renewers: [], maxLifetimeMs: -1, ownerPrincipalType: null, ownerPrincipalName: null }
const ann = { type: 'User', name: 'ann', tokenAuthenticated: false }

describe('delegation tokens', () => {
  for (const isOnController of [false, true]) {
    const where = isOnController ? 'by the controller' : 'by the broker'

    it(`are not made through a listener without authentication, ${where}`, async () => {
      await using fixture = await BrokerFixture.start()
      for (const version of [0, 1, 2, 3]) {
        const { renewers, maxLifetimeMs } = asked
        const request = version < 3 ? ({ renewers, maxLifetimeMs } as typeof asked) : asked
        const answer = await fixture.call(CreateDelegationToken, request, { version, principal: ann, isOnController })
        assert.equal(errorName(answer.errorCode), 'DELEGATION_TOKEN_REQUEST_NOT_ALLOWED')
        assert.deepEqual([answer.principalType, answer.principalName], ['User', 'ann'])
        assert.deepEqual([answer.tokenRequesterPrincipalName, answer.tokenId], [version < 3 ? '' : 'ann', ''])
        assert.deepEqual([answer.issueTimestampMs, answer.expiryTimestampMs, answer.maxTimestampMs], [-1, -1, -1])
      }
    })

    it(`get no longer and no shorter life there, ${where}`, async () => {
      await using fixture = await BrokerFixture.start()
      const renewed = await fixture.call(RenewDelegationToken, { hmac, renewPeriodMs: -1 }, { isOnController })
      const expired = await fixture.call(ExpireDelegationToken, { hmac, expiryTimePeriodMs: -1 }, { isOnController })
      for (const { errorCode, expiryTimestampMs } of [renewed, expired]) {
        assert.equal(errorName(errorCode), 'DELEGATION_TOKEN_REQUEST_NOT_ALLOWED')
        assert.equal(expiryTimestampMs, -1)
      }
    })
  }

  it('for somebody else are refused in his name', async () => {
    await using fixture = await BrokerFixture.start()
    const forBob = { ...asked, ownerPrincipalType: 'User', ownerPrincipalName: 'bob' }
    const answer = await fixture.call(CreateDelegationToken, forBob, { principal: ann })
    assert.deepEqual([answer.principalName, answer.tokenRequesterPrincipalName], ['bob', 'ann'])
  })

  it('are not told of', async () => {
    await using fixture = await BrokerFixture.start()
    for (const owners of [null, [], [{ principalType: 'User', principalName: 'ann' }]]) {
      const { errorCode, tokens } = await fixture.call(DescribeDelegationToken, { owners })
      assert.equal(errorName(errorCode), 'DELEGATION_TOKEN_REQUEST_NOT_ALLOWED')
      assert.deepEqual(tokens, [])
    }
  })

  it('are disabled where clients do say who they are', () => {
    const listener: ListenerIdentity = { name: 'SECURE', securityProtocol: 'SASL_SSL' }
    const connection = Object.assign(new FixtureConnection(), { listener })
    assert.equal(tokenRefusal({ connection }), 'DELEGATION_TOKEN_AUTH_DISABLED')
  })
})
