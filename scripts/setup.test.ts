/**
 * Tests of setup.mjs and bin/gregor in a small tree of their own, with a stand-in for npm that counts its calls.
 * What npm itself does with our lockfiles is shown by the fresh clone of the continuous integration.
 */

import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { after, before, beforeEach, describe, it } from 'node:test'

const project = join(import.meta.dirname, '..')

/** Installs what the lockfile says by writing npm's account of it; `npm-fails` holds what it prints when it fails. */
const standInForNpm = `
import fs from 'node:fs'
fs.appendFileSync('npm-calls', process.argv.slice(2).join(' ') + '\\n')
if (fs.existsSync('npm-fails')) {
  console.error(fs.readFileSync('npm-fails', 'utf8'))
  process.exit(1)
}
fs.mkdirSync('node_modules', { recursive: true })
fs.copyFileSync('package-lock.json', 'node_modules/.package-lock.json')
`

const mainProgram = `
const [command, ...given] = process.argv.slice(2)
if (command === 'start') {
  process.on('SIGTERM', () => process.exit(7))
  setTimeout(() => process.exit(99), 60_000)
  console.log('ready')
} else {
  console.log(JSON.stringify([command, ...given]))
  process.exitCode = 3
}
`

let tree = ''

before(() => {
  tree = mkdtempSync(join(tmpdir(), 'gregor-setup-'))
  for (const directory of ['bin', 'packages/cli/src', 'npm']) mkdirSync(join(tree, directory), { recursive: true })
  for (const file of ['setup.mjs', 'bin/gregor', 'bin/kafka-server-start.sh', 'bin/kafka-server-stop.sh']) {
    copyFileSync(join(project, file), join(tree, file))
  }
  writeFileSync(join(tree, 'npm/npm-cli.js'), standInForNpm)
  writeFileSync(join(tree, 'npm/package.json'), '{ "type": "module" }')
  writeFileSync(join(tree, 'packages/cli/src/main.ts'), mainProgram)
})
after(() => {
  rmSync(tree, { recursive: true, force: true })
})

beforeEach(() => {
  for (const left of ['node_modules', 'npm-calls', 'npm-fails', '.set-up.lock']) {
    rmSync(join(tree, left), { recursive: true, force: true })
  }
  writeLockfile('1.0.0')
})

describe('setup.mjs', () => {
  it('installs what is locked, runs the program, and keeps its arguments and exit code', () => {
    const { status, stdout } = setUp('packages/cli/src/main.ts', 'version', '--short')
    assert.equal(stdout, '["version","--short"]\n')
    assert.equal(status, 3)
    assert.deepEqual(npmCalls(), ['ci --ignore-scripts --include=dev --no-audit --no-fund --loglevel=error'])
  })

  it('installs nothing the second time', () => {
    setUp()
    const { stderr } = setUp()
    assert.equal(npmCalls().length, 1)
    assert.equal(stderr, '')
  })

  it('installs again when the lockfile changes', () => {
    setUp()
    writeLockfile('1.0.1')
    setUp()
    assert.equal(npmCalls().length, 2)
  })

  it('leaves node_modules alone when npm install by hand has already brought what is locked', () => {
    mkdirSync(join(tree, 'node_modules'))
    copyFileSync(join(tree, 'package-lock.json'), join(tree, 'node_modules/.package-lock.json'))
    setUp()
    assert.deepEqual(npmCalls(), [])
  })

  it('installs once when two are started at the same time', async () => {
    const exits = await Promise.all([exitOf(start('setup.mjs')), exitOf(start('setup.mjs'))])
    assert.deepEqual(exits, [0, 0])
    assert.equal(npmCalls().length, 1)
  })

  it('breaks the lock of a set-up that died', () => {
    const { pid } = spawnSync(process.execPath, ['--eval', '0'])
    writeFileSync(join(tree, '.set-up.lock'), String(pid))
    assert.equal(setUp().status, 0)
    assert.equal(existsSync(join(tree, '.set-up.lock')), false)
  })

  it('stops with what npm said, without trying again, when trying again cannot help', () => {
    writeFileSync(join(tree, 'npm-fails'), 'npm error code EUSAGE\nnpm error lockfile and package.json differ')
    const { status, stderr } = setUp()
    assert.equal(status, 1)
    assert.match(stderr, /lockfile and package\.json differ/)
    assert.equal(npmCalls().length, 1)
  })

  it('says when it tries again after a failure of the network', async () => {
    writeFileSync(join(tree, 'npm-fails'), 'npm error code ECONNRESET')
    const child = start('setup.mjs')
    const said = await firstOutput(child, 'stderr', /trying again/)
    child.kill('SIGKILL')
    assert.match(said, /npm ci failed \(ECONNRESET\), trying again in 2 s/)
  })
})

