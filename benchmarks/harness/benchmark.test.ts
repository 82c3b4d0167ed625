/** Tests of how a benchmark is run and summed up. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { figuresOf, runBenchmark, type Peer } from './benchmark.ts'

const speed = { name: 'speed', unit: 'MB/s', better: 'more' } as const
const time = { name: 'time', unit: 'ms', better: 'less' } as const

function peer(name: string, values: readonly number[], log: string[]): Peer {
  const left = [...values]
  return {
    name,
    measure(caseName) {
      log.push(`${name}${caseName}`)
      return Promise.resolve({ time: left.shift() ?? Number.NaN })
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
    const figures = await runBenchmark({ question: 'which?', measures: [time], rounds: 3, peers })
    assert.deepEqual(log, ['a', 'b', 'a', 'b', 'a', 'b', 'a finished', 'b finished'])
    const shared = { caseName: '', measure: 'time', unit: 'ms' }
    assert.deepEqual(figures, [
      { ...shared, peer: 'a', min: 1, median: 2, max: 3, ratio: 1, ratioMin: 1, ratioMax: 1 },
      { ...shared, peer: 'b', min: 10, median: 20, max: 30, ratio: 0.1, ratioMin: 0.1, ratioMax: 0.1 },
    ])
  })

  it('asks for each case by itself and leaves warm-up slices out', async () => {
    const log: string[] = []
    const told: string[] = []
    const figures = await runBenchmark(
      {
        question: 'which?',
        measures: [time],
        cases: [' small', ' large'],
        rounds: 1,
        warmUpRounds: 1,
        peers: [peer('a', [9, 1, 9, 2], log)],
      },
      ([first]) => told.push(first?.caseName ?? ''),
    )
    assert.deepEqual(log, ['a small', 'a small', 'a large', 'a large', 'a finished'])
    assert.deepEqual(told, [' small', ' large'])
    assert.deepEqual(
      figures.map(({ caseName, median }) => [caseName, median]),
      [
        [' small', 1],
        [' large', 2],
      ],
    )
  })

  it('goes on without a peer that cannot be had', async () => {
    const missing = Object.assign(new Error('no Java here'), { name: 'Unavailable' })
    const absent: Peer = { ...peer('a', [], []), prepare: () => Promise.reject(missing) }
    const figures = await runBenchmark({
      question: 'which?',
      measures: [time],
      rounds: 1,
      peers: [absent, peer('b', [4], [])],
    })
    assert.deepEqual(
      figures.map(({ peer: name, ratio }) => [name, ratio]),
      [['b', 1]],
    )
  })
})

describe('figuresOf', () => {
  const samples = (values: readonly number[]): { speed: number }[] => values.map((value) => ({ speed: value }))

  it('takes more as better where it is', () => {
    const peers = [
      { name: 'a', samples: samples([4, 2]) },
      { name: 'b', samples: samples([8, 4]) },
    ]
    assert.deepEqual(
      figuresOf({ caseName: '', measure: speed, peers }).map(({ median, ratio }) => [median, ratio]),
      [
        [2, 1],
        [4, 2],
      ],
    )
  })

  it('compares slices that were beside each other', () => {
    const peers = [
      { name: 'a', samples: samples([10, 100, 1000]) },
      { name: 'b', samples: samples([20, 300, 500]) },
    ]
    const [, { ratio, ratioMin, ratioMax } = assert.fail()] = figuresOf({ caseName: '', measure: speed, peers })
    assert.deepEqual([ratioMin, ratio, ratioMax], [0.5, 2, 3])
  })

  it('leaves out a measure that nobody took', () => {
    assert.deepEqual(figuresOf({ caseName: '', measure: time, peers: [{ name: 'a', samples: samples([1]) }] }), [])
  })
})
