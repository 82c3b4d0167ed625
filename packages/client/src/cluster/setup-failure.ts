/**
 * Why a connection could not be set up, in words that name the address, the step and what to change. The wrong port is
 * the mistake that everybody makes once: TLS spoken to plaintext, the reverse, or another server altogether.
 */
import type { NetworkError } from '@gregor/platform'
import { ConnectionError, TimeoutError } from '@gregor/transport'
import { AuthenticationError } from '../errors.ts'

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nobody listens there',
  ECONNRESET: 'the other side reset the connection',
  EHOSTUNREACH: 'there is no route to the host',
  ENETUNREACH: 'there is no route to the network',
  ENOTFOUND: 'the name is not known',
  EAI_AGAIN: 'the name cannot be looked up at the moment',
}

/** Certificates that are not accepted, by what OpenSSL and Node.js call it. */
const certificateCodes =
  /^(CERT_|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT|UNABLE_TO_|ERR_TLS_CERT_ALTNAME_INVALID|HOSTNAME_MISMATCH|INVALID_CA)/
/** What a server says that does not accept ours. */
const refusalCodes = /^ERR_SSL_.*ALERT.*(CERT|UNKNOWN_CA|ACCESS_DENIED|HANDSHAKE_FAILURE)/
/** What comes of speaking TLS to who does not. */
const notTlsCodes =
  /^(ERR_SSL_WRONG_VERSION_NUMBER|ERR_SSL_PACKET_LENGTH_TOO_LONG|ERR_SSL_UNKNOWN_PROTOCOL|ERR_SSL_HTTP_REQUEST|EPROTO)/

/** Connecting or the TLS handshake failed. */
export function connectFailure(name: string, timeoutMs: number, cause: NetworkError): Error {
  const { code, operation } = cause
  if (operation === 'secure') return handshakeFailure(name, timeoutMs, cause)
  if (code === 'ETIMEDOUT') {
    return new TimeoutError(`${name} could not be connected to within ${Math.round(timeoutMs)} ms: no answer.`, {
      cause,
    })
  }
  return new ConnectionError(`${name} could not be connected to: ${reasons[code] ?? code} (${code}).`, { cause })
}

function handshakeFailure(name: string, timeoutMs: number, cause: NetworkError): Error {
  const { code } = cause
  const detail = cause.cause instanceof Error ? cause.cause.message : code
  if (certificateCodes.test(code)) {
    const advice =
      code === 'ERR_TLS_CERT_ALTNAME_INVALID'
        ? 'Connect by a name that is in it, or set ssl.endpoint.identification.algorithm to nothing.'
        : 'Name its authority in ssl.truststore.location.'
    const message = `The certificate of ${name} is not accepted: ${detail} (${code}). ${advice}`
    return new AuthenticationError(message, { code: 'NETWORK_EXCEPTION', cause })
  }
  if (refusalCodes.test(code)) return certificateRefused(name, code, cause)
  if (code === 'ETIMEDOUT') {
    const message = `The TLS handshake with ${name} was not over within ${Math.round(timeoutMs)} ms. ${perhapsPlaintext}`
    return new TimeoutError(message, { cause })
  }
  const isNotTls = notTlsCodes.test(code) || code === 'ECONNRESET' || code === 'EPIPE'
  const advice = isNotTls ? ` ${perhapsPlaintext}` : ''
  return new ConnectionError(`The TLS handshake with ${name} failed: ${detail} (${code}).${advice}`, { cause })
}

const perhapsPlaintext =
  'Perhaps it does not speak TLS: check the port, or set security.protocol to PLAINTEXT or SASL_PLAINTEXT.'

/** The first request was not answered as Kafka does. */
export function firstAnswerFailure(name: string, isSecure: boolean, cause: unknown): unknown {
  if (!(cause instanceof ConnectionError) && !(cause instanceof TimeoutError)) return cause
  const code = codeOf(cause)
  // In TLS 1.3 a client learns with the first answer that its certificate was refused.
  if (isSecure && code !== undefined && refusalCodes.test(code)) return certificateRefused(name, code, cause)
  const { message } = cause
  if (message.includes('looks like HTTP')) {
    return new ConnectionError(`${name} is an HTTP server, not a Kafka node: check the port.`, { cause })
  }
  if (message.includes('looks like TLS')) {
    return new ConnectionError(`${name} speaks TLS: set security.protocol to SSL or SASL_SSL, or check the port.`, {
      cause,
    })
  }
  if (cause instanceof TimeoutError) {
    return new TimeoutError(`${name} took the connection and did not answer. Is it a Kafka node? ${message}`, { cause })
  }
  if (!message.includes('closed the connection') && code !== 'ECONNRESET') {
    return new ConnectionError(`${name} does not answer as a Kafka node does: ${message}.`, { cause })
  }
  // TLS itself was fine where there is any: the handshake is over.
  const perhaps = isSecure
    ? 'perhaps it wants a certificate of ours (ssl.keystore.location)'
    : 'perhaps security.protocol has to be SSL or SASL_SSL'
  return new ConnectionError(
    `${name} took the connection and ended it at the first request. Check the port; ${perhaps}.`,
    {
      cause,
    },
  )
}

/** The first request behind the versions was not answered, on a connection that did not say who we are. */
export function anonymousFailure(name: string, cause: unknown): unknown {
  if (!(cause instanceof ConnectionError) || !cause.message.includes('closed the connection')) return cause
  const message = `${name} told its versions, then ended the connection: perhaps it wants SASL (security.protocol, sasl.*).`
  return new ConnectionError(message, { cause })
}

function certificateRefused(name: string, code: string, cause: unknown): AuthenticationError {
  const message = `${name} did not accept our certificate, or wants one (${code}): set ssl.keystore.location.`
  return new AuthenticationError(message, { code: 'NETWORK_EXCEPTION', cause })
}

/** The system’s or OpenSSL’s, from the innermost cause. */
function codeOf(error: Error): string | undefined {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if ('code' in at && typeof at.code === 'string') return at.code
  }
  return undefined
}
