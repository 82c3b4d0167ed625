/**
 * Clients beside each other, each in a process of its own, against Apache Kafka and a node of this checkout, which both
 * run all the time. What a client costs is what its process used: the servers share the cores, but not the bill.
 */

import { cpSync, existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

import { connect } from '@gregor/client'

import { startApacheKafka } from '../../conformance/harness/apache-kafka.ts'
import { cached } from '../../conformance/harness/cache.ts'
import { npmFolder } from '../../conformance/harness/installers.ts'
import { runWell } from '../../conformance/harness/process.ts'
import { type Server, startGregor } from '../../conformance/harness/server.ts'
import { Unavailable } from '../../conformance/harness/suite.ts'
import type { Peer, Sample } from './benchmark.ts'
import { kafkaJvm } from './load.ts'

export type ServerName = 'Apache Kafka' | 'Gregor'

/** What a client's program prints. */
export interface ClientMeasured {
  readonly messages: number
  readonly seconds: number
  readonly cpuSeconds: number
  readonly residentMiB: number
}

export interface ClientProgram {
  readonly name: string
  /** Its file, once it is installed. @throws Unavailable where it cannot be had here. */
  readonly install: () => Promise<string>
  /** Behind the arguments that all have. */
  readonly given?: readonly string[]
}

export interface ClientCase {
  readonly server: ServerName
  readonly messageBytes: number
  /** The topic has that many messages before, for who reads; else it is new and empty. */
  readonly filledWith?: number
}

const clients = join(import.meta.dirname, '..', 'clients')
/** Of its own CPU, for who produces. */
const cpuSeconds = 2
const partitions = 6
const programMsMax = 120_000
const installMsMax = 20 * 60_000

/** Of the development packages that it is compiled with. */
const headers = ['openssl/ssl.h', 'zlib.h', 'zstd.h', 'lz4.h', 'sasl/sasl.h']

const servers = new Map<ServerName, Promise<Server>>()
/** By case. */
const filledTopics = new Map<string, Promise<string>>()
let topicCount = 0

export function clientPeer(
  { name, install, given = [] }: ClientProgram,
  cases: Readonly<Record<string, ClientCase>>,
): Peer {
  let program = ''
  return {
    name,
    async prepare() {
      program = await install()
    },
    async measure(caseName) {
      const {
        server: serverName,
        messageBytes,
        filledWith,
      } = cases[caseName] ?? { server: 'Gregor', messageBytes: 100 }
      const server = await serverOf(serverName)
      const run = (topic: string, ...own: readonly string[]): Promise<Sample> =>
        measureProgram([program, server.bootstrap, topic, ...own, ...given])
      if (filledWith === undefined) return withTopic(server, (topic) => run(topic, `${messageBytes}`, `${cpuSeconds}`))
      let filling = filledTopics.get(caseName)
      if (filling === undefined) filledTopics.set(caseName, (filling = filledTopic(server, messageBytes, filledWith)))
      return run(await filling, `${filledWith}`)
    },
    async finish() {
      const running = [...servers.values()]
      servers.clear()
      filledTopics.clear()
      await Promise.all(running.map(async (server) => (await server).stop()))
    },
  }
}

async function measureProgram(given: readonly string[]): Promise<Sample> {
  const output = await runWell(process.execPath, given, { timeoutMs: programMsMax })
  const measured = JSON.parse(output.trim().split('\n').at(-1) ?? '') as ClientMeasured
  return {
    'per CPU-second': measured.messages / measured.cpuSeconds,
    throughput: measured.messages / measured.seconds,
    memory: measured.residentMiB,
  }
}

/** Not all alike, and not random; by our producer, in batches of 16 KiB. */
async function filledTopic(server: Server, messageBytes: number, count: number): Promise<string> {
  const topic = `filled-${topicCount++}`
  await using kafka = await connect({ bootstrap: server.bootstrap })
  await kafka.admin().createTopics([{ name: topic, numPartitions: partitions, replicationFactor: 1 }])
  const producer = kafka.producer()
  for (let index = 0; index < count; index++) {
    const value = Buffer.alloc(messageBytes, `message ${index} of a benchmark; `)
    if (!producer.offer(topic, { value })) await producer.drained()
  }
  await producer.flush()
  return topic
}

/** From this checkout. */
export function ourProgram(file: string): () => Promise<string> {
  return () => Promise.resolve(join(clients, file))
}

/** Of the clients that are JavaScript alone. */
export function nodeProgram(file: string): () => Promise<string> {
  const scripts = ['produce', 'consume'].flatMap((what) =>
    ['load', 'kafkajs', 'platformatic'].map((name) => `${what}-${name}.mjs`),
  )
  return async () => join(await npmFolder(join(clients, 'node'), scripts), file)
}

/**
 * Compiles librdkafka and the addon: takes minutes, a C++ compiler, and the development packages of openssl, zlib, zstd,
 * lz4, sasl2 and curl. Node's headers are looked for beside the Node that runs.
 */
export function nativeProgram(file: string): () => Promise<string> {
  return async () => {
    const folder = join(clients, 'native')
    const files = ['package.json', 'package-lock.json', 'produce-confluent.mjs'].map((name) => join(folder, name))
    const missing = headers.filter((header) => !existsSync(join('/usr/include', header)))
    if (missing.length > 0) throw new Unavailable(`to compile librdkafka these are missing: ${missing.join(', ')}`)
    try {
      const installed = await cached({
        name: 'npm-native',
        lockedBy: files,
        async fill(target) {
          for (const source of [...files, join(clients, 'node', 'produce-load.mjs')]) {
            cpSync(source, join(target, source.slice(source.lastIndexOf('/') + 1)))
          }
          const environment = { npm_config_nodedir: dirname(dirname(process.execPath)), CKJS_LINKING: 'dynamic' }
          const given = ['ci', '--no-audit', '--no-fund', '--loglevel=error']
          await runWell('npm', given, { directory: target, environment, timeoutMs: installMsMax })
          await runWell(process.execPath, ['--eval', 'require("@confluentinc/kafka-javascript")'], {
            directory: target,
          })
        },
      })
      // Not what it is locked by: scripts may change without compiling it all again.
      for (const source of [join(folder, file), join(clients, 'node', 'consume-load.mjs')]) {
        cpSync(source, join(installed, source.slice(source.lastIndexOf('/') + 1)))
      }
      return join(installed, file)
    } catch (error) {
      throw new Unavailable(`it does not install here: ${lastLine(error)}`)
    }
  }
}

function lastLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  return text.trim().split('\n').at(-1) ?? ''
}

function serverOf(name: ServerName): Promise<Server> {
  let server = servers.get(name)
  if (server === undefined) {
    server = name === 'Gregor' ? startGregor() : startApacheKafka({ jvm: kafkaJvm })
    servers.set(name, server)
  }
  return server
}

async function withTopic<T>(server: Server, body: (topic: string) => Promise<T>): Promise<T> {
  const topic = `measured-${topicCount++}`
  await using kafka = await connect({ bootstrap: server.bootstrap })
  const admin = kafka.admin()
  await admin.createTopics([{ name: topic, numPartitions: partitions, replicationFactor: 1 }])
  try {
    return await body(topic)
  } finally {
    await admin.deleteTopics([topic])
  }
}
