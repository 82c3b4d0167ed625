/**
 * SaslHandshake (key 17): chooses the SASL mechanism. Never flexible: old clients could not negotiate it (KAFKA-9577).
 * v0 is followed by bare tokens · v1 by SaslAuthenticate requests (KIP-152)
 */

import { array, int16, string } from '../schema/field.ts'
import { type RequestOf, type ResponseOf, defineApi } from '../schema/schema.ts'

export const SaslHandshake = defineApi({
  key: 17,
  name: 'SaslHandshake',
  versions: '0-1',
  flexible: 'none',
  listeners: ['broker', 'controller'],
  request: {
    mechanism: string(),
  },
  response: {
    errorCode: int16(),
    /** Those enabled here. */
    mechanisms: array(string()),
  },
})

export type SaslHandshakeRequest = RequestOf<typeof SaslHandshake>
export type SaslHandshakeResponse = ResponseOf<typeof SaslHandshake>
