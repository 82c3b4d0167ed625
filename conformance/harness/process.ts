/**
 * Programs as the suites run them: to the end with all of their output, or in the background until somebody stops them.
 * Whatever still runs when the harness ends is killed with it.
 */

import { type ChildProcess, spawn, type SpawnOptions } from 'node:child_process'

export interface RunOptions {
  readonly input?: string | Buffer
  readonly directory?: string
  /** Added to our environment. */
  readonly environment?: Readonly<Record<string, string>>
  /** 120 s unless given; then it is killed and `run` throws. */
  readonly timeoutMs?: number
}

export interface RunResult {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

const outputBytesMax = 64 * 1024 * 1024
const running = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})
// Without a listener a signal would end us before 'exit'.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(1))

/** Runs a program to its end, whatever its exit code. Throws when it cannot be started or takes too long. */
export async function run(command: string, given: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const { input = '', timeoutMs = 120_000 } = options
  const child = background(command, given, options)
  const stdout = collect(child, 'stdout')
  const stderr = collect(child, 'stderr')
  child.stdin?.on('error', () => child.stdin?.destroy())
  child.stdin?.end(input)
  const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs)
  try {
    const { status, signal } = await ended(child)
    if (signal === 'SIGKILL') throw new Error(`${command} ended after ${timeoutMs} ms: ${stderr().slice(-2_000)}`)
    return { status, stdout: stdout(), stderr: stderr() }
  } finally {
    clearTimeout(timer)
  }
}

/** The same, and throws with the end of its output unless the exit code is 0. Returns standard output. */
export async function runWell(command: string, given: readonly string[], options: RunOptions = {}): Promise<string> {
  const { status, stdout, stderr } = await run(command, given, options)
  if (status === 0) return stdout
  const said = `${stdout.slice(-2_000)}${stderr.slice(-4_000)}`.trim()
  throw new Error(`${command} ${given.slice(0, 4).join(' ')} exited with ${String(status)}: ${said}`)
}

/** Starts a program and leaves it running. */
export function background(command: string, given: readonly string[], options: RunOptions = {}): ChildProcess {
  const settings: SpawnOptions = {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...options.environment },
    ...(options.directory !== undefined && { cwd: options.directory }),
  }
  const child = spawn(command, given, settings)
  running.add(child)
  child.once('exit', () => running.delete(child))
  child.once('error', () => running.delete(child))
  return child
}

/** Resolves when it has exited and all of its output was read. */
export function ended(child: ChildProcess): Promise<{ status: number | null; signal: NodeJS.Signals | null }> {
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (status, signal) => {
      resolve({ status, signal })
    })
  })
}

/** Returns what was written so far, each time it is called; at the bound the oldest goes. */
export function collect(child: ChildProcess, from: 'stdout' | 'stderr'): () => string {
  let text = ''
  child[from]?.setEncoding('utf8').on('data', (more: string) => {
    text = text.length > outputBytesMax ? text.slice(-outputBytesMax / 2) + more : text + more
  })
  return () => text
}

/** Whether a program of this name is on the path. */
export async function isInstalled(command: string): Promise<boolean> {
  try {
    return (await run('sh', ['-c', `command -v "${command}"`])).status === 0
  } catch {
    return false
  }
}
