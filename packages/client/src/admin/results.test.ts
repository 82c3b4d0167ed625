import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { Results } from './results.ts'

const gone = new Error('gone')
const results = new Results<string, number>(
  [
    { item: 'a', value: 1, error: undefined },
    { item: 'b', value: undefined, error: gone },
  ],
  (item) => item,
)

describe('Results', () => {
  it('gives each thing with its value or its error, in order', () => {
    assert.deepEqual(
      [...results],
      [
        { item: 'a', value: 1, error: undefined },
        { item: 'b', value: undefined, error: gone },
      ],
    )
    assert.equal(results.size, 2)
  })

  it('throws the error of the one asked for, and of nothing else', () => {
    assert.equal(results.value('a'), 1)
    assert.throws(() => results.value('b'), gone)
    assert.throws(() => results.value('c'), new RangeError('nothing was asked about c'))
  })

  it('throws the first error where all are wanted', () => {
    assert.throws(() => results.all(), gone)
    const good = new Results([{ item: 'a', value: 1, error: undefined }], (item: string) => item)
    assert.deepEqual(good.all(), [1])
  })

  it('lists what failed', () => {
    assert.deepEqual(results.failures, [{ item: 'b', error: gone }])
  })
})
