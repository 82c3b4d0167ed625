import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import fc from 'fast-check'

import { crc32c, crc32cInView } from './crc32c.ts'

describe('crc32c', () => {
  it('is e3069283 for the digits 1 to 9', () => {
    assert.equal(crc32c(Buffer.from('123456789')), 0xe3069283)
  })

  it('is 8a9136aa for 32 zeros', () => {
    assert.equal(crc32c(Buffer.alloc(32)), 0x8a9136aa)
  })

  it('takes a part of a buffer in place', () => {
    assert.equal(crc32c(Buffer.from('xx123456789yy'), 2, 11), 0xe3069283)
  })

  it('is the same in native code as bit by bit, whatever the length', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 340, maxLength: 900 }), (bytes) => {
        const buffer = Buffer.from(bytes)
        assert.equal(crc32c(buffer), bitByBit(buffer))
        assert.equal(crc32c(buffer, 0, 300), bitByBit(buffer.subarray(0, 300)))
      }),
      { numRuns: 50 },
    )
  })

  it('is the same through a view, wherever the piece begins and ends', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), fc.nat(40), (bytes, start) => {
        const buffer = Buffer.concat([Buffer.alloc(start, 'x'), bytes, Buffer.from('y')])
        const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.length)
        assert.equal(crc32cInView(buffer, view, start, start + bytes.length), bitByBit(Buffer.from(bytes)))
      }),
      { numRuns: 200 },
    )
  })

  it('goes on from the checksum of the bytes before, across the border of native code', () => {
    const buffer = Buffer.alloc(1000, 'some bytes')
    for (const cut of [0, 1, 200, 349, 350, 800, 1000]) {
      assert.equal(crc32c(buffer, cut, 1000, crc32c(buffer, 0, cut)), crc32c(buffer))
    }
  })
})

function bitByBit(bytes: Buffer): number {
  let crc = -1
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  }
  return ~crc >>> 0
}
