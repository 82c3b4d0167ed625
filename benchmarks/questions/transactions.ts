/**
 * How many small transactions a second a node takes from one producer and from sixteen, each with a record of 100 bytes
 * for each of two partitions, and how long one lasts. franz-go, which has a new epoch for each transaction (KIP-890);
 * the default flush policy on both sides. The client shares the cores with the server, so what the server spends on a
 * transaction says more than how many fit into a second.
 */

import type { Benchmark } from '../harness/benchmark.ts'
import { costed, loadedPeers, withTopic } from '../harness/load.ts'

const seconds = 4
const partitions = 2
const producers: Readonly<Record<string, number>> = { '1 producer': 1, '16 producers': 16 }

export const benchmark: Benchmark = {
  question: 'How many small transactions does a node take?',
  measures: [
    { name: 'transactions', unit: 'tx/s', better: 'more' },
    { name: 'transactions per CPU-second', unit: 'tx/CPU-s', better: 'more' },
    { name: 'p50', unit: 'ms', better: 'less' },
    { name: 'p99', unit: 'ms', better: 'less' },
  ],
  cases: Object.keys(producers),
  rounds: 5,
  warmUpRounds: 2,
  peers: loadedPeers((loaded, caseName) =>
    withTopic(loaded, { partitions }, async (topic) => {
      const options = { topic, partitions, connections: producers[caseName] ?? 1, 'record-bytes': 100, seconds }
      const measured = await costed(loaded, 'transact', options)
      return {
        transactions: measured.requests / measured.seconds,
        p50: measured.p50Us / 1000,
        p99: measured.p99Us / 1000,
        ...(measured.cpuSeconds !== undefined && {
          'transactions per CPU-second': measured.requests / measured.cpuSeconds,
        }),
      }
    }),
  ),
}
