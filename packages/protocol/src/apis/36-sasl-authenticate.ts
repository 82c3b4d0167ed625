/**
 * SaslAuthenticate (key 36): one step of the SASL exchange, after SaslHandshake v1 (KIP-152).
 * v1 lifetime of the session (KIP-368) · v2 flexible (KIP-482)
 */

import { bytes, int16, int64, string } from '../schema/field.ts'
import { type RequestOf, type ResponseOf, defineApi } from '../schema/schema.ts'

export const SaslAuthenticate = defineApi({
  key: 36,
  name: 'SaslAuthenticate',
  versions: '0-2',
  flexible: '2+',
  listeners: ['broker', 'controller'],
  request: {
    authBytes: bytes({ sensitive: true }),
  },
  response: {
    errorCode: int16(),
    errorMessage: string({ nullable: '0+', default: null }),
    authBytes: bytes({ sensitive: true }),
    /** Authenticate again before this is over. 0: no need. */
    sessionLifetimeMs: int64({ versions: '1+', default: 0, ignorable: true }),
  },
})

export type SaslAuthenticateRequest = RequestOf<typeof SaslAuthenticate>
export type SaslAuthenticateResponse = ResponseOf<typeof SaslAuthenticate>
