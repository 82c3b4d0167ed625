import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { randomFromWords } from './random.ts'

describe('randomFromWords', () => {
  it('draws again where a word would favour the small results', () => {
    // 2^32 is 3 * 1,431,655,765 + 1: the last word belongs to no whole round of three.
    const random = fromWords([0xffffffff, 5])
    assert.equal(random.below(3), 2)
  })

  it('takes every bound from 1 to 2^32', () => {
    assert.equal(fromWords([7]).below(1), 0)
    assert.equal(fromWords([0xffffffff]).below(2 ** 32), 0xffffffff)
  })

  it('refuses a bound outside', () => {
    for (const bound of [0, -1, 2 ** 32 + 1, NaN]) assert.throws(() => fromWords([1]).below(bound), RangeError)
  })

  it('makes fractions of 53 bits in [0, 1)', () => {
    assert.equal(fromWords([0, 0]).fraction(), 0)
    assert.equal(fromWords([0x80000000, 0]).fraction(), 0.5)
    assert.equal(fromWords([0xffffffff, 0xffffffff]).fraction(), 1 - 2 ** -53)
  })

  it('fills with the bytes of its words, lowest first', () => {
    const target = fromWords([0x04030201, 0x08070605]).fill(new Uint8Array(6))
    assert.deepEqual([...target], [1, 2, 3, 4, 5, 6])
  })
})

function fromWords(words: readonly number[]): ReturnType<typeof randomFromWords> {
  let next = 0
  return randomFromWords(() => words[next++] ?? assert.fail('no word is left'))
}
