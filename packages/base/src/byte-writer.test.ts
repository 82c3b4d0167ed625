import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { ByteReader } from './byte-reader.ts'
import { ByteWriter, utf8Length } from './byte-writer.ts'

const hex = (write: (writer: ByteWriter) => void): string => {
  const writer = new ByteWriter()
  write(writer)
  return writer.toBuffer().toString('hex')
}

describe('ByteWriter', () => {
  it('writes integers as big-endian', () => {
    assert.equal(
      hex((w) => w.boolean(true)),
      '01',
    )
    assert.equal(
      hex((w) => w.int8(-2)),
      'fe',
    )
    assert.equal(
      hex((w) => w.uint8(254)),
      'fe',
    )
    assert.equal(
      hex((w) => w.int16(-2)),
      'fffe',
    )
    assert.equal(
      hex((w) => w.uint16(65_534)),
      'fffe',
    )
    assert.equal(
      hex((w) => w.int32(-2)),
      'fffffffe',
    )
    assert.equal(
      hex((w) => w.uint32(4_294_967_294)),
      'fffffffe',
    )
    assert.equal(
      hex((w) => w.int64(1_700_000_000_000)),
      '0000018bcfe56800',
    )
    assert.equal(
      hex((w) => w.int64(-1)),
      'ffffffffffffffff',
    )
    assert.equal(
      hex((w) => w.int64Big(-9_223_372_036_854_775_808n)),
      '8000000000000000',
    )
    assert.equal(
      hex((w) => w.float64(1.5)),
      '3ff8000000000000',
    )
  })

  it('writes what is beyond the range of int64 as its ends', () => {
    assert.equal(
      hex((w) => w.int64(2 ** 63)),
      '7fffffffffffffff',
    )
    assert.equal(
      hex((w) => w.int64(Number.POSITIVE_INFINITY)),
      '7fffffffffffffff',
    )
    assert.equal(
      hex((w) => w.int64(-(2 ** 63))),
      '8000000000000000',
    )
    assert.equal(
      hex((w) => w.int64(Number.NEGATIVE_INFINITY)),
      '8000000000000000',
    )
  })

  it('refuses values that do not fit', () => {
    const writer = new ByteWriter()
    assert.throws(() => writer.int8(128), RangeError)
    assert.throws(() => writer.uint8(-1), RangeError)
    assert.throws(() => writer.int16(32_768), RangeError)
    assert.throws(() => writer.uint16(65_536), RangeError)
    assert.throws(() => writer.int32(0.5), RangeError)
    assert.throws(() => writer.uint32(-1), RangeError)
    assert.throws(() => writer.int64(0.5), RangeError)
    assert.throws(() => writer.int64(Number.NaN), RangeError)
    assert.throws(() => writer.int64Big(2n ** 63n), RangeError)
    assert.throws(() => writer.uvarint(-1), RangeError)
    assert.throws(() => writer.varint(2 ** 31), RangeError)
    assert.throws(() => writer.varlong(2 ** 53), RangeError)
    assert.throws(() => writer.uuid('not an id'), RangeError)
  })

  it('writes varints', () => {
    assert.equal(
      hex((w) => w.uvarint(300)),
      'ac02',
    )
    assert.equal(
      hex((w) => w.uvarint(4_294_967_295)),
      'ffffffff0f',
    )
    assert.equal(
      hex((w) => w.varint(-1)),
      '01',
    )
    assert.equal(
      hex((w) => w.varint(-2_147_483_648)),
      'ffffffff0f',
    )
    assert.equal(
      hex((w) => w.varlong(2_147_483_648)),
      '8080808010',
    )
  })

  it('writes text and ids', () => {
    assert.equal(
      hex((w) => w.utf8('€uro')),
      'e282ac75726f',
    )
    assert.equal(
      hex((w) => w.utf8('x'.repeat(50))),
      '78'.repeat(50),
    )
    assert.equal(
      hex((w) => w.uuid('AAAAAAAAAAAAAAAAAAAAAQ')),
      '00000000000000000000000000000001',
    )
  })

  it('appends large buffers without copying and copies small ones', () => {
    const writer = new ByteWriter()
    const large = Buffer.alloc(1_000, 7)
    const small = Buffer.from([9])
    writer.int8(1)
    writer.append(large)
    writer.append(small)
    const parts = writer.finish()
    assert.equal(parts.length, 3)
    assert.equal(parts[1], large)
    small[0] = 8
    assert.deepEqual(parts[2], Buffer.from([9]))
    assert.equal(writer.byteLength, 1_002)
  })

  it('takes over what another writer holds', () => {
    const inner = new ByteWriter()
    inner.utf8('inner')
    inner.append(new Uint8Array(600))
    const outer = new ByteWriter()
    outer.uvarint(inner.byteLength)
    outer.appendAll(inner)
    assert.equal(outer.toBuffer().toString('latin1'), `\xdd\x04inner${'\0'.repeat(600)}`)
  })

  it('leaves a slot to be filled in later', () => {
    const writer = new ByteWriter()
    const size = writer.slot(4)
    writer.utf8('ab')
    size.writeInt32BE(writer.byteLength - 4)
    assert.equal(writer.toBuffer().toString('hex'), '000000026162')
  })

  it('goes on behind what was finished', () => {
    const writer = new ByteWriter()
    writer.int8(1)
    assert.equal(writer.finish().length, 1)
    writer.int8(2)
    assert.deepEqual(writer.toBuffer(), Buffer.from([1, 2]))
  })

  it('keeps apart what several writers write in turns', () => {
    const sizes = [1, 64, 300, 40_000]
    const writers = sizes.map((size) => new ByteWriter(size))
    for (let round = 0; round < 5_000; round++) {
      for (const [index, writer] of writers.entries()) writer.int32(round * 10 + index)
    }
    for (const [index, writer] of writers.entries()) {
      const reader = new ByteReader(writer.toBuffer())
      for (let round = 0; round < 5_000; round++) assert.equal(reader.int32(), round * 10 + index)
      assert.equal(reader.remaining, 0)
    }
  })

  it('does not write into what it has handed out', () => {
    const first = new ByteWriter(8)
    first.int32(1)
    const [part] = first.finish()
    const second = new ByteWriter(100)
    second.bytes(Buffer.alloc(100, 0xff))
    first.int32(2)
    assert.equal(part?.toString('hex'), '00000001')
    assert.equal(first.toBuffer().toString('hex'), '0000000100000002')
    assert.equal(second.toBuffer().toString('hex'), 'ff'.repeat(100))
  })

  it('writes what is larger than a slab', () => {
    const writer = new ByteWriter()
    writer.int8(1)
    writer.bytes(Buffer.alloc(200_000, 3))
    writer.int8(2)
    const bytes = writer.toBuffer()
    assert.equal(bytes.length, 200_002)
    assert.deepEqual([bytes[0], bytes[1], bytes[200_000], bytes[200_001]], [1, 3, 3, 2])
  })

  it('writes what a reader reads back, across chunks', () => {
    const value = fc.oneof(
      fc.record({ kind: fc.constant('int16' as const), value: fc.integer({ min: -32_768, max: 32_767 }) }),
      fc.record({ kind: fc.constantFrom('int32' as const, 'varint' as const), value: fc.integer() }),
      fc.record({ kind: fc.constantFrom('int64' as const, 'varlong' as const), value: fc.maxSafeInteger() }),
      fc.record({ kind: fc.constantFrom('uint32' as const, 'uvarint' as const), value: fc.nat({ max: 0xffff_ffff }) }),
    )
    fc.assert(
      fc.property(fc.array(value), fc.integer({ min: 1, max: 64 }), (values, expectedBytes) => {
        const writer = new ByteWriter(expectedBytes)
        for (const each of values) writer[each.kind](each.value)
        const bytes = writer.toBuffer()
        assert.equal(bytes.length, writer.byteLength)
        const reader = new ByteReader(bytes)
        for (const each of values) assert.equal(reader[each.kind](), each.value)
        assert.equal(reader.remaining, 0)
      }),
    )
  })

  it('writes text that a reader reads back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 100 }), (text) => {
        const writer = new ByteWriter(1)
        writer.utf8(text)
        assert.equal(writer.byteLength, utf8Length(text))
        assert.equal(new ByteReader(writer.toBuffer()).utf8(utf8Length(text)), text)
      }),
    )
  })

  it('writes every int64', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
        const writer = new ByteWriter()
        writer.int64Big(value)
        writer.int64(Number(value))
        const reader = new ByteReader(writer.toBuffer())
        assert.equal(reader.int64Big(), value)
        assert.equal(reader.int64(), Number(value))
      }),
    )
  })

  it('begins anew when it has given what was written', () => {
    const writer = new ByteWriter()
    const large = Buffer.alloc(1_000, 1)
    const given: string[] = []
    const other = new ByteWriter()
    for (let number = 0; number < 300; number++) {
      writer.int32(number)
      if (number % 100 === 0) writer.append(large)
      other.int64(-1)
      given.push(Buffer.concat(writer.give()).toString('hex'))
      assert.equal(writer.byteLength, 0)
    }
    const expected = Array.from({ length: 300 }, (_, number) => {
      return number.toString(16).padStart(8, '0') + (number % 100 === 0 ? '01'.repeat(1_000) : '')
    })
    assert.deepEqual(given, expected)
    assert.equal(other.toBuffer().toString('hex'), 'ff'.repeat(8 * 300))
  })

  it('writes ids in any order, the same ones again', () => {
    const [a, b] = ['AAECAwQFBgcICQoLDA0ODw', 'EBESExQVFhcYGRobHB0eHw']
    const writer = new ByteWriter()
    for (const id of [a, a, b, a]) writer.uuid(id)
    assert.throws(() => writer.uuid('no id'), RangeError)
    writer.uuid(a)
    const [one, other] = ['000102030405060708090a0b0c0d0e0f', '101112131415161718191a1b1c1d1e1f']
    assert.equal(writer.toBuffer().toString('hex'), [one, one, other, one, one].join(''))
  })
})
