/**
 * How a node is started and stopped: by Kafka's scripts with files as the guides have them (W1, W31), inside a program
 * (W15), and what it says where it cannot start. kcat is the client.
 */

import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startBroker } from 'gregor'

import { requireKcat } from '../../harness/installers.ts'
import { run, runWell } from '../../harness/process.ts'
import { freePort, startProcess, type Server } from '../../harness/server.ts'
import type { Suite, SuiteContext } from '../../harness/suite.ts'

const bin = join(import.meta.dirname, '..', '..', '..', 'bin')
const lines = ['one', 'two', 'three']

export const suite: Suite = {
  name: 'start',
  core: true,
  budgetSeconds: 240,
  prepare: requireKcat,
  async run(context) {
    await oldStyleFile(context)
    await refusals(context)
    await embedded(context)
    await tuning(context)
  },
}

async function oldStyleFile({ check, directory }: SuiteContext): Promise<void> {
  const port = await freePort()
  const data = join(directory, 'kafka', 'logs-1')
  const file = writeProperties(join(directory, 'w1'), {
    'broker.id': 1,
    'log.dir': data,
    listeners: `PLAINTEXT://127.0.0.1:${port}`,
  })
  await check('W1: kafka-server-start.sh starts a single node from a file without process.roles', async () => {
    const server = await startScript(file, port)
    await produce(server.bootstrap, 'test-topic')
    assert.deepEqual(await consume(server.bootstrap, 'test-topic'), lines)
    assert.match(readFileSync(join(data, 'meta.properties'), 'utf8'), /^node\.id=1$/m)
    await server.stop()
  })
  await check('W1: what was sent is there after the next start', async () => {
    const server = await startScript(file, port)
    assert.deepEqual(await consume(server.bootstrap, 'test-topic'), lines)
    await server.stop()
  })
  await check('a second SIGTERM does no harm: the stop is clean, and the exit code 0', async () => {
    const server = await startScript(file, port)
    await produce(server.bootstrap, 'signals')
    process.kill(server.pid, 'SIGTERM')
    process.kill(server.pid, 'SIGTERM')
    await server.stop()
    assert.ok(existsSync(join(data, '.kafka_cleanshutdown')))
  })
  await check('kafka-server-stop.sh stops the node of a file', async () => {
    const id = 7_000_000 + (process.pid % 1_000_000)
    const other = writeProperties(join(directory, 'stop'), {
      'node.id': id,
      'log.dirs': join(directory, 'stop', 'data'),
      listeners: `PLAINTEXT://127.0.0.1:${port}`,
    })
    const server = await startScript(other, port)
    await runWell(join(bin, 'kafka-server-stop.sh'), [`--node-id=${id}`])
    await server.stop()
    assert.ok(existsSync(join(directory, 'stop', 'data', '.kafka_cleanshutdown')))
  })
  await check('kafka-server-start.sh -daemon leaves the node running', async () => {
    const id = 8_000_000 + (process.pid % 1_000_000)
    const logs = join(directory, 'daemon-logs')
    const other = writeProperties(join(directory, 'daemon'), {
      'node.id': id,
      'log.dirs': join(directory, 'daemon', 'data'),
      listeners: `PLAINTEXT://127.0.0.1:${port}`,
    })
    await runWell(join(bin, 'kafka-server-start.sh'), ['-daemon', other], { environment: { LOG_DIR: logs } })
    try {
      while (!readFileSync(join(logs, 'kafkaServer.out'), 'utf8').includes('ready in')) await sleep(20)
      await produce(`127.0.0.1:${port}`, 'daemon')
    } finally {
      await runWell(join(bin, 'kafka-server-stop.sh'), [`--node-id=${id}`])
    }
    const clean = join(directory, 'daemon', 'data', '.kafka_cleanshutdown')
    while (!existsSync(clean)) await sleep(20)
  })
}

