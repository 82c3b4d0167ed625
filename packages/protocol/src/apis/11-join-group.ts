/**
 * JoinGroup (key 11): enters a classic group, or a new generation of it; held back until all members have joined.
 * v1 rebalance timeout (KIP-62) · v2 throttle time · v3 answers before it throttles (KIP-219) · v4 a new member is
 * first given its id (KIP-394) · v5 static members (KIP-345) · v6 flexible (KIP-482) · v7 protocol type in the answer
 * (KIP-559) · v8 reason (KIP-800) · v9 leader may be told to skip the assignment (KIP-814)
 */

import { array, boolean, bytes, int16, int32, string } from '../schema/field.ts'
import { type RequestOf, type ResponseOf, defineApi } from '../schema/schema.ts'

export const JoinGroup = defineApi({
  key: 11,
  name: 'JoinGroup',
  versions: '0-9',
  flexible: '6+',
  listeners: ['broker'],
  request: {
    groupId: string(),
    /** Without a heartbeat for this long the member is out. */
    sessionTimeoutMs: int32(),
    /** How long the others are waited for. -1, as before version 1: the session timeout. */
    rebalanceTimeoutMs: int32({ versions: '1+', default: -1, ignorable: true }),
    /** Empty: a new member. */
    memberId: string(),
    groupInstanceId: string({ versions: '5+', nullable: '5+', default: null }),
    /** "consumer", "connect", … */
    protocolType: string(),
    /** In order of preference. */
    protocols: array({
      name: string(),
      /** Of consumers: a ConsumerProtocolSubscription. */
      metadata: bytes(),
    }),
    reason: string({ versions: '8+', nullable: '8+', default: null, ignorable: true }),
  },
  response: {
    throttleTimeMs: int32({ versions: '2+', default: 0, ignorable: true }),
    errorCode: int16(),
    generationId: int32({ default: -1 }),
    protocolType: string({ versions: '7+', nullable: '7+', default: null, ignorable: true }),
    /** The one all members support. */
    protocolName: string({ nullable: '7+' }),
    /** Member id of the one who assigns. */
    leader: string(),
    /** The leader leaves the assignment as it is. */
    skipAssignment: boolean({ versions: '9+', default: false }),
    memberId: string(),
    /** Given to the leader only. */
    members: array({
      memberId: string(),
      groupInstanceId: string({ versions: '5+', nullable: '5+', default: null, ignorable: true }),
      metadata: bytes(),
    }),
  },
})

export type JoinGroupRequest = RequestOf<typeof JoinGroup>
export type JoinGroupResponse = ResponseOf<typeof JoinGroup>
