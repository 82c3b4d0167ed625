/**
 * What the suites bring in beside Apache Kafka, through the ordinary package clients, each locked by version and hash:
 * Python packages (requirements.txt with hashes), Go programs (go.sum), npm packages (package-lock.json), kcat (apt).
 */

import { cpSync } from 'node:fs'
import { join } from 'node:path'

import { cached, withRetries } from './cache.ts'
import { isInstalled, run, runWell } from './process.ts'
import { Unavailable } from './suite.ts'

const installMsMax = 10 * 60_000

/** The Python of a virtual environment that has what the file lists. */
export async function pythonWith(requirements: string): Promise<string> {
  if (!(await isInstalled('python3'))) throw new Unavailable('python3 is not installed')
  const folder = await cached({
    name: 'python',
    lockedBy: [requirements],
    async fill(target) {
      await runWell('python3', ['-m', 'venv', target], { timeoutMs: installMsMax })
      const given = ['-m', 'pip', 'install', '--quiet', '--require-hashes', '--only-binary=:all:', '-r', requirements]
      await runWell(join(target, 'bin', 'python'), given, { timeoutMs: installMsMax })
    },
  })
  return join(folder, 'bin', 'python')
}

/** The program built from a Go module; `sources` are its files in `folder`, go.mod and go.sum included. */
export async function goProgram(
  folder: string,
  sources: readonly string[],
  { usesC = false }: { readonly usesC?: boolean } = {},
): Promise<string> {
  if (!(await isInstalled('go'))) throw new Unavailable('go is not installed')
  if (usesC && !(await isInstalled('gcc'))) throw new Unavailable('gcc is not installed')
  const built = await cached({
    name: 'go',
    lockedBy: sources.map((source) => join(folder, source)),
    fill: (target) =>
      runWell('go', ['build', '-mod=readonly', '-o', join(target, 'program'), '.'], {
        directory: folder,
        environment: { CGO_ENABLED: usesC ? '1' : '0' },
        timeoutMs: installMsMax,
      }),
  })
  return join(built, 'program')
}

/**
 * A folder with the npm packages of a package-lock.json in its node_modules, and a copy of the scripts beside them, so
 * that Node finds the packages from where the scripts are.
 */
export async function npmFolder(folder: string, scripts: readonly string[]): Promise<string> {
  const installed = await cached({
    name: 'npm',
    lockedBy: ['package.json', 'package-lock.json', ...scripts].map((file) => join(folder, file)),
    async fill(target) {
      for (const file of ['package.json', 'package-lock.json', ...scripts])
        cpSync(join(folder, file), join(target, file))
      const given = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
      await runWell('npm', given, { directory: target, timeoutMs: installMsMax })
    },
  })
  return installed
}

/** kcat is there, or apt brings it where we may install. */
export async function requireKcat(): Promise<void> {
  if (await isInstalled('kcat')) return
  if (process.getuid?.() !== 0 || !(await isInstalled('apt-get'))) throw new Unavailable('kcat is not installed')
  await withRetries('kcat', async () => {
    await run('apt-get', ['update', '-qq'], { timeoutMs: installMsMax })
    await runWell('apt-get', ['install', '-y', '-qq', 'kcat'], {
      environment: { DEBIAN_FRONTEND: 'noninteractive' },
      timeoutMs: installMsMax,
    })
  })
}
