import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FixtureConnection } from '../broker-fixture.ts'
import type { ListenerIdentity } from '../server/request-context.ts'
import { tokenRefusal } from './delegation-tokens.ts'

describe('delegation tokens', () => {
  it('are not for clients that nobody has asked who they are', () => {
    assert.equal(tokenRefusal({ connection: new FixtureConnection() }), 'DELEGATION_TOKEN_REQUEST_NOT_ALLOWED')
  })

  it('are disabled where clients do say who they are', () => {
    const listener: ListenerIdentity = { name: 'SECURE', securityProtocol: 'SASL_SSL' }
    const connection = Object.assign(new FixtureConnection(), { listener })
    assert.equal(tokenRefusal({ connection }), 'DELEGATION_TOKEN_AUTH_DISABLED')
  })
})
