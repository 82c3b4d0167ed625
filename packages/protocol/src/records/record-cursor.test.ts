import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { MalformedMessageError } from '@gregor/base'
import fc from 'fast-check'

import { BatchBuilder } from './batch-builder.ts'
import { CompressionError } from './compression-error.ts'
import { goldenBatches } from './golden-batches.ts'
import { BATCH_HEADER_BYTES } from './record-batch.ts'
import { RecordCursor } from './record-cursor.ts'

const KIB_64 = 65_536

/** What the cursor says, as plain text. */
function recordsOf(cursor: RecordCursor): unknown[] {
  const records: unknown[] = []
  while (cursor.next()) {
    const headers: unknown[] = []
    while (cursor.nextHeader()) headers.push([cursor.headerKey(), cursor.headerValue()?.toString('hex') ?? null])
    const key = cursor.key()?.toString() ?? null
    const value = cursor.value()?.toString() ?? null
    records.push([cursor.offset, cursor.timestamp, key, value, ...headers])
  }
  return records
}

function recordsOfBatch(batch: Buffer): unknown[] {
  const cursor = new RecordCursor()
  cursor.resetToBatch(batch, 0, KIB_64)
  return recordsOf(cursor)
}

describe('RecordCursor', () => {
  it('reads keys, values, headers, nulls, offsets and times as Apache Kafka wrote them', () => {
    assert.deepEqual(recordsOfBatch(Buffer.from(goldenBatches.transactional, 'hex')), [
      [100, 1_700_000_000_000, 'key', 'value', ['trace', '0102'], ['é', null]],
      [101, 1_699_999_999_000, null, 'value'],
      [105, 1_700_000_000_123, 'key', null],
    ])
  })

  for (const compression of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const) {
    it(`reads records packed with ${compression}`, () => {
      assert.deepEqual(recordsOfBatch(Buffer.from(goldenBatches[compression], 'hex')), [
        [0, 1_700_000_000_000, 'key0', 'the same value, the same value'],
        [1, 1_700_000_000_001, 'key1', 'the same value, the same value'],
        [2, 1_700_000_000_002, 'key2', 'the same value, the same value'],
      ])
    })
  }

  it('gives every record the time of the append where the batch has it', () => {
    assert.deepEqual(recordsOfBatch(Buffer.from(goldenBatches.logAppendTime, 'hex')), [
      [5, 1_700_000_009_999, 'key', 'value'],
    ])
  })

  it('finds no record in what compaction emptied', () => {
    assert.deepEqual(recordsOfBatch(Buffer.from(goldenBatches.empty, 'hex')), [])
  })

  it('reads records alone, given what the header would say', () => {
    const batch = Buffer.from(goldenBatches.none, 'hex')
    const cursor = new RecordCursor()
    cursor.reset(batch.subarray(BATCH_HEADER_BYTES), 3, 500, 7)
    assert.equal(cursor.next(), true)
    assert.equal(cursor.next(), true)
    assert.equal(cursor.offset, 501)
    assert.equal(cursor.timestamp, 8)
    assert.equal(cursor.offsetDelta, 1)
    assert.equal(cursor.timestampDelta, 1)
  })

  it('can leave headers alone, and go back to none of them', () => {
    const cursor = new RecordCursor()
    cursor.resetToBatch(Buffer.from(goldenBatches.transactional, 'hex'), 0, KIB_64)
    cursor.next()
    assert.equal(cursor.headerCount, 2)
    assert.equal(cursor.nextHeader(), true)
    cursor.next()
    assert.equal(cursor.offset, 101)
    assert.equal(cursor.nextHeader(), false)
  })

  it('reads times as far apart as numbers are exact', () => {
    const times = [0, 9_007_199_254_740_991, 1, 63, 64, 8191, 134_217_727, 134_217_728, 2_147_483_648, 17_179_869_184]
    const builder = new BatchBuilder({ baseOffset: 0 })
    for (const time of times) builder.append(null, null, [], time)
    const cursor = new RecordCursor()
    cursor.resetToBatch(builder.build(), 0, KIB_64)
    for (const time of times) {
      cursor.next()
      assert.equal(cursor.timestamp, time)
    }
  })

  it('reads times before the first', () => {
    const builder = new BatchBuilder()
    const times = [4_000_000_000_000, 0, 3_999_999_999_999, 3_999_000_000_000]
    for (const time of times) builder.append(null, null, [], time)
    const cursor = new RecordCursor()
    cursor.resetToBatch(builder.build(), 0, KIB_64)
    for (const time of times) {
      cursor.next()
      assert.equal(cursor.timestamp, time)
    }
  })
})

