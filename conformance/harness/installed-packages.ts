/** The packages of this checkout as they would be installed: compiled JavaScript, in a node_modules of somebody else. */

import { cpSync, existsSync, globSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

import { runWell } from './process.ts'

const repository = join(import.meta.dirname, '..', '..')

interface Manifest {
  readonly name: string
  readonly exports: Readonly<Record<string, string>>
  readonly dependencies?: Readonly<Record<string, string>>
}

/** Puts `gregor` and what it stands on into `directory`/node_modules. */
export async function installGregor(directory: string): Promise<void> {
  await runWell(
    process.execPath,
    [join(repository, 'node_modules', 'typescript', 'bin', 'tsc'), '-b', 'packages/gregor'],
    {
      directory: repository,
      timeoutMs: 5 * 60_000,
    },
  )
  const target = join(directory, 'node_modules')
  const manifests = new Map(
    globSync(join(repository, 'packages', '*', 'package.json')).map((file) => {
      const manifest = JSON.parse(readFileSync(file, 'utf8')) as Manifest
      return [manifest.name, { manifest, folder: dirname(file) }]
    }),
  )
  const wanted = ['gregor']
  for (const name of wanted) {
    const own = manifests.get(name)
    if (own === undefined) linkForeign(name, target)
    else {
      install(own.manifest, own.folder, join(target, name))
      for (const other of Object.keys(own.manifest.dependencies ?? {})) if (!wanted.includes(other)) wanted.push(other)
    }
  }
}

function install(manifest: Manifest, folder: string, target: string): void {
  cpSync(join(folder, 'dist'), join(target, 'dist'), {
    recursive: true,
    filter: (path) => !/\.test\.|\.tsbuildinfo$/.test(path),
  })
  const exports = Object.fromEntries(
    Object.entries(manifest.exports).map(([entry, source]) => {
      const built = source.replace('./src/', './dist/').replace(/\.ts$/, '')
      return [entry, { types: `${built}.d.ts`, default: `${built}.js` }]
    }),
  )
  writeFileSync(join(target, 'package.json'), JSON.stringify({ ...manifest, exports }))
}

/** What others have published is as this checkout has it installed. */
function linkForeign(name: string, target: string): void {
  const path = join(target, name)
  if (existsSync(path)) return
  mkdirSync(dirname(path), { recursive: true })
  symlinkSync(join(repository, 'node_modules', name), path)
}
