/** `--print-metrics`: what a client has counted, as a table, sorted by name. */
import type { Output } from '../../output.ts'
import { fixed } from '../java-format.ts'

/** @param group - `producer-metrics` */
export function printMetrics(
  { group, clientId }: { readonly group: string; readonly clientId: string },
  metrics: Readonly<Record<string, number>>,
  out: Output,
): void {
  const rows = Object.entries(metrics)
    .map(([name, value]) => [`${group}:${name}:{client-id=${clientId}}`, fixed(value, 3)] as const)
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
  if (rows.length === 0) return
  const width = Math.max(...rows.map(([name]) => name.length))
  out.line(`\n${'Metric Name'.padEnd(width)}   Value`)
  for (const [name, value] of rows) out.line(`${name.padEnd(width)} : ${value}`)
}
