/**
 * The first lines of the bundled program; bundle.ts puts them beside it. Runs it with what V8 made of it the last time: not
 * its functions as they were loaded, which is all that Node's compile cache keeps, but all that a start has used. To
 * compile these anew would be a quarter of the start.
 */
// @ts-check
'use strict'

const fs = require('node:fs')
const path = require('node:path')
const v8 = require('node:v8')
const vm = require('node:vm')

/** By then a node has been through everything that belongs to a start. */
const compiledAfterMs = 2_000

const file = path.join(__dirname, 'program.js')
// The tag differs by V8 and its flags.
const cacheFile = path.join(__dirname, `${v8.cachedDataVersionTag()}.cache`)
const cachedData = fs.existsSync(cacheFile) ? fs.readFileSync(cacheFile) : undefined
// On one line with its beginning, so that the numbers of lines stay.
const source = `(function (exports, require, module, __filename, __dirname) {${fs.readFileSync(file, 'latin1')}\n})`
const script = new vm.Script(source, {
  filename: file,
  ...(cachedData !== undefined && { cachedData }),
  importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
})
const run = /** @type {(...given: readonly unknown[]) => void} */ (script.runInThisContext())
run(exports, require, module, file, __dirname)

if (process.argv[2] === 'start' && (cachedData === undefined || script.cachedDataRejected === true)) {
  setTimeout(keep, compiledAfterMs).unref()
}

function keep() {
  const temporary = `${cacheFile}.${process.pid}`
  try {
    fs.writeFileSync(temporary, script.createCachedData())
    fs.renameSync(temporary, cacheFile)
  } catch {
    // Somebody else's directory, or a full disk: the next start takes a little longer, that is all.
    fs.rmSync(temporary, { force: true })
  }
}
