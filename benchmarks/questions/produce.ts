/**
 * How fast a node takes records in: wall-clock throughput with the generator beside it, and what a second of the
 * server’s CPU achieves, which is the capacity of a core and hardly disturbed by others. acks=1, default durability.
 */

import type { Benchmark } from '../harness/benchmark.ts'
import { costed, loadedPeers, withTopic, type LoadOptions } from '../harness/load.ts'

interface Load {
  readonly partitions: number
  readonly command?: 'produce' | 'client'
  readonly options: LoadOptions
}

const seconds = 3
/** Bounds what a slice leaves to the disk. */
const bytesMax = 3 * 2 ** 30
const small = { connections: 50, 'batch-bytes': 200, 'record-bytes': 100 }

const loads: Readonly<Record<string, Load>> = {
  '16 KiB, 1 partition': { partitions: 1, options: { connections: 8, 'batch-bytes': 16_384 } },
  '16 KiB, 6 partitions': { partitions: 6, options: { connections: 12, 'batch-bytes': 16_384 } },
  '16 KiB lz4, 6 partitions': { partitions: 6, options: { connections: 12, 'batch-bytes': 16_384, codec: 'lz4' } },
  '100 KiB, 6 partitions': { partitions: 6, options: { connections: 12, 'batch-bytes': 102_400 } },
  '1 MiB, 6 partitions': { partitions: 6, options: { connections: 6, 'in-flight': 2, 'batch-bytes': 1_040_000 } },
  'one record, 50 connections, 1 in flight': { partitions: 6, options: { ...small, 'in-flight': 1 } },
  'one record, 50 connections, 5 in flight': { partitions: 6, options: { ...small, 'in-flight': 5 } },
  'one record, 50 connections, 100 in flight': { partitions: 6, options: { ...small, 'in-flight': 100 } },
  'franz-go as it is, 1 partition': { partitions: 1, command: 'client', options: { 'batch-bytes': 16_384 } },
}

export const benchmark: Benchmark = {
  question: 'How fast does a node take records in?',
  measures: [
    { name: 'throughput', unit: 'MB/s', better: 'more' },
    { name: 'per CPU-second', unit: 'MB/CPU-s', better: 'more' },
    { name: 'requests', unit: 'requests/s', better: 'more' },
    { name: 'requests per CPU-second', unit: 'requests/CPU-s', better: 'more' },
    { name: 'p99', unit: 'ms', better: 'less' },
    { name: 'memory', unit: 'MiB', better: 'less' },
  ],
  cases: Object.keys(loads),
  rounds: 5,
  warmUpRounds: 1,
  peers: loadedPeers(async (loaded, caseName) => {
    const { partitions, command = 'produce', options } = loads[caseName] ?? { partitions: 1, options: {} }
    return withTopic(loaded, { partitions }, async (topic) => {
      const measured = await costed(loaded, command, {
        ...options,
        topic,
        partitions,
        seconds,
        'total-bytes': bytesMax,
      })
      const cpu = measured.cpuSeconds
      const hasRequests = measured.requests > 0
      return {
        throughput: measured.bytes / measured.seconds / 1e6,
        ...(measured.residentMiB !== undefined && { memory: measured.residentMiB }),
        ...(cpu !== undefined && { 'per CPU-second': measured.bytes / cpu / 1e6 }),
        ...(hasRequests && { requests: measured.requests / measured.seconds, p99: measured.p99Us / 1000 }),
        ...(hasRequests && cpu !== undefined && { 'requests per CPU-second': measured.requests / cpu }),
      }
    })
  }),
}
