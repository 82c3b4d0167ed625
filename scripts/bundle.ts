/**
 * Makes the program one file that starts in a third of the time (packages/cli/src/current-bundle.ts says when it is
 * used), unless the one that is there is up to date. setup.mjs runs this before a start. A bundle that a process
 * may be about to load stays for an hour.
 */

import { globSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, isAbsolute, join, relative, resolve } from 'node:path'
import { rolldown, type OutputChunk } from 'rolldown'

import { bundleDirectory, bundleManifestName, currentBundle, type BundleManifest } from '@gregor/cli/current-bundle'

const root = resolve(import.meta.dirname, '..')
const entry = join(root, 'packages', 'cli', 'src', 'run-process.ts')
const keptMs = 3_600_000

if (currentBundle() === undefined) await makeBundle()

async function makeBundle(): Promise<void> {
  const bundle = await rolldown({
    input: entry,
    platform: 'node',
    // What npm has brought stays where it is; some of it is native.
    external: (id) => !id.startsWith('.') && !id.startsWith('/') && !/^@?gregor(\/|$)/.test(id),
  })
  const name = `${process.pid.toString(36)}-${Date.now().toString(36)}`
  const { output } = await bundle.write({
    dir: join(bundleDirectory, name),
    // Node's own modules cost half as much when they are required: an import evaluates all their lazy parts at once.
    format: 'cjs',
    // Text that is all ASCII takes half the memory, and is not searched for anything else when it is read.
    charset: 'ascii',
    comments: false,
    entryFileNames: '[name].cjs',
    chunkFileNames: '[name]-[hash].cjs',
  })
  const chunks = output.filter((one): one is OutputChunk => one.type === 'chunk')
  const main = chunks.find(({ isEntry }) => isEntry)
  if (main === undefined) throw new Error('the bundle has no entry')
  const manifests = globSync('packages/*/package.json', { cwd: root })
  // Besides ours there are the bundler's own, which are no files.
  const files = chunks.flatMap(({ moduleIds }) => moduleIds.filter((id) => isAbsolute(id)))
  const manifest: BundleManifest = {
    entry: join(name, main.fileName),
    sources: [...files.map((id) => relative(root, id)), ...manifests].map((source) => {
      const { size, mtimeMs } = statSync(join(root, source))
      return [source, size, mtimeMs]
    }),
  }
  removeOldOnes()
  const temporary = join(bundleDirectory, `${name}.json`)
  writeFileSync(temporary, JSON.stringify(manifest))
  renameSync(temporary, join(bundleDirectory, bundleManifestName))
}

function removeOldOnes(): void {
  mkdirSync(bundleDirectory, { recursive: true })
  for (const file of globSync('*', { cwd: bundleDirectory })) {
    const path = join(bundleDirectory, file)
    if (basename(file) === bundleManifestName || statSync(path).mtimeMs > Date.now() - keptMs) continue
    rmSync(path, { recursive: true, force: true })
  }
}
