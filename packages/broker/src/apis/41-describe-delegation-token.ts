/** DescribeDelegationToken (key 41): the tokens of some owners (KIP-48); there are none, see `delegation-tokens`. */
import { DescribeDelegationToken, errorCode } from '@gregor/protocol'
import type { ProtocolError, ResponseInput } from '@gregor/protocol'
import { defineHandler } from '../server/handler.ts'
import { tokenRefusal } from './delegation-tokens.ts'

export const describeDelegationToken = defineHandler(DescribeDelegationToken, {
  handle: (_request, context) => refused(tokenRefusal(context)),
  refuse: (_request, error) => refused(error),
})

function refused(error: ProtocolError): ResponseInput<typeof DescribeDelegationToken> {
  return { errorCode: errorCode(error), tokens: [] }
}
