/** Tests of the floors. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { floorProblems, importsIn } from './floors.ts'

const exports = { '.': './src/index.ts' }
const base = { name: '@gregor/base', floor: 0, exports }
const storage = {
  name: '@gregor/storage',
  floor: 2,
  exports,
  dependencies: { '@gregor/base': '0.1.0', pino: '10.4.0' },
}

function problemsWith(files: Readonly<Record<string, unknown>>): readonly string[] {
  const tree = {
    'package.json': { devDependencies: { 'fast-check': '4.10.2' } },
    'packages/base/package.json': base,
    'packages/storage/package.json': storage,
    'packages/storage/tsconfig.json': { references: [{ path: '../base' }] },
    ...files,
  }
  const texts = Object.entries(tree).map(([path, content]): [string, string] => [
    path,
    typeof content === 'string' ? content : JSON.stringify(content),
  ])
  return floorProblems(new Map(texts)).map(({ file, text }) => `${file}: ${text}`)
}

describe('floorProblems', () => {
  it('accepts imports that point down and are declared', () => {
    const source = "import { assert } from '@gregor/base'\nimport pino from 'pino'\nimport fs from 'node:fs'\n"
    assert.deepEqual(problemsWith({ 'packages/storage/src/a.ts': source }), [])
  })

  it('rejects an import that is not declared, up or down', () => {
    assert.deepEqual(problemsWith({ 'packages/base/src/a.ts': "import { x } from '@gregor/storage'\n" }), [
      'packages/base/src/a.ts:1: @gregor/storage is not in the dependencies of packages/base/package.json',
    ])
  })

  it('rejects a dependency that does not point down', () => {
    const upward = { ...base, dependencies: { '@gregor/storage': '0.1.0' } }
    const problems = problemsWith({
      'packages/base/package.json': upward,
      'packages/base/tsconfig.json': { references: [{ path: '../storage' }] },
    })
    assert.deepEqual(problems, [
      'packages/base/package.json: floor 0 depends on @gregor/storage on floor 2: dependencies point down',
    ])
  })

  it('rejects a way past index.ts, by name or by path', () => {
    const source = "import { a } from '@gregor/base/src/assert.ts'\nimport { b } from '../../base/src/assert.ts'\n"
    assert.deepEqual(problemsWith({ 'packages/storage/src/a.ts': source }), [
      'packages/storage/src/a.ts:1: @gregor/base/src/assert.ts reaches past index.ts of @gregor/base',
      'packages/storage/src/a.ts:2: ../../base/src/assert.ts leaves the package: import it by name',
    ])
  })

  it('rejects a reference that is missing or too many, and a version that is not exact', () => {
    const problems = problemsWith({
      'packages/storage/package.json': { ...storage, dependencies: { '@gregor/base': '^0.1.0' } },
      'packages/storage/tsconfig.json': { references: [{ path: '../config' }, { path: './src/simulation' }] },
    })
    assert.deepEqual(problems, [
      'packages/storage/package.json: @gregor/base ^0.1.0: versions are exact',
      'packages/storage/tsconfig.json: packages/base is a dependency without a reference',
      'packages/storage/tsconfig.json: packages/config is referenced, but no dependency',
    ])
  })

  it('lets tests, and only tests, use development dependencies', () => {
    const source = "import fc from 'fast-check'\n"
    assert.deepEqual(problemsWith({ 'packages/base/src/a.test.ts': source }), [])
    assert.deepEqual(problemsWith({ 'packages/base/src/a.ts': source }), [
      'packages/base/src/a.ts:1: fast-check is not in the dependencies of packages/base/package.json',
    ])
  })

  it('lets tests, and only tests, import upwards what devDependencies names, by an exported name', () => {
    const files = {
      'packages/testkit/package.json': {
        name: '@gregor/testkit',
        floor: 7,
        exports: { './simulation': './src/simulation/index.ts' },
      },
      'packages/storage/package.json': { ...storage, devDependencies: { '@gregor/testkit': '0.1.0' } },
      'packages/storage/tsconfig.json': { references: [{ path: '../base' }, { path: '../testkit/src/simulation' }] },
    }
    const source = "import { simulatedEnvironment } from '@gregor/testkit/simulation'\n"
    assert.deepEqual(problemsWith({ ...files, 'packages/storage/src/log-fixture.ts': source }), [])
    assert.deepEqual(problemsWith({ ...files, 'packages/storage/src/log.ts': source }), [
      'packages/storage/src/log.ts:1: @gregor/testkit is not in the dependencies of packages/storage/package.json',
    ])
    assert.deepEqual(problemsWith({ ...files, 'packages/storage/src/log.test.ts': "import '@gregor/testkit'\n" }), [
      'packages/storage/src/log.test.ts:1: @gregor/testkit reaches past index.ts of @gregor/testkit',
    ])
  })
})

describe('importsIn', () => {
  it('finds imports of every form, and none in comments or calls', () => {
    const source = [
      "import 'a'",
      "import {\n  b,\n} from 'b'",
      "export * from 'c'",
      "const d = await import('d')",
      "// import 'e'",
      "/* from 'f' */ Buffer.from('g')",
    ].join('\n')
    assert.deepEqual(importsIn(source), [
      { specifier: 'a', line: 1 },
      { specifier: 'b', line: 4 },
      { specifier: 'c', line: 5 },
      { specifier: 'd', line: 6 },
    ])
  })
})
