/**
 * DescribeGroups (key 15): state and members of classic groups; answered by their coordinator.
 * v1 throttle time · v2 answers before it throttles (KIP-219) · v3 authorized operations (KIP-430) · v4 static members
 * (KIP-345) · v5 flexible (KIP-482) · v6 GROUP_ID_NOT_FOUND instead of state Dead (KIP-1043)
 */

import { array, boolean, bytes, int16, int32, string } from '../schema/field.ts'
import { type RequestOf, type ResponseOf, defineApi } from '../schema/schema.ts'

export const DescribeGroups = defineApi({
  key: 15,
  name: 'DescribeGroups',
  versions: '0-6',
  flexible: '5+',
  listeners: ['broker'],
  request: {
    groups: array(string()),
    includeAuthorizedOperations: boolean({ versions: '3+' }),
  },
  response: {
    throttleTimeMs: int32({ versions: '1+', default: 0, ignorable: true }),
    groups: array({
      errorCode: int16(),
      errorMessage: string({ versions: '6+', nullable: '6+', default: null }),
      groupId: string(),
      groupState: string(),
      protocolType: string(),
      /** The protocol chosen; empty unless the group is stable. */
      protocolData: string(),
      members: array({
        memberId: string(),
        groupInstanceId: string({ versions: '4+', nullable: '4+', default: null, ignorable: true }),
        clientId: string(),
        clientHost: string(),
        /** Empty unless the group is stable. */
        memberMetadata: bytes(),
        /** Empty unless the group is stable. */
        memberAssignment: bytes(),
      }),
      /** One bit per ACL operation. The smallest int32: not asked for. */
      authorizedOperations: int32({ versions: '3+', default: -2_147_483_648 }),
    }),
  },
})

export type DescribeGroupsRequest = RequestOf<typeof DescribeGroups>
export type DescribeGroupsResponse = ResponseOf<typeof DescribeGroups>
