/**
 * The server under test, as a process on a free port: Gregor from this checkout. Apache Kafka is in apache-kafka.ts; a
 * suite that takes what the context starts runs against both.
 */

import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ChildProcess } from 'node:child_process'

import { background, collect, ended, runWell } from './process.ts'

export interface ServerOptions {
  /** Added to server.properties. */
  readonly properties?: Readonly<Record<string, string | number | boolean>>
  /** Holds server.properties and `data`; kept when the server stops. Fresh, and removed in the end, unless given. */
  readonly directory?: string
  /** A free one unless given. */
  readonly port?: number
}

export interface Server {
  readonly name: 'Gregor' | 'Apache Kafka'
  /** `127.0.0.1:PORT` */
  readonly bootstrap: string
  readonly port: number
  readonly directory: string
  /** Of the process that serves. */
  readonly pid: number
  /** From the start of the process until its port answered. */
  readonly startMs: number
  /** What it has printed so far. */
  output(): string
  /** SIGTERM, and waits; idempotent. Throws when it does not end in time or ends with an error. */
  stop(): Promise<void>
  /** SIGKILL: as a crash ends it. */
  kill(): Promise<void>
}

const bundler = join(import.meta.dirname, '..', '..', 'scripts', 'bundle.ts')
const startMsMax = 180_000
const stopMsMax = 30_000

/** As `npm start` does: what is tried and measured is what users run. */
let bundled: Promise<string> | undefined

export async function startGregor(options: ServerOptions = {}): Promise<Server> {
  bundled ??= runWell(process.execPath, [bundler])
  const port = options.port ?? (await freePort())
  const properties = { listeners: `PLAINTEXT://127.0.0.1:${port}`, ...options.properties }
  const directory = prepareDirectory(options.directory, properties)
  const command = [(await bundled).trim(), 'start', join(directory, 'server.properties')]
  return startProcess(
    { name: 'Gregor', port, directory, isOwn: options.directory === undefined },
    process.execPath,
    command,
  )
}

/** Writes server.properties with `log.dirs` inside the directory, which is made where none is given. */
export function prepareDirectory(
  given: string | undefined,
  properties: Readonly<Record<string, string | number | boolean>>,
): string {
  const directory = given ?? mkdtempSync(join(tmpdir(), 'gregor-conformance-'))
  if (!existsSync(directory)) mkdirSync(directory, { recursive: true })
  const lines = Object.entries({ 'log.dirs': join(directory, 'data'), ...properties }).map(
    ([key, value]) => `${key}=${value}`,
  )
  writeFileSync(join(directory, 'server.properties'), `${lines.join('\n')}\n`)
  return directory
}

interface Place extends Pick<Server, 'name' | 'port' | 'directory'> {
  /** Whether the directory goes when the server has stopped. */
  readonly isOwn: boolean
}

/** Starts the process and waits until its port answers. */
export async function startProcess(
  { name, port, directory, isOwn }: Place,
  command: string,
  given: readonly string[],
): Promise<Server> {
  const began = performance.now()
  const child = background(command, given)
  const exit = ended(child)
  const stdout = collect(child, 'stdout')
  const stderr = collect(child, 'stderr')
  const output = (): string => stdout() + stderr()

  while (!(await answers(port))) {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(`${name} ended: ${output().slice(-4_000)}`)
    if (performance.now() - began > startMsMax)
      throw new Error(`${name} is not up after ${startMsMax} ms: ${output().slice(-4_000)}`)
    await sleep(2)
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    const wasRunning = child.exitCode === null && child.signalCode === null
    child.kill(signal)
    const timer = setTimeout(() => child.kill('SIGKILL'), stopMsMax)
    await exit
    clearTimeout(timer)
    if (isOwn) rmSync(directory, { recursive: true, force: true })
    if (signal === 'SIGTERM' && wasRunning) requireCleanEnd(name, child, output)
  }
  return {
    name,
    port,
    directory,
    output,
    bootstrap: `127.0.0.1:${port}`,
    pid: child.pid ?? 0,
    startMs: performance.now() - began,
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
  }
}

/** The JVM says 143 when SIGTERM ended it in order. */
function requireCleanEnd(name: string, child: ChildProcess, output: () => string): void {
  if (child.exitCode === 0 || child.exitCode === 143) return
  throw new Error(`${name} ended with ${child.exitCode ?? child.signalCode ?? '?'}: ${output().slice(-4_000)}`)
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => {
      resolve(false)
    })
  })
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => {
        resolve(typeof address === 'object' && address !== null ? address.port : 0)
      })
    })
  })
}
