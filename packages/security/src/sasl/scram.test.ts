import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { SaslExchange } from './sasl-exchange.ts'
import { type ScramCredentials, scramExchange } from './scram.ts'

const pencil: ScramCredentials = {
  mechanism: 'SCRAM-SHA-256',
  username: 'user',
  password: 'pencil',
  isToken: false,
  nonce: Buffer.from('rOprNGfwEbeRWgbNEkqO', 'base64'),
}
const serverFirst = 'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096'
const serverFinal = 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4='

function newExchange(change: Partial<ScramCredentials> = {}): SaslExchange {
  return scramExchange({ ...pencil, ...change })
}

describe('SCRAM', () => {
  it('speaks the dialogue of RFC 7677', () => {
    const exchange = newExchange()
    assert.equal(exchange.first.toString(), 'n,,n=user,r=rOprNGfwEbeRWgbNEkqO')
    assert.equal(
      exchange.next(Buffer.from(serverFirst))?.toString(),
      'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
    )
    assert.equal(exchange.isDone, false)
    assert.equal(exchange.next(Buffer.from(serverFinal)), undefined)
    assert.equal(exchange.isDone, true)
  })

  it('escapes what separates fields, and marks a token', () => {
    const exchange = newExchange({ username: 'a=b,c', isToken: true })
    assert.equal(exchange.first.toString(), 'n,,n=a=3Db=2Cc,r=rOprNGfwEbeRWgbNEkqO,tokenauth=true')
  })

  it('proves another thing with SHA-512', () => {
    const proof = (mechanism: ScramCredentials['mechanism']): string =>
      newExchange({ mechanism }).next(Buffer.from(serverFirst))?.toString().split(',p=')[1] ?? ''
    assert.equal(Buffer.from(proof('SCRAM-SHA-512'), 'base64').length, 64)
    assert.equal(Buffer.from(proof('SCRAM-SHA-256'), 'base64').length, 32)
  })

  for (const [challenge, message] of [
    ['nonsense', 'the server sent what is no first message of SCRAM'],
    [`m=x,${serverFirst}`, 'the server wants an extension of SCRAM that is not known'],
    ['r=another,s=W22ZaA==,i=4096', 'the server did not add to the nonce'],
    ['r=rOprNGfwEbeRWgbNEkqO,s=W22ZaA==,i=4096', 'the server did not add to the nonce'],
    ['r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaA==,i=4095', 'the server wants 4095 iterations; allowed are 4096 to 1000000'],
    [
      'r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaA==,i=1000001',
      'the server wants 1000001 iterations; allowed are 4096 to 1000000',
    ],
  ] as const) {
    it(`refuses a server that begins with ${challenge}`, () => {
      assert.throws(() => newExchange().next(Buffer.from(challenge)), { name: 'SaslError', message })
    })
  }

  for (const [challenge, message] of [
    ['e=invalid-proof', 'the server refused: invalid-proof'],
    ['v=AAAA', /does not know the password/],
    [`v=${'A'.repeat(43)}=`, /does not know the password/],
    ['', /does not know the password/],
  ] as const) {
    it(`refuses a server that ends with ${challenge}`, () => {
      const exchange = newExchange()
      exchange.next(Buffer.from(serverFirst))
      assert.throws(() => exchange.next(Buffer.from(challenge)), { name: 'SaslError', message })
      assert.equal(exchange.isDone, false)
    })
  }
})
