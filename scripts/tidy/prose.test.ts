/** Tests of the rules for links and places. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { linkProblems, placeProblems } from './prose.ts'

describe('linkProblems', () => {
  function problemsIn(text: string): readonly string[] {
    const tree = new Map([
      ['docs/guide.md', text],
      ['docs/decisions/0001-runtime.md', ''],
      ['README.md', ''],
    ])
    return linkProblems(tree).map((problem) => problem.text)
  }

  it('accepts files, folders, anchors and addresses', () => {
    assert.deepEqual(problemsIn('[a](../README.md#usage) [b](decisions) [c](#here) [d](https://nodejs.org)'), [])
  })

  it('rejects a link to nothing', () => {
    assert.deepEqual(problemsIn('see [this](decisions/0002-gone.md)'), ['decisions/0002-gone.md is not there'])
  })

  it('does not read code', () => {
    assert.deepEqual(problemsIn('```ts\nhandlers[key](request)\n```\n'), [])
  })
})

describe('placeProblems', () => {
  function problemsIn(path: string, text: string): readonly string[] {
    return placeProblems(new Map([[path, text]])).map((problem) => problem.text)
  }

  it('rejects folders of one machine', () => {
    assert.equal(problemsIn('docs/a.md', 'run it in /home/jane/gregor').length, 1)
    assert.equal(problemsIn('docs/a.md', "the container's /data and ./work/a, https://x.org/work/a").length, 0)
  })

  it('rejects a registry that the installer did not choose', () => {
    assert.equal(problemsIn('.npmrc', 'registry=https://npm.example/').length, 1)
    assert.equal(problemsIn('conformance/python/requirements.txt', '--index-url https://pypi.example/').length, 1)
    assert.equal(problemsIn('docs/a.md', 'the schema registry = one package').length, 0)
  })
})
