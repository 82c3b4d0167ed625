import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MalformedMessageError } from '@gregor/base'
import { BatchBuilder, RecordCursor } from '@gregor/protocol'
import fc from 'fast-check'
import { checkRecords } from './record-check.ts'

const bytes = fc.option(fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array)))
const header = fc.record({ key: fc.string({ maxLength: 5 }), value: bytes })
const record = fc.record({
  key: bytes,
  value: bytes,
  headers: fc.array(header, { maxLength: 3 }),
  timestamp: fc.oneof(
    fc.integer({ min: 1_700_000_000_000, max: 1_700_000_100_000 }),
    fc.maxSafeInteger().map(Math.abs),
  ),
})
const records = fc.array(record, { minLength: 1, maxLength: 20 })

function recordBytes(given: readonly (typeof record extends fc.Arbitrary<infer T> ? T : never)[]): Buffer {
  const builder = new BatchBuilder()
  for (const { key, value, headers, timestamp } of given) builder.append(key, value, headers, timestamp)
  return builder.build().subarray(61)
}

/** What the slow way finds; `undefined` where it throws. */
function slowly(bytesOfRecords: Buffer, count: number) {
  const cursor = new RecordCursor()
  let minTimestampDelta = Infinity
  let maxTimestampDelta = -Infinity
  let hasNullKey = false
  try {
    cursor.reset(bytesOfRecords, count, 0, 0)
    for (let index = 0; cursor.next(); index++) {
      if (cursor.offsetDelta !== index) return undefined
      minTimestampDelta = Math.min(minTimestampDelta, cursor.timestampDelta)
      maxTimestampDelta = Math.max(maxTimestampDelta, cursor.timestampDelta)
      hasNullKey ||= cursor.keyLength < 0
      while (cursor.nextHeader()) hasNullKey = hasNullKey || false
    }
  } catch (error) {
    if (error instanceof MalformedMessageError) return undefined
    throw error
  }
  return { minTimestampDelta, maxTimestampDelta, hasNullKey }
}

describe('the fast look at records', () => {
  it('finds what the slow one finds', () => {
    fc.assert(
      fc.property(records, (given) => {
        const encoded = recordBytes(given)
        assert.deepEqual(checkRecords(encoded, given.length), slowly(encoded, given.length))
      }),
    )
  })

  it('finds fault with what the slow one finds fault with', () => {
    const change = fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }))
    fc.assert(
      fc.property(
        records,
        fc.array(change, { minLength: 1, maxLength: 3 }),
        fc.nat({ max: 3 }),
        (given, changes, cut) => {
          const encoded = Buffer.from(recordBytes(given))
          for (const [position, byte] of changes) encoded[position % encoded.length] = byte
          const whole = encoded.subarray(0, encoded.length - cut)
          assert.deepEqual(checkRecords(whole, given.length), slowly(whole, given.length))
        },
      ),
      { numRuns: 2000 },
    )
  })

  it('takes no wrong number of records', () => {
    const encoded = recordBytes([{ key: null, value: null, headers: [], timestamp: 1 }])
    assert.notEqual(checkRecords(encoded, 1), undefined)
    for (const count of [0, -1, 2]) assert.equal(checkRecords(encoded, count), undefined)
  })

  it('takes no number of too many bytes', () => {
    assert.equal(checkRecords(Buffer.from('8080808080808000', 'hex'), 1), undefined)
    assert.equal(checkRecords(Buffer.from('3000' + 'ff'.repeat(11) + '00'.repeat(10), 'hex'), 1), undefined)
  })
})