describe('bin/gregor', () => {
  it('sets up first and hands over arguments and exit code', () => {
    const { status, stdout } = spawnSync(join(tree, 'bin/gregor'), ['topics', 'list'], {
      env: environment(),
      encoding: 'utf8',
    })
    assert.equal(stdout, '["topics","list"]\n')
    assert.equal(status, 3)
    assert.equal(npmCalls().length, 1)
  })

  it('runs the bundle that is noted as up to date', () => {
    setUp()
    const bundle = join(tree, 'node_modules/.cache/gregor/1/main.cjs')
    mkdirSync(dirname(bundle), { recursive: true })
    writeFileSync(bundle, `console.log('bundled', ...process.argv.slice(2))`)
    writeFileSync(join(tree, 'node_modules/.cache/gregor/current'), `${bundle}\n`)
    const { stdout } = spawnSync(join(tree, 'bin/gregor'), ['topics'], { env: environment(), encoding: 'utf8' })
    assert.equal(stdout, 'bundled topics\n')
  })

  it('becomes the node, so that a signal reaches it', async () => {
    const child = spawn(join(tree, 'bin/gregor'), ['start'], { env: environment() })
    await firstOutput(child, 'stdout', /ready/)
    child.kill('SIGTERM')
    assert.equal(await exitOf(child), 7)
  })
})

describe('bin/kafka-server-stop.sh', () => {
  it('stops the node whose server.properties has the given id, and only that', async () => {
    const [one, other] = await Promise.all([startNode('7000001'), startNode('7000002')])
    assert.equal(stopNode('7000002').status, 0)
    assert.equal(await exitOf(other), 7)
    assert.equal(one.exitCode, null)
    stopNode('7000001')
    assert.equal(await exitOf(one), 7)
  })

  it('stops the others, too, where one has ended meanwhile', async () => {
    const one = await startNode('7000003')
    const ended = `node packages/cli/src/main.ts start ${join(tree, '7000003.properties')}`
    const shadow = join(tree, 'shadow')
    mkdirSync(shadow)
    const ps = `#!/bin/sh
case $* in
  *4194305*) echo '${ended}' ;;
  *-axww*) echo '4194305 1 ${ended}'; exec /bin/ps "$@" ;;
  *) exec /bin/ps "$@" ;;
esac
`
    writeFileSync(join(shadow, 'ps'), ps, { mode: 0o755 })
    const env = { ...process.env, PATH: `${shadow}${delimiter}${process.env['PATH'] ?? ''}` }
    const { status } = spawnSync(join(tree, 'bin/kafka-server-stop.sh'), ['--node-id=7000003'], { env })
    assert.equal(status, 0)
    assert.equal(await exitOf(one), 7)
  })
})

async function startNode(id: string): Promise<ChildProcess> {
  writeFileSync(join(tree, `${id}.properties`), `process.roles=broker\nnode.id = ${id}\n`)
  const child = spawn(join(tree, 'bin/kafka-server-start.sh'), [`${id}.properties`], { cwd: tree, env: environment() })
  await firstOutput(child, 'stdout', /ready/)
  return child
}

function stopNode(id: string): { status: number | null } {
  return spawnSync(join(tree, 'bin/kafka-server-stop.sh'), [`--node-id=${id}`])
}

function setUp(...given: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  const options = { cwd: tree, env: environment(), encoding: 'utf8' } as const
  return spawnSync(process.execPath, ['setup.mjs', ...given], options)
}

function start(...given: readonly string[]): ChildProcess {
  return spawn(process.execPath, given, { cwd: tree, env: environment() })
}

/** With the Node of this run, and without what npm and the test runner have put into ours. */
function environment(): NodeJS.ProcessEnv {
  const path = [dirname(process.execPath), process.env['PATH'] ?? ''].join(delimiter)
  return { PATH: path, npm_execpath: join(tree, 'npm/npm-cli.js') }
}

function npmCalls(): readonly string[] {
  const file = join(tree, 'npm-calls')
  return existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : []
}

function writeLockfile(version: string): void {
  const packages = { '': {}, 'node_modules/a': { version, integrity: `sha512-${version}` } }
  writeFileSync(join(tree, 'package-lock.json'), JSON.stringify({ packages }))
}

function exitOf(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null) return Promise.resolve(child.exitCode)
  return new Promise((resolve) => child.once('exit', resolve))
}

function firstOutput(child: ChildProcess, from: 'stdout' | 'stderr', wanted: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = ''
    child[from]?.setEncoding('utf8').on('data', (text: string) => {
      said += text
      if (wanted.test(said)) resolve(said)
    })
    child.once('exit', () => {
      reject(new Error(`it ended before it said ${String(wanted)}: ${said}`))
    })
  })
}
