import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import fc from 'fast-check'

import { CompressionError } from './compression-error.ts'
import { compress, decompress } from './compression.ts'
import { goldenBatches } from './golden-batches.ts'
import { BATCH_HEADER_BYTES } from './record-batch.ts'

const MIB = 1024 * 1024
const codecs = ['gzip', 'snappy', 'lz4', 'zstd'] as const

function throwsProblem(problem: 'corrupt' | 'tooLarge', run: () => unknown): void {
  assert.throws(run, (error) => error instanceof CompressionError && error.problem === problem)
}

const plain = Buffer.from(goldenBatches.none, 'hex').subarray(BATCH_HEADER_BYTES)
const text = Buffer.from(Array.from({ length: 20_000 }, (_, index) => `record ${index * 7919}`).join(' '))

describe('none', () => {
  it('gives back the bytes themselves', () => {
    assert.equal(compress('none', plain), plain)
    assert.equal(decompress('none', plain, 0), plain)
  })
})

for (const codec of codecs) {
  describe(codec, () => {
    it('unpacks what Apache Kafka packed', () => {
      const packed = Buffer.from(goldenBatches[codec], 'hex').subarray(BATCH_HEADER_BYTES)
      assert.deepEqual(decompress(codec, packed, MIB), plain)
    })

    it('unpacks what it packed, over many blocks', () => {
      const packed = compress(codec, text)
      assert.ok(packed.length < text.length)
      assert.deepEqual(decompress(codec, packed, text.length), text)
    })

    it('unpacks what it packed, whatever it is', () => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 2000 }), (bytes) => {
          assert.deepEqual(decompress(codec, compress(codec, Buffer.from(bytes)), 2000), Buffer.from(bytes))
        }),
        { numRuns: 50 },
      )
    })

    it('unpacks nothing to nothing', () => {
      assert.equal(decompress(codec, compress(codec, Buffer.alloc(0)), 0).length, 0)
    })

    it('stops at the limit', () => {
      const packed = compress(codec, text)
      throwsProblem('tooLarge', () => decompress(codec, packed, text.length - 1))
      throwsProblem('tooLarge', () => decompress(codec, packed, 0))
    })

    it('refuses a bomb without unpacking it', () => {
      const bomb = compress(codec, Buffer.alloc(64 * MIB))
      const before = process.memoryUsage().arrayBuffers
      throwsProblem('tooLarge', () => decompress(codec, bomb, MIB))
      assert.ok(process.memoryUsage().arrayBuffers - before < 16 * MIB)
    })

    it('refuses bytes that are cut off', () => {
      const packed = compress(codec, text.subarray(0, 1000))
      // Snappy's framing cannot tell when whole blocks are missing: this cuts into the last one.
      for (const cut of [1, 3, 20]) throwsProblem('corrupt', () => decompress(codec, packed.subarray(0, -cut), MIB))
    })

    it('refuses bytes behind the end', () => {
      const packed = Buffer.concat([compress(codec, plain), Buffer.from('garbage')])
      throwsProblem('corrupt', () => decompress(codec, packed, MIB))
    })

    it('refuses garbage and emptiness', () => {
      throwsProblem('corrupt', () => decompress(codec, Buffer.from('\u0005garbage'), MIB))
      throwsProblem('corrupt', () => decompress(codec, Buffer.alloc(0), MIB))
    })

    it('either unpacks mutated bytes within the limit or says what is wrong', () => {
      const packed = compress(codec, text.subarray(0, 3000))
      fc.assert(
        fc.property(fc.nat(packed.length - 1), fc.nat(255), fc.nat(packed.length - 1), fc.nat(255), (a, x, b, y) => {
          const mutated = Buffer.from(packed)
          mutated[a] = x
          mutated[b] = y
          try {
            assert.ok(decompress(codec, mutated, 4000).length <= 4000)
          } catch (error) {
            assert.ok(error instanceof CompressionError)
          }
        }),
        { numRuns: 2000 },
      )
    })
  })
}

describe('levels', () => {
  it('of gzip and zstd are obeyed, the others have none', () => {
    assert.ok(compress('gzip', text, 1).length > compress('gzip', text, 9).length)
    assert.ok(compress('zstd', text, -50).length > compress('zstd', text, 19).length)
    assert.deepEqual(compress('lz4', text, 9), compress('lz4', text))
    assert.deepEqual(compress('snappy', text, 9), compress('snappy', text))
  })
})

describe('streams of several members', () => {
  for (const codec of ['gzip', 'zstd', 'snappy'] as const) {
    it(`are unpacked to the end: ${codec}`, () => {
      const members = Buffer.concat([compress(codec, plain), compress(codec, text), compress(codec, plain)])
      const unpackedBytes = plain.length * 2 + text.length
      assert.deepEqual(decompress(codec, members, unpackedBytes), Buffer.concat([plain, text, plain]))
      throwsProblem('tooLarge', () => decompress(codec, members, unpackedBytes - 1))
    })
  }

  it('are not lz4: Java would stop behind the first frame', () => {
    throwsProblem('corrupt', () =>
      decompress('lz4', Buffer.concat([compress('lz4', plain), compress('lz4', plain)]), MIB),
    )
  })
})

describe('what a native library unpacks to', () => {
  for (const codec of ['snappy', 'lz4'] as const) {
    it(`is given back while one turn of the event loop lasts (${codec})`, () => {
      const packed = compress(codec, Buffer.alloc(4 * MIB))
      const before = process.memoryUsage().rss
      for (let times = 0; times < 48; times++) decompress(codec, packed, 4 * MIB)
      assert.ok(process.memoryUsage().rss - before < 128 * MIB)
    })
  }
})
