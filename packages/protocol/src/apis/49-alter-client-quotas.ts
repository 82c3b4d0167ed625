/**
 * AlterClientQuotas (key 49): sets and removes quotas (KIP-546); any broker forwards it to the controller.
 * v1 flexible (KIP-482)
 */

import { array, boolean, float64, int16, int32, string } from '../schema/field.ts'
import { type RequestOf, type ResponseOf, defineApi } from '../schema/schema.ts'

export const AlterClientQuotas = defineApi({
  key: 49,
  name: 'AlterClientQuotas',
  versions: '0-1',
  flexible: '1+',
  listeners: ['broker', 'controller'],
  request: {
    entries: array({
      entity: array({
        entityType: string(),
        /** Null: the default. */
        entityName: string({ nullable: '0+' }),
      }),
      ops: array({
        /** "producer_byte_rate", "consumer_byte_rate", "request_percentage", … */
        key: string(),
        value: float64(),
        remove: boolean(),
      }),
    }),
    validateOnly: boolean(),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    entries: array({
      errorCode: int16(),
      errorMessage: string({ nullable: '0+', default: null }),
      entity: array({
        entityType: string(),
        entityName: string({ nullable: '0+' }),
      }),
    }),
  },
})

export type AlterClientQuotasRequest = RequestOf<typeof AlterClientQuotas>
export type AlterClientQuotasResponse = ResponseOf<typeof AlterClientQuotas>
