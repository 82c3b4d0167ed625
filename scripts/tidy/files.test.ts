/** Tests of the rules for every source file. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { fileProblems } from './files.ts'

const header = '/** What it is. */\n'

function problemsIn(path: string, source: string): readonly string[] {
  return fileProblems(new Map([[path, source]])).map(({ text, isWarning }) =>
    isWarning === true ? `${text} (warning)` : text,
  )
}

describe('fileProblems', () => {
  it('finds nothing wrong with a short file that says what it is', () => {
    assert.deepEqual(problemsIn('packages/storage/src/offset-index.ts', `${header}export const a = 1\n`), [])
    assert.deepEqual(problemsIn('setup.mjs', `#!/usr/bin/env node\n${header}`), [])
  })

  it('rejects names that say nothing, and names in another case', () => {
    assert.deepEqual(problemsIn('packages/storage/src/utils.ts', header), [
      'nothing is called utils: name what it holds',
    ])
    assert.deepEqual(problemsIn('packages/storage/src/log-manager.ts', header), [
      'nothing is called log-manager: name what it holds',
    ])
    assert.deepEqual(problemsIn('packages/storage/src/OffsetIndex.ts', header), ['file names are kebab-case'])
  })

  it('asks for a header comment that is not an essay', () => {
    assert.deepEqual(problemsIn('scripts/a.ts', 'export const a = 1\n'), ['starts without a header comment'])
    assert.deepEqual(problemsIn('scripts/a.test.ts', 'export const a = 1\n'), [])
    assert.deepEqual(problemsIn('scripts/a.ts', `/**\n${' * more\n'.repeat(13)} */\n`), [
      'its header comment has 15 lines: 2 to 10 say it',
    ])
  })

  it('warns at 400 lines and fails at 600, except for tables', () => {
    const long = (lineCount: number): string => header + 'a()\n'.repeat(lineCount - 1)
    assert.deepEqual(problemsIn('scripts/a.ts', long(400)), [])
    assert.deepEqual(problemsIn('scripts/a.ts', long(401)), [
      '401 lines, 600 at most: split deciding from doing (warning)',
    ])
    assert.deepEqual(problemsIn('scripts/a.ts', long(601)), ['601 lines, 600 at most: split deciding from doing'])
    assert.deepEqual(problemsIn('packages/protocol/src/errors.ts', long(601)), [])
  })

  it('rejects what was put off, and what silences a tool without a reason', () => {
    for (const left of ['// TODO: later', '// @ts-ignore', '/* oxlint-disable no-eval */']) {
      assert.equal(problemsIn('scripts/a.ts', `${header}${left}\n`).length, 1)
    }
    assert.deepEqual(
      problemsIn('scripts/a.ts', `${header}// oxlint-disable-next-line no-eval -- compiles codecs\n`),
      [],
    )
  })

  it('leaves files alone that are not ours to shape', () => {
    assert.deepEqual(problemsIn('conformance/suites/python/client_check.py', 'print(1)'), [])
  })
})
