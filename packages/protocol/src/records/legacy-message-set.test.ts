import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { crc32, gzipSync } from 'node:zlib'

import { MalformedMessageError } from '@gregor/base'
import fc from 'fast-check'

import { CompressionError } from './compression-error.ts'
import { goldenBatches } from './golden-batches.ts'
import { batchFromLegacyMessage, checkLegacyMessage, legacyMessagesAt } from './legacy-message-set.ts'
import { attributesAt, batchSizeAt, checkBatch, compressionOf, lastOffsetAt, timestampTypeOf } from './record-batch.ts'
import { RecordCursor } from './record-cursor.ts'

type Golden = keyof typeof goldenBatches
const MAX_BYTES = 10_000

function golden(name: Golden): Buffer {
  return Buffer.from(goldenBatches[name], 'hex')
}

/** All messages of a segment's bytes, as plain text. */
function messagesIn(set: Buffer): unknown[] {
  const messages: unknown[] = []
  for (let position = 0; position < set.length; position += batchSizeAt(set, position)) {
    for (const { offset, timestamp, key, value } of legacyMessagesAt(set, position, MAX_BYTES)) {
      messages.push([offset, timestamp, key?.toString() ?? null, value?.toString() ?? null])
    }
  }
  return messages
}

/** A message as bytes. `base` is what it would be without the changes. */
function message(given: {
  offset?: number
  magic: 0 | 1
  attributes?: number
  value: Buffer | null
  valueLength?: number
}): Buffer {
  const timestamp = Buffer.alloc(given.magic === 0 ? 0 : 8)
  const lengths = Buffer.alloc(8)
  lengths.writeInt32BE(-1)
  lengths.writeInt32BE(given.valueLength ?? given.value?.length ?? -1, 4)
  const covered = Buffer.concat([
    Buffer.from([given.magic, given.attributes ?? 0]),
    timestamp,
    lengths,
    given.value ?? Buffer.alloc(0),
  ])
  const head = Buffer.alloc(16)
  head.writeInt32BE(given.offset ?? 0, 4)
  head.writeInt32BE(4 + covered.length, 8)
  head.writeUInt32BE(crc32(covered), 12)
  return Buffer.concat([head, covered])
}

describe('messages of magic 0', () => {
  for (const name of ['magic0', 'magic0Gzip', 'magic0Snappy', 'magic0Lz4'] as const) {
    it(`are read from ${name}`, () => {
      assert.deepEqual(messagesIn(golden(name)), [
        [10, -1, 'key', 'value'],
        [11, -1, null, 'value'],
        [12, -1, 'key', null],
      ])
    })
  }
})

describe('messages of magic 1', () => {
  for (const name of ['magic1', 'magic1Gzip', 'magic1Snappy', 'magic1Lz4'] as const) {
    it(`are read from ${name}`, () => {
      assert.deepEqual(messagesIn(golden(name)), [
        [10, 1_700_000_000_000, 'key', 'value'],
        [11, 1_700_000_000_001, null, 'value'],
        [12, 1_700_000_000_002, 'key', null],
      ])
    })
  }

  it('have the time of their wrapper where it is that of the append', () => {
    assert.deepEqual(messagesIn(golden('magic1LogAppendTime')), [
      [10, 1_700_000_009_999, 'key', 'value'],
      [11, 1_700_000_009_999, null, 'value'],
    ])
  })

  it('count from 0 where the wrapper stayed at 0', () => {
    const inner = Buffer.concat([
      message({ offset: 0, magic: 1, value: Buffer.from('a') }),
      message({ offset: 1, magic: 1, value: Buffer.from('b') }),
    ])
    const wrapper = message({ offset: 0, magic: 1, attributes: 1, value: gzipSync(inner) })
    assert.deepEqual(
      legacyMessagesAt(wrapper, 0, MAX_BYTES).map(({ offset }) => offset),
      [0, 1],
    )
  })
})

describe('checkLegacyMessage', () => {
  const single = message({ magic: 1, value: Buffer.from('value') })

  it('finds nothing wrong with what Apache Kafka wrote', () => {
    for (const name of ['magic0', 'magic0Gzip', 'magic1', 'magic1Lz4'] as const) {
      const set = golden(name)
      assert.equal(checkLegacyMessage(set, 0, set.length), undefined)
    }
  })

  it('sees a message that is cut off anywhere', () => {
    for (let end = 0; end < single.length; end++) assert.equal(checkLegacyMessage(single, 0, end), 'truncated')
  })

  it('sees every flipped bit behind the checksum', () => {
    for (let position = 17; position < single.length; position++) {
      const flipped = Buffer.from(single)
      flipped[position] = (flipped[position] ?? 0) ^ 4
      assert.equal(checkLegacyMessage(flipped, 0, flipped.length), 'badCrc')
    }
  })

  it('refuses batches', () => {
    const batch = golden('none')
    assert.equal(checkLegacyMessage(batch, 0, batch.length), 'badMagic')
  })

  it('refuses a size that cannot hold the fields', () => {
    const short = Buffer.from(single)
    short.writeInt32BE(21, 8)
    assert.equal(checkLegacyMessage(short, 0, short.length), 'badSize')
  })
})

