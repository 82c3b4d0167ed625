/**
 * DeleteTopics (key 20): deletes topics; any broker forwards it to the controller.
 * v1 throttle time · v2 answers before it throttles (KIP-219) · v3 may say TOPIC_DELETION_DISABLED · v4 flexible
 * (KIP-482) · v5 error messages, may say THROTTLING_QUOTA_EXCEEDED (KIP-599) · v6 by id as well (KIP-516)
 */

import { array, int16, int32, string, uuid } from '../schema/field.ts'
import { type RequestOf, type ResponseOf, defineApi } from '../schema/schema.ts'

export const DeleteTopics = defineApi({
  key: 20,
  name: 'DeleteTopics',
  versions: '0-6',
  flexible: '4+',
  listeners: ['broker', 'controller'],
  request: {
    /** Each by name or by id. */
    topics: array(
      {
        name: string({ nullable: '6+', default: null }),
        topicId: uuid(),
      },
      { versions: '6+' },
    ),
    /** Before version 6. */
    topicNames: array(string(), { versions: '0-5', ignorable: true }),
    timeoutMs: int32(),
  },
  response: {
    throttleTimeMs: int32({ versions: '1+', default: 0, ignorable: true }),
    responses: array({
      name: string({ nullable: '6+' }),
      topicId: uuid({ versions: '6+', ignorable: true }),
      errorCode: int16(),
      errorMessage: string({ versions: '5+', nullable: '5+', default: null, ignorable: true }),
    }),
  },
})

export type DeleteTopicsRequest = RequestOf<typeof DeleteTopics>
export type DeleteTopicsResponse = ResponseOf<typeof DeleteTopics>
