import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { nodeRandom } from './random.ts'

describe('nodeRandom', () => {
  it('draws words that differ, for longer than its block', () => {
    const random = nodeRandom()
    const words = new Set(Array.from({ length: 1000 }, () => random.uint32()))
    // Two of a thousand 32-bit words are equal once in ten thousand runs; three pairs never.
    assert.ok(words.size > 997)
  })

  it('fills all of the target', () => {
    const random = nodeRandom()
    const target = random.fill(new Uint8Array(10_000))
    assert.ok(new Set(target).size === 256)
  })

  it('stays below the bound', () => {
    const random = nodeRandom()
    for (let count = 0; count < 1000; count++) assert.ok(random.below(3) < 3)
  })
})
