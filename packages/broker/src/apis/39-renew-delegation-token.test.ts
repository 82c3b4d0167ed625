import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { errorName, RenewDelegationToken } from '@gregor/protocol'
import { BrokerFixture } from '../broker-fixture.ts'

describe('RenewDelegationToken', () => {
  for (const isOnController of [false, true]) {
    it(`is not allowed without authentication, ${isOnController ? 'on the controller' : 'on a broker'}`, async () => {
      await using fixture = await BrokerFixture.start()
      for (const version of [0, 1, 2]) {
        const request = { hmac: Buffer.from('whatever'), renewPeriodMs: -1 }
        const answer = await fixture.call(RenewDelegationToken, request, { version, isOnController })
        assert.equal(errorName(answer.errorCode), 'DELEGATION_TOKEN_REQUEST_NOT_ALLOWED')
        assert.equal(answer.expiryTimestampMs, -1)
      }
    })
  }
})
