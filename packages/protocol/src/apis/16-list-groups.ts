/**
 * ListGroups (key 16): the groups of every kind that this broker coordinates.
 * v1 throttle time · v2 answers before it throttles (KIP-219) · v3 flexible (KIP-482) · v4 by state (KIP-518) · v5 by
 * type (KIP-848)
 */

import { array, int16, int32, string } from '../schema/field.ts'
import { type RequestOf, type ResponseOf, defineApi } from '../schema/schema.ts'

export const ListGroups = defineApi({
  key: 16,
  name: 'ListGroups',
  versions: '0-5',
  flexible: '3+',
  listeners: ['broker'],
  request: {
    /** Empty: all. */
    statesFilter: array(string(), { versions: '4+' }),
    /** Empty: all. */
    typesFilter: array(string(), { versions: '5+' }),
  },
  response: {
    throttleTimeMs: int32({ versions: '1+', default: 0, ignorable: true }),
    errorCode: int16(),
    groups: array({
      groupId: string(),
      protocolType: string(),
      groupState: string({ versions: '4+', ignorable: true }),
      groupType: string({ versions: '5+', ignorable: true }),
    }),
  },
})

export type ListGroupsRequest = RequestOf<typeof ListGroups>
export type ListGroupsResponse = ResponseOf<typeof ListGroups>
