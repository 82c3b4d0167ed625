/**
 * Proves to a node who we are: SaslHandshake names the mechanism, then SaslAuthenticate carries its tokens to and fro
 * (KIP-152). The node may limit the session; then it says for how long, and the link does this again in time (KIP-368).
 */
import { asError } from '@gregor/base'
import type { Clock, Random } from '@gregor/platform'
import { SaslAuthenticate, SaslHandshake, errorName } from '@gregor/protocol'
import {
  type OauthToken,
  type SaslExchange,
  SaslError,
  oauthBearerExchange,
  plainExchange,
  scramExchange,
} from '@gregor/security'
import type { AuthenticationGiven, Authenticator, Session } from '../cluster/authenticator.ts'
import { AuthenticationError, KafkaError } from '../errors.ts'
import type { Auth, OauthTokenSource } from './auth.ts'

export interface SaslAuthenticatorOptions {
  readonly environment: { readonly clock: Pick<Clock, 'wallMs' | 'monotonicMs'>; readonly random: Random }
  readonly auth: Auth
}

const nonceBytes = 24
/** No mechanism here takes more. */
const stepsMax = 5
/** Of a token's life, after which another is asked for. */
const freshShare = 0.8

export class SaslAuthenticator implements Authenticator {
  readonly #options: SaslAuthenticatorOptions
  #token: { readonly value: OauthToken; readonly freshUntilMs: number } | undefined

  constructor(options: SaslAuthenticatorOptions) {
    this.#options = options
  }

  async authenticate(given: AuthenticationGiven): Promise<Session | undefined> {
    const { clock, random } = this.#options.environment
    const deadlineMs = clock.monotonicMs() + given.timeoutMs
    const remainingMs = (): number => Math.max(1, deadlineMs - clock.monotonicMs())
    const { mechanism } = this.#options.auth
    await handshake(given, mechanism, remainingMs())
    try {
      const sessionLifetimeMs = await converse(given, await this.#exchange(given.name), remainingMs)
      if (sessionLifetimeMs <= 0) return undefined
      // Early enough for the node, at another time for each connection.
      return { renewAfterMs: sessionLifetimeMs * (0.85 + 0.1 * random.fraction()) }
    } catch (error) {
      this.#token = undefined
      if (!(error instanceof SaslError)) throw error
      throw new AuthenticationError(`${given.name}, ${mechanism}: ${error.message}.`, { cause: error })
    }
  }

  async #exchange(name: string): Promise<SaslExchange> {
    const { auth, environment } = this.#options
    if (auth.mechanism === 'OAUTHBEARER') return oauthBearerExchange(await this.#freshToken(auth.token))
    const { mechanism } = auth
    const { username, password } = await supplied(name, 'the credentials', auth.credentials)
    if (mechanism === 'PLAIN') return plainExchange({ username, password })
    const nonce = environment.random.fill(new Uint8Array(nonceBytes))
    return scramExchange({ mechanism, username, password, isToken: auth.isToken, nonce })
  }

  async #freshToken(source: OauthTokenSource): Promise<OauthToken> {
    const nowMs = this.#options.environment.clock.wallMs()
    if (this.#token !== undefined && nowMs < this.#token.freshUntilMs) return this.#token.value
    const value = await supplied('OAUTHBEARER', 'a token', source)
    this.#token = { value, freshUntilMs: nowMs + (value.expiresAtMs - nowMs) * freshShare }
    return value
  }
}

/** What the program supplies. @throws AuthenticationError where it throws. */
async function supplied<T>(name: string, what: string, source: () => T | Promise<T>): Promise<T> {
  try {
    return await source()
  } catch (cause) {
    throw new AuthenticationError(`${name}: ${what} could not be had: ${asError(cause).message}`, { cause })
  }
}

async function handshake(given: AuthenticationGiven, mechanism: string, timeoutMs: number): Promise<void> {
  const { name, ranges } = given
  const version = ranges.newest(SaslHandshake)
  if (version < 1) throw new AuthenticationError(`${name} is older than Kafka 1.0: SASL is not spoken with it.`)
  const { errorCode, mechanisms } = await given.exchange(SaslHandshake, version, { mechanism }, { timeoutMs })
  const error = errorName(errorCode)
  if (error === 'NONE') return
  const options = { code: error }
  if (error === 'UNSUPPORTED_SASL_MECHANISM') {
    const enabled = mechanisms.length === 0 ? 'none' : mechanisms.join(', ')
    throw new AuthenticationError(`${name} does not do ${mechanism}; it has: ${enabled}. Set sasl.mechanism.`, options)
  }
  if (error === 'ILLEGAL_SASL_STATE') {
    const message = `${name} wants no SASL on this port: check the port, or set security.protocol without SASL_.`
    throw new AuthenticationError(message, options)
  }
  throw new KafkaError({ code: error, about: name })
}

/** @returns how long the session lasts, in ms; 0: without end. */
async function converse(
  given: AuthenticationGiven,
  exchange: SaslExchange,
  remainingMs: () => number,
): Promise<number> {
  const version = given.ranges.newest(SaslAuthenticate)
  let token: Buffer | undefined = exchange.first
  let sessionLifetimeMs = 0
  for (let step = 0; token !== undefined; step++) {
    if (step === stepsMax) throw new SaslError('the exchange does not end')
    const request = { authBytes: token }
    const answer = await given.exchange(SaslAuthenticate, version, request, { timeoutMs: remainingMs() })
    const error = errorName(answer.errorCode)
    if (error !== 'NONE') {
      const said = answer.errorMessage ?? 'without saying why'
      throw new AuthenticationError(`${given.name} refused who we are: ${said}`, { code: error })
    }
    sessionLifetimeMs = answer.sessionLifetimeMs
    token = exchange.next(answer.authBytes)
  }
  if (!exchange.isDone) throw new SaslError('the server ended the exchange before it proved who it is')
  return sessionLifetimeMs
}
