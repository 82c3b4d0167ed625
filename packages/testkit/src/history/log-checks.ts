/**
 * What must hold of the records of each partition: nothing acknowledged is lost, nothing is there twice, in another
 * order, from nowhere, or with a hole before it. The log is what the final reader read without regard to transactions.
 */
import type { AnyEntry, Entry, History, ReadBatch } from './history.ts'
import { isDone, keyOf } from './history.ts'
import { type CheckOptions, type Violation, finalReader } from './violation.ts'

export interface FinalLog {
  readonly startOffset: number
  readonly endOffset: number
  readonly batches: readonly ReadBatch[]
  readonly values: ReadonlyMap<number, string>
  readonly offsets: ReadonlyMap<string, readonly number[]>
}

/** By partition, of the final reader's pieces put together. */
export function finalLogs(history: History, isolation: 'read_uncommitted' | 'read_committed'): Map<string, FinalLog> {
  const logs = new Map<string, FinalLog>()
  for (const entry of history.done('fetch')) {
    const { call, result } = entry
    if (call.reader !== finalReader || call.isolation !== isolation || result.error !== 'NONE') continue
    const key = keyOf(call)
    const known = logs.get(key)
    const batches = [...(known?.batches ?? []), ...result.batches]
    const values = new Map<number, string>()
    const offsets = new Map<string, number[]>()
    for (const { offset, value } of batches.flatMap(({ records }) => records)) {
      values.set(offset, value)
      offsets.set(value, [...(offsets.get(value) ?? []), offset])
    }
    const { logStartOffset: startOffset, highWatermark: endOffset } = result
    logs.set(key, { startOffset, endOffset, batches, values, offsets })
  }
  return logs
}

export function logViolations(history: History, options: CheckOptions): readonly Violation[] {
  const logs = finalLogs(history, 'read_uncommitted')
  const produced = Map.groupBy(history.of('produce'), ({ call }) => keyOf(call))
  return [...logs].flatMap(([key, log]) => {
    const entries = produced.get(key) ?? []
    return [
      ...lost(key, log, { entries, history, options }),
      ...doubled(key, log),
      ...reordered(key, log, entries),
      ...foreign(key, log, entries),
      ...holes(key, log),
    ]
  })
}

interface Given {
  readonly entries: readonly AnyEntry<'produce'>[]
  readonly history: History
  readonly options: CheckOptions
}

/** L1: what was acknowledged is there, where it was said to be; L2, unsynced: a loss of power takes a tail of it. */
function lost(key: string, log: FinalLog, { entries, history, options }: Given): readonly Violation[] {
  const violations: Violation[] = []
  const acknowledged = entries.filter(isDone).filter(({ result }) => result.error === 'NONE')
  const powerLosses = options.isSynced ? [] : powerLossesOf(history)
  /** By the first loss of power after it: the lowest offset that was lost. */
  const lowestLost = new Map<number, number>()
  for (const entry of acknowledged) {
    const missing = missingOf(log, entry)
    if (missing === undefined) continue
    const loss = powerLosses.find((order) => order > entry.invoked)
    // The epoch of a transactional producer may have been forgotten and given to the next: who looks like a retry.
    const [firstLoss = Infinity] = powerLosses
    if (entry.call.transaction !== undefined && firstLoss < entry.completed) continue
    if (loss === undefined) violations.push({ invariant: 'L1', message: `${key}: ${missing.text}` })
    else if (missing.offset !== -1) {
      lowestLost.set(loss, Math.min(missing.offset, lowestLost.get(loss) ?? Infinity))
    }
  }
  for (const [loss, lowest] of lowestLost) {
    for (const entry of acknowledged) {
      const { result, call, completed } = entry
      if (completed > loss || result.baseOffset < lowest || missingOf(log, entry) !== undefined) continue
      violations.push({
        invariant: 'L2',
        message: `${key}: ${call.values[0]} at ${result.baseOffset} is there, ${lowest} before it was lost with the power`,
      })
    }
  }
  return violations
}

/** The first record of an acknowledged batch that is not where it should be. */
function missingOf(log: FinalLog, { call, result }: Entry<'produce'>): { text: string; offset: number } | undefined {
  for (const [index, value] of call.values.entries()) {
    if (result.baseOffset === -1) {
      if (!log.offsets.has(value)) return { text: `${value} was acknowledged and is lost`, offset: -1 }
      continue
    }
    const offset = result.baseOffset + index
    if (offset < log.startOffset || log.values.get(offset) === value) continue
    const instead = log.values.get(offset) ?? 'nothing'
    return { text: `${value} was acknowledged at ${offset}; there is ${instead}`, offset }
  }
  return undefined
}

function powerLossesOf(history: History): readonly number[] {
  return history
    .done('node')
    .filter(({ call }) => call.event === 'lost power')
    .map(({ completed }) => completed)
}

/** L3: a value is there once. */
function doubled(key: string, log: FinalLog): readonly Violation[] {
  return [...log.offsets]
    .filter(([, offsets]) => offsets.length > 1)
    .map(([value, offsets]) => ({ invariant: 'L3', message: `${key}: ${value} is at ${offsets.join(' and ')}` }))
}

/** L4: what a producer sent to a partition is in the order in which it was sent. */
function reordered(key: string, log: FinalLog, entries: readonly AnyEntry<'produce'>[]): readonly Violation[] {
  const violations: Violation[] = []
  for (const [producer, sent] of Map.groupBy(entries, ({ call }) => call.producer)) {
    let last = { value: '', offset: -1 }
    for (const value of sent.flatMap(({ call }) => call.values)) {
      const offset = log.offsets.get(value)?.[0]
      if (offset === undefined) continue
      if (offset < last.offset) {
        const message = `${key}: ${producer} sent ${last.value} before ${value}, which is at ${offset} before ${last.offset}`
        violations.push({ invariant: 'L4', message })
      }
      last = { value, offset }
    }
  }
  return violations
}

/** L5: every record was sent, and to this partition. */
function foreign(key: string, log: FinalLog, entries: readonly AnyEntry<'produce'>[]): readonly Violation[] {
  const sent = new Set(entries.flatMap(({ call }) => call.values))
  return [...log.values]
    .filter(([, value]) => !sent.has(value))
    .map(([offset, value]) => ({ invariant: 'L5', message: `${key}: nobody sent ${value}, which is at ${offset}` }))
}

/** L6: batch follows batch from the start to the end. */
function holes(key: string, log: FinalLog): readonly Violation[] {
  const violations: Violation[] = []
  let next = log.startOffset
  for (const { baseOffset, lastOffset } of log.batches) {
    if (baseOffset > next)
      violations.push({ invariant: 'L6', message: `${key}: nothing from ${next} to ${baseOffset}` })
    next = Math.max(next, lastOffset + 1)
  }
  if (next < log.endOffset) {
    violations.push({ invariant: 'L6', message: `${key}: nothing from ${next} to the end, ${log.endOffset}` })
  }
  return violations
}
