/**
 * What groups cost: how long until 50 groups of 4 members are stable that all come at once, how long a group of 20 does
 * without its partitions when one of them leaves, and how many commits a second a node takes. No initial delay, the
 * default flush policy on both sides. How often members beat bounds from below how soon they know of a rebalance.
 */

import type { Benchmark, Sample } from '../harness/benchmark.ts'
import { costed, loadedPeers, withTopic, type LoadedServer } from '../harness/load.ts'

const seconds = 3
const commits = { connections: 16, seconds }

const slices: Readonly<Record<string, (loaded: LoadedServer) => Promise<Sample>>> = {
  '50 groups of 4 members come': (loaded) =>
    withTopic(loaded, { partitions: 1 }, async (topic) => {
      const measured = await costed(loaded, 'stable', { topic, groups: 50, members: 4, 'heartbeat-ms': 50 })
      return { 'until stable': measured.seconds * 1000, ...cpu(measured.cpuSeconds) }
    }),
  'one of 20 members leaves': (loaded) =>
    withTopic(loaded, { partitions: 1 }, async (topic) => {
      const measured = await costed(loaded, 'leave', { topic, groups: 10, members: 20, 'heartbeat-ms': 10 })
      return { pause: measured.p50Us / 1000, ...cpu(measured.cpuSeconds) }
    }),
  'commits of 1 partition, 16 connections, 1 in flight': (loaded) => committed(loaded, 1, 1),
  'commits of 1 partition, 16 connections, 10 in flight': (loaded) => committed(loaded, 1, 10),
  'commits of 10 partitions, 16 connections, 1 in flight': (loaded) => committed(loaded, 10, 1),
}

export const benchmark: Benchmark = {
  question: 'What do groups cost?',
  measures: [
    { name: 'until stable', unit: 'ms', better: 'less' },
    { name: 'pause', unit: 'ms', better: 'less' },
    { name: 'commits', unit: 'commits/s', better: 'more' },
    { name: 'commits per CPU-second', unit: 'commits/CPU-s', better: 'more' },
    { name: 'p99', unit: 'ms', better: 'less' },
    { name: 'CPU', unit: 'CPU-s', better: 'less' },
  ],
  cases: Object.keys(slices),
  rounds: 5,
  warmUpRounds: 2,
  peers: loadedPeers((loaded, caseName) => slices[caseName]?.(loaded) ?? Promise.resolve({}), {
    properties: { 'group.initial.rebalance.delay.ms': 0 },
  }),
}

function committed(loaded: LoadedServer, partitions: number, inFlight: number): Promise<Sample> {
  return withTopic(loaded, { partitions }, async (topic) => {
    const measured = await costed(loaded, 'commit', { ...commits, topic, partitions, 'in-flight': inFlight })
    return {
      commits: measured.requests / measured.seconds,
      p99: measured.p99Us / 1000,
      ...(measured.cpuSeconds !== undefined && { 'commits per CPU-second': measured.requests / measured.cpuSeconds }),
    }
  })
}

function cpu(seconds: number | undefined): Sample {
  return seconds === undefined ? {} : { CPU: seconds }
}
