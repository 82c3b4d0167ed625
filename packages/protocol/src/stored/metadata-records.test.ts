import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { MalformedMessageError } from '@gregor/base'
import fc from 'fast-check'

import { UnsupportedVersionError } from '../schema/codec.ts'
import {
  type MetadataRecordInput,
  decodeMetadataRecord,
  encodeMetadataRecord,
  metadataRecordTypes,
  metadataRecordVersion,
} from './metadata-records.ts'
import { UnknownRecordError } from './unknown-record-error.ts'

const topicId = 'AAECAwQFBgcICQoLDA0ODw'
const directory = 'J8aAPcfLQt2bqs1JT_rMgQ'

/** As Apache Kafka 4.3.1 writes them (its MetadataRecordSerde). */
const written: readonly (readonly [record: MetadataRecordInput, hex: string])[] = [
  [{ type: 'TopicRecord', name: 'orders', topicId }, '010200076f7264657273000102030405060708090a0b0c0d0e0f00'],
  [
    {
      type: 'PartitionRecord',
      partitionId: 3,
      topicId,
      replicas: [1, 2],
      isr: [1],
      removingReplicas: [],
      addingReplicas: [],
      leader: 1,
      leaderEpoch: 5,
      partitionEpoch: 6,
      directories: [directory, directory],
      eligibleLeaderReplicas: [2],
    },
    '01030200000003000102030405060708090a0b0c0d0e0f0300000001000000020200000001010100000001000000050000000603' +
      '27c6803dc7cb42dd9baacd494ffacc8127c6803dc7cb42dd9baacd494ffacc81' +
      '0101050200000002',
  ],
  [
    { type: 'PartitionChangeRecord', partitionId: 3, topicId, isr: [1, 2], leader: -1 },
    '01050200000003000102030405060708090a0b0c0d0e0f0200090300000001000000020104ffffffff',
  ],
  [
    { type: 'FeatureLevelRecord', name: 'metadata.version', featureLevel: 30 },
    '010c00116d657461646174612e76657273696f6e001e00',
  ],
  [
    {
      type: 'RegisterBrokerRecord',
      brokerId: 1,
      incarnationId: topicId,
      brokerEpoch: 77,
      endPoints: [],
      features: [],
      rack: null,
      logDirs: [directory],
      cordonedLogDirs: [],
    },
    '0100040000000100000102030405060708090a0b0c0d0e0f000000000000004d01010001000200110227c6803dc7cb42dd9baacd494ffacc81' +
      '010101',
  ],
  [{ type: 'NoOpRecord' }, '01140000'],
]

describe('a metadata record', () => {
  for (const [record, hex] of written) {
    it(`of type ${record.type} has the bytes that Apache Kafka writes`, () => {
      assert.equal(encodeMetadataRecord(record).toString('hex'), hex)
    })

    it(`of type ${record.type} is read back`, () => {
      const read = decodeMetadataRecord(Buffer.from(hex, 'hex'))
      assert.equal(read.type, record.type)
      assert.equal(encodeMetadataRecord(read).toString('hex'), hex)
    })
  }

  it('says which version it was written in, and has every field', () => {
    assert.deepEqual(decodeMetadataRecord(Buffer.from('01050200000003000102030405060708090a0b0c0d0e0f00', 'hex')), {
      type: 'PartitionChangeRecord',
      version: 2,
      partitionId: 3,
      topicId,
      isr: null,
      leader: -2,
      replicas: null,
      removingReplicas: null,
      addingReplicas: null,
      leaderRecoveryState: -1,
      directories: null,
      eligibleLeaderReplicas: null,
      lastKnownElr: null,
    })
  })

  it('can be written in a version of choice', () => {
    const record = { type: 'RegisterBrokerRecord', version: 1, ...registration } as const
    assert.equal(decodeMetadataRecord(encodeMetadataRecord(record)).version, 1)
  })

  it('is not written in a version that would lose a field', () => {
    const record = { type: 'RegisterBrokerRecord', version: 1, ...registration, logDirs: [directory] } as const
    assert.throws(() => encodeMetadataRecord(record), UnsupportedVersionError)
  })

  it('has a number of its own', () => {
    const ids = Object.values(metadataRecordTypes).map(({ id }) => id)
    assert.equal(new Set(ids).size, 26)
  })
})

