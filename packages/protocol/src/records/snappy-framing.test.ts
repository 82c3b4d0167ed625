import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { CompressionError } from './compression-error.ts'
import { compressSnappy, decompressSnappy } from './snappy-framing.ts'

const header = '82534e4150505900' + '00000001' + '00000001'
/** "abcd" as one literal. */
const block = '040c61626364'

function refuses(problem: 'corrupt' | 'tooLarge', hex: string, maxBytes = 1000): void {
  assert.throws(
    () => decompressSnappy(Buffer.from(hex, 'hex'), maxBytes),
    (error) => error instanceof CompressionError && error.problem === problem,
  )
}

describe('snappy', () => {
  it('is written behind the magic of snappy-java, each block behind its length', () => {
    assert.equal(compressSnappy(Buffer.from('abcd')).toString('hex'), header + '00000006' + block)
  })

  it('is written in blocks of 32 KiB', () => {
    const packed = compressSnappy(Buffer.alloc(32 * 1024 + 1))
    const firstLength = packed.readInt32BE(16)
    assert.equal(packed.readInt32BE(20 + firstLength), 3)
    assert.equal(packed.length, 20 + firstLength + 4 + 3)
  })

  it('is read as one bare block, too', () => {
    assert.equal(decompressSnappy(Buffer.from(block, 'hex'), 4).toString(), 'abcd')
  })

  it('is read over several blocks, and several headers', () => {
    const packed = Buffer.from(header + '00000006' + block + header + '00000006' + block, 'hex')
    assert.equal(decompressSnappy(packed, 8).toString(), 'abcdabcd')
  })

  it('is nothing behind a header alone', () => {
    assert.equal(decompressSnappy(Buffer.from(header, 'hex'), 0).length, 0)
  })

  it('may unpack to as much as is left, not more', () => {
    refuses('tooLarge', block, 3)
    refuses('tooLarge', header + '00000006' + block + '00000006' + block, 7)
  })

  it('is refused where a block promises more than it can hold', () => {
    refuses('corrupt', 'ff07' + '0c61626364', 2000)
  })

  for (const [what, hex] of [
    ['a block reaches beyond the end', header + '00000007' + block],
    ['a length is cut off', header + '000000'],
    ['a length is negative', header + 'ffffffff' + block],
    ['a second header is cut off', header + '82534e4150505900'],
    ['a block has no length of its own', 'ffffffffff'],
    ['a block says less than it holds', '030c61626364'],
  ] as const) {
    it(`is refused when ${what}`, () => refuses('corrupt', hex))
  }
})
