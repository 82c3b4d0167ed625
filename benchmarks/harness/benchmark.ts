/**
 * One question put to several peers in one run. The peers take turns, round by round, so that what disturbs the machine
 * disturbs all of them; the figures are the least, the middle and the largest of the rounds, never a mean.
 */

export interface Benchmark {
  /** What the figures answer, in a sentence. */
  readonly question: string
  /** `ms`, `MB/s`, `records/s` … */
  readonly unit: string
  readonly better: 'less' | 'more'
  /** 5 unless given. */
  readonly rounds?: number
  /** The first one is what the others are compared with. */
  readonly peers: readonly Peer[]
}

export interface Peer {
  readonly name: string
  /** Before the first round. Throws `Unavailable` where the peer cannot be had here: the others go on. */
  prepare?(): Promise<void>
  /** One round. */
  measure(): Promise<number>
  /** After the last round, also when one has failed. */
  finish?(): Promise<void>
}

export interface Figures {
  readonly name: string
  readonly min: number
  readonly median: number
  readonly max: number
  /** How many times better than the first peer, by the median; above 1 is better. */
  readonly ratio: number
}

export async function runBenchmark(benchmark: Benchmark): Promise<readonly Figures[]> {
  const { rounds = 5, better } = benchmark
  const present: { readonly peer: Peer; readonly values: number[] }[] = []
  try {
    for (const peer of benchmark.peers) {
      if (await isPresent(peer)) present.push({ peer, values: [] })
    }
    for (let round = 0; round < rounds; round++) {
      for (const { peer, values } of present) values.push(await peer.measure())
    }
  } finally {
    await Promise.allSettled(present.map(async ({ peer }) => peer.finish?.()))
  }
  return figuresOf(
    present.map(({ peer, values }) => ({ name: peer.name, values })),
    better,
  )
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

export function figuresOf(
  peers: readonly { readonly name: string; readonly values: readonly number[] }[],
  better: Benchmark['better'],
): readonly Figures[] {
  const sorted = peers.map(({ name, values }) => ({ name, values: values.toSorted((a, b) => a - b) }))
  const reference = middle(sorted[0]?.values ?? [])
  return sorted.map(({ name, values }) => {
    const median = middle(values)
    const ratio = better === 'more' ? median / reference : reference / median
    return { name, min: values[0] ?? Number.NaN, median, max: values.at(-1) ?? Number.NaN, ratio }
  })
}

/** Of an even number, the lower of the two in the middle: a value that was measured. */
function middle(sorted: readonly number[]): number {
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN
}
