/**
 * `npm run conformance [-- SUITE ...] [--all] [--against apache] [--list]`: real clients and tools against a server of
 * this checkout. Without names the core suites; `--all` runs all suites, or those named, whole, and keeps
 * what they gave in docs/compatibility.md.
 * `--against apache` runs the same against Apache Kafka: a case that fails there is a wrong case.
 */

import { globSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

import { startApacheKafka } from './harness/apache-kafka.ts'
import { runWell } from './harness/process.ts'
import { resultTable, writeResults } from './harness/results.ts'
import { runSuite, type SuiteResult } from './harness/run-suite.ts'
import { startGregor, type Server, type ServerOptions } from './harness/server.ts'
import type { Suite } from './harness/suite.ts'

const { values, positionals: names } = parseArgs({
  options: { all: { type: 'boolean' }, list: { type: 'boolean' }, against: { type: 'string' } },
  allowPositionals: true,
})
const suites = await findSuites()
const unknown = names.filter((name) => !suites.some((suite) => suite.name === name))
if (unknown.length > 0) fail(`unknown: ${unknown.join(', ')}; there are ${suites.map(({ name }) => name).join(', ')}`)

const isAgainstApache = values.against === 'apache'
const chosen = suites.filter(({ name, core }) =>
  names.length > 0 ? names.includes(name) : values.all === true || core,
)
if (values.list === true) {
  for (const { name, core, budgetSeconds } of suites) print(`${name}  ${core ? 'core' : 'all'}  ${budgetSeconds} s`)
} else {
  const results = await runAll(chosen)
  for (const line of ['', ...resultTable(results)]) print(line)
  // Whatever a suite left running ends here, too.
  process.exit(results.some(({ outcome }) => outcome === 'failed') ? 1 : 0)
}

async function runAll(wanted: readonly Suite[]): Promise<readonly SuiteResult[]> {
  const results: SuiteResult[] = []
  const scope = values.all === true ? 'all' : 'core'
  const startServer = isAgainstApache ? startLikeOurs : startGregor
  const commit = (await runWell('git', ['rev-parse', '--short', 'HEAD'])).trim()
  for (const suite of wanted) {
    const result = await runSuite(suite, { scope, startServer, print })
    results.push(result)
    // After each: a run of an hour may be ended before it is through.
    if (scope === 'all' && !isAgainstApache) writeResults([result], { commit, present: suites.map(({ name }) => name) })
  }
  return results
}

/** Formatted as we format. */
function startLikeOurs(options: ServerOptions = {}): Promise<Server> {
  return startApacheKafka({ isStandalone: true, ...options })
}

async function findSuites(): Promise<readonly Suite[]> {
  const files = globSync(join(import.meta.dirname, 'suites', '*', 'suite.ts')).toSorted()
  const modules = await Promise.all(files.map((file) => import(file) as Promise<{ suite: Suite }>))
  return modules.map(({ suite }) => suite)
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

function fail(message: string): never {
  process.stderr.write(`${message}\n`)
  process.exit(2)
}
