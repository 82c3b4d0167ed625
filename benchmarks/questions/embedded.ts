/** How long `startBroker` takes in a program that has loaded it: the first time, and when the code is warm. */

import { join } from 'node:path'

import { runWell } from '../../conformance/harness/process.ts'
import type { Benchmark, Peer } from '../harness/benchmark.ts'

const program = join(import.meta.dirname, '..', 'load', 'start-in-process.ts')

export const benchmark: Benchmark = {
  question: 'How long until a broker inside a program serves clients?',
  measures: [
    { name: 'first', unit: 'ms', better: 'less' },
    { name: 'third', unit: 'ms', better: 'less' },
  ],
  rounds: 7,
  peers: [
    startBrokerPeer('in a temporary directory', []),
    startBrokerPeer('in memory', ['memory']),
    {
      name: 'an empty Node',
      async measure() {
        const began = performance.now()
        await runWell(process.execPath, ['--eval', '0'])
        return { first: performance.now() - began }
      },
    },
  ],
}

function startBrokerPeer(name: string, given: readonly string[]): Peer {
  return {
    name,
    async measure() {
      const [first = Number.NaN, , third = Number.NaN] = JSON.parse(
        await runWell(process.execPath, [program, ...given]),
      ) as number[]
      return { first, third }
    },
  }
}
