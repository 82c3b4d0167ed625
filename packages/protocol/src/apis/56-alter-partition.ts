/**
 * AlterPartition (key 56): a leader asks the controller to change the in-sync replicas (KIP-497).
 * v2 topic ids, may say INELIGIBLE_REPLICA (KIP-841) · v3 broker epochs (KIP-903)
 */

import { array, int16, int32, int64, int8, uuid } from '../schema/field.ts'
import { type RequestOf, type ResponseOf, defineApi } from '../schema/schema.ts'

export const AlterPartition = defineApi({
  key: 56,
  name: 'AlterPartition',
  versions: '2-3',
  flexible: '0+',
  listeners: ['controller'],
  request: {
    brokerId: int32(),
    brokerEpoch: int64({ default: -1 }),
    topics: array({
      topicId: uuid(),
      partitions: array({
        partitionIndex: int32(),
        leaderEpoch: int32(),
        /** Before version 3. */
        newIsr: array(int32(), { versions: '0-2' }),
        newIsrWithEpochs: array(
          {
            brokerId: int32(),
            /** -1: not checked. */
            brokerEpoch: int64({ default: -1 }),
          },
          { versions: '3+' },
        ),
        /** 1: recovering from an unclean election. */
        leaderRecoveryState: int8({ default: 0 }),
        /** What the change is based on: an older one is refused. */
        partitionEpoch: int32(),
      }),
    }),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    errorCode: int16(),
    topics: array({
      topicId: uuid(),
      partitions: array({
        partitionIndex: int32(),
        errorCode: int16(),
        leaderId: int32(),
        leaderEpoch: int32(),
        isr: array(int32()),
        leaderRecoveryState: int8({ default: 0 }),
        partitionEpoch: int32(),
      }),
    }),
  },
})

export type AlterPartitionRequest = RequestOf<typeof AlterPartition>
export type AlterPartitionResponse = ResponseOf<typeof AlterPartition>
