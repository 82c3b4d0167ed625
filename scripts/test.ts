/**
 * `npm test [FILTER]`: types, lint and tidy, then all tests on Node's own runner; with a filter only the types and the
 * tests whose path contains it. `npm run coverage` runs all tests and holds each package to its floor.
 *
 * One process per package, as loading is what costs: the tests of a package share it and leave nothing behind.
 */

import { globSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { run, type EventData } from 'node:test'
import { spec, type TestEvent } from 'node:test/reporters'

import { reportCoverage } from './coverage.ts'
import { runScript, runTool } from './run-tool.ts'

const testFiles = ['packages/*/src/**/*.test.ts', '{scripts,conformance,benchmarks}/**/*.test.ts']
const entries = join('node_modules', '.cache', 'tests')
/** For one package: a test that hangs must not hang the run. */
const timeoutMs = 5 * 60_000

/** Node's own report, without a line for each test that passes: what failed, in full, and the closing counts. */
const reported = new Set(['test:fail', 'test:stdout', 'test:stderr', 'test:diagnostic', 'test:summary'])
/** A file that does not load is a test that fails; the others still run. */
const loadFunction = `import { it } from 'node:test'
import { relative } from 'node:path'
import { pathToFileURL } from 'node:url'
async function load(file) {
  try {
    await import(pathToFileURL(file))
  } catch (error) {
    it('loads ' + relative(process.cwd(), file), () => { throw error })
  }
}
`

const withCoverage = process.argv.includes('--coverage')
const filter = process.argv.slice(2).find((argument) => !argument.startsWith('-'))
const failed: string[] = []

if (!runTool('typescript/tsc', ['-b'])) failed.push('types')
if (filter === undefined && !withCoverage) {
  if (!runScript('scripts/lint.ts')) failed.push('lint')
  if (!runScript('scripts/tidy.ts')) failed.push('tidy')
}
await runTests()
if (failed.length > 0) {
  process.stderr.write(`failed: ${failed.join(', ')}\n`)
  process.exitCode = 1
}

async function runTests(): Promise<void> {
  const files = globSync(testFiles, { exclude: ['**/node_modules/**', '**/dist/**'] })
  const chosen = files.map((file) => file.replaceAll('\\', '/')).filter((file) => file.includes(filter ?? ''))
  if (chosen.length === 0) {
    failed.push(`no test file's path contains '${filter}'`)
    return
  }
  // With the compile cache, V8 does not know what ran.
  if (withCoverage) process.env['NODE_DISABLE_COMPILE_CACHE'] = '1'
  const events = run({
    files: writeEntries(Object.groupBy(chosen, packageOf)),
    isolation: 'process',
    concurrency: availableParallelism(),
    timeout: timeoutMs,
    coverage: withCoverage,
    coverageIncludeGlobs: ['packages/*/src/**/*.ts'],
    coverageExcludeGlobs: ['**/*.test.ts'],
  })
  const report = new spec()
  report.pipe(process.stdout)
  for await (const event of events as AsyncIterable<TestEvent>) {
    if (event.type === 'test:fail' && !failed.includes('tests')) failed.push('tests')
    if (event.type === 'test:coverage' && !reportCoverage(event.data.summary.files)) failed.push('coverage')
    if (event.type === 'test:summary' && event.data.file !== undefined) process.stdout.write(packageLine(event.data))
    else if (reported.has(event.type)) report.write(event)
  }
  report.end()
}

function packageLine({ file = '', success, counts, duration_ms }: EventData.TestSummary): string {
  const name = basename(file, '.mjs').padEnd(20)
  return `${success ? '✔' : '✖'} ${name} ${String(counts.tests).padStart(6)} tests ${(duration_ms / 1000).toFixed(1).padStart(7)} s\n`
}

/** `packages/storage` for `packages/storage/src/segment.test.ts`. */
function packageOf(file: string): string {
  const [first = '', second = ''] = file.split('/')
  return first === 'packages' ? `${first}/${second}` : first
}

/** One file per package, which loads its tests: what the runner starts as a process. */
function writeEntries(byPackage: Partial<Record<string, string[]>>): string[] {
  rmSync(entries, { recursive: true, force: true })
  return Object.entries(byPackage).map(([name, files = []]) => {
    const entry = resolve(entries, `${name}.mjs`)
    mkdirSync(join(entry, '..'), { recursive: true })
    const loads = files.toSorted().map((file) => `await load(${JSON.stringify(resolve(file))})`)
    writeFileSync(entry, `${loadFunction}${loads.join('\n')}\n`)
    return entry
  })
}