const registration = {
  brokerId: 1,
  incarnationId: topicId,
  brokerEpoch: 77,
  endPoints: [{ name: 'PLAINTEXT', host: 'localhost', port: 9092, securityProtocol: 0 }],
  features: [{ name: 'metadata.version', minSupportedVersion: 7, maxSupportedVersion: 30 }],
  rack: 'a',
} as const

const partition = {
  topicId,
  replicas: [1],
  isr: [1],
  removingReplicas: [],
  addingReplicas: [],
} as const

const change = { type: 'BrokerRegistrationChangeRecord', brokerId: 1, brokerEpoch: 2 } as const

describe('the version of a metadata record', () => {
  for (const [metadataVersion, broker, partitionVersion] of [
    [7, 1, 0],
    [8, 2, 0],
    [16, 2, 0],
    [17, 3, 1],
    [22, 3, 1],
    [23, 3, 2],
    [29, 3, 2],
    [30, 4, 2],
  ] as const) {
    it(`under metadata.version ${metadataVersion} is ${broker} for brokers, ${partitionVersion} for partitions`, () => {
      const version = (record: MetadataRecordInput) => metadataRecordVersion(record, metadataVersion)
      assert.equal(version({ type: 'RegisterBrokerRecord', ...registration }), broker)
      assert.equal(version({ type: 'PartitionRecord', ...partition }), partitionVersion)
      assert.equal(version({ type: 'PartitionChangeRecord', topicId }), partitionVersion)
      assert.equal(version({ type: 'TopicRecord', name: 'a', topicId }), 0)
    })
  }

  it('is the lowest that can say how a broker’s registration changed', () => {
    assert.equal(metadataRecordVersion({ ...change, fenced: 1 }, 30), 0)
    assert.equal(metadataRecordVersion({ ...change, inControlledShutdown: 1 }, 30), 1)
    assert.equal(metadataRecordVersion({ ...change, logDirs: [directory] }, 30), 2)
    assert.equal(metadataRecordVersion({ ...change, logDirs: [], cordonedLogDirs: null }, 30), 0)
    assert.equal(metadataRecordVersion({ ...change, cordonedLogDirs: [] }, 30), 3)
  })
})

describe('reading metadata records', () => {
  for (const [what, hex] of [
    ['the frame', '02020000'],
    ['the type', '01060000'],
    ['the type beyond all', '01630000'],
    ['the version', '01140100'],
  ] as const) {
    it(`stops at one from the future: ${what}`, () => {
      assert.throws(() => decodeMetadataRecord(Buffer.from(hex, 'hex')), UnknownRecordError)
    })
  }

  for (const [what, hex] of [
    ['nothing', ''],
    ['a frame of the preview', '00140000'],
    ['a record cut off', '0102000700'],
    ['bytes behind the record', '0114000000'],
  ] as const) {
    it(`refuses ${what}`, () => {
      assert.throws(() => decodeMetadataRecord(Buffer.from(hex, 'hex')), MalformedMessageError)
    })
  }
})

describe('reading any bytes', () => {
  it('ends in a record, or in one of the two errors', () => {
    const samples = written.map(([, hex]) => Buffer.from(hex, 'hex'))
    fc.assert(
      fc.property(fc.constantFrom(...samples), fc.nat(), fc.nat(255), fc.nat(), (sample, at, byte, cut) => {
        const mutated = Buffer.from(sample.subarray(0, sample.length - (cut % 4)))
        mutated[at % sample.length] = byte
        try {
          decodeMetadataRecord(mutated)
        } catch (error) {
          assert.ok(error instanceof MalformedMessageError || error instanceof UnknownRecordError)
        }
      }),
      { numRuns: 3000 },
    )
  })
})
