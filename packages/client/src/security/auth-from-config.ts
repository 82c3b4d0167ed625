/** From `sasl.mechanism` and `sasl.jaas.config` to who we are. */
import { asError } from '@gregor/base'
import type { ConfigProblem } from '@gregor/config'
import { type JaasEntry, jaasEntryFromText, unsecuredToken } from '@gregor/security'
import { type Auth, delegationToken, oauthBearer, plain, scram } from './auth.ts'
import type { ConnectionConfig, SecurityEnvironment } from './security-from-config.ts'

const jaasKey = 'sasl.jaas.config'
const urlKey = 'sasl.oauthbearer.token.endpoint.url'
const tokenLifetimeMsDefault = 3_600_000

/** Puts what is wrong into `problems`. */
export function authFromConfig(
  config: ConnectionConfig,
  environment: SecurityEnvironment,
  problems: ConfigProblem[],
): Auth | undefined {
  const { saslMechanism } = config
  switch (saslMechanism) {
    case 'PLAIN':
    case 'SCRAM-SHA-256':
    case 'SCRAM-SHA-512':
      return passwordAuth(config, saslMechanism, problems)
    case 'OAUTHBEARER':
      return oauthAuth(config, environment, problems)
    default: {
      const known = 'PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER'
      const message = `Invalid value ${saslMechanism} for configuration sasl.mechanism: this client has ${known}.`
      problems.push({ key: 'sasl.mechanism', value: saslMechanism, message })
      return undefined
    }
  }
}

function passwordAuth(
  config: ConnectionConfig,
  mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512',
  problems: ConfigProblem[],
): Auth | undefined {
  const entry = jaasEntry(config, mechanism === 'PLAIN' ? 'PlainLoginModule' : 'ScramLoginModule', problems)
  if (entry === undefined) return undefined
  const username = entry.options.get('username')
  const password = entry.options.get('password')
  if (username === undefined || password === undefined) {
    const missing = username === undefined ? 'username' : 'password'
    problems.push({ key: jaasKey, message: `${jaasKey} has no ${missing}: add ${missing}="…" before the semicolon.` })
    return undefined
  }
  if (mechanism === 'PLAIN') return plain(username, password)
  const isToken = entry.options.get('tokenauth') === 'true'
  return isToken ? delegationToken(username, password, mechanism) : scram(username, password, mechanism)
}

/** Tokens from a file, or without a signature; those of a provider are the program's to fetch. */
function oauthAuth(
  config: ConnectionConfig,
  { clock, disk }: SecurityEnvironment,
  problems: ConfigProblem[],
): Auth | undefined {
  const url = config.saslOauthbearerTokenEndpointUrl
  if (url?.startsWith('file:') === true) {
    const path = decodeURIComponent(new URL(url).pathname)
    return oauthBearer(() => {
      const value = disk.readFile(path).toString('utf8').trim()
      return { value, expiresAtMs: expiryOf(value) ?? clock.wallMs() + tokenLifetimeMsDefault }
    })
  }
  const entry = url === undefined ? jaasEntry(config, 'OAuthBearerLoginModule', problems) : undefined
  const subject = entry?.options.get('unsecuredLoginStringClaim_sub')
  if (subject !== undefined) {
    const lifetimeMs = Number(entry?.options.get('unsecuredLoginLifetimeSeconds') ?? 3600) * 1000
    const scope = entry?.options.get('unsecuredLoginListClaim_scope')?.replaceAll('|', ' ').trim()
    return oauthBearer(() => unsecuredToken({ subject, nowMs: clock.wallMs(), lifetimeMs, scope }))
  }
  const message =
    url === undefined
      ? `${jaasKey} says nothing of a token: give unsecuredLoginStringClaim_sub, ${urlKey}=file:…, or the option auth.`
      : `${urlKey} is not asked by this client: give a file: address, or the option auth with oauthBearer(…).`
  if (url !== undefined || entry !== undefined) problems.push({ key: url === undefined ? jaasKey : urlKey, message })
  return undefined
}

/** `exp` of a JWT, in ms; `undefined` for a token of another kind. */
function expiryOf(token: string): number | undefined {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'))
    const exp = typeof claims === 'object' && claims !== null && 'exp' in claims ? claims.exp : undefined
    return typeof exp === 'number' ? exp * 1000 : undefined
  } catch (error) {
    if (asError(error) instanceof SyntaxError) return undefined
    throw error
  }
}

function jaasEntry(config: ConnectionConfig, module: string, problems: ConfigProblem[]): JaasEntry | undefined {
  const { saslJaasConfig: text, saslMechanism } = config
  const example = `org.apache.kafka.common.security.….${module} required username="…" password="…";`
  if (text === undefined) {
    problems.push({ key: jaasKey, message: `${jaasKey} is missing for sasl.mechanism=${saslMechanism}: ${example}` })
    return undefined
  }
  const entry = jaasEntryFromText(text)
  if (entry === undefined) {
    problems.push({ key: jaasKey, message: `${jaasKey} cannot be read; expected is: ${example}` })
  } else if (!entry.loginModule.endsWith(module)) {
    const message = `${jaasKey} has ${entry.loginModule}, but sasl.mechanism=${saslMechanism} wants ${module}.`
    problems.push({ key: jaasKey, message })
    return undefined
  }
  return entry
}
