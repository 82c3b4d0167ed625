import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { LogConfig } from '@gregor/config'
import {
  BatchBuilder,
  type BatchOptions,
  type CompressionType,
  RecordCursor,
  attributesAt,
  checkBatch,
  compress,
  compressionOf,
  maxTimestampAt,
  refreshCrc,
  setMaxTimestamp,
  timestampTypeOf,
} from '@gregor/protocol'
import { type ValidationContext, validateBatch } from './batch-validation.ts'
import { testConfig } from './log-fixture.ts'

const nowMs = 1_767_225_600_000
const client: ValidationContext = { origin: 'client', nowMs, produceVersion: 12 }

function batch(options: BatchOptions = {}, timestamps: readonly number[] = [nowMs, nowMs], key = 'k'): Buffer {
  const builder = new BatchBuilder(options)
  for (const timestamp of timestamps) builder.append(Buffer.from(key), Buffer.from('value'), [], timestamp)
  return builder.build()
}

/** A good batch, changed behind its checksum and given a new one. */
function changed(change: (bytes: Buffer) => void, options: BatchOptions = {}): Buffer {
  const bytes = batch(options)
  change(bytes)
  refreshCrc(bytes, 0)
  return bytes
}

function verdict(bytes: Buffer, config: Partial<LogConfig> = {}, context: Partial<ValidationContext> = {}) {
  return validateBatch(bytes, { ...testConfig, ...config }, { ...client, ...context })
}

const compacted = { cleanupPolicy: { delete: false, compact: true } }
const keyless = (options: BatchOptions = {}): Buffer =>
  new BatchBuilder(options).append(Buffer.from('k'), null, [], nowMs).append(null, Buffer.from('v'), [], nowMs).build()

