/**
 * The first lines of the bundled program; bundle.ts puts them beside its parts. Runs them with what V8 made of them the last
 * time: not their functions as they were loaded, which is all that Node's compile cache keeps, but all that such a command
 * has used; functions that the program makes from text among them. To compile these anew would be a quarter of the start.
 */
// @ts-check
'use strict'

const fs = require('node:fs')
const vm = require('node:vm')

/** By the first a node has been through everything that belongs to a start; by the second one that had to wait for its turn. */
const compiledAfterMs = [2_000, 8_000]

/** Each command keeps what it uses itself: `start`, `kafka-topics`. */
const [, , word = '', tool = ''] = process.argv
const command = /^[a-z-]+$/.exec(word === 'tool' ? tool : word)?.[0] ?? ''
// V8 refuses what other flags have made.
const flags = [...process.execArgv, process.env['NODE_OPTIONS'] ?? ''].join('').replaceAll(/[^a-z0-9=]/g, '')
const keptBeside = `-${command}-${process.version}-${process.arch}${flags.slice(0, 80)}`

/** @typedef {(...values: readonly unknown[]) => unknown} Made */
/** @type {Map<string, { exports: object }>} */
const parts = new Map()
/** @type {(() => void)[]} */
const notKept = []
/** Where they are still to be kept: the functions made from text so far. @type {string[] | undefined} */
let madeNow

const made = madeLastTime()
load('./program.js')

// A command ends, and a node may be killed.
if (notKept.length > 0) {
  if (command === 'start') for (const ms of compiledAfterMs) setTimeout(keep, ms).unref()
  else process.once('exit', keep)
}

/** @param {string} id `./NAME.js`: a part of the program; all else is Node's or npm's. */
function requirePart(id) {
  if (id.startsWith('./')) return load(id)
  return id === 'node:vm' ? { ...vm, compileFunction } : /** @type {unknown} */ (require(id))
}

/** @param {string} id */
function load(id) {
  const loaded = parts.get(id)
  if (loaded !== undefined) return loaded.exports
  const module = { exports: {} }
  parts.set(id, module)
  const file = `${__dirname}/${id.slice(2)}`
  // Each file is a function (see bundle.ts): text that is put together here would be copied once more.
  const run = /** @type {Made} */ (evaluated(file, fs.readFileSync(file, 'latin1'), `${file}${keptBeside}`))
  run(module.exports, requirePart, module, file, __dirname)
  return module.exports
}

/** @param {string} file @param {string} source @param {string} keptAt without `.cache` */
function evaluated(file, source, keptAt) {
  const cacheFile = `${keptAt}.cache`
  const cachedData = fs.existsSync(cacheFile) ? fs.readFileSync(cacheFile) : undefined
  const script = new vm.Script(source, {
    filename: file,
    ...(cachedData !== undefined && { cachedData }),
    importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  })
  if (cachedData === undefined || script.cachedDataRejected === true) {
    let byteCount = 0
    notKept.push(() => {
      const data = script.createCachedData()
      if (data.length > byteCount) replaceFile(cacheFile, data)
      byteCount = Math.max(byteCount, data.length)
    })
  }
  return /** @type {unknown} */ (script.runInThisContext())
}

/**
 * The functions that the program made from text when the command was run before, by that text. Each serves once, as what V8
 * learns of a function's use belongs to all that come from the same place; the next with that text is made anew.
 * @returns {Map<string, Made[]>}
 */
function madeLastTime() {
  const file = `${__dirname}/functions${keptBeside}.js`
  const source = fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : undefined
  if (source === undefined) {
    madeNow = []
    notKept.push(() => {
      if (madeNow !== undefined) replaceFile(file, `[${madeNow.join(',\n')}]`)
      madeNow = undefined
    })
    return new Map()
  }
  const functions = /** @type {readonly (readonly [string, Made])[]} */ (evaluated(file, source, file))
  /** @type {Map<string, Made[]>} */
  const byText = new Map()
  for (const [key, one] of functions) {
    const same = byText.get(key)
    if (same === undefined) byText.set(key, [one])
    else same.push(one)
  }
  return byText
}

/** As that of node:vm. @param {string} text @param {readonly string[]} names */
function compileFunction(text, names) {
  const key = `${names.join()}:${text}`
  madeNow?.push(`[${JSON.stringify(key)}, function (${names.join()}) { ${text}\n}]`)
  return made.get(key)?.pop() ?? vm.compileFunction(text, names)
}

function keep() {
  try {
    for (const keepPart of notKept) keepPart()
  } catch {
    // Somebody else's directory, or a full disk: the next start takes a little longer, that is all.
  }
}

/** @param {string} file @param {Buffer | string} content */
function replaceFile(file, content) {
  const temporary = `${file}.${process.pid}`
  try {
    fs.writeFileSync(temporary, content)
    fs.renameSync(temporary, file)
  } finally {
    fs.rmSync(temporary, { force: true })
  }
}
