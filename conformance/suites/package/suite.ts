/**
 * Our packages as they are published: what publint and arethetypeswrong say of them, and whether a program in a folder of
 * its own, with nothing but them, type-checks with the TypeScript that most have and runs.
 */

import assert from 'node:assert/strict'
import { cpSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { withRetries } from '../../harness/cache.ts'
import { npmFolder } from '../../harness/installers.ts'
import { run, runWell } from '../../harness/process.ts'
import type { Suite } from '../../harness/suite.ts'

const checks = join(import.meta.dirname, 'checks')
const packer = join(import.meta.dirname, '..', '..', '..', 'scripts', 'pack.ts')
const checked = ['gregor-client', 'gregor']
const installMsMax = 300_000

let tools = ''

export const suite: Suite = {
  name: 'package',
  core: true,
  budgetSeconds: 300,
  async prepare() {
    tools = await npmFolder(checks, ['program.ts', 'tsconfig.json'])
  },
  async run({ check, directory }) {
    const packed = join(directory, 'packed')
    await runWell(process.execPath, [packer, packed])
    const tarballs = new Map<string, string>()
    for (const name of globSync('*', { cwd: packed })) tarballs.set(name, await tarballOf(join(packed, name)))
    for (const name of checked) {
      await check(`publint finds nothing in ${name}`, () => isLinted(join(packed, name)))
      await check(`arethetypeswrong finds nothing in ${name}`, () => hasRightTypes(tarballs.get(name) ?? ''))
    }
    const user = await userFolder(directory, [...tarballs.values()])
    await check('a program with nothing but the packages type-checks with TypeScript 5.9', () => typeChecks(user))
    await check('and runs: a broker, an admin, a producer, a consumer', () => works(user))
  },
}

async function tarballOf(folder: string): Promise<string> {
  const [{ filename }] = JSON.parse(await runWell('npm', ['pack', '--json'], { directory: folder })) as [
    { filename: string },
  ]
  return join(folder, filename)
}

async function isLinted(folder: string): Promise<void> {
  const { status, stdout, stderr } = await tool('publint', [folder, '--strict'])
  assert.equal(status, 0, stdout + stderr)
}

/** Only for ES modules: that is what they are. */
async function hasRightTypes(tarball: string): Promise<void> {
  const { status, stdout, stderr } = await tool('attw', [tarball, '--profile', 'esm-only', '--no-emoji'])
  assert.equal(status, 0, stdout + stderr)
}

/** As after `npm install` of the tarballs in an empty folder. */
async function userFolder(directory: string, tarballs: readonly string[]): Promise<string> {
  const folder = join(directory, 'user')
  mkdirSync(folder)
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'user', private: true, type: 'module' }))
  for (const file of ['program.ts', 'tsconfig.json']) cpSync(join(checks, file), join(folder, file))
  const given = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', ...tarballs]
  await withRetries('the dependencies of our packages', () =>
    runWell('npm', given, { directory: folder, timeoutMs: installMsMax }),
  )
  cpSync(join(tools, 'node_modules', '@types'), join(folder, 'node_modules', '@types'), { recursive: true })
  cpSync(join(tools, 'node_modules', 'undici-types'), join(folder, 'node_modules', 'undici-types'), { recursive: true })
  return folder
}

async function typeChecks(folder: string): Promise<void> {
  const compiler = join(tools, 'node_modules', 'typescript', 'bin', 'tsc')
  const { status, stdout } = await run(process.execPath, [compiler, '-p', folder])
  assert.equal(status, 0, stdout.slice(0, 4_000))
}

async function works(folder: string): Promise<string> {
  const said = await runWell(process.execPath, [join(folder, 'out', 'program.js')], { directory: folder })
  assert.equal(said, '0 b\n')
  return process.version
}

function tool(name: string, given: readonly string[]): ReturnType<typeof run> {
  const manifest = name === 'attw' ? '@arethetypeswrong/cli' : name
  const folder = join(tools, 'node_modules', manifest)
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    bin: string | Readonly<Record<string, string>>
  }
  return run(process.execPath, [join(folder, typeof bin === 'string' ? bin : (bin[name] ?? '')), ...given])
}
