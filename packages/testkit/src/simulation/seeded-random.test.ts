import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { between, chance, seededRandom } from './seeded-random.ts'

describe('seededRandom', () => {
  it('gives for a seed the numbers it always gave', () => {
    // A failing seed in a report must fail next year, too.
    assert.deepEqual(words(1), [393288148, 2174103013, 3814759091, 2092745082])
    assert.deepEqual(words(-1), words(0xffffffff))
  })

  it('gives other numbers for another seed', () => {
    assert.notDeepEqual(words(1), words(2))
    assert.notDeepEqual(words(0), [0, 0, 0, 0])
  })

  it('spreads its numbers evenly', () => {
    const random = seededRandom(5)
    const counts = Array.from({ length: 10 }, () => 0)
    for (let count = 0; count < 10_000; count++) {
      const digit = random.below(10)
      counts[digit] = (counts[digit] ?? 0) + 1
    }
    assert.ok(
      counts.every((count) => count > 850 && count < 1150),
      counts.join(),
    )
  })

  it('stays between two bounds, both included', () => {
    const random = seededRandom(3)
    const drawn = new Set(Array.from({ length: 200 }, () => between(random, 3, 5)))
    assert.deepEqual(
      [...drawn].toSorted((a, b) => a - b),
      [3, 4, 5],
    )
  })

  it('takes a chance in about as many cases as said', () => {
    const random = seededRandom(4)
    const taken = Array.from({ length: 1000 }, () => chance(random, 30)).filter(Boolean).length
    assert.ok(taken > 250 && taken < 350, `${taken}`)
    assert.equal(chance(random, 0), false)
    assert.equal(chance(random, 100), true)
  })
})

function words(seed: number): number[] {
  const random = seededRandom(seed)
  return [random.uint32(), random.uint32(), random.uint32(), random.uint32()]
}
