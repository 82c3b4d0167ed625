/**
 * DescribeAcls (key 29): the ACLs that a filter matches.
 * v1 pattern types (KIP-290), answers before it throttles (KIP-219) · v2 flexible (KIP-482) · v3 user resources
 * (KIP-373)
 */

import { array, int16, int32, int8, string } from '../schema/field.ts'
import { type RequestOf, type ResponseOf, defineApi } from '../schema/schema.ts'

export const DescribeAcls = defineApi({
  key: 29,
  name: 'DescribeAcls',
  versions: '0-3',
  flexible: '2+',
  listeners: ['broker', 'controller'],
  request: {
    /** 1: any. 2: topic. 3: group. 4: cluster. 5: transactional id. 6: delegation token. 7: user. */
    resourceTypeFilter: int8(),
    /** Null: any. */
    resourceNameFilter: string({ nullable: '0+' }),
    /** 1: any. 2: whatever matches the name. 3: literal. 4: prefixed. */
    patternTypeFilter: int8({ versions: '1+', default: 3 }),
    /** Null: any. */
    principalFilter: string({ nullable: '0+' }),
    /** Null: any. */
    hostFilter: string({ nullable: '0+' }),
    /** 1: any. 2: all. 3: read. 4: write. 5: create. 6: delete. 7: alter. 8: describe, and so on. */
    operation: int8(),
    /** 1: any. 2: deny. 3: allow. */
    permissionType: int8(),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    errorCode: int16(),
    errorMessage: string({ nullable: '0+', default: null }),
    resources: array({
      resourceType: int8(),
      resourceName: string(),
      patternType: int8({ versions: '1+', default: 3 }),
      acls: array({
        principal: string(),
        host: string(),
        operation: int8(),
        permissionType: int8(),
      }),
    }),
  },
})

export type DescribeAclsRequest = RequestOf<typeof DescribeAcls>
export type DescribeAclsResponse = ResponseOf<typeof DescribeAcls>
