import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { array, bytes, int32, int64Big, records, string, struct } from './field.ts'
import { redacted } from './redacted.ts'
import { defineMessage } from './schema.ts'

const Login = defineMessage({
  name: 'Login',
  versions: '0',
  flexible: 'none',
  fields: {
    user: string(),
    password: string({ nullable: '0+', sensitive: true }),
    token: bytes(),
    records: records(),
    id: int64Big(),
    device: struct({ name: string(), key: bytes({ sensitive: true }) }, { nullable: '0+', default: null }),
    ports: array(int32()),
  },
})

describe('a redacted message', () => {
  it('shows neither secrets nor bytes', () => {
    const shown = redacted(Login, {
      user: 'ann',
      password: 'hunter2',
      token: Buffer.alloc(7),
      records: [Buffer.alloc(2), Buffer.alloc(3)],
      id: 5n,
      device: { name: 'phone', key: Buffer.alloc(3) },
      ports: [1, 2],
    })
    assert.deepEqual(shown, {
      user: 'ann',
      password: '[hidden]',
      token: '[7 bytes]',
      records: '[5 bytes]',
      id: '5',
      device: { name: 'phone', key: '[hidden]' },
      ports: [1, 2],
    })
  })

  it('leaves out what is not given and shows null as null', () => {
    assert.deepEqual(redacted(Login, { password: null, device: null }), { password: null, device: null })
  })

  it('cuts long arrays', () => {
    const ports = Array.from({ length: 23 }, (_, index) => index)
    assert.deepEqual(redacted(Login, { ports }), { ports: [...ports.slice(0, 20), '[3 more]'] })
  })
})
