import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { InvariantViolation } from '@gregor/base'
import fc from 'fast-check'

import { BatchBuilder, type RecordHeader } from './batch-builder.ts'
import { goldenBatches } from './golden-batches.ts'
import {
  attributesAt,
  baseTimestampAt,
  checkBatch,
  compressionOf,
  lastOffsetAt,
  recordCountAt,
} from './record-batch.ts'
import { RecordCursor } from './record-cursor.ts'

const key = Buffer.from('key')
const value = Buffer.from('value')

describe('BatchBuilder', () => {
  it('writes the bytes that Apache Kafka writes', () => {
    const batch = new BatchBuilder({
      baseOffset: 100,
      partitionLeaderEpoch: 9,
      producerId: 7777,
      producerEpoch: 3,
      baseSequence: 42,
      isTransactional: true,
    })
      .append(
        key,
        value,
        [
          { key: 'trace', value: Buffer.from([1, 2]) },
          { key: 'é', value: null },
        ],
        1_700_000_000_000,
      )
      .append(null, value, [], 1_699_999_999_000)
      .appendAt(105, { key, value: null, timestamp: 1_700_000_000_123 })
      .build()
    assert.equal(batch.toString('hex'), goldenBatches.transactional)
  })

  it('writes batches that clients send: offset 0, no leader epoch, no producer', () => {
    const builder = new BatchBuilder()
    for (let index = 0; index < 3; index++) {
      builder.append(
        Buffer.from(`key${index}`),
        Buffer.from('the same value, the same value'),
        undefined,
        1_700_000_000_000 + index,
      )
    }
    assert.equal(builder.recordCount, 3)
    assert.equal(builder.byteLength, goldenBatches.none.length / 2)
    assert.equal(builder.build().toString('hex'), goldenBatches.none)
  })

  it('stamps the time of the append', () => {
    const batch = new BatchBuilder({ baseOffset: 5, partitionLeaderEpoch: 1, logAppendTimeMs: 1_700_000_009_999 })
      .append(key, value, [], 1_700_000_000_000)
      .build()
    assert.equal(batch.toString('hex'), goldenBatches.logAppendTime)
  })

  it('writes the header alone for a batch that lost all records', () => {
    const batch = new BatchBuilder({
      baseOffset: 200,
      partitionLeaderEpoch: 9,
      producerId: 7777,
      producerEpoch: 3,
      baseSequence: 42,
      isTransactional: true,
      compression: 'lz4',
    }).build({ lastOffsetDelta: 9, maxTimestamp: 1_700_000_000_000 })
    assert.equal(batch.toString('hex'), goldenBatches.empty)
  })

  it('counts times from the delete horizon where there is one', () => {
    const batch = new BatchBuilder({ deleteHorizonMs: 5000 }).append(key, null, [], 1000).build()
    assert.equal(attributesAt(batch, 0), 0x40)
    assert.equal(baseTimestampAt(batch, 0), 5000)
    const cursor = new RecordCursor()
    cursor.resetToBatch(batch, 0, 100)
    cursor.next()
    assert.equal(cursor.timestamp, 1000)
  })

  it('copies records from a cursor, with their offsets and times', () => {
    const original = Buffer.from(goldenBatches.transactional, 'hex')
    const builder = new BatchBuilder({
      baseOffset: 100,
      partitionLeaderEpoch: 9,
      producerId: 7777,
      producerEpoch: 3,
      baseSequence: 42,
      isTransactional: true,
    })
    const cursor = new RecordCursor()
    cursor.resetToBatch(original, 0, 1000)
    while (cursor.next()) builder.appendFrom(cursor)
    assert.deepEqual(builder.build(), original)
  })

  it('keeps the last offset of a batch that lost its last records', () => {
    const batch = new BatchBuilder({ baseOffset: 100 }).append(key, value, [], 0).build({ lastOffsetDelta: 5 })
    assert.equal(lastOffsetAt(batch, 0), 105)
    assert.equal(recordCountAt(batch, 0), 1)
  })

  it('says beforehand how much a record adds at most', () => {
    fc.assert(
      fc.property(recordArbitrary, ({ key, value, headers, timestamp }) => {
        const builder = new BatchBuilder()
        const before = builder.byteLength
        builder.append(key, value, headers, timestamp)
        const added = builder.byteLength - before
        assert.ok(added <= BatchBuilder.recordBytesMax(key?.length ?? 0, value?.length ?? 0, headers))
      }),
    )
  })

  it('takes nothing more once it has built', () => {
    const builder = new BatchBuilder()
    builder.build()
    assert.throws(() => builder.append(key, value, [], 0), InvariantViolation)
    assert.throws(() => builder.build(), InvariantViolation)
  })

  it('does not go back in offsets', () => {
    const builder = new BatchBuilder({ baseOffset: 10 })
    assert.throws(() => builder.appendAt(9, { key, value, timestamp: 0 }), InvariantViolation)
    builder.appendAt(12, { key, value, timestamp: 0 })
    assert.throws(() => builder.appendAt(12, { key, value, timestamp: 0 }), InvariantViolation)
  })
})

const bytesArbitrary = fc.option(fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)))
const headerArbitrary: fc.Arbitrary<RecordHeader> = fc.record(
  { key: fc.string({ unit: 'binary' }), value: bytesArbitrary },
  { noNullPrototype: true },
)
const recordArbitrary = fc.record(
  {
    key: bytesArbitrary,
    value: bytesArbitrary,
    headers: fc.array(headerArbitrary, { maxLength: 4 }),
    timestamp: fc.integer({ min: -1, max: Number.MAX_SAFE_INTEGER }),
  },
  { noNullPrototype: true },
)

describe('what was built', () => {
  for (const compression of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const) {
    it(`with ${compression} is read back as it was`, () => {
      fc.assert(
        fc.property(fc.array(recordArbitrary, { minLength: 1, maxLength: 8 }), fc.nat(), (records, baseOffset) => {
          const builder = new BatchBuilder({ baseOffset, compression })
          for (const { key, value, headers, timestamp } of records) builder.append(key, value, headers, timestamp)
          const batch = builder.build()
          assert.equal(checkBatch(batch, 0, batch.length), undefined)
          assert.equal(compressionOf(attributesAt(batch, 0)), compression)
          assert.deepEqual(readAll(batch), records)
        }),
        { numRuns: 40 },
      )
    })
  }
})

function readAll(batch: Buffer): unknown[] {
  const cursor = new RecordCursor()
  cursor.resetToBatch(batch, 0, 100_000)
  const records: unknown[] = []
  while (cursor.next()) {
    const headers: RecordHeader[] = []
    while (cursor.nextHeader()) headers.push({ key: cursor.headerKey(), value: cursor.headerValue() })
    records.push({ key: cursor.key(), value: cursor.value(), headers, timestamp: cursor.timestamp })
  }
  return records
}
