import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { seededRandom } from '@gregor/testkit/simulation'
import fc from 'fast-check'
import { OffsetMap } from './offset-map.ts'

function put(map: OffsetMap, key: string, offset: number): boolean {
  const bytes = Buffer.from(`..${key}.`)
  return map.put(bytes, 2, bytes.length - 3, offset)
}

function get(map: OffsetMap, key: string): number {
  const bytes = Buffer.from(key)
  return map.get(bytes, 0, bytes.length)
}

describe('the offset map', () => {
  it('knows the latest offset of each key, as a Map does', () => {
    const puts = fc.array(fc.tuple(fc.string({ maxLength: 20 }), fc.nat()), { maxLength: 100 })
    fc.assert(
      fc.property(puts, fc.integer(), (all, seed) => {
        const map = new OffsetMap({ slotCount: 150, loadFactor: 0.9, random: seededRandom(seed) })
        const model = new Map<string, number>()
        for (const [key, offset] of all) {
          assert.equal(put(map, key, offset), true)
          model.set(key, offset)
        }
        for (const [key, offset] of model) assert.equal(get(map, key), offset)
        assert.equal(map.size, model.size)
        assert.equal(get(map, 'a key of more than twenty characters'), -1)
      }),
    )
  })

  it('takes no more keys than its load factor allows, but new offsets of those it has', () => {
    const map = new OffsetMap({ slotCount: 10, loadFactor: 0.5, random: seededRandom(1) })
    for (let number = 0; number < 5; number++) assert.equal(put(map, `key ${number}`, number), true)
    assert.equal(put(map, 'one more', 5), false)
    assert.equal(get(map, 'one more'), -1)
    assert.equal(put(map, 'key 0', 2 ** 40), true)
    assert.equal(get(map, 'key 0'), 2 ** 40)
    assert.equal(map.utilization, 0.5)
  })

  it('keeps a slot free however small it is', () => {
    const map = new OffsetMap({ slotCount: 0, loadFactor: 1, random: seededRandom(1) })
    assert.equal(put(map, 'a', 1), true)
    assert.equal(put(map, 'b', 2), false)
    assert.equal(get(map, 'b'), -1)
  })
})