describe('a batch of a client', () => {
  it('is taken as it is where nothing is wrong with it', () => {
    const bytes = batch()
    const copy = Buffer.from(bytes)
    const result = verdict(bytes)
    assert.equal(result.error, 'NONE')
    assert.deepEqual(bytes, copy)
  })

  const refusals: readonly (readonly [what: string, bytes: () => Buffer, error: string])[] = [
    ['nothing at all', () => Buffer.alloc(0), 'INVALID_RECORD'],
    ['a few bytes', () => batch().subarray(0, 16), 'INVALID_RECORD'],
    ['a few zeros', () => Buffer.alloc(16), 'CORRUPT_MESSAGE'],
    ['magic 1', () => changed((bytes) => bytes.writeInt8(1, 16)), 'INVALID_RECORD'],
    ['magic 3', () => changed((bytes) => bytes.writeInt8(3, 16)), 'CORRUPT_MESSAGE'],
    ['a second batch of a few bytes', () => Buffer.concat([batch(), Buffer.alloc(13)]), 'CORRUPT_MESSAGE'],
    ['something of magic 5 behind it', () => followed(5), 'CORRUPT_MESSAGE'],
    ['a length shorter than a header', () => changedLength(40), 'CORRUPT_MESSAGE'],
    ['a negative length', () => changedLength(-1), 'CORRUPT_MESSAGE'],
    ['a length beyond the bytes there are', () => changedLength(5000), 'INVALID_RECORD'],
    ['two batches', () => Buffer.concat([batch(), batch()]), 'INVALID_RECORD'],
    ['a base offset', () => changed((bytes) => bytes.writeInt32BE(7, 4)), 'INVALID_RECORD'],
    ['a wrong checksum', () => flipped(70), 'CORRUPT_MESSAGE'],
    ['no records declared', () => changed((bytes) => bytes.writeInt32BE(0, 57)), 'INVALID_RECORD'],
    ['a negative number of records', () => changed((bytes) => bytes.writeInt32BE(-1, 57)), 'INVALID_RECORD'],
    ['more records declared than offsets', () => changed((bytes) => bytes.writeInt32BE(3, 57)), 'INVALID_RECORD'],
    ['a negative offset range', () => changed((bytes) => bytes.writeInt32BE(-2, 23)), 'INVALID_RECORD'],
    ['the control bit', () => batch({ isControl: true }), 'INVALID_RECORD'],
    ['a producer id without a sequence', () => batch({ producerId: 1, producerEpoch: 0 }), 'INVALID_RECORD'],
    ['fewer records than declared', () => declared(3), 'INVALID_RECORD'],
    ['bytes behind the last record', () => declared(1), 'INVALID_RECORD'],
    ['a record longer than the batch', () => changed((bytes) => bytes.writeInt8(126, 61)), 'INVALID_RECORD'],
    ['a codec that does not exist', () => changed((bytes) => bytes.writeInt16BE(5, 21)), 'INVALID_RECORD'],
    ['a producer id beyond 2^53', () => hugeProducerId(), 'INVALID_RECORD'],
    ['a timestamp beyond 2^53', () => changed((bytes) => bytes.writeInt32BE(0x7fff_ffff, 27)), 'INVALID_TIMESTAMP'],
    ['the timestamp type LogAppendTime', () => batch({ logAppendTimeMs: nowMs }), 'INVALID_TIMESTAMP'],
    ['a timestamp too far in the future', () => batch({}, [nowMs, nowMs + 3_600_001]), 'INVALID_TIMESTAMP'],
  ]
  for (const [what, bytes, error] of refusals) {
    it(`with ${what} is refused with ${error}`, () => {
      const result = verdict(bytes())
      assert.equal(result.error, error)
      assert.ok(result.error === 'NONE' || result.message.length > 0)
    })
  }

  it('is refused where it is larger than max.message.bytes, header and all', () => {
    const bytes = batch()
    assert.equal(verdict(bytes, { maxMessageBytes: bytes.length }).error, 'NONE')
    assert.equal(verdict(bytes, { maxMessageBytes: bytes.length - 1 }).error, 'MESSAGE_TOO_LARGE')
  })

  it('is refused for its size before its checksum is looked at', () => {
    assert.equal(verdict(flipped(70), { maxMessageBytes: 10 }).error, 'MESSAGE_TOO_LARGE')
  })

  it('with zstd needs Produce 7', () => {
    const bytes = batch({ compression: 'zstd' })
    assert.equal(verdict(bytes, {}, { produceVersion: 6 }).error, 'UNSUPPORTED_COMPRESSION_TYPE')
    assert.equal(verdict(bytes, {}, { produceVersion: 7 }).error, 'NONE')
  })

  it('loses what is behind it and is less than a batch', () => {
    const bytes = batch()
    const result = verdict(Buffer.concat([bytes, bytes.subarray(0, 30)]))
    assert.ok(result.error === 'NONE')
    assert.equal(result.batch.length, bytes.length)
  })

  it('may have no timestamps', () => {
    assert.equal(verdict(batch({}, [-1, -1]), { messageTimestampBeforeMaxMs: 1000 }).error, 'NONE')
  })

  it('that does not unpack is refused where keys are wanted, too', () => {
    const bytes = batch({ compression: 'gzip' })
    bytes.fill(0xff, 61)
    refreshCrc(bytes, 0)
    assert.equal(verdict(bytes, compacted).error, 'INVALID_RECORD')
  })

  for (const compression of ['gzip', 'snappy', 'lz4', 'zstd'] as const) {
    it(`that holds garbage instead of ${compression} is refused, whatever its checksum says`, () => {
      const bytes = batch({ compression })
      bytes.fill(0xff, 61)
      refreshCrc(bytes, 0)
      assert.equal(verdict(bytes).error, 'INVALID_RECORD')
    })

    it(`that hides garbage behind ${compression} is refused`, () => {
      const garbage = compress(compression, Buffer.from('no records, but well packed'))
      const bytes = Buffer.concat([batch({ compression }).subarray(0, 61), garbage])
      bytes.writeInt32BE(bytes.length - 12, 8)
      refreshCrc(bytes, 0)
      const result = verdict(bytes)
      assert.ok(result.error === 'INVALID_RECORD')
      assert.match(result.message, /^Malformed records: /)
    })
  }

  it('counts the offsets of its records up from 0', () => {
    const records = (second: number) => Buffer.from([14, 0, 0, 0, 1, 2, 118, 0, 14, 0, 0, second, 1, 2, 118, 0])
    for (const [second, error] of [
      [2, 'NONE'],
      [0, 'INVALID_RECORD'],
      [4, 'INVALID_RECORD'],
      [1, 'INVALID_RECORD'],
    ] as const) {
      const bytes = Buffer.concat([batch().subarray(0, 61), records(second)])
      bytes.writeInt32BE(bytes.length - 12, 8)
      refreshCrc(bytes, 0)
      assert.equal(verdict(bytes).error, error, `second delta ${second}`)
    }
  })

  it('is refused without being unpacked further than 16 MiB, or 1,040 times its size', () => {
    const bomb = (mebibytes: number): Buffer =>
      new BatchBuilder({ compression: 'zstd' }).append(null, Buffer.alloc(mebibytes << 20), [], nowMs).build()
    assert.equal(verdict(bomb(15)).error, 'NONE')
    assert.ok(bomb(17).length < 16_384)
    const result = verdict(bomb(17))
    assert.ok(result.error === 'MESSAGE_TOO_LARGE')
    assert.match(result.message, /unpacks to more than is allowed: zstd: over 16777216 bytes/)
  })
})

