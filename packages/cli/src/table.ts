/**
 * Tables for people: columns as wide as their widest cell, numbers to the right, the titles bold on a terminal that shows
 * colours. Where output is piped there is nothing but text.
 */
import type { Program } from './program.ts'

/** By column; all rows have the same. */
export type Row = Readonly<Record<string, string | number>>

const bold = ['\u001B[1m', '\u001B[22m'] as const
const between = '  '

/** @param columns - in order, as titles. */
export function tableLines(columns: readonly string[], rows: readonly Row[], program: Program): readonly string[] {
  const texts = rows.map((row) => columns.map((column) => String(row[column] ?? '')))
  const isNumber = columns.map((column) => rows.some((row) => typeof row[column] === 'number'))
  const widths = columns.map((column, index) =>
    Math.max(column.length, ...texts.map((row) => (row[index] ?? '').length)),
  )
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, index) => {
        const width = widths[index] ?? 0
        return isNumber[index] === true ? cell.padStart(width) : cell.padEnd(width)
      })
      .join(between)
      .trimEnd()
  return [emphasized(line(columns.map((column) => column.toUpperCase())), program), ...texts.map(line)]
}

/** Bold on a terminal, unless NO_COLOR is set. */
export function emphasized(text: string, { out, variable }: Program): string {
  const hasColours = out.isTerminal && (variable('NO_COLOR') ?? '') === '' && variable('TERM') !== 'dumb'
  return hasColours ? `${bold[0]}${text}${bold[1]}` : text
}

/** As a table, or all of it as JSON. */
export function sayRows(
  {
    columns,
    rows,
    json,
  }: { readonly columns: readonly string[]; readonly rows: readonly Row[]; readonly json: boolean },
  program: Program,
): void {
  if (json) program.out.line(JSON.stringify(rows, null, 2))
  else for (const line of tableLines(columns, rows, program)) program.out.line(line)
}
