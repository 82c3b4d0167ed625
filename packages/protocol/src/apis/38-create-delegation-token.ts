/**
 * CreateDelegationToken (key 38): a token that stands for the principal of the connection (KIP-48).
 * v1 answers before it throttles (KIP-219) · v2 flexible (KIP-482) · v3 for another owner (KIP-373)
 */

import { array, bytes, int16, int32, int64, string } from '../schema/field.ts'
import { type RequestOf, type ResponseOf, defineApi } from '../schema/schema.ts'

export const CreateDelegationToken = defineApi({
  key: 38,
  name: 'CreateDelegationToken',
  versions: '0-3',
  flexible: '2+',
  listeners: ['broker', 'controller'],
  request: {
    /** Null: the principal of the connection. */
    ownerPrincipalType: string({ versions: '3+', nullable: '3+' }),
    /** Null: the principal of the connection. */
    ownerPrincipalName: string({ versions: '3+', nullable: '3+' }),
    renewers: array({
      principalType: string(),
      principalName: string(),
    }),
    /** -1: as the broker is set up. */
    maxLifetimeMs: int64(),
  },
  response: {
    errorCode: int16(),
    principalType: string(),
    principalName: string(),
    tokenRequesterPrincipalType: string({ versions: '3+' }),
    tokenRequesterPrincipalName: string({ versions: '3+' }),
    issueTimestampMs: int64(),
    expiryTimestampMs: int64(),
    /** Renewing goes no further. */
    maxTimestampMs: int64(),
    tokenId: string(),
    /** The secret, used as a password. */
    hmac: bytes({ sensitive: true }),
    throttleTimeMs: int32({ default: 0 }),
  },
})

export type CreateDelegationTokenRequest = RequestOf<typeof CreateDelegationToken>
export type CreateDelegationTokenResponse = ResponseOf<typeof CreateDelegationToken>
