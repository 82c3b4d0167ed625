import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { KeyHash } from './key-hash.ts'

/** The secret of the published vectors; their input of length n is the bytes 0 to n - 1. */
const secret = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex')
const vectors: readonly (readonly [length: number, hex: string])[] = [
  [0, 'a3817f04ba25a8e66df67214c7550293'],
  [1, 'da87c1d86b99af44347659119b22fc45'],
  [7, 'a1f1ebbed8dbc153c0b84aa61ff08239'],
  [8, '3b62a9ba6258f5610f83e264f31497b4'],
  [15, '5493e99933b0a8117e08ec0f97cfc3d9'],
  [16, '6ee2a4ca67b054bbfd3315bf85230577'],
  [21, '568e495abe525a218a2214cd3e071d12'],
]

describe('KeyHash', () => {
  for (const [length, hex] of vectors) {
    it(`is SipHash-2-4-128 of ${length} bytes`, () => {
      const hash = new KeyHash(secret)
      const bytes = Buffer.from(Array.from({ length: 40 }, (_, index) => index - 3))
      hash.update(bytes, 3, length)
      const result = Buffer.alloc(16)
      for (const [index, word] of [hash.h0, hash.h1, hash.h2, hash.h3].entries()) result.writeInt32LE(word, index * 4)
      assert.equal(result.toString('hex'), hex)
    })
  }
})