const set = (...messages: Buffer[]): Buffer => gzipSync(Buffer.concat(messages))
const inner = message({ offset: 3, magic: 1, value: Buffer.from('a') })

describe('a message is refused when', () => {
  for (const [what, bytes] of [
    [
      'it wraps a wrapper',
      message({ magic: 1, attributes: 1, value: set(message({ magic: 1, attributes: 1, value: set(inner) })) }),
    ],
    ['it wraps messages of another magic', message({ magic: 0, attributes: 1, value: set(inner) })],
    ['it wraps nothing', message({ magic: 1, attributes: 1, value: set() })],
    ['it wraps no value', message({ magic: 1, attributes: 1, value: null })],
    ['it wraps half a message', message({ magic: 1, attributes: 1, value: set(inner.subarray(0, -1)) })],
    [
      'its offset is below that of its last message',
      message({ offset: 2, magic: 1, attributes: 1, value: set(inner) }),
    ],
    ['its codec came later', message({ magic: 1, attributes: 4, value: inner })],
    ['its codec does not exist', message({ magic: 1, attributes: 7, value: inner })],
    ['its value reaches beyond it', message({ magic: 1, value: Buffer.from('a'), valueLength: 2 })],
    ['its checksum is wrong', Buffer.concat([inner.subarray(0, -1), Buffer.from('b')])],
  ] as const) {
    it(what, () => {
      assert.throws(() => legacyMessagesAt(bytes, 0, MAX_BYTES), MalformedMessageError)
    })
  }

  it('its key leaves no room for a value', () => {
    const bytes = message({ magic: 0, value: Buffer.from('abcd') })
    bytes.writeInt32BE(6, 18)
    bytes.writeUInt32BE(crc32(bytes.subarray(16)), 12)
    assert.throws(() => legacyMessagesAt(bytes, 0, MAX_BYTES), MalformedMessageError)
  })

  it('it would unpack to more than is allowed', () => {
    assert.throws(() => legacyMessagesAt(golden('magic1Gzip'), 0, 50), CompressionError)
  })

  it('it is mutated, or is read', () => {
    const wrapper = golden('magic1Snappy')
    fc.assert(
      fc.property(fc.integer({ min: 17, max: wrapper.length - 1 }), fc.nat(255), (position, byte) => {
        const mutated = Buffer.from(wrapper)
        mutated[position] = byte
        mutated.writeUInt32BE(crc32(mutated.subarray(16)), 12)
        try {
          legacyMessagesAt(mutated, 0, MAX_BYTES)
        } catch (error) {
          assert.ok(error instanceof MalformedMessageError || error instanceof CompressionError)
        }
      }),
      { numRuns: 1000 },
    )
  })
})

describe('batchFromLegacyMessage', () => {
  for (const [name, codec] of [
    ['magic0Lz4', 'lz4'],
    ['magic1Snappy', 'snappy'],
    ['magic1Gzip', 'gzip'],
  ] as const) {
    it(`turns ${name} into a batch of the same codec, offsets and times`, () => {
      const batch = batchFromLegacyMessage(golden(name), 0, MAX_BYTES)
      assert.equal(checkBatch(batch, 0, batch.length), undefined)
      assert.equal(compressionOf(attributesAt(batch, 0)), codec)
      assert.equal(lastOffsetAt(batch, 0), 12)
      assert.deepEqual(recordsIn(batch), messagesIn(golden(name)))
    })
  }

  it('turns a message alone into a batch of one record', () => {
    const batch = batchFromLegacyMessage(golden('magic1'), 0, MAX_BYTES)
    assert.deepEqual(recordsIn(batch), [[10, 1_700_000_000_000, 'key', 'value']])
  })

  it('keeps the time of the append', () => {
    const batch = batchFromLegacyMessage(golden('magic1LogAppendTime'), 0, MAX_BYTES)
    assert.equal(timestampTypeOf(attributesAt(batch, 0)), 'LogAppendTime')
    assert.deepEqual(recordsIn(batch), messagesIn(golden('magic1LogAppendTime')))
  })
})

function recordsIn(batch: Buffer): unknown[] {
  const cursor = new RecordCursor()
  cursor.resetToBatch(batch, 0, MAX_BYTES)
  const records: unknown[] = []
  while (cursor.next()) {
    records.push([
      cursor.offset,
      cursor.timestamp,
      cursor.key()?.toString() ?? null,
      cursor.value()?.toString() ?? null,
    ])
  }
  return records
}
