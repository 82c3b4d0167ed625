/** The results as a table: printed after a run, and written into docs/compatibility.md where suites ran whole. */

import { existsSync, readFileSync, writeFileSync } from 'node:fs'

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

/** What a suite gave when it was last run whole. */
export interface KeptResult extends SuiteResult {
  readonly commit: string
}

/**
 * Keeps the results of these suites, and of those that were not run now what they gave before, as JSON and in the page
 * between its two marks.
 * @param present - the suites there are: what is kept of others is dropped.
 */
export function writeResults(
  results: readonly SuiteResult[],
  given: { commit: string; present: readonly string[] },
): void {
  const kept = existsSync(data) ? (JSON.parse(readFileSync(data, 'utf8')) as { suites: KeptResult[] }).suites : []
  const suites = merged(kept, results, given)
  writeFileSync(page, withResults(readFileSync(page, 'utf8'), suites))
  writeFileSync(data, `${JSON.stringify({ node: process.version, suites }, null, 2)}\n`)
}

export function merged(
  kept: readonly KeptResult[],
  results: readonly SuiteResult[],
  { commit, present }: { commit: string; present: readonly string[] },
): readonly KeptResult[] {
  const fresh = results.map((result) => ({ ...result, commit }))
  return present.flatMap((name) => [...fresh, ...kept].find((result) => result.name === name) ?? [])
}

export function withResults(text: string, results: readonly KeptResult[]): string {
  const [before, rest] = text.split(begin, 2)
  const after = rest?.split(end, 2)[1]
  if (before === undefined || after === undefined) throw new Error(`${page} lacks the marks between which results go`)
  const rows = results.flatMap((suite) => [
    `| **${suite.name}** (${suite.commit}) | ${suite.outcome}${suite.detail === undefined ? '' : `: ${cell(suite.detail)}`} |`,
    ...suite.cases.map(({ name, outcome, detail }) => {
      const shown = outcome === 'passed' || detail === undefined ? outcome : `${outcome}: ${cell(detail)}`
      return `| ${cell(name)} | ${shown} |`
    }),
  ])
  const lines = ['| case (commit) | outcome |', '| --- | --- |', ...rows]
  return `${before}${begin}\n\n${lines.join('\n')}\n\n${end}${after}`
}

function cell(text: string): string {
  return (text.split('\n', 1)[0] ?? '').replaceAll('|', '\\|')
}
