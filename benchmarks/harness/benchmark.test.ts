/** Tests of how a benchmark is run and summed up. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { figuresOf, runBenchmark, type Peer } from './benchmark.ts'

function peer(name: string, values: readonly number[], log: string[]): Peer {
  const left = [...values]
  return {
    name,
    measure() {
      log.push(name)
      return Promise.resolve(left.shift() ?? Number.NaN)
    },
    finish() {
      log.push(`${name} finished`)
      return Promise.resolve()
    },
  }
}

describe('runBenchmark', () => {
  it('lets the peers take turns and finishes them all', async () => {
    const log: string[] = []
    const peers = [peer('a', [1, 2, 3], log), peer('b', [10, 20, 30], log)]
    const figures = await runBenchmark({ question: 'which?', unit: 'ms', better: 'less', rounds: 3, peers })
    assert.deepEqual(log, ['a', 'b', 'a', 'b', 'a', 'b', 'a finished', 'b finished'])
    assert.deepEqual(figures, [
      { name: 'a', min: 1, median: 2, max: 3, ratio: 1 },
      { name: 'b', min: 10, median: 20, max: 30, ratio: 0.1 },
    ])
  })
})

describe('figuresOf', () => {
  it('takes more as better where it is', () => {
    const figures = figuresOf(
      [
        { name: 'a', values: [4, 2] },
        { name: 'b', values: [8, 4] },
      ],
      'more',
    )
    assert.deepEqual(
      figures.map(({ median, ratio }) => [median, ratio]),
      [
        [2, 1],
        [4, 2],
      ],
    )
  })
})
