/**
 * What runs have left in benchmarks/results, as a page for readers: one table for each question, of the values in the
 * middle and of the ratios, with the least and the largest of them.
 */

import type { Figures } from './benchmark.ts'
import type { Results } from './compare.ts'

/** Between these lines the page is written anew. */
const begin = '<!-- results: written by `npm run bench -- report` -->'
const end = '<!-- end of results -->'

/** @throws Error where the page has no place for results. */
export function withResults(page: string, all: readonly (readonly [name: string, results: Results])[]): string {
  const [before, rest] = page.split(begin)
  const after = rest?.split(end)[1]
  if (before === undefined || after === undefined) throw new Error(`the page does not have the lines ${begin}, ${end}`)
  const sections = all.flatMap(([name, results]) => section(name, results))
  return `${before}${begin}\n\n${sections.join('\n')}\n${end}${after}`
}

function section(name: string, results: Results): readonly string[] {
  const { question, commit, machine, loadAverage = [], figures } = results
  const load = loadAverage.map((value) => value.toFixed(1)).join(' to ')
  return [
    `### ${question}`,
    '',
    `\`npm run bench -- ${name}\`, commit ${commit}, ${machine['cpu'] ?? ''}, ${machine['memory'] ?? ''}, ` +
      `${machine['system'] ?? ''}, Node.js ${machine['node'] ?? ''}. Load average ${load}.`,
    '',
    ...table(figures),
    '',
  ]
}

function table(figures: readonly Figures[]): readonly string[] {
  const [reference = ''] = figures.map(({ peer }) => peer)
  const others = [...new Set(figures.map(({ peer }) => peer))].filter((peer) => peer !== reference)
  const named = figures.filter(({ peer }) => peer === reference)
  const hasCases = figures.some(({ caseName }) => caseName !== '')
  const head = [...(hasCases ? ['case'] : []), 'measure', reference, ...others.flatMap((peer) => [peer, 'ratio'])]
  const rows = named.map((one) => {
    const cells = others.flatMap((peer) => {
      const figure = figures.find((some) => some.peer === peer && isSame(some, one))
      return figure === undefined ? ['', ''] : [valueText(figure.median), ratioText(figure)]
    })
    return [...(hasCases ? [one.caseName] : []), `${one.measure}, ${one.unit}`, valueText(one.median), ...cells]
  })
  const isText = (column: number): boolean => column < (hasCases ? 2 : 1)
  const rule = head.map((_, column) => (isText(column) ? '---' : '---:'))
  return [head, rule, ...rows].map((row) => `| ${row.join(' | ')} |`)
}

function isSame(a: Figures, b: Figures): boolean {
  return a.caseName === b.caseName && a.measure === b.measure
}

function ratioText({ ratio, ratioMin, ratioMax }: Figures): string {
  return `**${ratio.toFixed(2)}** (${ratioMin.toFixed(2)} to ${ratioMax.toFixed(2)})`
}

/** Three digits, or all that are before the point. */
function valueText(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3)
}
