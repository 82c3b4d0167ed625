/**
 * How long a node takes from the start of its process until it answers, with an empty directory, and what memory it
 * has then, with nothing to do.
 */

import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

import { apacheClassPath, startApacheKafka } from '../../conformance/harness/apache-kafka.ts'
import { runWell } from '../../conformance/harness/process.ts'
import { startGregor, type Server } from '../../conformance/harness/server.ts'
import type { Benchmark, Sample } from '../harness/benchmark.ts'
import { kafkaJvm } from '../harness/load.ts'
import { cpuSeconds, residentMiB } from '../harness/process-usage.ts'

/** ApiVersions, version 0, of a client without a name. */
const request = Buffer.from('0000000a' + '0012' + '0000' + '00000001' + 'ffff', 'hex')
const idleMs = 3_000

export const benchmark: Benchmark = {
  question: 'How long until a node on an empty directory answers, and what memory does it take when idle?',
  measures: [
    { name: 'ready', unit: 'ms', better: 'less' },
    // What other work on the machine does not change.
    { name: 'processor time until ready', unit: 'ms', better: 'less' },
    { name: 'idle memory', unit: 'MiB', better: 'less' },
  ],
  rounds: 7,
  peers: [
    {
      name: 'Apache Kafka',
      async prepare() {
        await apacheClassPath()
      },
      // Without the time that formatting its directory takes.
      measure: () => started(() => startApacheKafka({ jvm: kafkaJvm })),
    },
    { name: 'Gregor', measure: () => started(startGregor) },
    { name: 'an empty Node', measure: emptyNode },
  ],
}

async function started(start: () => Promise<Server>): Promise<Sample> {
  const server = await start()
  const began = performance.now()
  while (!(await isAnswered(server.port))) await sleep(2)
  const ready = server.startMs + performance.now() - began
  const seconds = cpuSeconds(server.pid)
  await sleep(idleMs)
  const memory = residentMiB(server.pid)
  await server.kill()
  return {
    ready,
    ...(seconds !== undefined && { 'processor time until ready': seconds * 1000 }),
    ...(memory !== undefined && { 'idle memory': memory }),
  }
}

/** False where the connection is closed instead, as Apache Kafka does while it starts. */
function isAnswered(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const socket = connect(port, '127.0.0.1', () => socket.write(request))
  socket.once('data', () => {
    socket.destroy()
    resolve(true)
  })
  socket.once('error', () => {
    resolve(false)
  })
  socket.once('close', () => {
    resolve(false)
  })
  return promise
}

async function emptyNode(): Promise<Sample> {
  const began = performance.now()
  await runWell(process.execPath, ['--eval', '0'])
  return { ready: performance.now() - began }
}
