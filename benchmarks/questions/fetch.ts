/**
 * How fast a node gives records out that are in memory: each connection reads a partition over and over from its
 * beginning, one request at a time, in requests of the size named.
 */

import type { Benchmark } from '../harness/benchmark.ts'
import { costed, loadedPeers, type LoadedServer } from '../harness/load.ts'

const seconds = 3
const partitions = 4
const backlogBytes = 512 * 2 ** 20
const topic = 'backlog'

const fetchBytesByCase: Readonly<Record<string, number>> = {
  '16 KiB a request': 16_384,
  '64 KiB a request': 65_536,
  '256 KiB a request': 262_144,
  '1 MiB a request': 1_048_576,
}

const filled = new WeakSet<LoadedServer>()

/** Batches of 16 KiB, about as many bytes in each partition. */
async function fill(loaded: LoadedServer): Promise<void> {
  if (filled.has(loaded)) return
  await loaded.load('create', { topic, partitions })
  await loaded.load('produce', { topic, partitions, connections: partitions, seconds: 60, 'total-bytes': backlogBytes })
  filled.add(loaded)
}

export const benchmark: Benchmark = {
  question: 'How fast does a node give out records that are in memory (16 KiB batches)?',
  measures: [
    { name: 'throughput', unit: 'MB/s', better: 'more' },
    { name: 'per CPU-second', unit: 'MB/CPU-s', better: 'more' },
    { name: 'p99', unit: 'ms', better: 'less' },
    { name: 'memory', unit: 'MiB', better: 'less' },
  ],
  cases: Object.keys(fetchBytesByCase),
  rounds: 5,
  warmUpRounds: 1,
  peers: loadedPeers(async (loaded, caseName) => {
    await fill(loaded)
    const fetchBytes = fetchBytesByCase[caseName] ?? 0
    const measured = await costed(loaded, 'fetch', {
      topic,
      partitions,
      seconds,
      connections: 8,
      'fetch-bytes': fetchBytes,
    })
    return {
      throughput: measured.bytes / measured.seconds / 1e6,
      p99: measured.p99Us / 1000,
      ...(measured.residentMiB !== undefined && { memory: measured.residentMiB }),
      ...(measured.cpuSeconds !== undefined && { 'per CPU-second': measured.bytes / measured.cpuSeconds / 1e6 }),
    }
  }),
}
