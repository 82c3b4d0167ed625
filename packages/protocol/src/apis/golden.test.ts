/** Well-known messages, with their bytes written out by hand from the protocol’s rules. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ByteReader, ByteWriter, ZERO_UUID } from '@gregor/base'
import {
  ApiVersions,
  BrokerRegistration,
  CreateTopics,
  DescribeTopicPartitions,
  Fetch,
  FindCoordinator,
  InitProducerId,
  JoinGroup,
  ListOffsets,
  Metadata,
  Produce,
  SaslHandshake,
  UpdateRaftVoter,
} from './index.ts'
import { decode, encode } from '../schema/codec.ts'
import type { Fields, InputOf } from '../schema/field.ts'
import type { Message } from '../schema/schema.ts'

/** Checks that `value` has these bytes, and that reading them gives all of `value` back. */
function check<F extends Fields>(message: Message<F>, version: number, value: InputOf<F>, ...hex: string[]): void {
  const expected = hex.join('').replaceAll(' ', '')
  const writer = new ByteWriter()
  encode(message, version, value, writer)
  assert.equal(writer.toBuffer().toString('hex'), expected)
  const reader = new ByteReader(Buffer.from(expected, 'hex'))
  assert.partialDeepStrictEqual(decode(message, version, reader), value)
  assert.equal(reader.remaining, 0)
}

const TOPIC_ID = 'AQIDBAUGBwgJCgsMDQ4PEA'
const TOPIC_ID_HEX = '0102030405060708090a0b0c0d0e0f10'

describe('ApiVersions', () => {
  it('v0 asks with nothing', () => {
    check(ApiVersions.request, 0, {}, '')
  })

  it('v3 asks with the name of the client', () => {
    const value = { clientSoftwareName: 'kcat', clientSoftwareVersion: '1.7' }
    check(ApiVersions.request, 3, value, '05 6b636174', '04 312e37', '00')
  })

  it('v0 refuses a version with the range of ApiVersions itself', () => {
    const value = { errorCode: 35, apiKeys: [{ apiKey: 18, minVersion: 0, maxVersion: 4 }] }
    check(ApiVersions.response, 0, value, '0023', '00000001', '0012 0000 0004')
  })

  it('v3 answers with features in tagged fields', () => {
    check(
      ApiVersions.response,
      3,
      {
        errorCode: 0,
        apiKeys: [{ apiKey: 0, minVersion: 0, maxVersion: 13 }],
        supportedFeatures: [{ name: 'kv', minVersion: 1, maxVersion: 2 }],
        finalizedFeaturesEpoch: 7,
      },
      '0000',
      '02 0000 0000 000d 00',
      '00000000',
      '02',
      '00 09 02 03 6b76 0001 0002 00',
      '01 08 0000000000000007',
    )
  })
})

describe('Metadata', () => {
  it('v0 asks for all topics with an empty array, v1 with null', () => {
    check(Metadata.request, 0, { topics: [] }, '00000000')
    check(Metadata.request, 1, { topics: null }, 'ffffffff')
  })

  it('v12 asks by id', () => {
    const value = { topics: [{ topicId: TOPIC_ID, name: null }], allowAutoTopicCreation: false }
    check(Metadata.request, 12, value, '02', TOPIC_ID_HEX, '00', '00', '00', '00', '00')
  })

  it('v12 answers with brokers, topics and partitions', () => {
    check(
      Metadata.response,
      12,
      {
        brokers: [{ nodeId: 1, host: 'h', port: 9092 }],
        clusterId: 'c',
        controllerId: 1,
        topics: [
          {
            errorCode: 0,
            name: 't',
            topicId: TOPIC_ID,
            partitions: [
              { errorCode: 0, partitionIndex: 0, leaderId: 1, leaderEpoch: 5, replicaNodes: [1], isrNodes: [1] },
            ],
          },
        ],
      },
      '00000000',
      '02 00000001 02 68 00002384 00 00',
      '02 63',
      '00000001',
      '02 0000 02 74',
      TOPIC_ID_HEX,
      '00',
      '02 0000 00000000 00000001 00000005 02 00000001 02 00000001 01 00',
      '80000000 00',
      '00',
    )
  })
})

