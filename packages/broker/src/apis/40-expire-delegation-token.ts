/** ExpireDelegationToken (key 40): shortens the life of a token (KIP-48); refused, see `delegation-tokens`. */
import { errorCode, ExpireDelegationToken } from '@gregor/protocol'
import type { ProtocolError, ResponseInput } from '@gregor/protocol'
import { defineHandler } from '../server/handler.ts'
import { tokenRefusal } from './delegation-tokens.ts'

export const expireDelegationToken = defineHandler(ExpireDelegationToken, {
  handle: (_request, context) => refused(tokenRefusal(context)),
  refuse: (_request, error) => refused(error),
})

function refused(error: ProtocolError): ResponseInput<typeof ExpireDelegationToken> {
  return { errorCode: errorCode(error), expiryTimestampMs: -1 }
}
