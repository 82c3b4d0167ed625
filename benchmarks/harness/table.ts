/** Figures as lines of text. */

import type { Figures } from './benchmark.ts'
import type { Compared } from './compare.ts'

/** The figures of one case. */
export function figuresTable(figures: readonly Figures[]): readonly string[] {
  return aligned([
    [figures[0]?.caseName ?? '', '', 'min', 'median', 'max', 'ratio'],
    ...figures.map(({ measure, unit, peer, min, median, max, ratio }) => [
      `${measure}, ${unit}`,
      peer,
      ...[min, median, max].map((value) => shortText(value)),
      `${ratio.toFixed(2)}x`,
    ]),
  ])
}

/** Values and ratios of two runs. */
export function comparedTable(rows: readonly Compared[]): readonly string[] {
  return aligned([
    ['', '', 'before', 'after', '', ''],
    ...rows.map(({ caseName, measure, peer, before, after, factor, change }) => [
      [caseName, measure].filter((name) => name !== '').join(': '),
      peer,
      `${shortText(before.median)} (${before.ratio.toFixed(2)}x)`,
      `${shortText(after.median)} (${after.ratio.toFixed(2)}x)`,
      `${factor.toFixed(2)}x`,
      change,
    ]),
  ])
}

/** Names to the left, numbers to the right. */
function aligned(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)))
  const cellOf = (cell: string, column: number): string =>
    column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)
  return rows.map((row) => row.map(cellOf).join('  ').trimEnd())
}

/** Three digits, or all that are before the point. */
function shortText(value: number): string {
  return value >= 100 ? String(Math.round(value)) : value.toPrecision(3)
}