describe('Produce', () => {
  it('v3 asks with classic lengths', () => {
    check(
      Produce.request,
      3,
      {
        transactionalId: null,
        acks: -1,
        timeoutMs: 30_000,
        topicData: [{ name: 't', partitionData: [{ index: 2, records: Buffer.from('abcd') }] }],
      },
      'ffff ffff 00007530',
      '00000001 0001 74',
      '00000001 00000002 00000004 61626364',
    )
  })

  it('v13 asks by topic id', () => {
    check(
      Produce.request,
      13,
      {
        transactionalId: 'x',
        acks: 1,
        timeoutMs: 1,
        topicData: [{ topicId: TOPIC_ID, partitionData: [{ index: 2, records: null }] }],
      },
      '02 78 0001 00000001',
      '02',
      TOPIC_ID_HEX,
      '02 00000002 00 00',
      '00 00',
    )
  })

  it('v10 answers with the leader to go to', () => {
    check(
      Produce.response,
      10,
      {
        responses: [
          {
            name: 't',
            partitionResponses: [
              { index: 0, errorCode: 6, baseOffset: -1, currentLeader: { leaderId: 2, leaderEpoch: 9 } },
            ],
          },
        ],
        nodeEndpoints: [{ nodeId: 2, host: 'h', port: 9092 }],
      },
      '02 02 74',
      '02 00000000 0006 ffffffffffffffff ffffffffffffffff ffffffffffffffff 01 00',
      '01 00 09 00000002 00000009 00',
      '00',
      '00000000',
      '01 00 0d 02 00000002 02 68 00002384 00 00',
    )
  })
})

describe('Fetch', () => {
  it('v4 asks with classic lengths', () => {
    check(
      Fetch.request,
      4,
      {
        maxWaitMs: 500,
        minBytes: 1,
        maxBytes: 1024,
        topics: [{ topic: 't', partitions: [{ partition: 0, fetchOffset: 42, partitionMaxBytes: 512 }] }],
      },
      'ffffffff 000001f4 00000001 00000400 00',
      '00000001 0001 74 00000001',
      '00000000 000000000000002a 00000200',
    )
  })

  it('v17 asks as a follower in tagged fields', () => {
    check(
      Fetch.request,
      17,
      { maxWaitMs: 1, minBytes: 1, replicaState: { replicaId: 3, replicaEpoch: 8 }, sessionEpoch: 0, topics: [] },
      '00000001 00000001 7fffffff 00 00000000 00000000',
      '01 01 01',
      '01 01 0d 00000003 0000000000000008 00',
    )
  })

  it('v12 answers with records and aborted transactions', () => {
    check(
      Fetch.response,
      12,
      {
        responses: [
          {
            topic: 't',
            partitions: [
              {
                partitionIndex: 0,
                errorCode: 0,
                highWatermark: 10,
                lastStableOffset: 9,
                logStartOffset: 0,
                abortedTransactions: [{ producerId: 7, firstOffset: 3 }],
                records: Buffer.from('ab'),
              },
            ],
          },
        ],
      },
      '00000000 0000 00000000',
      '02 02 74 02',
      '00000000 0000 000000000000000a 0000000000000009 0000000000000000',
      '02 0000000000000007 0000000000000003 00',
      'ffffffff 03 6162 00',
      '00 00',
    )
  })
})