describe('a batch of a coordinator', () => {
  it('may be a control batch, and is not held to max.message.bytes', () => {
    const context = { origin: 'coordinator' } as const
    assert.equal(verdict(batch({ isControl: true }), { maxMessageBytes: 1 }, context).error, 'NONE')
  })

  it('is not compressed for the topic’s sake where it is a control batch', () => {
    const result = verdict(batch({ isControl: true }), { compressionType: 'lz4' }, { origin: 'coordinator' })
    assert.ok(result.error === 'NONE')
    assert.equal(compressionOf(attributesAt(result.batch, 0)), 'none')
  })
})

describe('the records to blame', () => {
  it('are those without a key, in a compacted topic', () => {
    assert.deepEqual(verdict(keyless(), compacted), {
      error: 'INVALID_RECORD',
      message: 'Records were refused, none of the batch was written.',
      recordErrors: [{ batchIndex: 1, message: 'A compacted topic takes no record without a key.' }],
    })
  })

  it('are found in a compressed batch, too', () => {
    const result = verdict(keyless({ compression: 'zstd' }), compacted)
    assert.ok(result.error === 'INVALID_RECORD')
    assert.deepEqual(
      result.recordErrors.map(({ batchIndex }) => batchIndex),
      [1],
    )
  })

  for (const compression of ['none', 'lz4'] as const) {
    it(`are those that are too old or too new (${compression})`, () => {
      const bytes = batch({ compression }, [nowMs, nowMs - 5001, nowMs + 6001, nowMs - 5000, nowMs + 6000, -1])
      const limits = { messageTimestampBeforeMaxMs: 5000, messageTimestampAfterMaxMs: 6000 }
      const result = verdict(bytes, limits)
      assert.ok(result.error === 'INVALID_TIMESTAMP')
      assert.deepEqual(
        result.recordErrors.map(({ batchIndex }) => batchIndex),
        [1, 2],
      )
      assert.match(result.recordErrors[0]?.message ?? '', /1767225594999 is not within 1767225595000 and 1767225606000/)
    })
  }

  it('are at most a thousand', () => {
    const result = verdict(
      batch(
        {},
        Array.from({ length: 1500 }, () => nowMs + 1e9),
      ),
    )
    assert.ok(result.error === 'INVALID_TIMESTAMP')
    assert.equal(result.recordErrors.length, 1000)
  })
})

describe('timestamps', () => {
  it('of a LogAppendTime topic are the broker’s, with a new checksum', () => {
    for (const compression of ['none', 'gzip'] as const) {
      const result = verdict(batch({ compression }, [1, 2]), { messageTimestampType: 'LogAppendTime' })
      assert.ok(result.error === 'NONE')
      assert.equal(timestampTypeOf(attributesAt(result.batch, 0)), 'LogAppendTime')
      assert.equal(maxTimestampAt(result.batch, 0), nowMs)
      assert.equal(checkBatch(result.batch, 0, result.batch.length), undefined)
    }
  })

  it('of a LogAppendTime topic may be anything before', () => {
    assert.equal(verdict(batch({}, [nowMs + 1e9]), { messageTimestampType: 'LogAppendTime' }).error, 'NONE')
  })

  it('of a LogAppendTime topic are not set by a client, compressed or not', () => {
    for (const compression of ['none', 'gzip'] as const) {
      const bytes = batch({ compression, logAppendTimeMs: nowMs })
      assert.equal(verdict(bytes, { messageTimestampType: 'LogAppendTime' }).error, 'INVALID_TIMESTAMP')
    }
  })

  it('have the largest of the records in the header, whatever the client wrote there', () => {
    const bytes = batch({}, [nowMs - 5, nowMs - 1, nowMs - 3])
    setMaxTimestamp(bytes, 0, nowMs - 100)
    refreshCrc(bytes, 0)
    const result = verdict(bytes)
    assert.ok(result.error === 'NONE')
    assert.equal(maxTimestampAt(result.batch, 0), nowMs - 1)
    assert.equal(checkBatch(result.batch, 0, result.batch.length), undefined)
  })
})

