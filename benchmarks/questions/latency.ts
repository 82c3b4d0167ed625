/**
 * How long a client waits at a rate that both servers carry: from when a request was due, however late it could be sent
 * (so that a stall counts for all that it delays), until its answer; and from produce to consume, with one record at a
 * time, where nothing queues.
 */

import type { Benchmark } from '../harness/benchmark.ts'
import { loadedPeers, withTopic, type LoadOptions } from '../harness/load.ts'

const seconds = 4
/** Of what Apache Kafka acknowledges as fast as it can, found out before its first slice. */
const shareOfPeak = 0.7

interface Load {
  readonly command: 'produce' | 'echo'
  readonly partitions: number
  readonly options: LoadOptions
}

const loads: Readonly<Record<string, Load>> = {
  '16 KiB at 70 % of Kafka’s peak': {
    command: 'produce',
    partitions: 6,
    options: { connections: 12, 'batch-bytes': 16_384 },
  },
  'one record at 70 % of Kafka’s peak': {
    command: 'produce',
    partitions: 6,
    options: { connections: 50, 'batch-bytes': 200, 'record-bytes': 100 },
  },
  'from produce to consume, 100 a second': { command: 'echo', partitions: 1, options: { rate: 100 } },
}

/** Requests a second, by case. */
const rates = new Map<string, number>()

export const benchmark: Benchmark = {
  question: 'How long does a client wait at a rate that both servers carry?',
  measures: [
    { name: 'p50', unit: 'ms', better: 'less' },
    { name: 'p99', unit: 'ms', better: 'less' },
    { name: 'p99.9', unit: 'ms', better: 'less' },
  ],
  cases: Object.keys(loads),
  rounds: 5,
  warmUpRounds: 1,
  peers: loadedPeers(async (loaded, caseName) => {
    const { command, partitions, options } = loads[caseName] ?? { command: 'echo', partitions: 1, options: {} }
    return withTopic(loaded, { partitions }, async (topic) => {
      const given = { ...options, topic, partitions, seconds }
      let rate = rates.get(caseName)
      if (command === 'produce' && rate === undefined) {
        const peak = await loaded.load('produce', given)
        rate = (shareOfPeak * peak.requests) / peak.seconds
        rates.set(caseName, rate)
      }
      const { p50Us, p99Us, p999Us } = await loaded.load(command, { ...given, ...(rate !== undefined && { rate }) })
      return { p50: p50Us / 1000, p99: p99Us / 1000, 'p99.9': p999Us / 1000 }
    })
  }),
}
