/**
 * CreateTopics (key 19): creates topics; any broker forwards it to the controller.
 * v1 validate only, error messages · v2 throttle time · v3 answers before it throttles (KIP-219) · v4 defaults for
 * partitions and replicas (KIP-464) · v5 flexible (KIP-482), configs in the answer (KIP-525) · v6 may say
 * THROTTLING_QUOTA_EXCEEDED (KIP-599) · v7 topic ids (KIP-516)
 */

import { array, boolean, int16, int32, int8, string, uuid } from '../schema/field.ts'
import { type RequestOf, type ResponseOf, defineApi } from '../schema/schema.ts'

export const CreateTopics = defineApi({
  key: 19,
  name: 'CreateTopics',
  versions: '0-7',
  flexible: '5+',
  listeners: ['broker', 'controller'],
  request: {
    topics: array({
      name: string(),
      /** -1: the default, or as many as are assigned. */
      numPartitions: int32(),
      /** -1: the default, or as assigned. */
      replicationFactor: int16(),
      /** Empty: the controller chooses. */
      assignments: array({
        partitionIndex: int32(),
        brokerIds: array(int32()),
      }),
      configs: array({
        name: string(),
        value: string({ nullable: '0+' }),
      }),
    }),
    timeoutMs: int32({ default: 60_000 }),
    validateOnly: boolean({ versions: '1+', default: false }),
  },
  response: {
    throttleTimeMs: int32({ versions: '2+', default: 0, ignorable: true }),
    topics: array({
      name: string(),
      topicId: uuid({ versions: '7+', ignorable: true }),
      errorCode: int16(),
      errorMessage: string({ versions: '1+', nullable: '0+', ignorable: true }),
      /** Why `configs` is null. */
      topicConfigErrorCode: int16({ versions: '5+', tag: 0, ignorable: true }),
      numPartitions: int32({ versions: '5+', default: -1, ignorable: true }),
      replicationFactor: int16({ versions: '5+', default: -1, ignorable: true }),
      configs: array(
        {
          name: string(),
          value: string({ nullable: '5+' }),
          readOnly: boolean(),
          /** As in DescribeConfigs. */
          configSource: int8({ default: -1 }),
          isSensitive: boolean(),
        },
        { versions: '5+', nullable: '5+', ignorable: true },
      ),
    }),
  },
})

export type CreateTopicsRequest = RequestOf<typeof CreateTopics>
export type CreateTopicsResponse = ResponseOf<typeof CreateTopics>
