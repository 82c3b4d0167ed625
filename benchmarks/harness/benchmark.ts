/**
 * One question put to several peers in one run. The peers take turns, slice by slice, so that what disturbs the machine
 * disturbs all of them. Of each measure the least, the middle and the largest are kept, and the middle of the ratios:
 * each slice of a peer is compared with the slice of the first peer beside it, never means with means.
 */

export interface Benchmark {
  /** What the figures answer, in a sentence. */
  readonly question: string
  readonly measures: readonly Measure[]
  /** Loads under which the question is asked. One without a name unless given. */
  readonly cases?: readonly string[]
  /** 5 unless given. */
  readonly rounds?: number
  /** Slices of each case before those that count. None unless given. */
  readonly warmUpRounds?: number
  /** The first one is what the others are compared with. */
  readonly peers: readonly Peer[]
}

export interface Measure {
  readonly name: string
  /** `ms`, `MB/s`, `requests/s` … */
  readonly unit: string
  readonly better: 'less' | 'more'
}

/** By the names of the measures; one that is left out could not be taken. */
export type Sample = Readonly<Record<string, number>>

export interface Peer {
  readonly name: string
  /** Before the first round. Throws `Unavailable` where the peer cannot be had here: the others go on. */
  prepare?(): Promise<void>
  /** One slice. */
  measure(caseName: string): Promise<Sample>
  /** After the last round, also when one has failed. */
  finish?(): Promise<void>
}

export interface Figures {
  readonly caseName: string
  readonly measure: string
  readonly unit: string
  readonly peer: string
  readonly min: number
  readonly median: number
  readonly max: number
  /** How many times better than the first peer; above 1 is better. */
  readonly ratio: number
  /** The least and the largest of the ratios, slice by slice. */
  readonly ratioMin: number
  readonly ratioMax: number
}

export async function runBenchmark(
  benchmark: Benchmark,
  tellCase: (figures: readonly Figures[]) => void = () => undefined,
): Promise<readonly Figures[]> {
  const { rounds = 5, warmUpRounds = 0, cases = [''] } = benchmark
  const present: Peer[] = []
  const all: Figures[] = []
  try {
    for (const peer of benchmark.peers) if (await isPresent(peer)) present.push(peer)
    for (const caseName of cases) {
      const samples = present.map((): Sample[] => [])
      for (let round = 0; round < warmUpRounds + rounds; round++) {
        for (const [index, peer] of present.entries()) {
          const sample = await peer.measure(caseName)
          if (round >= warmUpRounds) samples[index]?.push(sample)
        }
      }
      const peers = present.map(({ name }, index) => ({ name, samples: samples[index] ?? [] }))
      const figures = benchmark.measures.flatMap((measure) => figuresOf({ caseName, measure, peers }))
      tellCase(figures)
      all.push(...figures)
    }
  } finally {
    await Promise.allSettled(present.map(async (peer) => peer.finish?.()))
  }
  return all
}

async function isPresent(peer: Peer): Promise<boolean> {
  try {
    await peer.prepare?.()
    return true
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'Unavailable') throw error
    process.stdout.write(`${peer.name} is unavailable: ${error.message}\n`)
    return false
  }
}

/** A peer without a sample of the measure is left out. */
export function figuresOf(given: {
  readonly caseName: string
  readonly measure: Measure
  readonly peers: readonly { readonly name: string; readonly samples: readonly Sample[] }[]
}): readonly Figures[] {
  const { caseName, measure, peers } = given
  const { name, unit, better } = measure
  const reference = peers[0]?.samples ?? []
  return peers.flatMap((peer) => {
    const values = sorted(peer.samples.flatMap((sample) => sample[name] ?? []))
    const [min] = values
    if (min === undefined) return []
    const ratios = peer.samples.flatMap((sample, round) => {
      const value = sample[name]
      const other = reference[round]?.[name]
      if (value === undefined || other === undefined) return []
      return better === 'more' ? value / other : other / value
    })
    const max = values.at(-1) ?? min
    const sortedRatios = sorted(ratios)
    return {
      caseName,
      measure: name,
      unit,
      peer: peer.name,
      min,
      median: middle(values),
      max,
      ratio: middle(sortedRatios),
      ratioMin: sortedRatios[0] ?? Number.NaN,
      ratioMax: sortedRatios.at(-1) ?? Number.NaN,
    }
  })
}

function sorted(values: readonly number[]): readonly number[] {
  return values.toSorted((a, b) => a - b)
}

/** Of an even number, the lower of the two in the middle: a value that was measured. */
function middle(values: readonly number[]): number {
  return values[Math.floor((values.length - 1) / 2)] ?? Number.NaN
}
