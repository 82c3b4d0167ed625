import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { InvariantViolation } from '@gregor/base'
import { ConfigError } from '@gregor/config'
import { DiskError, NetworkError } from '@gregor/platform'
import { startFailureLines } from './start-failure.ts'

describe('startFailureLines', () => {
  it('says every problem of a configuration', () => {
    const error = new ConfigError([{ message: 'a=1: no; correct it' }, { message: 'b=2: no; correct it' }])
    assert.deepEqual(startFailureLines(error), ['a=1: no; correct it', 'b=2: no; correct it'])
  })

  const addresses: readonly (readonly [string, string, string])[] = [
    [
      'EADDRINUSE',
      '127.0.0.1',
      'cannot listen on 127.0.0.1:9092: another program listens there; stop it, or choose another port with listeners=PLAINTEXT://HOST:PORT',
    ],
    [
      'EADDRNOTAVAIL',
      '10.9.9.9',
      'cannot listen on 10.9.9.9:9092: this machine has no such address; correct listeners',
    ],
    ['ENOTFOUND', 'nowhere', 'cannot listen on nowhere:9092: this name has no address; correct listeners'],
    [
      'EACCES',
      '::1',
      'cannot listen on [::1]:9092: this user may not listen there; choose a port above 1023 in listeners',
    ],
    ['EPROTO', '::1', 'cannot listen on [::1]:9092: EPROTO'],
  ]
  for (const [code, host, line] of addresses) {
    it(`says what to do about ${code} of ${host}`, () => {
      assert.deepEqual(startFailureLines(new NetworkError({ code, host, port: 9092, operation: 'listen' })), [line])
    })
  }

  const disks: readonly (readonly [string, string, string])[] = [
    [
      'EACCES',
      'makeDirectory',
      'cannot make the directory /data: this user may not; give it the right to write there, or choose another directory with log.dirs',
    ],
    ['ENOSPC', 'write', 'cannot write /data: the disk is full; make room, or choose another directory with log.dirs'],
    ['EIO', 'sync', 'cannot sync /data: the disk reports an error; check it before starting again'],
    ['EXDEV', 'rename', 'cannot rename /data: EXDEV'],
  ]
  for (const [code, operation, line] of disks) {
    it(`says what to do about ${code} of ${operation}`, () => {
      assert.deepEqual(startFailureLines(new DiskError({ code, path: '/data', operation })), [line])
    })
  }

  it('passes on what other errors of ours say', () => {
    class OtherError extends Error {
      override readonly name = 'OtherError'
    }
    assert.deepEqual(startFailureLines(new OtherError('the directory is of another cluster')), [
      'the directory is of another cluster',
    ])
  })

  for (const bug of [new InvariantViolation('it holds'), new TypeError('x is undefined'), new Error('hm'), 'text']) {
    it(`has no line for ${String(bug)}, which is a bug`, () => {
      assert.equal(startFailureLines(bug), undefined)
    })
  }
})
