import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { PersistentMap } from './persistent-map.ts'

const change = fc.tuple(fc.oneof(fc.string({ maxLength: 3 }), fc.nat(50)), fc.option(fc.nat(9), { nil: undefined }))

describe('PersistentMap', () => {
  it('holds what a Map holds, after any changes, and leaves the maps before as they were', () => {
    fc.assert(
      fc.property(fc.array(fc.array(change, { maxLength: 60 }), { maxLength: 8 }), (steps) => {
        const model = new Map<string | number, number>()
        let map = PersistentMap.empty<string | number, number>()
        const seen: { map: typeof map; entries: unknown[] }[] = []
        for (const changes of steps) {
          map = map.with(changes)
          for (const [key, value] of changes) {
            if (value === undefined) model.delete(key)
            else model.set(key, value)
          }
          seen.push({ map, entries: entriesOf(model) })
        }
        for (const { map: then, entries } of seen) {
          assert.deepEqual(entriesOf(then), entries)
          assert.equal(then.size, entries.length)
        }
        for (const [key, value] of model) {
          assert.equal(map.get(key), value)
          assert.equal(map.has(key), true)
        }
        assert.equal(map.has('nobody there'), false)
      }),
    )
  })

  it('is itself when nothing changes', () => {
    const map = PersistentMap.from([['a', 1]])
    assert.equal(map.with([]), map)
  })

  it('iterates over keys and values in one order', () => {
    const map = PersistentMap.from(Array.from({ length: 500 }, (_, index) => [index, -index] as const))
    assert.deepEqual(
      [...map.values()],
      [...map.keys()].map((key) => -key),
    )
  })

  it('spreads ten thousand topics over many buckets', () => {
    const map = PersistentMap.from(Array.from({ length: 10_000 }, (_, index) => [`topic-${index}`, index] as const))
    assert.equal(map.size, 10_000)
    for (let index = 0; index < 10_000; index += 997) assert.equal(map.get(`topic-${index}`), index)
  })
})

function entriesOf(entries: Iterable<readonly [string | number, number]>): unknown[] {
  return [...entries].toSorted(([a], [b]) => (`${typeof a}${a}` < `${typeof b}${b}` ? -1 : 1)).map((pair) => [...pair])
}
