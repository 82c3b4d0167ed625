import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { oauthBearerExchange, unsecuredToken } from './oauth-bearer.ts'
import { plainExchange } from './plain.ts'

describe('OAUTHBEARER', () => {
  it('sends token and extensions, and nothing more where the server says nothing', () => {
    const exchange = oauthBearerExchange({ value: 'abc.def-_~+/=', expiresAtMs: 0, extensions: { traceId: '42' } })
    assert.equal(exchange.first.toString(), 'n,,\x01auth=Bearer abc.def-_~+/=\x01traceId=42\x01\x01')
    assert.equal(exchange.next(Buffer.alloc(0)), undefined)
    assert.equal(exchange.isDone, true)
  })

  it('answers a refusal with the byte that lets the server fail', () => {
    const exchange = oauthBearerExchange({ value: 'abc', expiresAtMs: 0 })
    assert.equal(exchange.next(Buffer.from('{"status":"invalid_token"}'))?.toString(), '\x01')
    assert.equal(exchange.isDone, false)
  })

  for (const [token, message] of [
    [{ value: 'a b', expiresAtMs: 0 }, 'the OAuth token has characters that no token has'],
    [{ value: 'a', expiresAtMs: 0, extensions: { auth: 'x' } }, /extension auth is not allowed/],
    [{ value: 'a', expiresAtMs: 0, extensions: { x1: 'x' } }, /extension x1 is not allowed/],
    [{ value: 'a', expiresAtMs: 0, extensions: { x: '\x01' } }, /extension x is not allowed/],
  ] as const) {
    it(`refuses to send ${JSON.stringify(token)}`, () => {
      assert.throws(() => oauthBearerExchange(token), { name: 'SaslError', message })
    })
  }
})

describe('an unsecured token', () => {
  it('says who it is for and how long it lives', () => {
    const token = unsecuredToken({ subject: 'alice', nowMs: 1_500_000, lifetimeMs: 60_000, scope: 'a b' })
    assert.equal(token.expiresAtMs, 1_560_000)
    const [header = '', claims = '', signature] = token.value.split('.')
    assert.deepEqual(JSON.parse(Buffer.from(header, 'base64url').toString()), { alg: 'none' })
    assert.deepEqual(JSON.parse(Buffer.from(claims, 'base64url').toString()), {
      sub: 'alice',
      iat: 1500,
      exp: 1560,
      scope: ['a', 'b'],
    })
    assert.equal(signature, '')
  })

  it('has no scope where there is none', () => {
    const [, claims = ''] = unsecuredToken({ subject: 'a', nowMs: 0, lifetimeMs: 1000 }).value.split('.')
    assert.deepEqual(JSON.parse(Buffer.from(claims, 'base64url').toString()), { sub: 'a', iat: 0, exp: 1 })
  })
})

describe('PLAIN', () => {
  it('sends name and password, and hears nothing', () => {
    const exchange = plainExchange({ username: 'alice', password: 'se=cret' })
    assert.equal(exchange.first.toString(), '\0alice\0se=cret')
    assert.equal(exchange.next(Buffer.alloc(0)), undefined)
    assert.equal(exchange.isDone, true)
    assert.throws(() => exchange.next(Buffer.from('more')), { name: 'SaslError' })
  })
})
