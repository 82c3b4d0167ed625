/**
 * What connections cost that have nothing to do: those that are only there, and those of consumers that wait for records
 * in one fetch after the other, each for up to half a second, as clients do unless told otherwise.
 */

import { setTimeout as sleep } from 'node:timers/promises'

import type { Benchmark } from '../harness/benchmark.ts'
import { loadedPeers, withTopic } from '../harness/load.ts'
import { cpuSeconds, residentMiB } from '../harness/process-usage.ts'

const connections = 1_000
/** Until all are connected. */
const settleMs = 3_000
const measuredMs = 6_000

const waitMsByCase: Readonly<Record<string, number>> = {
  '1,000 silent connections': 0,
  '1,000 waiting fetches': 500,
}

export const benchmark: Benchmark = {
  question: 'What do connections cost that have nothing to do?',
  measures: [
    { name: 'CPU', unit: 'ms/s', better: 'less' },
    { name: 'CPU per fetch', unit: 'µs', better: 'less' },
    { name: 'memory', unit: 'MiB', better: 'less' },
  ],
  cases: Object.keys(waitMsByCase),
  rounds: 3,
  peers: loadedPeers(async (loaded, caseName) => {
    const partitions = 10
    const maxWaitMs = waitMsByCase[caseName] ?? 0
    return withTopic(loaded, { partitions }, async (topic) => {
      const { pid } = loaded.server
      const seconds = (settleMs + measuredMs + 1_000) / 1_000
      const load = loaded.load('idle', { topic, partitions, connections, seconds, 'max-wait-ms': maxWaitMs })
      await sleep(settleMs)
      const before = cpuSeconds(pid)
      await sleep(measuredMs)
      const after = cpuSeconds(pid)
      const memory = residentMiB(pid)
      // A server that others keep from the CPU answers fewer.
      const { requests } = await load
      const cpu = before === undefined || after === undefined ? undefined : ((after - before) * 1e6) / measuredMs
      return {
        ...(cpu !== undefined && { CPU: cpu }),
        ...(cpu !== undefined && requests > 0 && { 'CPU per fetch': (cpu * 1e3) / (requests / seconds) }),
        ...(memory !== undefined && { memory }),
      }
    })
  }),
}
