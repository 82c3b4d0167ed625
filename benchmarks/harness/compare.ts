/**
 * Two runs of one question beside each other. What counts is how a peer stands to the first one of its own run: machine
 * and neighbours may have changed in between. A run without a second peer is compared by its values.
 */

import type { Benchmark, Figures } from './benchmark.ts'

/** What a run leaves in a file. */
export interface Results {
  readonly question: string
  readonly commit: string
  readonly machine: Readonly<Record<string, string>>
  /** Of the last minute, before and after: other work on the machine shows here. */
  readonly loadAverage?: readonly number[]
  readonly measures: Benchmark['measures']
  readonly figures: readonly Figures[]
}

/** `reference`: of the peer that others are measured by, and so no news of them. */
export type Change = 'better' | 'worse' | 'same' | 'reference'

export interface Compared {
  readonly caseName: string
  readonly measure: string
  readonly peer: string
  readonly before: Figures
  readonly after: Figures
  /** How many times better than before. */
  readonly factor: number
  readonly change: Change
}

/** Less than that is noise, on any machine. */
const noiseFactor = 1.1

export function compared(before: Results, after: Results): readonly Compared[] {
  const isSamePeer = firstPeer(before) === firstPeer(after)
  const hasOthers = after.figures.some(({ peer }) => peer !== firstPeer(after))
  return after.figures.flatMap((figures) => {
    const old = before.figures.find((one) => keyOf(one) === keyOf(figures))
    if (old === undefined) return []
    const { caseName, measure, peer } = figures
    const isLessBetter = after.measures.find(({ name }) => name === measure)?.better === 'less'
    // The first peer is what the others are measured by: of it there are only values.
    const isByRatio = isSamePeer && peer !== firstPeer(after)
    const range = isByRatio ? ratioRange : isLessBetter ? timeRange : valueRange
    const factor = range(figures).median / range(old).median
    const isReference = isSamePeer && hasOthers && !isByRatio
    const isSame = !areApart(range(old), range(figures))
    const change = isReference ? 'reference' : isSame ? 'same' : changeOf(factor)
    return { caseName, measure, peer, before: old, after: figures, factor, change }
  })
}

/** More is better in all of them. */
interface Range {
  readonly min: number
  readonly median: number
  readonly max: number
}

function ratioRange({ ratioMin: min, ratio: median, ratioMax: max }: Figures): Range {
  return { min, median, max }
}

function valueRange({ min, median, max }: Figures): Range {
  return { min, median, max }
}

function timeRange({ min, median, max }: Figures): Range {
  return { min: 1 / max, median: 1 / median, max: 1 / min }
}

/** Neither middle is among the slices of the other run: else slices and noise explain the difference. */
function areApart(a: Range, b: Range): boolean {
  return (a.median < b.min || a.median > b.max) && (b.median < a.min || b.median > a.max)
}

function changeOf(factor: number): Change {
  if (factor < noiseFactor && factor > 1 / noiseFactor) return 'same'
  return factor > 1 ? 'better' : 'worse'
}

function keyOf({ caseName, measure, peer }: Figures): string {
  return JSON.stringify([caseName, measure, peer])
}

function firstPeer({ figures }: Results): string | undefined {
  return figures[0]?.peer
}
