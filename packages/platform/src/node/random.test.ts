import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { nodeRandom } from './random.ts'

describe('nodeRandom', () => {
  for (const [where, file] of [
    ['from the system’s file', undefined],
    ['where there is no such file', '/dev/no-such-file'],
  ] as const) {
    it(`draws words that differ, for longer than its block, ${where}`, () => {
      const random = nodeRandom(file)
      // Two of a thousand 32-bit words are equal once in ten thousand runs; three pairs never.
      assert.ok(new Set(Array.from({ length: 1000 }, () => random.uint32())).size > 997)
      assert.equal(new Set(random.fill(new Uint8Array(10_000))).size, 256)
    })
  }

  it('draws nothing from a file that ends', () => {
    assert.throws(() => nodeRandom(import.meta.filename).fill(new Uint8Array(1_000_000)), /has ended/)
  })

  it('stays below the bound', () => {
    const random = nodeRandom()
    for (let count = 0; count < 1000; count++) assert.ok(random.below(3) < 3)
  })
})
