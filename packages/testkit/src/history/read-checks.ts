/**
 * What must hold of each answer to a reader: nothing from behind the high watermark or the last stable offset, no hole,
 * nothing missing, and never another record where one was seen before.
 */
import { type FinalLog, finalLogs } from './log-checks.ts'
import { type Entry, type History, keyOf } from './history.ts'
import { type CheckOptions, type Violation, finalReader } from './violation.ts'

type Fetched = Entry<'fetch'>

export function readViolations(history: History, { isSynced }: CheckOptions): readonly Violation[] {
  const fetches = history.done('fetch').filter(({ result }) => result.error === 'NONE')
  const periods = new Periods(history, isSynced)
  const committed = finalLogs(history, 'read_committed')
  return [...Map.groupBy(fetches, ({ call }) => keyOf(call))].flatMap(([key, all]) => [
    ...all.flatMap((entry) => bounds(key, entry)),
    ...changed(key, all, periods),
    ...goingBack(key, all, { history, periods }),
    ...all.flatMap((entry) => skipped(key, entry, { log: committed.get(key), periods })),
  ])
}

/** Spans in which nothing may be lost: without the sync policy they end with each loss of power. */
class Periods {
  readonly #ends: readonly number[]

  constructor(history: History, isSynced: boolean) {
    const losses = history.done('node').filter(({ call }) => call.event === 'lost power')
    this.#ends = isSynced ? [] : losses.map(({ completed }) => completed)
  }

  at(order: number): number {
    return this.#ends.filter((end) => end < order).length
  }

  /** `undefined` for what began in one and ended in another: an answer may be under way while the power goes. */
  of({ invoked, completed }: { readonly invoked: number; readonly completed: number }): number | undefined {
    const period = this.at(invoked)
    return period === this.at(completed) ? period : undefined
  }

  get last(): number {
    return this.#ends.length
  }
}

/** R1, R2: below the high watermark, below the last stable offset. R3: without a hole. */
function bounds(key: string, { call, result }: Fetched): readonly Violation[] {
  const { highWatermark, lastStableOffset, batches } = result
  const violations: Violation[] = []
  const say = (invariant: string, message: string): void => {
    violations.push({ invariant, message: `${key}, read from ${call.fetchOffset} by ${call.reader}: ${message}` })
  }
  let next = call.fetchOffset
  for (const { baseOffset, lastOffset } of batches) {
    if (highWatermark !== -1 && lastOffset >= highWatermark)
      say('R1', `${lastOffset} is behind the high watermark, ${highWatermark}`)
    if (call.isolation === 'read_committed' && lastStableOffset !== -1 && lastOffset >= lastStableOffset) {
      say('R2', `${lastOffset} is behind the last stable offset, ${lastStableOffset}`)
    }
    if (baseOffset > next) say('R3', `nothing from ${next} to ${baseOffset}`)
    next = lastOffset + 1
  }
  if (lastStableOffset > highWatermark) say('R2', `${lastStableOffset} is stable, ${highWatermark} the high watermark`)
  return violations
}

/** R4: what was read at an offset stays there. */
function changed(key: string, all: readonly Fetched[], periods: Periods): readonly Violation[] {
  const seen = new Map<string, string>()
  const violations: Violation[] = []
  for (const entry of all) {
    const { call, result } = entry
    const period = periods.of(entry)
    if (period === undefined) continue
    for (const { offset, value } of result.batches.flatMap(({ records }) => records)) {
      const place = `${period} ${offset}`
      const before = seen.get(place)
      if (before !== undefined && before !== value) {
        violations.push({
          invariant: 'R4',
          message: `${key}: ${before} was at ${offset}, ${call.reader} read ${value}`,
        })
      }
      seen.set(place, value)
    }
  }
  return violations
}

interface Floor {
  readonly invoked: number
  readonly completed: number
  readonly offset: number
  readonly why: string
}

/** R5: the high watermark never goes back, and is past what was acknowledged. */
function goingBack(
  key: string,
  all: readonly Fetched[],
  { history, periods }: { readonly history: History; readonly periods: Periods },
): readonly Violation[] {
  const floors: Floor[] = [
    ...all.map(({ invoked, completed, result }) => ({
      invoked,
      completed,
      offset: result.highWatermark,
      why: 'was the high watermark',
    })),
    ...history
      .done('produce')
      .filter(({ call, result }) => keyOf(call) === key && result.error === 'NONE' && result.baseOffset >= 0)
      .map(({ invoked, completed, result, call }) => ({
        invoked,
        completed,
        offset: result.baseOffset + call.values.length,
        why: 'was acknowledged',
      })),
  ].toSorted((a, b) => a.completed - b.completed)
  const violations: Violation[] = []
  const reads = all.filter(({ result }) => result.highWatermark !== -1).toSorted((a, b) => a.invoked - b.invoked)
  let index = 0
  let period = -1
  let highest = { offset: -1, why: '' }
  for (const { call, invoked, result } of reads) {
    if (periods.at(invoked) !== period) highest = { offset: -1, why: '' }
    period = periods.at(invoked)
    for (let floor = floors[index]; floor !== undefined && floor.completed < invoked; floor = floors[++index]) {
      if (periods.of(floor) === period && floor.offset > highest.offset) highest = floor
    }
    if (result.highWatermark >= highest.offset) continue
    const message = `${key}: ${highest.offset} ${highest.why}, then ${call.reader} was told ${result.highWatermark}`
    violations.push({ invariant: 'R5', message })
  }
  return violations
}

/** R6: whoever reads committed records gets all of them between two that he gets. */
function skipped(
  key: string,
  entry: Fetched,
  { log, periods }: { readonly log: FinalLog | undefined; readonly periods: Periods },
): readonly Violation[] {
  const { call, result } = entry
  if (log === undefined || call.reader === finalReader || periods.of(entry) !== periods.last) return []
  const end = (result.batches.at(-1)?.lastOffset ?? -1) + 1
  const got = new Set(result.batches.flatMap(({ records }) => records.map(({ offset }) => offset)))
  const violations: Violation[] = []
  for (const [offset, value] of log.values) {
    if (offset < call.fetchOffset || offset >= end || got.has(offset)) continue
    violations.push({
      invariant: 'R6',
      message: `${key}: ${call.reader} read past ${value} at ${offset}, and did not get it`,
    })
  }
  return violations
}