describe('the codec of the topic', () => {
  const cases: readonly (readonly [LogConfig['compressionType'], CompressionType, CompressionType])[] = [
    ['producer', 'gzip', 'gzip'],
    ['producer', 'none', 'none'],
    ['uncompressed', 'snappy', 'none'],
    ['uncompressed', 'none', 'none'],
    ['zstd', 'none', 'zstd'],
    ['zstd', 'gzip', 'zstd'],
    ['lz4', 'lz4', 'lz4'],
    ['gzip', 'zstd', 'gzip'],
  ]
  for (const [compressionType, source, target] of cases) {
    it(`${compressionType} makes a batch in ${source} one in ${target}`, () => {
      const bytes = batch({
        compression: source,
        producerId: 9,
        producerEpoch: 1,
        baseSequence: 5,
        isTransactional: true,
      })
      const result = verdict(bytes, { compressionType })
      assert.ok(result.error === 'NONE')
      assert.equal(compressionOf(attributesAt(result.batch, 0)), target)
      assert.equal(result.batch.byteOffset === bytes.byteOffset, source === target)
      assert.equal(checkBatch(result.batch, 0, result.batch.length), undefined)
      assert.deepEqual(valuesOf(result.batch), ['value', 'value'])
      assert.deepEqual(result.batch.subarray(43, 61), bytes.subarray(43, 61), 'producer, epoch, sequence, count')
    })
  }

  it('may make a batch too large', () => {
    const builder = new BatchBuilder({ compression: 'gzip' })
    builder.append(null, Buffer.alloc(10_000), [], nowMs)
    const bytes = builder.build()
    const limits = { maxMessageBytes: 1000, compressionType: 'uncompressed' } as const
    assert.equal(verdict(bytes, { maxMessageBytes: 1000 }).error, 'NONE')
    assert.equal(verdict(bytes, limits).error, 'MESSAGE_TOO_LARGE')
  })

  it('is not made of a batch that unpacks to more than the limit', () => {
    const builder = new BatchBuilder({ compression: 'zstd' })
    const limits = { compressionType: 'gzip', maxMessageBytes: Infinity } as const
    builder.append(null, Buffer.alloc(140 * 1024 * 1024), [], nowMs)
    builder.append(null, noise(150_000), [], nowMs)
    assert.equal(verdict(builder.build(), limits).error, 'MESSAGE_TOO_LARGE')
  })
})

function changedLength(length: number): Buffer {
  const bytes = batch()
  bytes.writeInt32BE(length, 8)
  return bytes
}

/** With the beginning of another batch behind it. */
function followed(magic: number): Buffer {
  const start = batch().subarray(0, 30)
  start.writeInt8(magic, 16)
  return Buffer.concat([batch(), start])
}

function flipped(position: number): Buffer {
  const bytes = batch()
  bytes[position] = (bytes[position] ?? 0) ^ 1
  return bytes
}

/** Says that it has `count` records, in the offset range as well; it has two. */
function declared(count: number): Buffer {
  return changed((bytes) => {
    bytes.writeInt32BE(count, 57)
    bytes.writeInt32BE(count - 1, 23)
  })
}

function hugeProducerId(): Buffer {
  return changed((bytes) => bytes.writeInt32BE(0x7fff_ffff, 43), { producerEpoch: 0, baseSequence: 0, producerId: 1 })
}

/** Bytes that do not compress. */
function noise(length: number): Buffer {
  const bytes = Buffer.alloc(length)
  for (let index = 0, state = 1; index < length; index++) {
    state = Math.imul(state, 1_103_515_245) + 12_345
    bytes[index] = state >>> 16
  }
  return bytes
}

function valuesOf(bytes: Buffer): readonly string[] {
  const cursor = new RecordCursor()
  cursor.resetToBatch(bytes, 0, 1 << 20)
  const values: string[] = []
  while (cursor.next()) values.push(String(cursor.value() ?? ''))
  return values
}
