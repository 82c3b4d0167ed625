/** Tests of the rule that one API is one file name. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { apiProblems } from './apis.ts'

const complete: Readonly<Record<string, string>> = {
  'packages/protocol/src/apis/00-produce.ts': 'export const Produce = defineApi({ key: 0 })',
  'packages/protocol/src/apis/index.ts': "import { Produce } from './00-produce.ts'",
  'packages/broker/src/apis/00-produce.ts': '',
  'packages/broker/src/apis/00-produce.test.ts': '',
  'packages/broker/src/apis/index.ts': "import { produce } from './00-produce.ts'",
}

function problemsIn(files: Readonly<Record<string, string>>): readonly string[] {
  return apiProblems(new Map(Object.entries(files))).map(({ file, text }) => `${file}: ${text}`)
}

function without(file: string): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(complete).filter(([path]) => path !== file))
}

describe('apiProblems', () => {
  it('accepts schema, handler and test of one name, each listed', () => {
    assert.deepEqual(problemsIn(complete), [])
  })

  it('misses a test, a schema, and an entry in a list', () => {
    assert.deepEqual(problemsIn(without('packages/broker/src/apis/00-produce.test.ts')), [
      'packages/broker/src/apis/00-produce.ts: it has no test beside it',
    ])
    assert.deepEqual(problemsIn(without('packages/protocol/src/apis/00-produce.ts')), [
      'packages/broker/src/apis/00-produce.ts: there is no schema packages/protocol/src/apis/00-produce.ts',
    ])
    assert.deepEqual(problemsIn(without('packages/broker/src/apis/index.ts')), [
      'packages/broker/src/apis/00-produce.ts: it is not in packages/broker/src/apis/index.ts',
    ])
  })

  it('compares the key with the name', () => {
    const wrong = { ...complete, 'packages/protocol/src/apis/00-produce.ts': 'defineApi({ key: 1 })' }
    assert.deepEqual(problemsIn(wrong), [
      'packages/protocol/src/apis/00-produce.ts: its key is 1: its name says otherwise',
    ])
  })
})
