/**
 * Makes the program one file that starts in a third of the time (see current-bundle.mjs), and one more for each part that it
 * imports when it is needed, unless what is there is up to date, and prints the path of what is to be run. setup.mjs runs
 * this. Older bundles stay for an hour, for processes that are about to load one.
 */

import { spawnSync } from 'node:child_process'
import { copyFileSync, globSync, mkdirSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { isAbsolute, join, relative, resolve } from 'node:path'
import type { OutputChunk } from 'rolldown'

import { bundleDirectory, currentBundle, currentFile, sourcesOf } from './current-bundle.mjs'

const root = resolve(import.meta.dirname, '..')
const sources = join(root, 'packages', 'cli', 'src', 'main.ts')
/** What is run: it loads the bundle. */
const loader = join(root, 'scripts', 'bundle-main.cjs')
const keptMs = 3_600_000
/** Modules that take a millisecond or more to load, and that a start does not use. */
const loadedLate = ['node:crypto', 'node:os', 'node:vm', 'node:zlib', 're2js', String.raw`\./late-[\w-]+\.js`]
/** Ours that a start does not use. What they export is used by functions only, and seldom: it goes through a getter. */
const lateModules = new RegExp(
  [
    'coordinators/src/',
    'protocol/src/records/(lz4|snappy|legacy)',
    'storage/src/(batch-compaction|compaction|cleaner|log-recovery|segment-recovery|verify-log)',
    'platform/src/memory-disk',
    'transport/src/client-connection',
  ]
    .map((each) => `/packages/${each}`)
    .join('|')
    .replaceAll('/', String.raw`[/\\]`),
)

const beganAt = new Date()
const program = currentBundle() ?? (await bundleOrSources())
noteAsCurrent(program)
process.stdout.write(`${program}\n`)

/** Where no bundle can be made that is told, once until the sources change, and they are what is run. */
async function bundleOrSources(): Promise<string> {
  try {
    return await makeBundle()
  } catch (error) {
    process.stderr.write(`The program runs from its sources, as bundling failed: ${String(error)}\n`)
    return sources
  }
}

async function makeBundle(): Promise<string> {
  // Not there, or not for this platform: then this fails, and not the whole script.
  const { rolldown } = await import('rolldown')
  const made = await rolldown({
    input: sources,
    preserveEntrySignatures: 'allow-extension',
    plugins: [{ name: 'fields-late', transform: (code, id) => (isOfMessages(id) ? fieldsLate(code) : undefined) }],
    platform: 'node',
    // What npm has brought stays where it is; some of it is native.
    external: (id) => !id.startsWith('.') && !isAbsolute(id) && !/^@?gregor(\/|$)/.test(id),
  })
  const directory = join(bundleDirectory, `${process.pid.toString(36)}-${Date.now().toString(36)}`)
  const { output } = await made.generate({
    entryFileNames: 'program.js',
    chunkFileNames: '[name]-[hash].js',
    // What a start needs is one file, where a call is a call: from file to file it goes through a getter.
    codeSplitting: {
      includeDependenciesRecursively: false,
      groups: [
        { name: 'late', test: lateModules, priority: 1 },
        { name: 'node', tags: ['$initial'] },
      ],
    },
    // Node's own modules cost half as much when they are required: an import evaluates all their lazy parts at once.
    format: 'cjs',
    // Text that is all ASCII takes half the memory, and is not searched for anything else when it is read.
    charset: 'ascii',
    comments: false,
  })
  const chunks = output.filter((one): one is OutputChunk => one.type === 'chunk')
  // Besides ours there are the bundler's own, which are no files.
  const ids = new Set(chunks.flatMap(({ moduleIds }) => moduleIds).filter((id) => isAbsolute(id)))
  const manifests = globSync('packages/*/package.json', { cwd: root })
  const files = [...ids].map((id) => relative(root, id))
  const ours = [loader, import.meta.filename].map((file) => relative(root, file))
  const madeFrom = [...files, ...manifests, ...ours].map((source) => {
    const { size, mtimeMs } = statSync(join(root, source))
    return [source, size, mtimeMs]
  })
  const path = join(directory, 'main.cjs')
  mkdirSync(directory, { recursive: true })
  for (const { fileName, code } of chunks)
    writeFileSync(join(directory, fileName), asFunction(bindProgram(loadLate(code))))
  copyFileSync(loader, path)
  // Whether what was taken apart fits together: a part may be wanted before the program is whole.
  const { status, stderr } = spawnSync(process.execPath, [path, '--version'])
  if (status !== 0) throw new Error(stderr.toString())
  writeFileSync(sourcesOf(path), JSON.stringify(madeFrom))
  removeOldOnes()
  return path
}

/** What the loader runs. On one line with its beginning, so that the numbers of lines stay. */
function asFunction(code: string): string {
  return `(function (exports, require, module, __filename, __dirname) {${code}\n})`
}

/** Modules of that list are loaded when something of theirs is used. */
function loadLate(code: string): string {
  // What is not bundled is found from the bundle, too.
  let changed = code.replaceAll(
    /= \(0, \w+\.createRequire\)\(require\("url"\).pathToFileURL\(__filename\).href\);/g,
    '= require;',
  )
  for (const id of loadedLate) {
    const declaration = new RegExp(`^(?:let|const) (\\w+) = require\\("(${id})"\\);$`, 'm').exec(changed)
    const [, name, path] = declaration ?? []
    if (declaration === null || name === undefined) continue
    const rest = changed.replace(declaration[0], '')
    const uses = [...rest.matchAll(new RegExp(`\\b${name}\\b(?:\\.(\\w+))?`, 'g'))]
    const members = new Set(uses.map(([, member]) => member))
    // One that is handed on whole must be there.
    if (members.has(undefined)) continue
    const getters = [...members].map((member) => `get ${member}() { return load().${member}; }`).join(', ')
    const late = `let loaded; const load = () => loaded ??= require("${path}"); return { ${getters} };`
    changed = changed.replace(declaration[0], () => `const ${name} = (() => { ${late} })();`)
  }
  return changed
}

/** What other parts have of the program, which is whole before they are loaded, they take once and not at each use. */
function bindProgram(code: string): string {
  const declaration = /^const (\w+) = require\("\.\/program\.js"\);$/m.exec(code)
  const name = declaration?.[1]
  if (declaration === null || name === undefined) return code
  const use = new RegExp(`\\b${name}\\.([\\w$]+)`, 'g')
  const members = new Set([...code.matchAll(use)].map(([, member = '']) => member))
  const bound = [...members].map((member) => `${member}: ${name}_${member}`)
  return code
    .replaceAll(use, (_, member: string) => `${name}_${member}`)
    .replace(declaration[0], () => `const { ${bound.join(', ')} } = require("./program.js");`)
}

/** Where messages are described, and hardly anything else is. */
function isOfMessages(id: string): boolean {
  return /[/\\]protocol[/\\]src[/\\](apis|stored)[/\\]/.test(id)
}

/**
 * The fields of a message are there when they are first asked for: a start needs a tenth of them. As oxfmt writes the
 * sources; what looks otherwise stays as it is.
 */
function fieldsLate(code: string): string {
  return code.replaceAll(
    /^ {2}(request|response|fields): (\{\n(?: {3}.*\n|\n)* {2}\}),$/gm,
    (_, name: string, fields: string) => `  get ${name}() { return ${fields} },`,
  )
}

/** The time of this file tells bin/gregor up to when the bundle is known to be up to date: what came later is not in it. */
function noteAsCurrent(path: string): void {
  mkdirSync(bundleDirectory, { recursive: true })
  const temporary = `${currentFile}.${process.pid}`
  writeFileSync(temporary, `${path}\n`)
  utimesSync(temporary, beganAt, beganAt)
  renameSync(temporary, currentFile)
}

function removeOldOnes(): void {
  for (const file of globSync('*/', { cwd: bundleDirectory })) {
    const path = join(bundleDirectory, file)
    if (statSync(path).mtimeMs < Date.now() - keptMs) rmSync(path, { recursive: true, force: true })
  }
}
