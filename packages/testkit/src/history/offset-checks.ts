/**
 * What must hold of the committed offsets of groups. Members commit where they are and begin where the group is: so an
 * offset that goes back was lost, or given back by somebody who had no right to commit any more.
 */
import { type AnyEntry, type Entry, type History, isDone, keyOf } from './history.ts'
import { type Outcome, outcomesOf } from './transaction-checks.ts'
import type { CheckOptions, Violation } from './violation.ts'

interface Commit {
  readonly offset: number
  readonly invoked: number
  /** From when on it surely counts. Infinity: never known. */
  readonly counted: number
}

interface Seen {
  readonly offset: number
  readonly completed: number
}

export function offsetViolations(history: History, { isSynced }: CheckOptions): readonly Violation[] {
  const outcomes = outcomesOf(history)
  // What was aborted may come back where its marker was lost.
  const mayComeBack = !isSynced && history.done('node').some(({ call }) => call.event === 'lost power')
  const commits = Map.groupBy(
    history.of('commit offsets').flatMap((entry) => commitsOf(entry, outcomes, mayComeBack)),
    ({ place }) => place,
  )
  const violations: Violation[] = []
  const seen = new Map<string, Seen>()
  for (const fetch of history.done('fetch offsets')) {
    if (fetch.result.error !== 'NONE') continue
    const since = forgottenBefore(history, fetch, isSynced)
    const prefix = `${fetch.call.group} `
    const found = new Map(fetch.result.offsets.map((one) => [`${prefix}${keyOf(one)}`, one.offset]))
    const { asked } = fetch.result
    const known = [...commits.keys(), ...found.keys()].filter((place) => place.startsWith(prefix))
    const places = asked === 'all' ? new Set(known) : asked.map((one) => `${prefix}${keyOf(one)}`)
    for (const place of places) {
      const offset = found.get(place)
      violations.push(
        ...checkOne({ place, offset, fetch, since, commits: commits.get(place) ?? [], before: seen.get(place) }),
      )
      if (offset !== undefined) seen.set(place, { offset, completed: fetch.completed })
    }
  }
  return violations
}

/** A commit in a transaction counts with it, if ever. */
function commitsOf(
  entry: AnyEntry<'commit offsets'>,
  outcomes: ReadonlyMap<string, Outcome>,
  mayComeBack: boolean,
): readonly (Commit & { readonly place: string })[] {
  const { call, invoked } = entry
  return call.offsets.flatMap((one, index) => {
    const error = isDone(entry) ? entry.result.errors[index] : undefined
    // A refusal says that it was not taken; an answer that time is up does not.
    if (error !== undefined && error !== 'NONE' && error !== 'REQUEST_TIMED_OUT') return []
    const accepted = isDone(entry) && error === 'NONE' ? entry.completed : Infinity
    const place = `${call.group} ${keyOf(one)}`
    if (call.transaction === undefined) return [{ place, offset: one.offset, invoked, counted: accepted }]
    const outcome = outcomes.get(call.transaction)
    if (mayComeBack) return [{ place, offset: one.offset, invoked, counted: Infinity }]
    if (outcome === undefined || outcome.commitInvoked === Infinity || outcome.isAborted) return []
    const counted = accepted === Infinity ? Infinity : outcome.committed
    return [{ place, offset: one.offset, invoked: outcome.commitInvoked, counted }]
  })
}

/** What was committed before may be gone: the group was deleted, or the power was lost and nothing is synced. */
function forgottenBefore(history: History, fetch: Entry<'fetch offsets'>, isSynced: boolean): number {
  const deletions = history
    .of('delete group')
    .filter(({ call, invoked }) => call.group === fetch.call.group && invoked < fetch.completed)
    .filter((entry) => !isDone(entry) || entry.result.error === 'NONE')
    .map((entry) => (isDone(entry) ? entry.completed : Infinity))
  // What is left then may be more than the log has: members go back.
  const losses = history
    .done('node')
    .filter(({ call, completed }) => !isSynced && call.event === 'lost power' && completed < fetch.completed)
  return Math.max(-1, ...deletions, losses.length > 0 ? Infinity : -1)
}

interface Given {
  readonly place: string
  readonly offset: number | undefined
  readonly fetch: Entry<'fetch offsets'>
  readonly since: number
  readonly commits: readonly Commit[]
  readonly before: Seen | undefined
}

function checkOne({ place, offset, fetch, since, commits, before }: Given): readonly Violation[] {
  const violations: Violation[] = []
  const answer = offset ?? 'none'
  // O1: it was committed, and not later than it was read.
  const isKnown = commits.some((commit) => commit.offset === offset && commit.invoked < fetch.completed)
  if (offset !== undefined && !isKnown) {
    violations.push({ invariant: 'O1', message: `${place}: ${offset} was never committed` })
  }
  // O2: what was accepted before the question counts.
  const binding = commits.filter(({ counted }) => counted > since && counted < fetch.invoked)
  const highest = Math.max(-1, ...binding.map((commit) => commit.offset))
  if ((offset ?? -1) < highest) {
    violations.push({ invariant: 'O2', message: `${place}: ${highest} was committed, then ${answer} was read` })
  }
  // O3: what was read once is not taken back.
  if (
    before !== undefined &&
    before.completed > since &&
    before.completed < fetch.invoked &&
    (offset ?? -1) < before.offset
  ) {
    violations.push({ invariant: 'O3', message: `${place}: ${before.offset} was read, then ${answer}` })
  }
  return violations
}
