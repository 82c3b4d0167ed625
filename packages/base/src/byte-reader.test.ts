import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { ByteReader } from './byte-reader.ts'
import { MalformedMessageError } from './malformed-message-error.ts'

const reader = (hex: string): ByteReader => new ByteReader(Buffer.from(hex.replaceAll(' ', ''), 'hex'))

describe('ByteReader', () => {
  it('reads integers as big-endian', () => {
    const bytes = reader('ff ff fffe fffe fffffffd fffffffd 01 00')
    assert.equal(bytes.int8(), -1)
    assert.equal(bytes.uint8(), 255)
    assert.equal(bytes.int16(), -2)
    assert.equal(bytes.uint16(), 65_534)
    assert.equal(bytes.int32(), -3)
    assert.equal(bytes.uint32(), 4_294_967_293)
    assert.equal(bytes.boolean(), true)
    assert.equal(bytes.boolean(), false)
    assert.equal(bytes.remaining, 0)
  })

  it('reads 64-bit integers, exactly up to 2^53 and as bigint beyond', () => {
    assert.equal(reader('ffffffffffffffff').int64(), -1)
    assert.equal(reader('0000018bcfe56800').int64(), 1_700_000_000_000)
    assert.equal(reader('001fffffffffffff').int64(), Number.MAX_SAFE_INTEGER)
    assert.equal(reader('ffe0000000000001').int64(), -Number.MAX_SAFE_INTEGER)
    assert.equal(reader('7fffffffffffffff').int64(), 2 ** 63)
    assert.equal(reader('7fffffffffffffff').int64Big(), 9_223_372_036_854_775_807n)
  })

  it('reads doubles', () => {
    assert.equal(reader('3ff8000000000000').float64(), 1.5)
  })

  it('reads unsigned varints of up to 32 bits', () => {
    assert.equal(reader('00').uvarint(), 0)
    assert.equal(reader('7f').uvarint(), 127)
    assert.equal(reader('8001').uvarint(), 128)
    assert.equal(reader('ac02').uvarint(), 300)
    assert.equal(reader('ffffffff0f').uvarint(), 4_294_967_295)
  })

  it('reads zigzag varints', () => {
    assert.equal(reader('01').varint(), -1)
    assert.equal(reader('02').varint(), 1)
    assert.equal(reader('feffffff0f').varint(), 2_147_483_647)
    assert.equal(reader('ffffffff0f').varint(), -2_147_483_648)
    assert.equal(reader('01').varlong(), -1)
    assert.equal(reader('80 80 80 80 10').varlong(), 2_147_483_648)
    assert.equal(reader('feffffffffffff1f').varlong(), Number.MAX_SAFE_INTEGER)
  })

  it('refuses varints that are too long', () => {
    assert.throws(() => reader('ffffffff10').uvarint(), MalformedMessageError)
    assert.throws(() => reader('ffffffffff01').uvarint(), MalformedMessageError)
    assert.throws(() => reader('ffffffffffffffffffff01').varlong(), MalformedMessageError)
  })

  it('reads ids in text form', () => {
    assert.equal(reader('00000000000000000000000000000001').uuid(), 'AAAAAAAAAAAAAAAAAAAAAQ')
  })

  it('reads text, and bytes as a view', () => {
    const bytes = reader('e282ac 0102')
    assert.equal(bytes.utf8(3), '€')
    const view = bytes.bytes(2)
    assert.deepEqual(view, Buffer.from([1, 2]))
    assert.equal(view.buffer, bytes.buffer.buffer)
  })

  it('reads short text that comes again, and text that looks like it', () => {
    for (const text of ['orders', 'orders', 'orsers', 'ördérs', 'ördérs', '', 'x', 'x', 'a'.repeat(41), 'orders']) {
      const bytes = Buffer.from(text)
      assert.equal(new ByteReader(bytes).utf8(bytes.length), text)
    }
    const latin = Buffer.from([0xe9])
    assert.equal(new ByteReader(latin).utf8(1), '\u{fffd}')
  })

  it('reads within its bounds only', () => {
    const bytes = new ByteReader(Buffer.from([1, 2, 3, 4]), 1, 3)
    assert.equal(bytes.remaining, 2)
    assert.throws(() => bytes.int32(), MalformedMessageError)
    assert.equal(bytes.int16(), 0x0203)
    assert.throws(() => bytes.int8(), MalformedMessageError)
    assert.throws(() => new ByteReader(Buffer.alloc(4), 0, 5), MalformedMessageError)
    assert.throws(() => new ByteReader(Buffer.alloc(4), 3, 2), MalformedMessageError)
  })

  it('moves to another part of its buffer', () => {
    const bytes = reader('01 02 03 04')
    bytes.moveTo(1, 3)
    assert.deepEqual([bytes.int8(), bytes.int8(), bytes.remaining, bytes.end], [2, 3, 0, 3])
    assert.throws(() => bytes.moveTo(3, 5), MalformedMessageError)
    assert.throws(() => bytes.moveTo(-1, 2), MalformedMessageError)
    assert.throws(() => bytes.moveTo(3, 2), MalformedMessageError)
  })

  it('refuses lengths that are negative or longer than what is left', () => {
    for (const length of [-1, 3, Number.NaN, Number.POSITIVE_INFINITY]) {
      assert.throws(() => reader('0102').bytes(length), MalformedMessageError)
      assert.throws(() => reader('0102').utf8(length), MalformedMessageError)
      assert.throws(() => reader('0102').skip(length), MalformedMessageError)
    }
  })

  it('stays where it was when a read fails', () => {
    const bytes = reader('0102')
    assert.throws(() => bytes.int64(), MalformedMessageError)
    assert.equal(bytes.position, 0)
  })

  it('throws nothing but MalformedMessageError, whatever the bytes', () => {
    const reads = ['int64', 'uvarint', 'varint', 'varlong', 'uuid', 'float64', 'int64Big', 'uint32'] as const
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 24 }), fc.array(fc.constantFrom(...reads)), (bytes, methods) => {
        const random = new ByteReader(Buffer.from(bytes))
        try {
          for (const method of methods) random[method]()
        } catch (error) {
          assert.ok(error instanceof MalformedMessageError)
        }
        assert.ok(random.position <= bytes.length)
      }),
    )
  })
})
