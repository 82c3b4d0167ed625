/**
 * Envelope (key 58).
 */

import { bytes, int16 } from '../schema/field.ts'
import { type RequestOf, type ResponseOf, defineApi } from '../schema/schema.ts'

export const Envelope = defineApi({
  key: 58,
  name: 'Envelope',
  versions: '0',
  flexible: '0+',
  listeners: ['controller'],
  request: {
    requestData: bytes({ sensitive: true }),
    requestPrincipal: bytes({ nullable: '0+' }),
    clientHostAddress: bytes(),
  },
  response: {
    responseData: bytes({ nullable: '0+', default: null, sensitive: true }),
    errorCode: int16(),
  },
})

export type EnvelopeRequest = RequestOf<typeof Envelope>
export type EnvelopeResponse = ResponseOf<typeof Envelope>
