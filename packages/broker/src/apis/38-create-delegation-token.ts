/** CreateDelegationToken (key 38): a secret by which others may act for somebody (KIP-48); refused, see `delegation-tokens`. */
import { CreateDelegationToken, errorCode } from '@gregor/protocol'
import type { ProtocolError, RequestOf, ResponseInput } from '@gregor/protocol'
import { defineHandler } from '../server/handler.ts'
import type { RequestContext } from '../server/request-context.ts'
import { tokenRefusal } from './delegation-tokens.ts'

type Request = RequestOf<typeof CreateDelegationToken>

export const createDelegationToken = defineHandler(CreateDelegationToken, {
  handle: (request, context) => refused(request, tokenRefusal(context), context),
  refuse: refused,
})

/** Says for whom and by whom it would have been; without an owner it is the one who asks. */
function refused(
  request: Request,
  error: ProtocolError,
  { apiVersion, connection }: Pick<RequestContext, 'apiVersion' | 'connection'>,
): ResponseInput<typeof CreateDelegationToken> {
  const { type, name } = connection.principal
  const { ownerPrincipalType, ownerPrincipalName } = request
  const hasOwner = typeof ownerPrincipalName === 'string' && ownerPrincipalName !== ''
  return {
    errorCode: errorCode(error),
    principalType: hasOwner ? (ownerPrincipalType ?? '') : type,
    principalName: hasOwner ? ownerPrincipalName : name,
    ...(apiVersion >= 3 ? { tokenRequesterPrincipalType: type, tokenRequesterPrincipalName: name } : {}),
    issueTimestampMs: -1,
    expiryTimestampMs: -1,
    maxTimestampMs: -1,
    tokenId: '',
    hmac: Buffer.alloc(0),
  }
}
