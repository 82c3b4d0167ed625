/** How long a node takes from the start of its process until its port answers, with an empty directory. */

import { apacheClassPath, startApacheKafka } from '../../conformance/harness/apache-kafka.ts'
import { runWell } from '../../conformance/harness/process.ts'
import { startGregor, type Server } from '../../conformance/harness/server.ts'
import type { Benchmark } from '../harness/benchmark.ts'

export const benchmark: Benchmark = {
  question: 'How long until a node on an empty directory answers?',
  unit: 'ms',
  better: 'less',
  rounds: 7,
  peers: [
    { name: 'Gregor', measure: () => startMs(startGregor) },
    { name: 'an empty Node', measure: emptyNodeMs },
    {
      name: 'Apache Kafka',
      async prepare() {
        await apacheClassPath()
      },
      // Without the time that formatting its directory takes.
      measure: () => startMs(startApacheKafka),
    },
  ],
}

async function startMs(start: () => Promise<Server>): Promise<number> {
  const server = await start()
  await server.kill()
  return server.startMs
}

async function emptyNodeMs(): Promise<number> {
  const began = performance.now()
  await runWell(process.execPath, ['--eval', '0'])
  return performance.now() - began
}
