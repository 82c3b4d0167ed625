/**
 * DescribeClientQuotas (key 48): the quotas set for users, clients and addresses (KIP-546).
 * v1 flexible (KIP-482)
 */

import { array, boolean, float64, int16, int32, int8, string } from '../schema/field.ts'
import { type RequestOf, type ResponseOf, defineApi } from '../schema/schema.ts'

export const DescribeClientQuotas = defineApi({
  key: 48,
  name: 'DescribeClientQuotas',
  versions: '0-1',
  flexible: '1+',
  listeners: ['broker'],
  request: {
    components: array({
      /** "user", "client-id" or "ip". */
      entityType: string(),
      /** 0: this name. 1: the default. 2: any name. */
      matchType: int8(),
      match: string({ nullable: '0+' }),
    }),
    /** Leave out entities that have other parts as well. */
    strict: boolean(),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    errorCode: int16(),
    errorMessage: string({ nullable: '0+', default: null }),
    /** Null with an error. */
    entries: array(
      {
        entity: array({
          entityType: string(),
          /** Null: the default. */
          entityName: string({ nullable: '0+' }),
        }),
        values: array({
          key: string(),
          value: float64(),
        }),
      },
      { nullable: '0+' },
    ),
  },
})

export type DescribeClientQuotasRequest = RequestOf<typeof DescribeClientQuotas>
export type DescribeClientQuotasResponse = ResponseOf<typeof DescribeClientQuotas>
