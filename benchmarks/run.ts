/**
 * `npm run bench -- NAME`: one question, peers side by side. Prints a table for each case and keeps all of them in benchmarks/results/NAME.json
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
  process.stdout.write(
    `${benchmark.question}\n(min, median and max of the slices; ratio: how many times better than the first)\n`,
  )
  const figures = await runBenchmark(benchmark, (some) => {
    for (const line of table(some)) process.stdout.write(`${line}\n`)
  })
  const results = join(import.meta.dirname, 'results')
  mkdirSync(results, { recursive: true })
  const kept = { question: benchmark.question, figures, machine: machine(), commit: await commit() }
  writeFileSync(join(results, `${parse(file).name}.json`), `${JSON.stringify(kept, null, 2)}\n`)
  process.exit(0)
}

function table(figures: readonly Figures[]): readonly string[] {
  const caseName = figures[0]?.caseName ?? ''
  const rows = figures.map(({ measure, unit, peer, min, median, max, ratio }) => [
    `${measure}, ${unit}`,
    peer,
    ...[min, median, max].map((value) => shortText(value)),
    `${ratio.toFixed(2)}x`,
  ])
  const all = [[caseName, '', 'min', 'median', 'max', 'ratio'], ...rows]
  const widths = [0, 1, 2, 3, 4, 5].map((column) => Math.max(...all.map((row) => (row[column] ?? '').length)))
  return all.map((row) =>
    row
      .map((cell, column) => (column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  '),
  )
}

/** Three digits, or all that are before the point. */
function shortText(value: number): string {
  return value >= 100 ? String(Math.round(value)) : value.toPrecision(3)
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
