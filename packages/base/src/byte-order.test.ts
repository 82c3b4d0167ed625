import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { int16At, int32At, int64At, setInt32At, setInt64At, uint32At } from './byte-order.ts'

const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })

describe('big-endian numbers at a place in bytes', () => {
  it('are those that a Buffer reads', () => {
    fc.assert(
      fc.property(int64, fc.nat(7), (value, at) => {
        const bytes = Buffer.alloc(16)
        bytes.writeBigInt64BE(value, at)
        assert.equal(int16At(bytes, at), bytes.readInt16BE(at))
        assert.equal(int32At(bytes, at), bytes.readInt32BE(at))
        assert.equal(uint32At(bytes, at + 4), bytes.readUInt32BE(at + 4))
        assert.equal(int64At(bytes, at), Number(value))
      }),
    )
  })

  it('are those that a Buffer writes', () => {
    const number = fc.oneof(fc.maxSafeInteger(), fc.integer(), fc.constantFrom(0, -1, 2 ** 32, -(2 ** 32), 2 ** 62))
    fc.assert(
      fc.property(number, fc.integer(), fc.nat(7), (long, short, at) => {
        const bytes = Buffer.alloc(16)
        setInt64At(bytes, at, long)
        assert.equal(bytes.readBigInt64BE(at), BigInt(long))
        setInt32At(bytes, at, short)
        assert.equal(bytes.readInt32BE(at), short)
      }),
    )
  })

  it('are 0 where nothing is there', () => {
    assert.equal(int32At(Buffer.alloc(0), 0), 0)
    assert.equal(int16At(Buffer.from([1]), 0), 256)
  })
})
