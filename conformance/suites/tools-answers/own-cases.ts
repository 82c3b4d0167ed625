/**
 * What is asked of our tools alone, as scripts in bin/: they start in a quarter of the time of Java's, say what is wrong in
 * one line (W32), stand as commands of a service (W21), and end in order when nobody reads on or somebody presses Ctrl-C.
 */

import assert from 'node:assert/strict'
import { existsSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { apacheTool } from '../../harness/apache-kafka.ts'
import { background, collect, ended, run, type RunResult } from '../../harness/process.ts'
import { freePort, prepareDirectory, type Server } from '../../harness/server.ts'
import type { SuiteContext } from '../../harness/suite.ts'
import { toolClasses } from '../java-tools/tools.ts'

const bin = join(import.meta.dirname, '..', '..', '..', 'bin')
const startsMeasured = 3
const upMsMax = 60_000

/** @param server - which has `test-topic`. */
export async function checkOwn(server: Server, context: SuiteContext): Promise<void> {
  const { check } = context
  await check('a tool takes at most a quarter of the time of Java’s', () => compareTimes(server))
  await check('W32: an address where nobody listens is named, with the step that failed', () => nobodyListens(context))
  await check('W32: TLS spoken to a plaintext port, and HTTP behind a port, are told', () => wrongPort(server, context))
  await check('W32: gregor doctor finds a listener that is advertised wrongly', () => wrongAdvertised(context))
  await check('W32: gregor doctor finds nothing wrong with a node that runs', () => healthyNode(server))
  await check('W21: the scripts stand as ExecStart and ExecStop of a service', () => asService(context))
  await check('a pipe that is closed ends a tool in silence', () => brokenPipe(server))
  await check('Ctrl-C ends a tool that waits for a broker', () => interrupted(context))
}

function script(name: string, given: readonly string[]): Promise<RunResult> {
  return run(join(bin, name), given, { timeoutMs: 60_000 })
}

async function compareTimes(server: Server): Promise<string> {
  const given = ['--bootstrap-server', server.bootstrap, '--list']
  const times = { java: [] as number[], ours: [] as number[] }
  await script('kafka-topics.sh', given)
  for (let index = 0; index < startsMeasured; index += 1) {
    times.java.push(await msOf(() => apacheTool(toolClasses['kafka-topics'], given)))
    times.ours.push(await msOf(() => script('kafka-topics.sh', given)))
  }
  const [java, ours] = [median(times.java), median(times.ours)]
  assert.ok(ours <= java / 4, `${ours} ms, Java ${java} ms`)
  return `${Math.round(ours)} ms, Java ${Math.round(java)} ms`
}

async function msOf(tool: () => Promise<RunResult>): Promise<number> {
  const began = performance.now()
  const { status, stderr } = await tool()
  assert.equal(status, 0, stderr)
  return performance.now() - began
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}

/** Ends soon where nobody can be reached. */
function impatient({ directory }: SuiteContext, more = ''): readonly string[] {
  const file = join(directory, 'impatient.properties')
  writeFileSync(file, `default.api.timeout.ms=2000\nrequest.timeout.ms=2000\n${more}`)
  return ['--command-config', file]
}

async function nobodyListens(context: SuiteContext): Promise<string> {
  const port = await freePort()
  const given = ['--bootstrap-server', `127.0.0.1:${port}`, '--list', ...impatient(context)]
  const { status, stdout, stderr } = await script('kafka-topics.sh', given)
  assert.equal(status, 1)
  const line = stdout.trim()
  assert.match(
    line,
    new RegExp(`^Error while executing topic command : .*127\\.0\\.0\\.1:${port} could not be connected to`),
  )
  assert.match(line, /2000 ms/)
  assert.doesNotMatch(`${stdout}${stderr}`, /^\s+at /m)
  return line.replaceAll(String(port), 'PORT')
}

async function wrongPort(server: Server, context: SuiteContext): Promise<void> {
  const tls = ['--bootstrap-server', server.bootstrap, '--list', ...impatient(context, 'security.protocol=SSL\n')]
  const spokenTo = await script('kafka-topics.sh', tls)
  assert.equal(spokenTo.status, 1)
  assert.match(spokenTo.stdout, /Perhaps it does not speak TLS/)
  const http = createServer((_, response) => response.end('hello'))
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  try {
    const address = http.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const given = ['--bootstrap-server', `127.0.0.1:${port}`, '--list', ...impatient(context)]
    const { status, stdout } = await script('kafka-topics.sh', given)
    assert.equal(status, 1)
    assert.match(stdout, /is an HTTP server, not a Kafka node/)
  } finally {
    http.close()
  }
}

async function wrongAdvertised({ startServer }: SuiteContext): Promise<string> {
  const elsewhere = await freePort()
  const server = await startServer({ properties: { 'advertised.listeners': `PLAINTEXT://127.0.0.1:${elsewhere}` } })
  try {
    const { status, stdout } = await script('gregor', ['doctor', '--bootstrap', server.bootstrap])
    assert.equal(status, 1)
    assert.match(
      stdout,
      new RegExp(`WRONG .*says that clients reach it at 127\\.0\\.0\\.1:${elsewhere}: nobody can be reached there`),
    )
    assert.match(stdout, /→ Set advertised\.listeners/)
    return 'and says what to set'
  } finally {
    await server.stop()
  }
}

async function healthyNode(server: Server): Promise<void> {
  const { status, stdout } = await script('gregor', ['doctor', '--bootstrap', server.bootstrap])
  assert.equal(status, 0, stdout)
  assert.match(stdout, /Nothing is wrong\.\n$/)
}

/** `Restart=on-abnormal` starts again what ends by itself, and nothing that ends with 0. */
async function asService({ directory }: SuiteContext): Promise<void> {
  const port = await freePort()
  const place = prepareDirectory(join(directory, 'service'), {
    listeners: `PLAINTEXT://127.0.0.1:${port}`,
    'node.id': 21,
  })
  const file = join(place, 'server.properties')
  const unit = `ExecStart=${bin}/kafka-server-start.sh ${file}\nExecStop=${bin}/kafka-server-stop.sh --node-id=21\nRestart=on-abnormal\n`
  const [start = '', stop = ''] = Array.from(unit.matchAll(/^Exec\w+=(.*)$/gm), ([, command = '']) => command)
  const [program = '', ...given] = start.split(' ')
  const service = background(program, given)
  const exit = ended(service)
  const output = collect(service, 'stdout')
  await waitFor(async () => (await listed(port)).status === 0, output)
  const [stopper = '', ...how] = stop.split(' ')
  assert.equal((await run(stopper, how)).status, 0)
  assert.deepEqual(await exit, { status: 0, signal: null })
  assert.ok(existsSync(join(place, 'data', '.kafka_cleanshutdown')), output())
}

function listed(port: number): Promise<RunResult> {
  return script('kafka-topics.sh', ['--bootstrap-server', `127.0.0.1:${port}`, '--list'])
}

async function waitFor(isThere: () => Promise<boolean>, output: () => string): Promise<void> {
  const endMs = performance.now() + upMsMax
  while (!(await isThere())) {
    assert.ok(performance.now() < endMs, output())
    await sleep(200)
  }
}

async function brokenPipe(server: Server): Promise<void> {
  const command = `'${bin}/kafka-configs.sh' --bootstrap-server ${server.bootstrap} --broker 1 --describe --all | true; echo "\${PIPESTATUS[0]}"`
  const { stdout, stderr } = await run('bash', ['-c', command])
  assert.deepEqual([stdout, stderr], ['0\n', ''])
}

async function interrupted({ directory }: SuiteContext): Promise<void> {
  const port = await freePort()
  const tool = background(join(bin, 'kafka-topics.sh'), ['--bootstrap-server', `127.0.0.1:${port}`, '--list'], {
    directory,
  })
  const exit = ended(tool)
  const stderr = collect(tool, 'stderr')
  // It has told of its first attempt, and tries on.
  await waitFor(() => Promise.resolve(stderr() !== ''), stderr)
  const began = performance.now()
  tool.kill('SIGINT')
  const { status, signal } = await exit
  assert.ok(signal === 'SIGINT' || status === 130, `${String(status)} ${String(signal)}`)
  assert.ok(performance.now() - began < 5_000)
}
