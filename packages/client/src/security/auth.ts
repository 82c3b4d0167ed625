/** Who a client is: what `connect({ auth })` takes. Values, made by the functions below or from `sasl.*` configs. */
import type { OauthToken } from '@gregor/security'

export type Auth =
  | { readonly mechanism: 'PLAIN'; readonly credentials: CredentialSource }
  | {
      readonly mechanism: 'SCRAM-SHA-256' | 'SCRAM-SHA-512'
      readonly credentials: CredentialSource
      /** Name and password are id and HMAC of a delegation token. */
      readonly isToken: boolean
    }
  | { readonly mechanism: 'OAUTHBEARER'; readonly token: OauthTokenSource }

export interface Credentials {
  readonly username: string
  readonly password: string
}

/** Asked before each connection is authenticated, so that a password may change while the program runs. */
export type CredentialSource = () => Credentials | Promise<Credentials>

/** Asked when there is no token, or the one that is there is old. */
export type OauthTokenSource = () => OauthToken | Promise<OauthToken>

/** Name and password as they are. Only to be used with TLS. */
export function plain(username: string, password: string): Auth {
  return { mechanism: 'PLAIN', credentials: () => ({ username, password }) }
}

/** A password that is proven and never sent. Default: SCRAM-SHA-512. */
export function scram(
  username: string,
  password: string,
  mechanism: 'SCRAM-SHA-256' | 'SCRAM-SHA-512' = 'SCRAM-SHA-512',
): Auth {
  return { mechanism, credentials: () => ({ username, password }), isToken: false }
}

/** A delegation token (KIP-48): its id, and its HMAC in base64, as it was created with. Default: SCRAM-SHA-512. */
export function delegationToken(
  tokenId: string,
  hmac: string,
  mechanism: 'SCRAM-SHA-256' | 'SCRAM-SHA-512' = 'SCRAM-SHA-512',
): Auth {
  return { mechanism, credentials: () => ({ username: tokenId, password: hmac }), isToken: true }
}

/**
 * Tokens of an OAuth provider (KIP-255).
 *
 * @param token - gives one, with its end; asked again when four fifths of its life are over, or a server wants a new one.
 */
export function oauthBearer(token: OauthTokenSource): Auth {
  return { mechanism: 'OAUTHBEARER', token }
}
