/** Tests of the page that runs of benchmarks are written to. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import type { Results } from './compare.ts'
import { withResults } from './report.ts'

const page =
  'Before.\n\n<!-- results: written by `npm run bench -- report` -->\n\nold\n<!-- end of results -->\n\nAfter.\n'

const shared = { caseName: 'small', measure: 'speed', unit: 'MB/s', min: 1, max: 9_000, ratioMin: 1, ratioMax: 2.5 }
const results: Results = {
  question: 'How fast?',
  commit: 'abc',
  machine: { cpu: '2 × x', memory: '8 GiB', system: 'Linux', node: 'v24' },
  loadAverage: [1, 2.25],
  measures: [],
  figures: [
    { ...shared, peer: 'Apache Kafka', median: 0.1234, ratio: 1 },
    { ...shared, peer: 'Gregor', median: 1234.5, ratio: 2 },
  ],
}

describe('withResults', () => {
  it('writes values and ratios between the two lines, and nothing else', () => {
    assert.equal(
      withResults(page, [['produce', results]]),
      [
        'Before.',
        '',
        '<!-- results: written by `npm run bench -- report` -->',
        '',
        '### How fast?',
        '',
        '`npm run bench -- produce`, commit abc, 2 × x, 8 GiB, Linux, Node.js v24. Load average 1.0 to 2.3.',
        '',
        '| case | measure | Apache Kafka | Gregor | ratio |',
        '| --- | --- | ---: | ---: | ---: |',
        '| small | speed, MB/s | 0.123 | 1,235 | **2.00** (1.00 to 2.50) |',
        '',
        '<!-- end of results -->',
        '',
        'After.',
        '',
      ].join('\n'),
    )
  })

  it('leaves cells empty of which there is nothing, and the case where there is only one', () => {
    const [kafka = assert.fail()] = results.figures
    const figures = [
      { ...kafka, caseName: '' },
      { ...kafka, caseName: '', measure: 'time', peer: 'Apache Kafka' },
      { ...kafka, caseName: '', measure: 'time', peer: 'Gregor' },
    ]
    const lines = withResults(page, [['start', { ...results, figures }]]).split('\n')
    assert.deepEqual(
      lines.filter((line) => line.startsWith('| ')),
      [
        '| measure | Apache Kafka | Gregor | ratio |',
        '| --- | ---: | ---: | ---: |',
        '| speed, MB/s | 0.123 |  |  |',
        '| time, MB/s | 0.123 | 0.123 | **1.00** (1.00 to 2.50) |',
      ],
    )
  })

  it('refuses a page without a place for them', () => {
    assert.throws(() => withResults('nothing', []), /does not have the lines/)
  })
})
