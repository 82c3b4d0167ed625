/**
 * From `security.protocol`, `sasl.*` and `ssl.*` to what connections need. Files are read once, here. Everything that is
 * wrong is said at once, by key and with what to do; passwords are never part of a message.
 */
import { ConfigError, type ConfigProblem } from '@gregor/config'
import type { Clock, Disk, Random, TlsOptions } from '@gregor/platform'
import type { Authenticator } from '../cluster/authenticator.ts'
import type { ClientConfig } from '../config/client-config.ts'
import type { connectionConfigs } from '../config/common-configs.ts'
import type { Auth } from './auth.ts'
import { authFromConfig } from './auth-from-config.ts'
import { SaslAuthenticator } from './sasl-authenticator.ts'
import { tlsFromConfig } from './tls-from-config.ts'

export type ConnectionConfig = ClientConfig<typeof connectionConfigs>

export interface SecurityEnvironment {
  readonly clock: Pick<Clock, 'wallMs' | 'monotonicMs'>
  readonly random: Random
  readonly disk: Pick<Disk, 'readFile'>
}

export interface Security {
  readonly tls: TlsOptions | undefined
  readonly authenticator: Authenticator | undefined
}

/**
 * @param given.auth - instead of `sasl.*`; it implies SASL.
 * @param given.tls - instead of `ssl.*`; it implies TLS.
 * @throws ConfigError
 */
export function securityFromConfig(
  config: ConnectionConfig,
  environment: SecurityEnvironment,
  given: { readonly auth?: Auth | undefined; readonly tls?: TlsOptions | boolean | undefined } = {},
): Security {
  const problems: ConfigProblem[] = []
  const { securityProtocol } = config
  const isSecure = given.tls === undefined ? securityProtocol.endsWith('SSL') : given.tls !== false
  const hasSasl = given.auth !== undefined || securityProtocol.startsWith('SASL')
  const tls = typeof given.tls === 'object' ? given.tls : tlsFromConfig(config, environment.disk, isSecure, problems)
  const auth = given.auth ?? (hasSasl ? authFromConfig(config, environment, problems) : undefined)
  if (problems.length > 0) throw new ConfigError(problems)
  return {
    tls: isSecure ? tls : undefined,
    authenticator: auth === undefined ? undefined : new SaslAuthenticator({ environment, auth }),
  }
}
