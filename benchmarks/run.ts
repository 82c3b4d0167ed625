/**
 * `npm run bench -- NAME [--rounds=N] [--only=TEXT]`: one question, peers side by side. Prints a table for each case and
 * keeps all of them in benchmarks/results/NAME.json with the machine, its load and the commit it was measured on.
 * `npm run bench -- compare OLD.json NEW.json` says what changed between two such files, and ends with 1 where something
 * got worse. `npm run bench -- report` writes what all questions have left there into docs/performance.md. Without a name
 * it lists the questions.
 */

import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { arch, availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os'
import { join, parse } from 'node:path'
import { parseArgs } from 'node:util'

import { runWell } from '../conformance/harness/process.ts'
import { runBenchmark, type Benchmark } from './harness/benchmark.ts'
import { compared, type Results } from './harness/compare.ts'
import { withResults } from './harness/report.ts'
import { comparedTable, figuresTable } from './harness/table.ts'

const questions = globSync(join(import.meta.dirname, 'questions', '*.ts')).filter((file) => !file.endsWith('.test.ts'))
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string' }, only: { type: 'string' } },
})
const [name, before, after] = positionals
const results = join(import.meta.dirname, 'results')
const file = questions.find((question) => parse(question).name === name)

if (name === 'compare' && before !== undefined && after !== undefined) compare(before, after)
else if (name === 'report') report()
else if (file === undefined) usage()
else await ask(file)

function usage(): void {
  const names = questions.map((question) => parse(question).name).join(', ')
  process.stdout.write(`npm run bench -- NAME [--rounds=N] [--only=TEXT], where NAME is one of: ${names}\n`)
  process.stdout.write('npm run bench -- compare OLD.json NEW.json\nnpm run bench -- report\n')
  process.exitCode = 2
}

async function ask(question: string): Promise<void> {
  const { benchmark } = (await import(question)) as { benchmark: Benchmark }
  const { only, rounds } = values
  const asked: Benchmark = {
    ...benchmark,
    ...(only !== undefined && { cases: (benchmark.cases ?? ['']).filter((caseName) => caseName.includes(only)) }),
    ...(rounds !== undefined && { rounds: Number(rounds) }),
  }
  tell([benchmark.question, '(min, median and max of the slices; ratio: how many times better than the first)'])
  const loadBefore = loadavg()[0] ?? Number.NaN
  const figures = await runBenchmark(asked, (some) => tell(figuresTable(some)))
  const kept: Results = {
    question: benchmark.question,
    commit: await commit(),
    machine: machine(),
    loadAverage: [loadBefore, loadavg()[0] ?? Number.NaN],
    measures: benchmark.measures,
    figures,
  }
  tell([`commit ${kept.commit}; load average ${kept.loadAverage?.map((load) => load.toFixed(1)).join(' to ')}`])
  mkdirSync(results, { recursive: true })
  writeFileSync(join(results, `${parse(question).name}.json`), `${JSON.stringify(kept, null, 2)}\n`)
  process.exit(0)
}

function compare(oldFile: string, newFile: string): void {
  const [old, now] = [oldFile, newFile].map((path) => JSON.parse(readFileSync(path, 'utf8')) as Results)
  if (old === undefined || now === undefined) return
  const rows = compared(old, now)
  tell([`${now.question}  commit ${old.commit} → ${now.commit}`, ...comparedTable(rows)])
  const worse = rows.filter(({ change }) => change === 'worse')
  tell([`${worse.length} of ${rows.length} are worse`])
  if (worse.length > 0) process.exitCode = 1
}

function report(): void {
  const page = join(import.meta.dirname, '..', 'docs', 'performance.md')
  const all = globSync(join(results, '*.json')).toSorted()
  const read = all.map((path) => [parse(path).name, JSON.parse(readFileSync(path, 'utf8')) as Results] as const)
  writeFileSync(page, withResults(readFileSync(page, 'utf8'), read))
}

function tell(lines: readonly string[]): void {
  for (const line of lines) process.stdout.write(`${line}\n`)
}

function machine(): Readonly<Record<string, string>> {
  const { model = 'unknown' } = cpus()[0] ?? {}
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`
  return {
    cpu: `${availableParallelism()} × ${model}`,
    memory,
    system: `${type()} ${release()} ${arch()}`,
    node: process.version,
  }
}

async function commit(): Promise<string> {
  const changes = await runWell('git', ['status', '--porcelain', '--untracked-files=no'])
  return `${(await runWell('git', ['rev-parse', '--short', 'HEAD'])).trim()}${changes === '' ? '' : ' and changes'}`
}
