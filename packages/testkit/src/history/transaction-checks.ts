/**
 * What must hold of transactions: nobody who asks for committed records sees one of a transaction that was not
 * committed, and in the end each is there whole, in all partitions, or not at all.
 */
import { type AnyEntry, type Entry, type History, isDone, keyOf } from './history.ts'
import { type FinalLog, finalLogs } from './log-checks.ts'
import type { CheckOptions, Violation } from './violation.ts'

/** What is known of the end of a transaction. */
export interface Outcome {
  /** When a commit was first asked for. Infinity: never. */
  readonly commitInvoked: number
  /** When it was answered well. Infinity: never. */
  readonly committed: number
  readonly isAborted: boolean
}

export function outcomesOf(history: History): ReadonlyMap<string, Outcome> {
  const ends = Map.groupBy(history.of('end transaction'), ({ call }) => call.transaction)
  return new Map([...ends].map(([transaction, entries]) => [transaction, outcomeOf(entries)]))
}

function outcomeOf(entries: readonly AnyEntry<'end transaction'>[]): Outcome {
  const commits = entries.filter(({ call }) => call.outcome === 'commit')
  const succeeded = (entry: AnyEntry<'end transaction'>): entry is Entry<'end transaction'> =>
    isDone(entry) && entry.result.error === 'NONE'
  return {
    commitInvoked: Math.min(Infinity, ...commits.map(({ invoked }) => invoked)),
    committed: Math.min(Infinity, ...commits.filter(succeeded).map(({ completed }) => completed)),
    isAborted: entries.some((entry) => entry.call.outcome === 'abort' && succeeded(entry)),
  }
}

export function transactionViolations(history: History, options: CheckOptions): readonly Violation[] {
  const outcomes = outcomesOf(history)
  const sent = Map.groupBy(
    history.of('produce').filter(({ call }) => call.transaction !== undefined),
    ({ call }) => call.transaction ?? '',
  )
  const logs = finalLogs(history, 'read_committed')
  // What a loss of power takes without the sync policy may be a part of a transaction.
  const isWhole = options.isSynced || !history.done('node').some(({ call }) => call.event === 'lost power')
  return [
    ...dirtyReads(history, outcomes, options),
    ...(isWhole ? [...sent].flatMap(([name, entries]) => torn({ name, entries, logs }, outcomes.get(name))) : []),
    ...(isWhole ? hanging(logs, finalLogs(history, 'read_uncommitted'), history) : []),
  ]
}

/** T1: a committed record is one whose commit was asked for before the reader got it. */
function dirtyReads(
  history: History,
  outcomes: ReadonlyMap<string, Outcome>,
  { isSynced }: CheckOptions,
): readonly Violation[] {
  // A marker that is lost leaves its transaction open in the partition: the next one of that producer ends it.
  const firstLoss = isSynced ? undefined : history.done('node').find(({ call }) => call.event === 'lost power')
  const transactionOf = new Map(
    history.of('produce').flatMap(({ call }) => call.values.map((value) => [value, call.transaction] as const)),
  )
  const violations: Violation[] = []
  for (const { call, result, completed } of history.done('fetch')) {
    if (call.isolation !== 'read_committed' || completed > (firstLoss?.completed ?? Infinity)) continue
    for (const { offset, value } of result.batches.flatMap(({ records }) => records)) {
      const transaction = transactionOf.get(value)
      if (transaction === undefined) continue
      const outcome = outcomes.get(transaction)
      if (outcome !== undefined && outcome.commitInvoked < completed && !outcome.isAborted) continue
      const state = outcome?.isAborted === true ? 'aborted' : 'open'
      const message = `${keyOf(call)}: ${call.reader} read ${value} at ${offset} of ${transaction}, which is ${state}`
      violations.push({ invariant: 'T1', message })
    }
  }
  return violations
}

interface Sent {
  readonly name: string
  readonly entries: readonly AnyEntry<'produce'>[]
  readonly logs: ReadonlyMap<string, FinalLog>
}

/** T2: all that was acknowledged in it, where the commit was answered well; T3: else all or nothing. */
function torn({ name, entries, logs }: Sent, outcome: Outcome | undefined): readonly Violation[] {
  const acknowledged = entries
    .filter(isDone)
    .filter(({ call, result }) => result.error === 'NONE' && logs.has(keyOf(call)))
  const there = (entry: AnyEntry<'produce'>): boolean =>
    entry.call.values.every((value) => logs.get(keyOf(entry.call))?.offsets.has(value) === true)
  const missing = acknowledged.filter((entry) => !there(entry))
  const [first] = missing
  if (first === undefined) return []
  const what = `${name}: ${first.call.values[0]} in ${keyOf(first.call)} is not there`
  if (outcome !== undefined && outcome.committed < Infinity) {
    return [{ invariant: 'T2', message: `${what}, and the commit was answered well` }]
  }
  const kept = entries.find((entry) => there(entry))
  if (kept === undefined) return []
  return [{ invariant: 'T3', message: `${what}, ${kept.call.values[0]} in ${keyOf(kept.call)} is` }]
}

/** T4: when all is over no transaction holds readers up. */
function hanging(
  committed: ReadonlyMap<string, FinalLog>,
  logs: ReadonlyMap<string, FinalLog>,
  history: History,
): readonly Violation[] {
  const stable = new Map(
    history
      .done('fetch')
      .filter(({ call, result }) => call.isolation === 'read_committed' && result.error === 'NONE')
      .map(({ call, result }) => [keyOf(call), result.lastStableOffset]),
  )
  return [...committed.keys()].flatMap((key) => {
    const end = logs.get(key)?.endOffset ?? 0
    const lastStableOffset = stable.get(key) ?? end
    if (lastStableOffset >= end) return []
    return [
      { invariant: 'T4', message: `${key}: a transaction is open at ${lastStableOffset}, the log ends at ${end}` },
    ]
  })
}
