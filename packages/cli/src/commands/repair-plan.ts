/** What is to be done about the problems of a log directory: decided here, done in `log-repair`. */
import { basename, dirname, join } from 'node:path'
import type { DirectoryProblem } from '@gregor/storage'

export interface DamagedRange {
  readonly position: number
  /** The position behind it. */
  readonly end: number
  /** Of the first record that is missing there. */
  readonly offset: number
  readonly problem: string
}

export type Repair =
  /** Bytes that are no whole batches are taken out of a log: what was in them is lost in any case. */
  | { readonly kind: 'cut'; readonly file: string; readonly ranges: readonly DamagedRange[] }
  /** Out of the way: a node makes it anew, or does without. */
  | { readonly kind: 'remove'; readonly file: string; readonly because: string }
  /** Nobody can mend it. */
  | { readonly kind: 'beyond'; readonly file: string; readonly because: string }

const METADATA_LOG = '__cluster_metadata-0'
/** Positions in them are wrong once bytes before are gone. */
const positionalSuffixes = ['.index', '.timeindex']
/** A node believes these, and would not look at what was changed. */
const trustFiles = ['.kafka_cleanshutdown', 'recovery-point-offset-checkpoint']

/**
 * In the order in which it is to be done.
 * @param logDirectory - one of log.dirs. @param exists - whether there is such a file.
 */
export function planRepairs(
  problems: readonly DirectoryProblem[],
  logDirectory: string,
  exists: (path: string) => boolean,
): readonly Repair[] {
  const cuts = new Map<string, DamagedRange[]>()
  const removals = new Map<string, string>()
  const beyond: Repair[] = []
  for (const { kind, file, position, end, offset, problem } of problems) {
    if (kind === 'derived') {
      if (exists(file)) removals.set(file, problem)
    } else if (position === undefined || end === undefined || offset === undefined) {
      beyond.push({ kind: 'beyond', file, because: problem })
    } else if (kind === 'damage' && basename(dirname(file)) === METADATA_LOG) {
      const because = `${problem}; what is missing of the metadata makes all the rest unfit: restore it from a copy`
      beyond.push({ kind: 'beyond', file, because })
    } else {
      const ranges = cuts.get(file) ?? []
      cuts.set(file, [...ranges, { position, end, offset, problem }])
    }
  }
  for (const file of cuts.keys()) {
    for (const suffix of positionalSuffixes) {
      const index = file.replace(/\.log$/, suffix)
      if (exists(index) && !removals.has(index)) removals.set(index, 'the log it leads into is changed')
    }
  }
  if (cuts.size > 0) {
    for (const name of trustFiles) {
      const file = join(logDirectory, name)
      if (exists(file)) removals.set(file, 'the next start is to check the logs')
    }
  }
  return [
    ...[...removals].map(([file, because]) => ({ kind: 'remove', file, because }) as const),
    ...[...cuts].map(([file, ranges]) => ({ kind: 'cut', file, ranges }) as const),
    ...beyond,
  ]
}

/** What of a file of that size is kept, in order. */
export function keptRanges(
  ranges: readonly DamagedRange[],
  size: number,
): readonly { readonly position: number; readonly end: number }[] {
  const kept: { position: number; end: number }[] = []
  let position = 0
  for (const range of ranges.toSorted((one, other) => one.position - other.position)) {
    if (range.position > position) kept.push({ position, end: range.position })
    position = Math.max(position, range.end)
  }
  if (position < size) kept.push({ position, end: size })
  return kept
}
