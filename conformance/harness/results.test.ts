/** Tests of the results' two forms. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { merged, resultTable, withResults } from './results.ts'
import type { SuiteResult } from './run-suite.ts'

const results: readonly SuiteResult[] = [
  {
    name: 'kcat',
    outcome: 'failed',
    durationSeconds: 12.3,
    budgetSeconds: 60,
    cases: [
      { name: 'produces', outcome: 'passed', durationMs: 12, detail: '1,000 records' },
      { name: 'reads a|b', outcome: 'failed', durationMs: 7, detail: 'nothing came\nbut a stack trace' },
    ],
  },
  {
    name: 'go',
    outcome: 'unavailable',
    durationSeconds: 0,
    budgetSeconds: 90,
    cases: [],
    detail: 'go is not installed',
  },
]

describe('resultTable', () => {
  it('has a row for each suite', () => {
    assert.deepEqual(resultTable(results), [
      'suite  outcome      passed  failed  gaps  time',
      'kcat   failed       1       1       0     12.3 of 60 s',
      'go     unavailable  0       0       0     0 of 90 s',
    ])
  })
})

describe('merged', () => {
  it('has the newest of each suite that is present, in that order', () => {
    const present = ['codec', 'go', 'kcat', 'new']
    const before = [
      { ...(results[1] as SuiteResult), commit: 'older' },
      { ...(results[0] as SuiteResult), name: 'gone', commit: 'older' },
    ]
    const all = merged(before, results.slice(0, 1), { commit: 'newer', present })
    assert.deepEqual(
      all.map(({ name, commit }) => [name, commit]),
      [
        ['go', 'older'],
        ['kcat', 'newer'],
      ],
    )
  })
})

describe('withResults', () => {
  const kept = results.map((result) => ({ ...result, commit: 'abc1234' }))
  const begin = '<!-- results: written by `npm run conformance -- --all` -->'
  const end = '<!-- end of results -->'

  it('replaces what is between the marks and leaves the rest', () => {
    assert.equal(
      withResults(`# Page\n${begin}\nold\n${end}\nrest\n`, kept),
      `# Page\n${begin}\n\n` +
        '| case (commit) | outcome |\n| --- | --- |\n' +
        '| **kcat** (abc1234) | failed |\n| produces | passed |\n| reads a\\|b | failed: nothing came |\n' +
        '| **go** (abc1234) | unavailable: go is not installed |\n' +
        `\n${end}\nrest\n`,
    )
  })

  it('does not write into a page without marks', () => {
    assert.throws(() => withResults('# Page\n', kept), /lacks the marks/)
  })
})
