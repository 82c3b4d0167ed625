/** Tests of how two runs of a benchmark are compared. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import type { Figures } from './benchmark.ts'
import { compared, type Results } from './compare.ts'

type Range = readonly [number, number, number]

function figuresOf(peer: string, [min, median, max]: Range, ratios: Range = [1, 1, 1], measure = 'speed'): Figures {
  const [ratioMin, ratio, ratioMax] = ratios
  return { caseName: 'small', measure, unit: '', peer, min, median, max, ratio, ratioMin, ratioMax }
}

function results(...figures: readonly Figures[]): Results {
  return {
    question: 'which?',
    commit: 'abc',
    machine: {},
    measures: [
      { name: 'speed', unit: 'MB/s', better: 'more' },
      { name: 'time', unit: 'ms', better: 'less' },
    ],
    figures,
  }
}

const kafka = figuresOf('Apache Kafka', [90, 100, 110])

function changes(before: Results, after: Results): readonly (readonly [string, number, string])[] {
  return compared(before, after).map(({ peer, factor, change }) => [peer, Number(factor.toFixed(2)), change])
}

describe('compared', () => {
  it('goes by the ratio to the first peer of the same run', () => {
    const before = results(kafka, figuresOf('Gregor', [190, 200, 210], [1.9, 2, 2.1]))
    const after = results(figuresOf('Apache Kafka', [45, 50, 55]), figuresOf('Gregor', [140, 150, 160], [2.8, 3, 3.1]))
    assert.deepEqual(changes(before, after), [
      ['Apache Kafka', 0.5, 'reference'],
      ['Gregor', 1.5, 'better'],
    ])
  })

  it('calls nothing a change where a middle is among the slices of the other run, or that is small', () => {
    const before = results(figuresOf('Apache Kafka', [50, 100, 210]), figuresOf('Gregor', [1, 1, 1], [1.99, 2, 2.01]))
    const after = results(figuresOf('Apache Kafka', [150, 200, 240]), figuresOf('Gregor', [1, 1, 1], [1.85, 1.9, 1.95]))
    assert.deepEqual(changes(before, after), [
      ['Apache Kafka', 2, 'reference'],
      ['Gregor', 0.95, 'same'],
    ])
  })

  it('takes less as better where it is, in a run of one peer', () => {
    const before = results(figuresOf('Gregor', [9, 10, 11], [1, 1, 1], 'time'))
    const after = results(figuresOf('Gregor', [19, 20, 21], [1, 1, 1], 'time'))
    assert.deepEqual(changes(before, after), [['Gregor', 0.5, 'worse']])
    assert.deepEqual(changes(after, before), [['Gregor', 2, 'better']])
  })

  it('leaves out what only one of the runs has', () => {
    assert.deepEqual(compared(results(), results(kafka)), [])
    assert.deepEqual(compared(results(kafka), results()), [])
  })
})
