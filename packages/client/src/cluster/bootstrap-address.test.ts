import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { bootstrapAddresses } from './bootstrap-address.ts'

describe('bootstrapAddresses', () => {
  it('reads names, addresses of both families, and a protocol in front', () => {
    assert.deepEqual(
      bootstrapAddresses(['kafka:9092', ' 10.0.0.1:1 ', '[::1]:9093', 'SASL_SSL://h-1.example:65535', '']),
      [
        { host: 'kafka', port: 9092 },
        { host: '10.0.0.1', port: 1 },
        { host: '::1', port: 9093 },
        { host: 'h-1.example', port: 65_535 },
      ],
    )
  })

  for (const server of ['kafka', 'kafka:', ':9092', 'kafka:0', 'kafka:65536', 'kafka:port', '::1:9092', 'a b:1']) {
    it(`refuses ${server}`, () => {
      assert.throws(() => bootstrapAddresses([server]), {
        name: 'ConfigError',
        message: `Invalid url in bootstrap.servers: ${server}; expected is host:port, as in kafka:9092.`,
      })
    })
  }

  it('refuses none at all', () => {
    for (const none of [[], [''], ['  ']]) {
      assert.throws(() => bootstrapAddresses(none), { name: 'ConfigError', message: /names no server/ })
    }
  })
})
