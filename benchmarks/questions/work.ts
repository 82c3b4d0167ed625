/**
 * What a request costs the node itself, sockets left out: time of the CPU, memory from the heap, writes. The least of
 * the slices says most: nothing makes work less than it is.
 */

import { Session } from 'node:inspector/promises'

import type { Benchmark, Sample } from '../harness/benchmark.ts'
import {
  fetchFrame,
  produceFrame,
  startHandFedNode,
  type HandFedNode,
  type HandSocket,
} from '../harness/hand-fed-node.ts'

interface Load {
  /** What one read of a socket brings. */
  readonly bytes: Buffer
  readonly requestCount: number
}

const fetchedPartition = 1
const socketCount = 4
const sliceMs = 40
const small = produceFrame(0, { recordCount: 1, valueBytes: 100 })
const large = produceFrame(0, { recordCount: 16, valueBytes: 1_000 })
const fetchOf = (partitionMaxBytes: number): Buffer =>
  fetchFrame(fetchedPartition, { fetchOffset: 320, partitionMaxBytes })

const loads: Readonly<Record<string, Load>> = {
  'one record, 1 a read': repeated(small, 1),
  'one record, 5 a read': repeated(small, 5),
  'one record, 100 a read': repeated(small, 100),
  '16 KiB, 1 a read': repeated(large, 1),
  '16 KiB, 5 a read': repeated(large, 5),
  'fetch of 16 KiB': repeated(fetchOf(16_500), 1),
  'fetch of 256 KiB': repeated(fetchOf(262_144), 1),
  'fetch of 1 MiB': repeated(fetchOf(1_048_576), 1),
}

function repeated(frame: Buffer, requestCount: number): Load {
  return { bytes: Buffer.concat(Array.from({ length: requestCount }, () => frame)), requestCount }
}

let node: HandFedNode | undefined
let sockets: readonly HandSocket[] = []
const warmedUp = new Set<string>()

/** All sockets have a read in each turn of the event loop. Returns how many requests were made. */
async function feed({ bytes, requestCount }: Load, forMs: number): Promise<number> {
  let count = 0
  for (const until = performance.now() + forMs; performance.now() < until; count += socketCount * requestCount) {
    for (const socket of sockets) socket.deliver(bytes)
    await new Promise(setImmediate)
  }
  return count
}

async function cpuUs(load: Load): Promise<number> {
  const before = process.cpuUsage()
  const count = await feed(load, sliceMs)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / count
}

/** Of all that was allocated, collected since or not. */
async function heapBytes(load: Load): Promise<number> {
  const session = new Session()
  session.connect()
  await session.post('HeapProfiler.startSampling', {
    samplingInterval: 512,
    includeObjectsCollectedByMajorGC: true,
    includeObjectsCollectedByMinorGC: true,
  } as object)
  const count = await feed(load, sliceMs)
  const { profile } = await session.post('HeapProfiler.stopSampling')
  session.disconnect()
  return sizeOf(profile.head) / count
}

interface ProfileNode {
  readonly selfSize: number
  readonly children: readonly ProfileNode[]
}

function sizeOf({ selfSize, children }: ProfileNode): number {
  return children.reduce((sum, child) => sum + sizeOf(child), selfSize)
}

async function measure(caseName: string): Promise<Sample> {
  const load = loads[caseName]
  if (load === undefined) throw new Error(`no such load: ${caseName}`)
  if (!warmedUp.has(caseName)) await feed(load, 1_500)
  warmedUp.add(caseName)
  const writesBefore = writeCount()
  const count = await feed(load, sliceMs)
  const socketWrites = (writeCount() - writesBefore) / count
  return { CPU: await cpuUs(load), heap: await heapBytes(load), 'socket writes': socketWrites }
}

function writeCount(): number {
  return sockets.reduce((sum, socket) => sum + socket.writeCount, 0)
}

export const benchmark: Benchmark = {
  question: 'What does a request cost the node itself, sockets left out?',
  measures: [
    { name: 'CPU', unit: 'µs/request', better: 'less' },
    { name: 'heap', unit: 'B/request', better: 'less' },
    { name: 'socket writes', unit: '1/request', better: 'less' },
  ],
  cases: Object.keys(loads),
  rounds: 25,
  peers: [
    {
      name: 'Gregor',
      async prepare() {
        const started = await startHandFedNode(2)
        node = started
        sockets = Array.from({ length: socketCount }, () => started.connect())
        const backlog = produceFrame(fetchedPartition, { recordCount: 16, valueBytes: 1_000 })
        for (let count = 0; count < 200; count++) sockets[0]?.deliver(backlog)
      },
      measure,
      async finish() {
        await node?.close()
      },
    },
  ],
}
