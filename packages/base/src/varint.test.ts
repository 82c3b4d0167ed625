import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { ByteReader } from './byte-reader.ts'
import { MalformedMessageError } from './malformed-message-error.ts'
import {
  skipVarint,
  uvarintAt,
  uvarintSize,
  varintAt,
  varintSize,
  varlongSize,
  writeUvarint,
  writeVarint,
  writeVarlong,
} from './varint.ts'

const written = (write: (buffer: Buffer) => number): Buffer => {
  const buffer = Buffer.alloc(12)
  return buffer.subarray(0, write(buffer))
}

describe('varints', () => {
  it('have the sizes they are written with', () => {
    fc.assert(
      fc.property(fc.nat({ max: 0xffff_ffff }), fc.integer(), fc.maxSafeInteger(), (unsigned, signed, long) => {
        assert.equal(written((b) => writeUvarint(b, 0, unsigned)).length, uvarintSize(unsigned))
        assert.equal(written((b) => writeVarint(b, 0, signed)).length, varintSize(signed))
        assert.equal(written((b) => writeVarlong(b, 0, long)).length, varlongSize(long))
      }),
    )
  })

  it('are read back as they were written', () => {
    fc.assert(
      fc.property(fc.nat({ max: 0xffff_ffff }), fc.integer(), fc.maxSafeInteger(), (unsigned, signed, long) => {
        assert.equal(
          uvarintAt(
            written((b) => writeUvarint(b, 0, unsigned)),
            0,
            uvarintSize(unsigned),
          ),
          unsigned,
        )
        assert.equal(
          varintAt(
            written((b) => writeVarint(b, 0, signed)),
            0,
            varintSize(signed),
          ),
          signed,
        )
        assert.equal(new ByteReader(written((b) => writeVarlong(b, 0, long))).varlong(), long)
      }),
    )
  })

  it('have known bytes at their edges', () => {
    assert.equal(written((b) => writeUvarint(b, 0, 16_384)).toString('hex'), '808001')
    assert.equal(written((b) => writeVarlong(b, 0, -(2 ** 40))).toString('hex'), 'ffffffffff3f')
    assert.deepEqual(
      [0, 127, 128, 16_383, 16_384, 2 ** 21 - 1, 2 ** 21, 2 ** 28 - 1, 2 ** 28].map(uvarintSize),
      [1, 1, 2, 2, 3, 3, 4, 4, 5],
    )
    assert.deepEqual([-64, 63, -65, 64].map(varlongSize), [1, 1, 2, 2])
  })

  it('can be skipped, whatever their kind', () => {
    assert.equal(skipVarint(Buffer.from('05', 'hex'), 0, 1), 1)
    assert.equal(skipVarint(Buffer.from('00ffff01', 'hex'), 1, 4), 4)
    assert.throws(() => skipVarint(Buffer.from('ffff', 'hex'), 0, 2), MalformedMessageError)
    assert.throws(() => skipVarint(Buffer.alloc(20, 0xff), 0, 20), MalformedMessageError)
  })

  it('are refused when cut off or too long', () => {
    assert.throws(() => uvarintAt(Buffer.from('8001', 'hex'), 0, 1), MalformedMessageError)
    assert.throws(() => uvarintAt(Buffer.from('ffffffff10', 'hex'), 0, 5), MalformedMessageError)
    assert.throws(() => varintAt(Buffer.from('ffffffffff01', 'hex'), 0, 6), MalformedMessageError)
  })
})
