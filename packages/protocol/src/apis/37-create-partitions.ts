/**
 * CreatePartitions (key 37): adds partitions to topics (KIP-195); any broker forwards it to the controller.
 * v1 answers before it throttles (KIP-219) · v2 flexible (KIP-482) · v3 may say THROTTLING_QUOTA_EXCEEDED (KIP-599)
 */

import { array, boolean, int16, int32, string } from '../schema/field.ts'
import { type RequestOf, type ResponseOf, defineApi } from '../schema/schema.ts'

export const CreatePartitions = defineApi({
  key: 37,
  name: 'CreatePartitions',
  versions: '0-3',
  flexible: '2+',
  listeners: ['broker', 'controller'],
  request: {
    topics: array({
      name: string(),
      /** Of all partitions, afterwards. */
      count: int32(),
      /** One per new partition. Null: the controller chooses. */
      assignments: array(
        {
          brokerIds: array(int32()),
        },
        { nullable: '0+' },
      ),
    }),
    timeoutMs: int32(),
    validateOnly: boolean(),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    results: array({
      name: string(),
      errorCode: int16(),
      errorMessage: string({ nullable: '0+', default: null }),
    }),
  },
})

export type CreatePartitionsRequest = RequestOf<typeof CreatePartitions>
export type CreatePartitionsResponse = ResponseOf<typeof CreatePartitions>
