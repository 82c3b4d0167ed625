import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { InvariantViolation, MalformedMessageError } from '@gregor/base'
import { attributesAt, BatchBuilder, checkBatch, compressionOf, controlBatch } from '@gregor/protocol'
import { decodeGroupBatches, encodeGroupBatch, encodeGroupRecord } from './group-log-record.ts'
import type { GroupLogRecord, StoredGroupRecord } from './group-log-record.ts'

const offset: StoredGroupRecord = {
  type: 'OffsetCommit',
  key: { group: 'g', topic: 't', partition: 7 },
  value: {
    offset: 1234,
    leaderEpoch: 5,
    metadata: 'm',
    commitTimestamp: 1_700_000_000_000,
    expireTimestamp: -1,
    topicId: 'AAECAwQFBgcICQoLDA0ODw',
  },
}
const tombstone: StoredGroupRecord = { type: 'GroupMetadata', key: { group: 'g' }, value: null }
const marker: GroupLogRecord = {
  type: 'TransactionMarker',
  outcome: 'Commit',
  producerId: 7,
  producerEpoch: 1,
  coordinatorEpoch: 3,
}

function read(...batches: Buffer[]): GroupLogRecord[] {
  return [...decodeGroupBatches(Buffer.concat(batches))].map(({ record }) => record)
}

describe('A record of the group coordinator', () => {
  it('has the bytes that Apache Kafka writes', () => {
    const { key, value } = encodeGroupRecord(offset)
    assert.equal(key.toString('hex'), '000100016700017400000007')
    assert.equal(
      value?.toString('hex'),
      '000400000000000004d200000005026d0000018bcfe56800010010000102030405060708090a0b0c0d0e0f',
    )
  })

  it('is written in version 1 where the offset has an expiry of its own', () => {
    assert.equal(offset.type, 'OffsetCommit')
    assert.ok(offset.value !== null)
    const value = { ...offset.value, expireTimestamp: 1_700_000_001_000 }
    assert.equal(
      encodeGroupRecord({ ...offset, value }).value?.toString('hex'),
      '000100000000000004d200016d0000018bcfe568000000018bcfe56be8',
    )
  })

  it('without a value deletes', () => {
    assert.deepEqual(encodeGroupRecord(tombstone), { key: Buffer.from('0002000167', 'hex'), value: null })
  })
})

describe('A batch of the group coordinator', () => {
  it('is read as it was written', () => {
    const batch = encodeGroupBatch({ records: [offset, tombstone] }, 5)
    assert.equal(checkBatch(batch, 0, batch.length), undefined)
    assert.deepEqual(
      [...decodeGroupBatches(batch)],
      [
        { offset: 0, record: offset },
        { offset: 1, record: tombstone },
      ],
    )
  })

  it('is compressed as it is asked for', () => {
    for (const codec of ['gzip', 'snappy', 'lz4', 'zstd'] as const) {
      const compressed = encodeGroupBatch({ records: [offset, tombstone] }, 5, codec)
      assert.equal(compressionOf(attributesAt(compressed, 0)), codec)
      assert.deepEqual(read(compressed), [offset, tombstone])
    }
  })

  it('keeps its producer with each record of a transaction', () => {
    const producer = { producerId: 7, producerEpoch: 1 }
    const batch = encodeGroupBatch({ records: [{ ...offset, producer }], producer }, 5)
    assert.deepEqual(read(batch), [{ ...offset, producer }])
  })

  it('that ends a transaction is a marker', () => {
    assert.deepEqual(read(encodeGroupBatch({ records: [marker] }, 5)), [marker])
    assert.throws(() => encodeGroupBatch({ records: [marker, tombstone] }, 5), InvariantViolation)
    assert.throws(() => encodeGroupBatch({ records: [tombstone, marker] }, 5), InvariantViolation)
  })

  it('from the future is passed over, record by record', () => {
    const builder = new BatchBuilder({})
    builder.append(Buffer.from('0018000167', 'hex'), null, [], 5)
    builder.append(Buffer.from('0002000167', 'hex'), null, [], 5)
    assert.deepEqual([...decodeGroupBatches(builder.build())], [{ offset: 1, record: tombstone }])
  })

  it('of control records that end no transaction says nothing', () => {
    const batch = controlBatch([{ type: 'LeaderChange', value: Buffer.alloc(6) }], 5)
    assert.deepEqual(read(batch, encodeGroupBatch({ records: [tombstone] }, 5)), [tombstone])
  })

  it('of anything else is refused', () => {
    const builder = new BatchBuilder({})
    builder.append(null, Buffer.from('00'), [], 5)
    const batch = builder.build()
    assert.throws(() => read(batch), MalformedMessageError)
  })
})
