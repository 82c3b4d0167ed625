/**
 * DescribeQuorum (key 55): leader, voters and observers of the metadata quorum and how far each has come (KIP-595).
 * v1 times of the last fetch (KIP-836) · v2 directory ids, nodes, error messages (KIP-853)
 */

import { array, int16, int32, int64, string, uint16, uuid } from '../schema/field.ts'
import { type RequestOf, type ResponseOf, defineApi } from '../schema/schema.ts'

const ReplicaState = {
  replicaId: int32(),
  replicaDirectoryId: uuid({ versions: '2+' }),
  /** -1: unknown. */
  logEndOffset: int64(),
  /** By the leader’s clock; -1: never, or the leader itself. */
  lastFetchTimestamp: int64({ versions: '1+', default: -1, ignorable: true }),
  /** When it last had all the leader had; -1: never. */
  lastCaughtUpTimestamp: int64({ versions: '1+', default: -1, ignorable: true }),
} as const

export const DescribeQuorum = defineApi({
  key: 55,
  name: 'DescribeQuorum',
  versions: '0-2',
  flexible: '0+',
  listeners: ['broker', 'controller'],
  request: {
    topics: array({
      topicName: string(),
      partitions: array({
        partitionIndex: int32(),
      }),
    }),
  },
  response: {
    errorCode: int16(),
    errorMessage: string({ versions: '2+', nullable: '2+', ignorable: true }),
    topics: array({
      topicName: string(),
      partitions: array({
        partitionIndex: int32(),
        errorCode: int16(),
        errorMessage: string({ versions: '2+', nullable: '2+', ignorable: true }),
        leaderId: int32(),
        leaderEpoch: int32(),
        highWatermark: int64(),
        currentVoters: array(ReplicaState),
        observers: array(ReplicaState),
      }),
    }),
    nodes: array(
      {
        nodeId: int32(),
        listeners: array({
          name: string(),
          host: string(),
          port: uint16(),
        }),
      },
      { versions: '2+' },
    ),
  },
})

export type DescribeQuorumRequest = RequestOf<typeof DescribeQuorum>
export type DescribeQuorumResponse = ResponseOf<typeof DescribeQuorum>
