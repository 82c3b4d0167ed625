/**
 * OAUTHBEARER (RFC 7628, KIP-255), the client's side: a token that somebody else gave, with Kafka's extensions (KIP-342).
 * A server that refuses says why in JSON; the answer to that is one byte, and then it fails.
 */
import { type SaslExchange, SaslError } from './sasl-exchange.ts'

export interface OauthToken {
  /** As it goes over the wire: a JWT, mostly. */
  readonly value: string
  /** When it is of no use any more, in ms since the epoch. */
  readonly expiresAtMs: number
  readonly extensions?: Readonly<Record<string, string>> | undefined
}

const separator = '\x01'

/** @throws SaslError for a token or an extension that cannot be sent. */
export function oauthBearerExchange(token: OauthToken): SaslExchange {
  if (!/^[\w.~+/-]+=*$/.test(token.value)) throw new SaslError('the OAuth token has characters that no token has')
  const extensions = Object.entries(token.extensions ?? {})
  for (const [name, value] of extensions) {
    if (!/^[A-Za-z]+$/.test(name) || name === 'auth' || !/^[\x20-\x7e\t\r\n]*$/.test(value)) {
      throw new SaslError(`the SASL extension ${name} is not allowed: letters only, and no control characters`)
    }
  }
  const pairs = [['auth', `Bearer ${token.value}`], ...extensions].map(([name, value]) => `${name}=${value}`)
  const exchange = {
    first: Buffer.from(`n,,${separator}${pairs.join(separator)}${separator}${separator}`),
    isDone: true,
    next(challenge: Buffer): Buffer | undefined {
      if (challenge.length === 0) return undefined
      exchange.isDone = false
      return Buffer.from(separator)
    },
  }
  return exchange
}

/** A token without a signature, which only a server that is being tried out accepts. */
export function unsecuredToken(given: {
  readonly subject: string
  readonly nowMs: number
  readonly lifetimeMs: number
  readonly scope?: string | undefined
}): OauthToken {
  const { subject, nowMs, lifetimeMs, scope } = given
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const expiresAtMs = nowMs + lifetimeMs
  const claims = {
    sub: subject,
    iat: nowMs / 1000,
    exp: expiresAtMs / 1000,
    ...(scope === undefined ? {} : { scope: scope.split(' ') }),
  }
  return { value: `${part({ alg: 'none' })}.${part(claims)}.`, expiresAtMs }
}
