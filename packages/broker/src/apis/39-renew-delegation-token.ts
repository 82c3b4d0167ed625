/** RenewDelegationToken (key 39): lengthens the life of a token (KIP-48); refused, see `delegation-tokens`. */
import { errorCode, RenewDelegationToken } from '@gregor/protocol'
import type { ProtocolError, ResponseInput } from '@gregor/protocol'
import { defineHandler } from '../server/handler.ts'
import { tokenRefusal } from './delegation-tokens.ts'

export const renewDelegationToken = defineHandler(RenewDelegationToken, {
  handle: (_request, context) => refused(tokenRefusal(context)),
  refuse: (_request, error) => refused(error),
})

function refused(error: ProtocolError): ResponseInput<typeof RenewDelegationToken> {
  return { errorCode: errorCode(error), expiryTimestampMs: -1 }
}
