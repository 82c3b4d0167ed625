/** The results as a table: printed after a run, and written into docs/compatibility.md after a whole one. */

import { readFileSync, writeFileSync } from 'node:fs'

import type { SuiteResult } from './run-suite.ts'

const page = 'docs/compatibility.md'
const data = 'docs/conformance.json'
const begin = '<!-- results: written by `npm run conformance -- --all` -->'
const end = '<!-- end of results -->'

export function resultTable(results: readonly SuiteResult[]): readonly string[] {
  const rows = results.map(({ name, outcome, cases, durationSeconds, budgetSeconds }) => {
    const count = (wanted: string): string => String(cases.filter((one) => one.outcome === wanted).length)
    return [name, outcome, count('passed'), count('failed'), count('gap'), `${durationSeconds} of ${budgetSeconds} s`]
  })
  const table = [['suite', 'outcome', 'passed', 'failed', 'gaps', 'time'], ...rows]
  const widths = [0, 1, 2, 3, 4, 5].map((column) => Math.max(...table.map((row) => (row[column] ?? '').length)))
  return table.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}

/** Replaces the results in the page between its two marks, and the same as JSON. */
export function writeResults(results: readonly SuiteResult[], commit: string): void {
  const text = readFileSync(page, 'utf8')
  writeFileSync(page, withResults(text, results, commit))
  writeFileSync(data, `${JSON.stringify({ commit, node: process.version, suites: results }, null, 2)}\n`)
}

export function withResults(text: string, results: readonly SuiteResult[], commit: string): string {
  const [before, rest] = text.split(begin, 2)
  const after = rest?.split(end, 2)[1]
  if (before === undefined || after === undefined) throw new Error(`${page} lacks the marks between which results go`)
  const rows = results.flatMap((suite) => [
    `| **${suite.name}** | ${suite.outcome}${suite.detail === undefined ? '' : `: ${cell(suite.detail)}`} |`,
    ...suite.cases.map(({ name, outcome, detail }) => {
      const shown = outcome === 'passed' || detail === undefined ? outcome : `${outcome}: ${cell(detail)}`
      return `| ${cell(name)} | ${shown} |`
    }),
  ])
  const lines = [`At commit ${commit}.`, '', '| case | outcome |', '| --- | --- |', ...rows]
  return `${before}${begin}\n\n${lines.join('\n')}\n\n${end}${after}`
}

function cell(text: string): string {
  return (text.split('\n', 1)[0] ?? '').replaceAll('|', '\\|')
}
