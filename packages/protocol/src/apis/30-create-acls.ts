/**
 * CreateAcls (key 30): adds ACLs; any broker forwards it to the controller. Codes as in DescribeAcls.
 * v1 pattern types (KIP-290), answers before it throttles (KIP-219) · v2 flexible (KIP-482) · v3 user resources
 * (KIP-373)
 */

import { array, int16, int32, int8, string } from '../schema/field.ts'
import { type RequestOf, type ResponseOf, defineApi } from '../schema/schema.ts'

export const CreateAcls = defineApi({
  key: 30,
  name: 'CreateAcls',
  versions: '0-3',
  flexible: '2+',
  listeners: ['broker', 'controller'],
  request: {
    creations: array({
      resourceType: int8(),
      resourceName: string(),
      resourcePatternType: int8({ versions: '1+', default: 3 }),
      /** Kind and name: "User:ann", "User:*". */
      principal: string(),
      /** An address, or "*". */
      host: string(),
      operation: int8(),
      permissionType: int8(),
    }),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    results: array({
      errorCode: int16(),
      errorMessage: string({ nullable: '0+', default: null }),
    }),
  },
})

export type CreateAclsRequest = RequestOf<typeof CreateAcls>
export type CreateAclsResponse = ResponseOf<typeof CreateAcls>
