/**
 * Delegation tokens (KIP-48) are not kept here: a node without `delegation.token.secret.key` refuses them, and so does
 * this one. Through a listener without authentication they are refused everywhere, as anybody could read the secret.
 */
import type { ProtocolError } from '@gregor/protocol'
import type { RequestContext } from '../server/request-context.ts'

export function tokenRefusal({ connection }: Pick<RequestContext, 'connection'>): ProtocolError {
  const isOpen = connection.listener.securityProtocol === 'PLAINTEXT'
  return isOpen ? 'DELEGATION_TOKEN_REQUEST_NOT_ALLOWED' : 'DELEGATION_TOKEN_AUTH_DISABLED'
}
