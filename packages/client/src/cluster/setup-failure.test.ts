import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { NetworkError } from '@gregor/platform'
import { ClosedError, ConnectionError, TimeoutError } from '@gregor/transport'
import { anonymousFailure, connectFailure, firstAnswerFailure } from './setup-failure.ts'

const node = 'node 1 (kafka:9092)'

function failure(operation: 'connect' | 'secure', code: string, detail = 'detail'): Error {
  const cause = new Error(detail)
  return connectFailure(node, 10_000.4, new NetworkError({ operation, code, host: 'kafka', port: 9092, cause }))
}

describe('connecting that failed', () => {
  for (const [code, name, message] of [
    ['ECONNREFUSED', 'ConnectionError', `${node} could not be connected to: nobody listens there (ECONNREFUSED).`],
    ['ENOTFOUND', 'ConnectionError', `${node} could not be connected to: the name is not known (ENOTFOUND).`],
    ['EWEIRD', 'ConnectionError', `${node} could not be connected to: EWEIRD (EWEIRD).`],
    ['ETIMEDOUT', 'TimeoutError', `${node} could not be connected to within 10000 ms: no answer.`],
  ] as const) {
    it(`is said for ${code}`, () => {
      const error = failure('connect', code)
      assert.deepEqual([error.name, error.message], [name, message])
    })
  }
})

describe('a TLS handshake that failed', () => {
  for (const [code, name, message] of [
    ['SELF_SIGNED_CERT_IN_CHAIN', 'AuthenticationError', /^The certificate of .* is not accepted: detail .*truststore/],
    ['CERT_HAS_EXPIRED', 'AuthenticationError', /is not accepted: detail \(CERT_HAS_EXPIRED\)/],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'AuthenticationError', /Connect by a name that is in it/],
    ['ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE', 'AuthenticationError', /did not accept our certificate, or wants one/],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'ConnectionError', /failed: detail .* Perhaps it does not speak TLS/],
    ['ECONNRESET', 'ConnectionError', /Perhaps it does not speak TLS/],
    [
      'ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR',
      'ConnectionError',
      /^The TLS handshake with .* failed: detail \(ERR[A-Z_0-9]*\)\.$/,
    ],
    ['ETIMEDOUT', 'TimeoutError', /was not over within 10000 ms\. Perhaps it does not speak TLS/],
  ] as const) {
    it(`is said for ${code}`, () => {
      const error = failure('secure', code)
      assert.equal(error.name, name)
      assert.match(error.message, message)
    })
  }
})

describe('a first answer that did not come', () => {
  const said = (cause: unknown, isSecure = false): string => {
    const error = firstAnswerFailure(node, isSecure, cause)
    return error instanceof Error ? `${error.name}: ${error.message}` : 'no error'
  }

  it('tells an HTTP server and TLS by what they sent', () => {
    const http = new ConnectionError('h sent what is no answer: a frame of 1213486160 bytes. It looks like HTTP')
    assert.match(said(http), /^ConnectionError: .* is an HTTP server, not a Kafka node/)
    const tls = new ConnectionError('h sent what is no answer: a frame of 352518912 bytes. It looks like TLS')
    assert.match(said(tls), /speaks TLS: set security\.protocol to SSL or SASL_SSL/)
  })

  it('guesses where the other side only went away', () => {
    assert.match(said(new ConnectionError('h closed the connection')), /perhaps security\.protocol has to be SSL/)
    assert.match(said(new ConnectionError('h closed the connection'), true), /perhaps it wants a certificate of ours/)
    const reset = new ConnectionError('broke', { cause: Object.assign(new Error('reset'), { code: 'ECONNRESET' }) })
    assert.match(said(reset), /ended it at the first request/)
  })

  it('knows the alert of a server that wants a certificate', () => {
    const alert = Object.assign(new Error('alert'), { code: 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED' })
    assert.match(said(new ConnectionError('broke', { cause: alert }), true), /^AuthenticationError: .*wants one/)
  })

  it('says what else it was', () => {
    assert.match(said(new TimeoutError('no answer within 5 ms')), /took the connection and did not answer/)
    assert.match(said(new ConnectionError('strange')), /does not answer as a Kafka node does: strange\./)
    const closed = new ClosedError('closed')
    assert.equal(firstAnswerFailure(node, false, closed), closed)
  })
})

describe('a second answer that did not come', () => {
  it('may be for want of SASL, where the connection was ended', () => {
    const error = anonymousFailure(node, new ConnectionError('h closed the connection'))
    assert.ok(error instanceof ConnectionError)
    assert.match(error.message, /told its versions, then ended the connection: perhaps it wants SASL/)
    const other = new ConnectionError('broke')
    assert.equal(anonymousFailure(node, other), other)
  })
})
