/**
 * Plans of offsets as CSV: what `--export` prints and `--from-file` reads. A line is topic,partition,offset, or
 * group,topic,partition,offset where there are several groups. Quoted as Jackson does.
 */
import type { PlannedOffset } from './reset-plan.ts'

/** Longer texts Jackson quotes without looking. */
const unquotedLengthMax = 24

/** @param withGroup - whether each line names its group. Every line ends in a line feed. */
export function csvFromPlans(plans: ReadonlyMap<string, readonly PlannedOffset[]>, withGroup: boolean): string {
  const lines = Array.from(plans, ([group, plan]) =>
    plan.map(({ topic, partition, offset }) => {
      const cells = [...(withGroup ? [quoted(group)] : []), quoted(topic), partition, offset]
      return `${cells.join(',')}\n`
    }),
  )
  return lines.flat().join('')
}

function quoted(text: string): string {
  const isPlain = text.length <= unquotedLengthMax && !/[\0-,]/.test(text)
  return isPlain ? text : `"${text.replaceAll('"', '""')}"`
}

/**
 * @param group - whose plan it is where lines do not say; `undefined`: they do.
 * @throws Error naming the line that is none
 */
export function plansFromCsv(csv: string, group: string | undefined): ReadonlyMap<string, readonly PlannedOffset[]> {
  const lines = csv.split('\n').filter((line) => line !== '')
  const isShort = cellsOf(lines[0] ?? '').length === 3
  const plans = new Map<string, Map<string, PlannedOffset>>()
  for (const line of lines) {
    const cells = cellsOf(line)
    const all = group !== undefined && isShort ? [group, ...cells] : cells
    const [of = '', topic = '', partition = '', offset = '', ...more] = all
    if (more.length > 0 || topic === '' || !/^-?\d+$/.test(partition) || !/^-?\d+$/.test(offset)) {
      throw new Error(`a line of the file is no topic,partition,offset: ${line}`)
    }
    const plan = plans.get(of) ?? new Map<string, PlannedOffset>()
    plan.set(`${topic}-${partition}`, { topic, partition: Number(partition), offset: Number(offset) })
    plans.set(of, plan)
  }
  return new Map(Array.from(plans, ([of, plan]) => [of, [...plan.values()]]))
}

function cellsOf(line: string): readonly string[] {
  const cells = line.trim().matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)
  return Array.from(cells, ([, inQuotes, plain = '']) => inQuotes?.replaceAll('""', '"') ?? plain.trim())
}
