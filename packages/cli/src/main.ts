/**
 * The program: gives a command the real process. It runs when it is imported (setup.mjs does that), and leaves the
 * process’s title alone. Nothing else in this package touches `process`.
 */
import { nodeEnvironment } from '@gregor/platform'
import { outputTo } from './output.ts'
import { runCommand } from './run-command.ts'

/** After a command has returned nothing should be left to do; what is left has this long. */
const lingerMsMax = 1_000

const ending = new AbortController()
function onSignals(): AbortSignal {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => ending.abort(signal))
  return ending.signal
}
// Whoever read our output is gone: that is no reason to stop serving.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)

process.exitCode = await runCommand(process.argv.slice(2), {
  out: outputTo({ out: (text) => process.stdout.write(text), error: (text) => process.stderr.write(text) }),
  environment: nodeEnvironment(),
  workingDirectory: process.cwd(),
  variable: (name) => process.env[name],
  nodeVersion: process.version,
  // The clock counts from there.
  startedMs: 0,
  ending: onSignals,
})
setTimeout(() => process.exit(), lingerMsMax).unref()
