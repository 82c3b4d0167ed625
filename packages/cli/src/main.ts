/**
 * The program: gives a command the real process, and the process the command’s exit code. It runs when it is imported
 * (setup.mjs does that), and leaves the process’s title alone. Nothing else in this package touches `process`.
 */
import module from 'node:module'
import { exposeProcess, nodeEnvironment } from '@gregor/platform'
import { inputFrom, outputTo } from './output.ts'
import type { Program } from './program.ts'
import { runCommand } from './run-command.ts'

/**
 * Threads for syncs and cold reads. With many partitions more than Node's 4 sync up to 1.7 times as much; it takes hold,
 * as nothing has used them yet.
 */
process.env['UV_THREADPOOL_SIZE'] ??= '16'
/** After a command has returned nothing should be left to do; what is left has this long. */
const lingerMsMax = 1_000
/** So long a process has nothing else to do than to start: threads that sync for it would only cost their beginning. */
const startingMsMax = 500
/** By then a node has been through everything that belongs to a start. */
const compiledAfterMs = 2_000

const ending = new AbortController()
function onSignals(): AbortSignal {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => ending.abort(signal))
  return ending.signal
}
// Node.js writes its compile cache at the end of a process, and a server may be killed.
setTimeout(() => module.flushCompileCache(), compiledAfterMs).unref()

/** Nobody wants to see where in our code it happened, unless he says so. */
function withoutStack(entry: string): string {
  if (process.env['GREGOR_STACKS'] !== undefined) return entry
  return `${entry.slice(0, entry.indexOf('\n'))}\n`
}

const environment = nodeEnvironment({
  syncsAtOnce: () => process.uptime() * 1_000 < startingMsMax,
  // A node's log is what it says; of other commands that is the result, and their log only tells of trouble.
  ...(process.argv[2] !== 'start' && {
    logLevel: 'warn',
    writeLog: (entry) => process.stderr.write(withoutStack(entry)),
  }),
})

const program: Program = {
  out: outputTo({ out: process.stdout, error: process.stderr }),
  input: inputFrom(() => process.stdin, process.stdout),
  environment,
  connect: async (options) => {
    const { Kafka } = await import('@gregor/client')
    return new Kafka({ environment, unknownProperties: 'warn', ...options })
  },
  workingDirectory: process.cwd(),
  variable: (name) => process.env[name],
  nodeVersion: process.version,
  // The clock counts from the start of the process; what setup.mjs had to install or bundle first is left out.
  startedMs: Number(Reflect.get(process, Symbol.for('gregor.set-up-ms')) ?? 0),
  exposeProcess,
  ending: onSignals,
}
// A failure is a bug of ours: unhandled, it ends the process with its stack.
// What only waits for time to pass keeps no process alive by itself.
const working = setInterval(() => undefined, 2 ** 30)
void runCommand(process.argv.slice(2), program).then((exitCode) => {
  clearInterval(working)
  process.exitCode = exitCode
  setTimeout(() => process.exit(), lingerMsMax).unref()
})