async function refusals({ check, directory }: SuiteContext): Promise<void> {
  const port = await freePort()
  const base = { 'log.dirs': join(directory, 'refused', 'data'), listeners: `PLAINTEXT://127.0.0.1:${port}` }
  const refused = async (properties: Readonly<Record<string, string | number>>, said: RegExp): Promise<void> => {
    const file = writeProperties(join(directory, 'refused'), { ...base, ...properties })
    const { status, stderr } = await run(join(bin, 'kafka-server-start.sh'), [file])
    assert.equal(status, 1)
    assert.match(stderr, said)
    assert.doesNotMatch(stderr, /^\s+at /m, 'a line, not a stack')
  }
  await check('a file that expects its data in ZooKeeper is refused, with what to do', () =>
    refused(
      { 'zookeeper.connect': 'localhost:2181' },
      /^gregor start: zookeeper\.connect=localhost:2181: .*process\.roles/,
    ),
  )
  await check('a value that is not allowed is refused with key, value and what is allowed', () =>
    refused({ 'num.partitions': 0 }, /^gregor start: num\.partitions=0: .*\[1,\.\.\.\].*/),
  )
  await check('a port that is taken is named', async () => {
    const holder = createServer().listen(port, '127.0.0.1')
    try {
      await refused(
        {},
        new RegExp(`^gregor start: cannot listen on 127\\.0\\.0\\.1:${port}: another program listens there`),
      )
    } finally {
      holder.close()
    }
  })
  await check('a directory that another node uses is named', async () => {
    await using _ = await startBroker({ directory: base['log.dirs'] })
    await refused({}, /^gregor start: log\.dirs: .* is in use by another process/)
  })
}

async function embedded({ check, directory }: SuiteContext): Promise<void> {
  await check('W15: a program starts a node in memory and stops it', async () => {
    await using broker = await startBroker({ memory: true })
    await produce(broker.bootstrapServers, 'embedded')
    assert.deepEqual(await consume(broker.bootstrapServers, 'embedded'), lines)
  })
  await check('W15: a program starts a node on a directory, and finds its records again', async () => {
    const options = { directory: join(directory, 'embedded') }
    {
      await using broker = await startBroker(options)
      await produce(broker.bootstrapServers, 'kept')
    }
    await using broker = await startBroker(options)
    assert.deepEqual(await consume(broker.bootstrapServers, 'kept'), lines)
  })
}

async function tuning({ check, directory }: SuiteContext): Promise<void> {
  const port = await freePort()
  const file = writeProperties(join(directory, 'w31'), {
    'broker.id': 31,
    'log.dirs': join(directory, 'w31', 'data'),
    listeners: `PLAINTEXT://127.0.0.1:${port}`,
    'num.partitions': 6,
    'num.network.threads': 3,
    'num.io.threads': 8,
    'num.recovery.threads.per.data.dir': 2,
    'num.replica.fetchers': 2,
    'socket.send.buffer.bytes': 102_400,
    'socket.receive.buffer.bytes': 102_400,
    'socket.request.max.bytes': 104_857_600,
    'queued.max.requests': 500,
    'log.retention.hours': 168,
    'log.segment.bytes': 1_048_576,
    'log.retention.check.interval.ms': 300_000,
    'compression.type': 'producer',
    'message.max.bytes': 2_000_000,
    'default.replication.factor': 1,
  })
  await check('W31: the configs that the guides tune are known, and hold', async () => {
    const server = await startScript(file, port)
    assert.doesNotMatch(server.output(), / WARN /)
    const tuned = ['-X', 'batch.size=65536', '-X', 'linger.ms=5', '-X', 'compression.type=lz4', '-X', 'acks=all']
    await produce(server.bootstrap, 'tuned', tuned)
    const listing = await runWell('kcat', ['-b', server.bootstrap, '-L', '-t', 'tuned'])
    assert.match(listing, /topic "tuned" with 6 partitions/)
    assert.deepEqual((await consume(server.bootstrap, 'tuned')).toSorted(), lines.toSorted())
    await server.stop()
  })
}

function writeProperties(folder: string, properties: Readonly<Record<string, string | number>>): string {
  mkdirSync(folder, { recursive: true })
  const file = join(folder, 'server.properties')
  const text = Object.entries(properties).map(([key, value]) => `${key}=${value}\n`)
  writeFileSync(file, text.join(''))
  return file
}

function startScript(file: string, port: number): Promise<Server> {
  const place = { name: 'Gregor', port, directory: join(file, '..'), isOwn: false } as const
  return startProcess(place, join(bin, 'kafka-server-start.sh'), [file])
}

async function produce(bootstrap: string, topic: string, given: readonly string[] = []): Promise<void> {
  await runWell('kcat', ['-q', '-P', '-b', bootstrap, '-t', topic, ...given], { input: `${lines.join('\n')}\n` })
}

async function consume(bootstrap: string, topic: string): Promise<readonly string[]> {
  const text = await runWell('kcat', ['-q', '-C', '-e', '-b', bootstrap, '-t', topic])
  return text.trimEnd().split('\n')
}