describe('ListOffsets', () => {
  it('v0 asks for and answers with several offsets', () => {
    check(
      ListOffsets.request,
      0,
      { replicaId: -1, topics: [{ name: 't', partitions: [{ partitionIndex: 0, timestamp: -1, maxNumOffsets: 2 }] }] },
      'ffffffff 00000001 0001 74 00000001 00000000 ffffffffffffffff 00000002',
    )
    check(
      ListOffsets.response,
      0,
      { topics: [{ name: 't', partitions: [{ partitionIndex: 0, errorCode: 0, oldStyleOffsets: [5, 0] }] }] },
      '00000001 0001 74 00000001 00000000 0000 00000002 0000000000000005 0000000000000000',
    )
  })
})

describe('groups and transactions', () => {
  it('find their coordinator, one in v0 and many in v4', () => {
    check(FindCoordinator.request, 0, { key: 'g' }, '0001 67')
    check(FindCoordinator.request, 4, { keyType: 1, coordinatorKeys: ['a', 'b'] }, '01 03 02 61 02 62 00')
  })

  it('join', () => {
    check(
      JoinGroup.request,
      5,
      {
        groupId: 'g',
        sessionTimeoutMs: 45_000,
        rebalanceTimeoutMs: 300_000,
        memberId: '',
        groupInstanceId: null,
        protocolType: 'consumer',
        protocols: [{ name: 'range', metadata: Buffer.from([1, 2]) }],
      },
      '0001 67 0000afc8 000493e0 0000 ffff',
      '0008 636f6e73756d6572',
      '00000001 0005 72616e6765 00000002 0102',
    )
  })

  it('are given a producer id', () => {
    check(InitProducerId.request, 2, { transactionalId: null, transactionTimeoutMs: -1 }, '00 ffffffff 00')
    const value = { errorCode: 0, producerId: 4000, producerEpoch: 0 }
    check(InitProducerId.response, 2, value, '00000000 0000 0000000000000fa0 0000 00')
  })
})

describe('administration', () => {
  it('creates a topic as clients of long ago do', () => {
    check(
      CreateTopics.request,
      0,
      {
        topics: [
          { name: 't', numPartitions: 3, replicationFactor: 1, assignments: [], configs: [{ name: 'a', value: null }] },
        ],
        timeoutMs: 1000,
      },
      '00000001 0001 74 00000003 0001 00000000 00000001 0001 61 ffff',
      '000003e8',
    )
  })

  it('names SASL mechanisms', () => {
    check(SaslHandshake.request, 1, { mechanism: 'PLAIN' }, '0005 504c41494e')
    check(SaslHandshake.response, 1, { errorCode: 33, mechanisms: ['PLAIN'] }, '0021 00000001 0005 504c41494e')
  })

  it('goes through topics with a cursor that may be null', () => {
    const value = { topics: [{ name: 't' }], responsePartitionLimit: 2000 }
    check(DescribeTopicPartitions.request, 0, value, '02 02 74 00', '000007d0', 'ff', '00')
    const next = { ...value, cursor: { topicName: 't', partitionIndex: 4 } }
    check(DescribeTopicPartitions.request, 0, next, '02 02 74 00', '000007d0', '01 02 74 00000004 00', '00')
  })

  it('registers brokers', () => {
    check(
      BrokerRegistration.request,
      4,
      {
        brokerId: 1,
        clusterId: 'c',
        incarnationId: TOPIC_ID,
        listeners: [{ name: 'L', host: 'h', port: 65_535, securityProtocol: 0 }],
        features: [],
        rack: null,
        logDirs: [ZERO_UUID],
      },
      '00000001 02 63',
      TOPIC_ID_HEX,
      '02 02 4c 02 68 ffff 0000 00',
      '01 00 00',
      '02 00000000000000000000000000000000',
      'ffffffffffffffff',
      '00',
    )
  })

  it('tells voters who leads, where that is known', () => {
    const value = { errorCode: 0, currentLeader: { leaderId: 1, leaderEpoch: 2, host: 'h', port: 9 } }
    check(UpdateRaftVoter.response, 0, value, '00000000 0000', '01 00 0f 00000001 00000002 02 68 00000009 00')
    check(UpdateRaftVoter.response, 0, { errorCode: 41 }, '00000000 0029', '00')
  })
})
