/**
 * The servers under load, and the generator that loads them: one Go program with franz-go’s encoder, the same for all.
 * Generator and servers share the cores of this machine. A server that has no slice now is idle, but it is there.
 */

import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { startApacheKafka } from '../../conformance/harness/apache-kafka.ts'
import { goProgram } from '../../conformance/harness/installers.ts'
import { runWell } from '../../conformance/harness/process.ts'
import { startGregor, type Server, type ServerOptions } from '../../conformance/harness/server.ts'
import type { Peer, Sample } from './benchmark.ts'
import { cpuSeconds, residentMiB } from './process-usage.ts'

const folder = join(import.meta.dirname, '..', 'load')
const sources = [
  'client.go',
  'echo.go',
  'fetch.go',
  'frames.go',
  'groups.go',
  'idle.go',
  'main.go',
  'measured.go',
  'produce.go',
  'transactions.go',
  'go.mod',
  'go.sum',
]

/** As Kafka’s own scripts start it. */
export const kafkaJvm: readonly string[] = [
  '-Xms1G',
  '-Xmx1G',
  '-server',
  '-XX:+UseG1GC',
  '-XX:MaxGCPauseMillis=20',
  '-XX:InitiatingHeapOccupancyPercent=35',
  '-XX:+ExplicitGCInvokesConcurrent',
  '-XX:MaxInlineLevel=15',
]

/** A deleted topic must be gone before the next slice, or its bytes would go to the disk meanwhile. */
const deleteDelayMs = 500
const warmUpSeconds = 3
/** A JIT that shares two cores with others takes its time. */
const warmUpSlicesMax = 12
/** Less is noise. */
const warmUpGain = 1.05

/** What the generator prints. */
export interface Measured {
  readonly seconds: number
  readonly requests: number
  readonly bytes: number
  readonly records: number
  readonly p50Us: number
  readonly p99Us: number
  readonly p999Us: number
}

/** A list: the option is given as often. */
export type LoadOptions = Readonly<Record<string, string | number | readonly string[]>>

export interface LoadedServer {
  readonly server: Server
  load(command: string, options: LoadOptions): Promise<Measured>
}

/** What a slice does with a server. */
export type Slice = (loaded: LoadedServer, caseName: string) => Promise<Sample>

/** Apache Kafka first: it is what the others are compared with. */
export function loadedPeers(slice: Slice, options: ServerOptions = {}): readonly Peer[] {
  const start = {
    'Apache Kafka': () => startApacheKafka({ ...options, jvm: kafkaJvm }),
    Gregor: () => startGregor(options),
  }
  return Object.entries(start).map(([name, startServer]) => loadedPeer(name, startServer, slice))
}

export function loadedPeer(name: string, start: () => Promise<Server>, slice: Slice): Peer {
  let loaded: LoadedServer | undefined
  return {
    name,
    async prepare() {
      const program = await goProgram(folder, sources)
      const server = await start()
      loaded = {
        server,
        async load(command, options) {
          const given = Object.entries({ broker: server.bootstrap, ...options }).flatMap(([key, value]) =>
            (Array.isArray(value) ? value : [value]).flatMap((one) => [`-${key}`, String(one)]),
          )
          return JSON.parse(await runWell(program, [command, ...given])) as Measured
        },
      }
      await warmUp(loaded)
    },
    async measure(caseName) {
      if (loaded === undefined) throw new Error(`${name} is not prepared`)
      return slice(loaded, caseName)
    },
    async finish() {
      await loaded?.server.kill()
    },
  }
}

const warmUpLoads: readonly (readonly [string, LoadOptions])[] = [
  ['produce', { connections: 8, 'batch-bytes': 16_384, 'total-bytes': 2 ** 30 }],
  ['produce', { connections: 50, 'batch-bytes': 200, 'record-bytes': 100 }],
]

/** Until no slice is faster than the one before it: who is not warm yet is not compared with. */
async function warmUp(loaded: LoadedServer): Promise<void> {
  for (const [command, options] of warmUpLoads) {
    let best = 0
    let slicesSinceBest = 0
    for (let slice = 0; slice < warmUpSlicesMax && slicesSinceBest < 2; slice++) {
      const {
        requests,
        seconds,
        cpuSeconds: cpu = seconds,
      } = await withTopic(loaded, { partitions: 1 }, (topic) =>
        costed(loaded, command, { ...options, topic, seconds: warmUpSeconds }),
      )
      slicesSinceBest = requests / cpu > best * warmUpGain ? 0 : slicesSinceBest + 1
      best = Math.max(best, requests / cpu)
    }
  }
}

let topicNumber = 0

/** Every slice has a topic of its own, so that none finds more on the disk than another. */
export async function withTopic<T>(
  { load }: LoadedServer,
  { partitions, config }: { readonly partitions: number; readonly config?: string },
  use: (topic: string) => Promise<T>,
): Promise<T> {
  const topic = `slice-${++topicNumber}`
  const configs = [`file.delete.delay.ms=${deleteDelayMs}`, ...(config === undefined ? [] : [config])]
  await load('create', { topic, partitions, config: configs })
  try {
    return await use(topic)
  } finally {
    await load('delete', { topic })
    await sleep(2 * deleteDelayMs)
  }
}

/** Runs a load and adds what it cost the server, and what memory that has then. */
export async function costed(
  { server, load }: LoadedServer,
  command: string,
  options: LoadOptions,
): Promise<Measured & { readonly cpuSeconds: number | undefined; readonly residentMiB: number | undefined }> {
  const before = cpuSeconds(server.pid)
  const measured = await load(command, options)
  const after = cpuSeconds(server.pid)
  const cpu = before === undefined || after === undefined ? undefined : after - before
  return { ...measured, cpuSeconds: cpu, residentMiB: residentMiB(server.pid) }
}
