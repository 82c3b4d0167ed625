import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { describe, it } from 'node:test'

import { CompressionError } from './compression-error.ts'
import { compressLz4, decompressLz4 } from './lz4-frame.ts'
import { xxHash32 } from './xx-hash32.ts'

const lz4: {
  compressFrameSync(data: Buffer, options?: { contentChecksum?: boolean; blockChecksums?: boolean }): Buffer
} = createRequire(import.meta.url)('lz4-napi')

const MIB = 1024 * 1024
const text = Buffer.from(Array.from({ length: 30_000 }, (_, index) => `record ${index * 7919}`).join(' '))
/** Does not compress. */
const noise = Buffer.from(Array.from({ length: 1000 }, (_, index) => (index * index * 31 + (index >> 3)) & 0xff))

/** A frame of one stored block "abcd", with other flags and what they add. */
function frame(given: {
  flags?: number
  descriptor?: number
  more?: string
  checksum?: number
  rest?: string
}): Buffer {
  const head = Buffer.concat([
    Buffer.from([given.flags ?? 0x60, given.descriptor ?? 0x40]),
    Buffer.from(given.more ?? '', 'hex'),
  ])
  const checksum = given.checksum ?? (xxHash32(head) >>> 8) & 0xff
  const rest = Buffer.from(given.rest ?? '0400008061626364' + '00000000', 'hex')
  return Buffer.concat([Buffer.from('04224d18', 'hex'), head, Buffer.from([checksum]), rest])
}

function refuses(problem: 'corrupt' | 'tooLarge', bytes: Buffer, maxBytes = MIB): void {
  assert.throws(
    () => decompressLz4(bytes, maxBytes),
    (error) => error instanceof CompressionError && error.problem === problem,
  )
}

describe('an lz4 frame', () => {
  it('of ours has independent blocks of 64 KiB and nothing optional', () => {
    const packed = compressLz4(text)
    assert.equal(packed.toString('hex', 0, 7), '04224d18604082')
    assert.equal(packed.toString('hex', packed.length - 4), '00000000')
    let blocks = 0
    for (let position = 7; packed.readUInt32LE(position) !== 0; position += 4 + packed.readUInt32LE(position)) blocks++
    assert.equal(blocks, Math.ceil(text.length / 65_536))
  })

  it('of ours stores what does not compress', () => {
    const packed = compressLz4(noise)
    assert.equal(packed.readUInt32LE(7), 0x8000_0000 + 1000)
    assert.equal(packed.length, 7 + 4 + 1000 + 4)
    assert.deepEqual(decompressLz4(packed, 1000), noise)
  })

  for (const options of [
    {},
    { contentChecksum: true },
    { blockChecksums: true },
    { contentChecksum: true, blockChecksums: true },
  ]) {
    it(`of another writer is read with ${JSON.stringify(options)}`, () => {
      assert.deepEqual(decompressLz4(lz4.compressFrameSync(text, options), text.length), text)
      assert.deepEqual(decompressLz4(lz4.compressFrameSync(noise, options), noise.length), noise)
    })
  }

  it('may tell the size of its content', () => {
    assert.equal(decompressLz4(frame({ flags: 0x68, more: '0400000000000000' }), 4).toString(), 'abcd')
  })

  it('may have larger blocks', () => {
    for (const descriptor of [0x50, 0x60, 0x70]) {
      assert.equal(decompressLz4(frame({ descriptor }), 4).toString(), 'abcd')
    }
  })

  it('may have a wrong header checksum where the caller says so', () => {
    const bytes = frame({ checksum: 0 })
    refuses('corrupt', bytes)
    assert.equal(decompressLz4(bytes, 4, { ignoreHeaderChecksum: true }).toString(), 'abcd')
  })

  it('is refused when a checksum is wrong', () => {
    const packed = lz4.compressFrameSync(noise, { contentChecksum: true })
    packed.writeUInt8(packed.readUInt8(packed.length - 1) ^ 1, packed.length - 1)
    refuses('corrupt', packed)
    refuses('corrupt', frame({ flags: 0x70, rest: '0400008061626364' + '12345678' + '00000000' }))
  })

  it('is bounded block by block', () => {
    refuses('tooLarge', frame({}), 3)
    refuses('tooLarge', compressLz4(text), text.length - 1)
    refuses('tooLarge', compressLz4(text), 65_536)
  })

  it('is read whether its blocks unpack to more or less than those before them', () => {
    const zeros = Buffer.alloc(65_536)
    for (const bytes of [zeros, text, zeros, Buffer.from('abcd'), zeros]) {
      assert.deepEqual(decompressLz4(compressLz4(bytes), bytes.length), bytes)
    }
  })

  for (const [what, bytes] of [
    ['it has linked blocks', frame({ flags: 0x40 })],
    ['it is of another version', frame({ flags: 0xa0 })],
    ['a reserved flag is set', frame({ flags: 0x62 })],
    ['it needs a dictionary', frame({ flags: 0x61, more: '00000001' })],
    ['a reserved bit of the block size is set', frame({ descriptor: 0x41 })],
    ['the block size is too small', frame({ descriptor: 0x30 })],
    ['it ends in the header', frame({}).subarray(0, 6)],
    ['it ends in the content size', frame({ flags: 0x68, more: '0400000000000000' }).subarray(0, 10)],
    ['it ends without its end mark', frame({ rest: '0400008061626364' })],
    ['it ends in a block', frame({ rest: '04000080616263' })],
    ['a block is larger than announced', frame({ rest: '01000180' + '00'.repeat(65_537) + '00000000' })],
    ['something follows', frame({ rest: '0400008061626364' + '00000000' + '00' })],
    ['a block is no block', frame({ rest: '04000000' + 'f0ffffff' + '00000000' })],
    ['the magic is another', Buffer.from('05224d186040820000000000', 'hex')],
  ] as const) {
    it(`is refused when ${what}`, () => refuses('corrupt', bytes))
  }
})
