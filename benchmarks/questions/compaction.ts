/**
 * How long a producer waits while a partition of 256 MiB is compacted: four connections send keyed records of 1 KiB to
 * that partition, one request at a time each, a millisecond after the last answer. The longest wait is what compaction
 * may hold up appends for; without compaction it is what the machine does by itself.
 */

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { BatchBuilder, IncrementalAlterConfigs, Produce } from '@gregor/protocol'

import { apacheClassPath, startApacheKafka } from '../../conformance/harness/apache-kafka.ts'
import { RawClient } from '../../conformance/harness/raw-client.ts'
import { freePort, startGregor, type Server, type ServerOptions } from '../../conformance/harness/server.ts'
import type { Benchmark, Peer, Sample } from '../harness/benchmark.ts'
import { fillKeyedLog } from '../harness/filled-log.ts'
import { kafkaJvm } from '../harness/load.ts'
import { createAndKill, endOffset, partitionFolder, topic } from '../harness/one-partition.ts'

const filling = { segments: 4, segmentBytes: 64 * 1024 * 1024 }
const configs = {
  'cleanup.policy': 'delete',
  'retention.ms': '-1',
  'segment.bytes': String(filling.segmentBytes),
  'min.cleanable.dirty.ratio': '0.01',
}
const connections = 4
const warmUpMs = 3_000
const quietMs = 6_000
const compactionMsMax = 300_000
const compacting = 'a partition of 256 MiB is compacted'
const topicResource = 2

export const benchmark: Benchmark = {
  question: 'How long does a producer wait while a log is compacted?',
  measures: [
    { name: 'p50', unit: 'ms', better: 'less' },
    { name: 'p99', unit: 'ms', better: 'less' },
    { name: 'longest wait', unit: 'ms', better: 'less' },
    { name: 'longest stall of the event loop', unit: 'ms', better: 'less' },
    { name: 'compaction', unit: 's', better: 'less' },
  ],
  cases: ['nothing else is done', compacting],
  rounds: 5,
  peers: [
    appendingTo('Apache Kafka', (options) => startApacheKafka({ ...options, jvm: kafkaJvm }), apacheClassPath),
    appendingTo('Gregor', startGregor),
  ],
}

function appendingTo(
  name: string,
  start: (options: ServerOptions) => Promise<Server>,
  prepare: () => Promise<unknown> = () => Promise.resolve(),
): Peer {
  return {
    name,
    async prepare() {
      await prepare()
    },
    async measure(caseName) {
      const directory = mkdtempSync(join(tmpdir(), 'gregor-compaction-'))
      const monitoring = `127.0.0.1:${await freePort()}`
      const own = name === 'Gregor' ? { 'gregor.monitoring.address': monitoring } : {}
      const options = { directory, properties: { 'log.cleaner.backoff.ms': 200, ...own } }
      try {
        await createAndKill(await start(options), configs)
        const filledTo = fillKeyedLog(partitionFolder(directory), filling)
        const server = await start(options)
        try {
          return await measure(server, { isCompacting: caseName === compacting, filledTo, monitoring })
        } finally {
          await server.kill()
        }
      } finally {
        rmSync(directory, { recursive: true, force: true })
      }
    },
  }
}

async function measure(
  server: Server,
  { isCompacting, filledTo, monitoring }: { isCompacting: boolean; filledTo: number; monitoring: string },
): Promise<Sample> {
  const client = new RawClient(server.port)
  const waits: number[] = []
  const load = { isOver: false, isCounted: false }
  await endOffset(client)
  const clients = Array.from({ length: connections }, () => send(server.port, waits, load))
  await sleep(warmUpMs)
  if (server.name === 'Gregor') await longestStallMs(monitoring)
  load.isCounted = true
  const began = performance.now()
  if (isCompacting) {
    await compactFromNow(client)
    while (cleanedTo(server.directory) < filledTo && performance.now() - began < compactionMsMax) await sleep(50)
  } else await sleep(quietMs)
  const seconds = (performance.now() - began) / 1000
  load.isOver = true
  await Promise.all(clients)
  client.close()
  if (isCompacting && cleanedTo(server.directory) < filledTo) throw new Error('the log was not compacted in time')
  waits.sort((a, b) => a - b)
  const at = (share: number): number => waits[Math.floor((waits.length - 1) * share)] ?? Number.NaN
  return {
    p50: at(0.5),
    p99: at(0.99),
    'longest wait': at(1),
    ...(server.name === 'Gregor' && { 'longest stall of the event loop': await longestStallMs(monitoring) }),
    ...(isCompacting && { compaction: seconds }),
  }
}

async function send(
  port: number,
  waits: number[],
  load: { readonly isOver: boolean; readonly isCounted: boolean },
): Promise<void> {
  const client = new RawClient(port)
  const value = Buffer.alloc(1_000, 'x')
  for (let number = 0; !load.isOver; number++) {
    const batch = new BatchBuilder().append(Buffer.from(`key-${number % 1_000}`), value, undefined, Date.now()).build()
    const topicData = [{ name: topic, partitionData: [{ index: 0, records: batch }] }]
    const began = performance.now()
    const answer = await client.call(Produce, { transactionalId: null, acks: 1, timeoutMs: 30_000, topicData }, 12)
    if (load.isCounted) waits.push(performance.now() - began)
    const code = answer === 'closed' ? -1 : answer.responses[0]?.partitionResponses[0]?.errorCode
    if (code !== 0) throw new Error(`a record was refused: ${code}`)
    await sleep(1)
  }
  client.close()
}

async function compactFromNow(client: RawClient): Promise<void> {
  const change = { name: 'cleanup.policy', configOperation: 0, value: 'compact' }
  const resources = [{ resourceType: topicResource, resourceName: topic, configs: [change] }]
  await client.call(IncrementalAlterConfigs, { resources, validateOnly: false })
}

function cleanedTo(directory: string): number {
  const file = join(directory, 'data', 'cleaner-offset-checkpoint')
  const line = existsSync(file) ? new RegExp(`^${topic} 0 (\\d+)$`, 'm').exec(readFileSync(file, 'utf8')) : null
  return Number(line?.[1] ?? -1)
}

/** Since it was asked last. */
async function longestStallMs(monitoring: string): Promise<number> {
  const text = await (await fetch(`http://${monitoring}/metrics`)).text()
  const [, seconds] = /^gregor_event_loop_delay_seconds\{quantile="1"\} (\S+)$/m.exec(text) ?? []
  return Number(seconds) * 1000
}
