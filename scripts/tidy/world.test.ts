/** Tests of the rule that the world is passed in. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { worldProblems } from './world.ts'

function problemsIn(path: string, source: string): readonly string[] {
  return worldProblems(new Map([[path, source]])).map(({ file, text }) => `${file}: ${text}`)
}

describe('worldProblems', () => {
  for (const [source, instead] of [
    ['Date.now()', 'Date.now: the world is passed in, take clock.wallMs()'],
    ['new Date()', 'new Date(): the world is passed in, take clock.wallMs()'],
    ['performance.now()', 'performance: the world is passed in, take clock.monotonicMs()'],
    ['setTimeout(f, 1)', 'setTimeout: the world is passed in, take clock.schedule() or clock.afterTurn()'],
    ['Math.random()', 'Math.random: the world is passed in, take random'],
    ["process.env['HOME']", 'process.env: the world is passed in, take what main passes in'],
    ["fetch('http://a')", 'fetch(: the world is passed in, take network'],
    ["console.log('a')", 'console: the world is passed in, take logger'],
  ] as const) {
    it(`rejects ${source} in a package`, () => {
      assert.deepEqual(problemsIn('packages/storage/src/a.ts', `f(${source})`), [
        `packages/storage/src/a.ts:1: ${instead}`,
      ])
    })
  }

  it('rejects imports of what opens files and sockets, except in tests', () => {
    const source = "import { readFileSync } from 'node:fs'\n"
    assert.deepEqual(problemsIn('packages/storage/src/a.ts', source), [
      'packages/storage/src/a.ts:1: node:fs: only packages/platform/src/node imports it',
    ])
    assert.deepEqual(problemsIn('packages/storage/src/a.test.ts', source), [])
  })

  it('lets a test have files, but no clock', () => {
    assert.equal(problemsIn('packages/storage/src/a.test.ts', 'await sleep(() => setTimeout(f, 10))').length, 1)
  })

  it('allows all of it where the real world is adapted', () => {
    assert.deepEqual(
      problemsIn('packages/platform/src/node/clock.ts', "import 'node:fs'\nsetTimeout(f, Date.now())"),
      [],
    )
  })

  it('is not misled by prose, strings, patterns and members of that name', () => {
    const source = [
      "const a = 'Date.now()' // or setTimeout(f)",
      '/* console.log */ clock.setTimeout(a)',
      'const b = `Math.random ${a} performance`',
      'const c = /console.log/.test(a)',
      'new Date(0)',
      'async fetch(a) { this.#fetch(a) }',
    ].join('\n')
    assert.deepEqual(problemsIn('packages/storage/src/a.ts', source), [])
  })
})
