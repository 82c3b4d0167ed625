import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { InvariantViolation, MalformedMessageError } from '@gregor/base'

import { groupRecords } from './group-records.ts'
import { shareStateRecords } from './share-state-records.ts'
import { transactionRecords } from './transaction-records.ts'
import { UnknownRecordError } from './unknown-record-error.ts'

const topicId = 'AAECAwQFBgcICQoLDA0ODw'

function hex(bytes: Buffer): string {
  return bytes.toString('hex')
}

describe('a record of __consumer_offsets has the bytes that Apache Kafka writes', () => {
  const offset = { offset: 1234, metadata: 'm', commitTimestamp: 1_700_000_000_000 }

  it('for the key of a committed offset', () => {
    assert.equal(
      hex(groupRecords.encodeKey('OffsetCommit', { group: 'g', topic: 't', partition: 7 })),
      '000100016700017400000007',
    )
  })

  it('for a committed offset', () => {
    assert.equal(
      hex(groupRecords.encodeValue('OffsetCommit', { ...offset, leaderEpoch: 5, topicId })),
      '000400000000000004d200000005026d0000018bcfe56800010010000102030405060708090a0b0c0d0e0f',
    )
  })

  it('for a committed offset with an expiry of its own', () => {
    assert.equal(
      hex(groupRecords.encodeValue('OffsetCommit', { ...offset, expireTimestamp: 1_700_000_001_000 }, 1)),
      '000100000000000004d200016d0000018bcfe568000000018bcfe56be8',
    )
  })

  it('for a classic group', () => {
    const value = groupRecords.encodeValue('GroupMetadata', {
      protocolType: 'consumer',
      generation: 2,
      protocol: 'range',
      leader: 'm1',
      currentStateTimestamp: 9,
      members: [
        {
          memberId: 'm1',
          clientId: 'c',
          clientHost: '/h',
          rebalanceTimeout: 100,
          sessionTimeout: 200,
          subscription: Buffer.from([1]),
          assignment: Buffer.from([2]),
        },
      ],
    })
    assert.equal(
      hex(value),
      '00030008636f6e73756d657200000002000572616e676500026d3100000000000000090000000100026d31ffff00016300022f6800000064' +
        '000000c800000001010000000102',
    )
  })

  it('for a hash that needs all 64 bits', () => {
    const value = groupRecords.encodeValue('ConsumerGroupMetadata', {
      epoch: 4,
      metadataHash: -6_148_914_691_236_517_206n,
    })
    assert.equal(hex(value), '000000000004010008aaaaaaaaaaaaaaaa')
    const key = groupRecords.encodeKey('ConsumerGroupMetadata', { groupId: 'g' })
    assert.deepEqual(groupRecords.decode(key, value), {
      type: 'ConsumerGroupMetadata',
      key: { groupId: 'g' },
      value: { epoch: 4, metadataHash: -6_148_914_691_236_517_206n },
    })
  })
})

describe('a record of __transaction_state has the bytes that Apache Kafka writes', () => {
  it('in version 1', () => {
    const value = transactionRecords.encodeValue('TransactionLog', {
      producerId: 1000,
      producerEpoch: 2,
      nextProducerEpoch: 3,
      transactionTimeoutMs: 60_000,
      transactionStatus: 1,
      transactionPartitions: [{ topic: 't', partitionIds: [0, 1] }],
      transactionLastUpdateTimestampMs: 10,
      transactionStartTimestampMs: 9,
      clientTransactionVersion: 2,
    })
    assert.equal(
      hex(value),
      '000100000000000003e800020000ea600102027403000000000000000100000000000000000a0000000000000009020202000203020003',
    )
  })

  it('in version 0, and reads it back', () => {
    const fields = {
      producerId: 1000,
      producerEpoch: 2,
      transactionTimeoutMs: 60_000,
      transactionStatus: 0,
      transactionPartitions: null,
      transactionLastUpdateTimestampMs: 10,
      transactionStartTimestampMs: -1,
    }
    const value = transactionRecords.encodeValue('TransactionLog', fields, 0)
    assert.equal(hex(value), '000000000000000003e800020000ea6000ffffffff000000000000000affffffffffffffff')
    const key = transactionRecords.encodeKey('TransactionLog', { transactionalId: 'x' })
    assert.deepEqual(transactionRecords.decode(key, value), {
      type: 'TransactionLog',
      key: { transactionalId: 'x' },
      value: {
        ...fields,
        previousProducerId: -1,
        nextProducerId: -1,
        nextProducerEpoch: -1,
        clientTransactionVersion: 0,
      },
    })
  })
})

describe('a coordinator’s record', () => {
  const key = groupRecords.encodeKey('OffsetCommit', { group: 'g', topic: 't', partition: 7 })

  it('without a value deletes', () => {
    assert.deepEqual(groupRecords.decode(key, null), {
      type: 'OffsetCommit',
      key: { group: 'g', topic: 't', partition: 7 },
      value: null,
    })
  })

  it('is told apart from others with the same key by its type', () => {
    const share = { groupId: 'g', topicId, partition: 1 }
    assert.equal(
      shareStateRecords.decode(shareStateRecords.encodeKey('ShareSnapshot', share), null).type,
      'ShareSnapshot',
    )
    assert.equal(shareStateRecords.decode(shareStateRecords.encodeKey('ShareUpdate', share), null).type, 'ShareUpdate')
  })

  it('of a type from the future is unknown', () => {
    assert.throws(() => groupRecords.decode(Buffer.from('0018000167', 'hex'), null), UnknownRecordError)
  })

  it('of a version from the future is unknown', () => {
    assert.throws(() => groupRecords.decode(key, Buffer.from('0005', 'hex')), UnknownRecordError)
    assert.throws(() => groupRecords.decode(key, Buffer.from('ffff', 'hex')), UnknownRecordError)
  })

  for (const [what, badKey, value] of [
    ['has no key', null, null],
    ['has an empty key', '', null],
    ['has a key that is cut off', '00010001', null],
    ['has bytes behind its key', '00010001670001740000000700', null],
    ['has an empty value', '000100016700017400000007', ''],
    ['has a value that is cut off', '000100016700017400000007', '0001000000'],
    ['has bytes behind its value', '0000000167000174 00000007', '0000 0000000000000001 0000 0000000000000002 00'],
  ] as const) {
    it(`is malformed when it ${what}`, () => {
      const bytes = (text: string | null) => (text === null ? null : Buffer.from(text.replaceAll(' ', ''), 'hex'))
      assert.throws(() => groupRecords.decode(bytes(badKey), bytes(value)), MalformedMessageError)
    })
  }

  it('has a type of its topic', () => {
    assert.throws(() => groupRecords.encodeKey('TransactionLog' as 'GroupMetadata', { group: 'g' }), InvariantViolation)
  })
})
