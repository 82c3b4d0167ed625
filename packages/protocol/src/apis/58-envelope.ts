/**
 * Envelope (key 58): a whole request that a broker forwards to the controller in a client’s name (KIP-590).
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
    /** Header and body. */
    requestData: bytes({ sensitive: true }),
    /** As the principal builder wrote it; null where it cannot. */
    requestPrincipal: bytes({ nullable: '0+' }),
    /** The 4 or 16 bytes of the client’s address. */
    clientHostAddress: bytes(),
  },
  response: {
    /** Header and body; null with an error. */
    responseData: bytes({ nullable: '0+', default: null, sensitive: true }),
    errorCode: int16(),
  },
})

export type EnvelopeRequest = RequestOf<typeof Envelope>
export type EnvelopeResponse = ResponseOf<typeof Envelope>