/** Bytes of one record: length, then what the length counts. */
function cursorOver(hex: string, count = 1): RecordCursor {
  const cursor = new RecordCursor()
  cursor.reset(Buffer.from(hex, 'hex'), count, 0, 0)
  return cursor
}

const malformed: readonly (readonly [what: string, hex: string])[] = [
  ['there is no record', ''],
  ['the record is cut off', '0e00000002610261'],
  ['a record has a negative length', '01'],
  ['a record is empty', '00'],
  ['a record is longer than what is left', '1000000002610261'],
  ['a length has more than 32 bits', 'ffffffffff00'],
  ['a time has more than 64 bits', '1a00ffffffffffffffffffff01000000'],
  ['a key is longer than its record', '0c000000086101'],
  ['a key has a length of -2', '0a0000000301'],
  ['a value is longer than its record', '0e00000002610661'],
  ['there are more headers than bytes', '10000000010106020000'],
  ['the number of headers is negative', '0c000000010101'],
  ['bytes stand behind a record without headers', '0e00000001010000'],
]

describe('RecordCursor refuses, when', () => {
  for (const [what, hex] of malformed) {
    it(what, () => {
      assert.throws(() => cursorOver(hex).next(), MalformedMessageError)
    })
  }

  it('bytes stand behind the last record', () => {
    const cursor = cursorOver('0c00000001010000')
    assert.equal(cursor.next(), true)
    assert.throws(() => cursor.next(), MalformedMessageError)
  })

  it('a header has no key', () => {
    const cursor = cursorOver('100000000101020100')
    assert.equal(cursor.next(), true)
    assert.throws(() => cursor.nextHeader(), MalformedMessageError)
  })

  it('a header is longer than its record', () => {
    const cursor = cursorOver('12000000010102026108')
    assert.equal(cursor.next(), true)
    assert.throws(() => cursor.nextHeader(), MalformedMessageError)
  })

  it('bytes stand behind the last header', () => {
    const cursor = cursorOver('1400000001010202610155')
    assert.equal(cursor.next(), true)
    assert.throws(() => cursor.nextHeader(), MalformedMessageError)
  })

  it('the count is negative', () => {
    assert.throws(() => cursorOver('', -1), MalformedMessageError)
  })

  it('the codec does not exist', () => {
    const batch = Buffer.from(goldenBatches.none, 'hex')
    batch.writeInt16BE(6, 21)
    assert.throws(() => new RecordCursor().resetToBatch(batch, 0, KIB_64), MalformedMessageError)
  })

  it('the batch unpacks to more than is allowed', () => {
    const batch = Buffer.from(goldenBatches.gzip, 'hex')
    assert.throws(
      () => new RecordCursor().resetToBatch(batch, 0, 100),
      (error) => error instanceof CompressionError && error.problem === 'tooLarge',
    )
  })
})

describe('RecordCursor over any bytes', () => {
  it('ends, or throws MalformedMessageError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.integer({ min: 0, max: 5 }), (bytes, count) => {
        walk(Buffer.from(bytes), count)
      }),
      { numRuns: 2000 },
    )
  })

  it('ends, or throws MalformedMessageError, when they were records once', () => {
    const records = Buffer.from(goldenBatches.transactional, 'hex').subarray(BATCH_HEADER_BYTES)
    for (let position = 0; position < records.length; position++) {
      for (const byte of [0, 1, 2, 0x3f, 0x7f, 0x80, 0xfe, 0xff]) {
        const mutated = Buffer.from(records)
        mutated[position] = byte
        walk(mutated, 3)
      }
    }
  })
})

function walk(records: Buffer, count: number): void {
  const cursor = new RecordCursor()
  try {
    cursor.reset(records, count, 0, 0)
    while (cursor.next()) {
      assert.ok(cursor.keyStart + Math.max(0, cursor.keyLength) <= records.length)
      assert.ok(cursor.valueStart + Math.max(0, cursor.valueLength) <= records.length)
      while (cursor.nextHeader()) assert.ok(cursor.headerKeyStart + cursor.headerKeyLength <= records.length)
    }
  } catch (error) {
    if (!(error instanceof MalformedMessageError)) throw error
  }
}
