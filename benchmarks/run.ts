/**
 * `npm run bench -- NAME`: one question, peers side by side. Prints a table and keeps it in benchmarks/results/NAME.json
 * with the machine and the commit it was measured on. Without NAME it lists the questions.
 */

import { globSync, mkdirSync, writeFileSync } from 'node:fs'
import { arch, availableParallelism, cpus, release, totalmem, type } from 'node:os'
import { join, parse } from 'node:path'

import { runWell } from '../conformance/harness/process.ts'
import { runBenchmark, type Benchmark, type Figures } from './harness/benchmark.ts'

const [name] = process.argv.slice(2)
const questions = globSync(join(import.meta.dirname, 'questions', '*.ts')).filter((file) => !file.endsWith('.test.ts'))
const file = questions.find((question) => parse(question).name === name)

if (file === undefined) {
  process.stdout.write(
    `npm run bench -- NAME, where NAME is one of: ${questions.map((question) => parse(question).name).join(', ')}\n`,
  )
  process.exitCode = 2
} else {
  const { benchmark } = (await import(file)) as { benchmark: Benchmark }
  const figures = await runBenchmark(benchmark)
  for (const line of table(benchmark, figures)) process.stdout.write(`${line}\n`)
  const results = join(import.meta.dirname, 'results')
  mkdirSync(results, { recursive: true })
  const kept = {
    question: benchmark.question,
    unit: benchmark.unit,
    figures,
    machine: machine(),
    commit: await commit(),
  }
  writeFileSync(join(results, `${parse(file).name}.json`), `${JSON.stringify(kept, null, 2)}\n`)
  process.exit(0)
}

function table({ question, unit, better }: Benchmark, figures: readonly Figures[]): readonly string[] {
  const rows = figures.map((one) => [
    one.name,
    ...[one.min, one.median, one.max, one.ratio].map((value) => value.toPrecision(4)),
  ])
  const all = [[unit, 'min', 'median', 'max', 'ratio'], ...rows]
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...all.map((row) => (row[column] ?? '').length)))
  const lines = all.map(([first = '', ...rest]) => {
    return [first.padEnd(widths[0] ?? 0), ...rest.map((cell, index) => cell.padStart(widths[index + 1] ?? 0))].join(
      '  ',
    )
  })
  return [`${question} (${better} is better; ratio: how many times better than the first)`, ...lines]
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
