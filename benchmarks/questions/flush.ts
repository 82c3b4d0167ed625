/**
 * How many requests a node acknowledges a second when each must be on the disk first (`flush.messages=1`): 100
 * connections with one request of 1 KiB in flight each.
 */

import type { Benchmark } from '../harness/benchmark.ts'
import { costed, loadedPeers, withTopic } from '../harness/load.ts'

const seconds = 3
const partitionsByCase: Readonly<Record<string, number>> = { '1 partition': 1, '32 partitions': 32 }

export const benchmark: Benchmark = {
  question: 'How many requests a second does a node acknowledge that must be on the disk first?',
  measures: [
    { name: 'requests', unit: 'requests/s', better: 'more' },
    { name: 'requests per CPU-second', unit: 'requests/CPU-s', better: 'more' },
    { name: 'p50', unit: 'ms', better: 'less' },
    { name: 'p99', unit: 'ms', better: 'less' },
  ],
  cases: Object.keys(partitionsByCase),
  rounds: 5,
  warmUpRounds: 1,
  peers: loadedPeers(async (loaded, caseName) => {
    const partitions = partitionsByCase[caseName] ?? 1
    return withTopic(loaded, { partitions, config: 'flush.messages=1' }, async (topic) => {
      const measured = await costed(loaded, 'produce', {
        topic,
        partitions,
        seconds,
        connections: 100,
        'in-flight': 1,
        'batch-bytes': 1024,
        'record-bytes': 940,
      })
      return {
        requests: measured.requests / measured.seconds,
        p50: measured.p50Us / 1000,
        p99: measured.p99Us / 1000,
        ...(measured.cpuSeconds !== undefined && {
          'requests per CPU-second': measured.requests / measured.cpuSeconds,
        }),
      }
    })
  }),
}
