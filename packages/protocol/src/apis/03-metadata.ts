/**
 * Metadata (key 3): brokers, topics and who leads each partition; may create missing topics.
 * v1 racks, controller, null for all topics · v2 cluster id · v3 throttle time · v4 asks for auto-creation · v5 offline
 * replicas (KIP-112) · v6 answers before it throttles (KIP-219) · v7 leader epochs (KIP-320) · v8 authorized operations
 * (KIP-430) · v9 flexible (KIP-482) · v10 topic ids in the answer (KIP-516); requests must not use them before v12 ·
 * v11 no cluster operations: see DescribeCluster (KIP-700) · v13 an error for all (KIP-1102)
 */

import { array, boolean, int16, int32, string, uuid } from '../schema/field.ts'
import { type RequestOf, type ResponseOf, defineApi } from '../schema/schema.ts'

export const Metadata = defineApi({
  key: 3,
  name: 'Metadata',
  versions: '0-13',
  flexible: '9+',
  listeners: ['broker'],
  request: {
    /** Null: all topics. Empty: none; in version 0, all. */
    topics: array(
      {
        topicId: uuid({ versions: '10+', ignorable: true }),
        /** Null where the id is given. */
        name: string({ nullable: '10+' }),
      },
      { nullable: '1+' },
    ),
    /** Only where the broker creates topics at all. */
    allowAutoTopicCreation: boolean({ versions: '4+', default: true }),
    includeClusterAuthorizedOperations: boolean({ versions: '8-10' }),
    includeTopicAuthorizedOperations: boolean({ versions: '8+' }),
  },
  response: {
    throttleTimeMs: int32({ versions: '3+', default: 0, ignorable: true }),
    /** Those that are not fenced, reached through the listener the request came by. */
    brokers: array({
      nodeId: int32(),
      host: string(),
      port: int32(),
      rack: string({ versions: '1+', nullable: '1+', default: null, ignorable: true }),
    }),
    clusterId: string({ versions: '2+', nullable: '2+', default: null, ignorable: true }),
    /** In KRaft some live broker: admin requests are forwarded from any. */
    controllerId: int32({ versions: '1+', default: -1, ignorable: true }),
    topics: array({
      errorCode: int16(),
      /** Null where an unknown id was asked for. */
      name: string({ nullable: '12+' }),
      /** Zero where an unknown name was asked for. */
      topicId: uuid({ versions: '10+', ignorable: true }),
      isInternal: boolean({ versions: '1+', default: false, ignorable: true }),
      partitions: array({
        errorCode: int16(),
        partitionIndex: int32(),
        /** -1: there is none. */
        leaderId: int32(),
        leaderEpoch: int32({ versions: '7+', default: -1, ignorable: true }),
        replicaNodes: array(int32()),
        isrNodes: array(int32()),
        offlineReplicas: array(int32(), { versions: '5+', ignorable: true }),
      }),
      /** One bit per ACL operation. The smallest int32: not asked for. */
      topicAuthorizedOperations: int32({ versions: '8+', default: -2_147_483_648 }),
    }),
    /** One bit per ACL operation. The smallest int32: not asked for. */
    clusterAuthorizedOperations: int32({ versions: '8-10', default: -2_147_483_648 }),
    errorCode: int16({ versions: '13+', ignorable: true }),
  },
})

export type MetadataRequest = RequestOf<typeof Metadata>
export type MetadataResponse = ResponseOf<typeof Metadata>
