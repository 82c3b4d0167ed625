/** The packages of this checkout as they would be installed, in a node_modules of somebody else. */

import { cpSync, existsSync, globSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'

import { runWell } from './process.ts'

const repository = join(import.meta.dirname, '..', '..')

interface Manifest {
  readonly name: string
  readonly dependencies?: Readonly<Record<string, string>>
}

/** Puts what we publish into `directory`/node_modules, and what it needs of others as this checkout has it. */
export async function installOurPackages(directory: string): Promise<void> {
  const packed = join(directory, 'packed')
  const target = join(directory, 'node_modules')
  await runWell(process.execPath, [join(repository, 'scripts', 'pack.ts'), packed], { timeoutMs: 5 * 60_000 })
  const manifests = globSync('*/package.json', { cwd: packed }).map((file) => {
    const manifest = JSON.parse(readFileSync(join(packed, file), 'utf8')) as Manifest
    cpSync(join(packed, dirname(file)), join(target, manifest.name), { recursive: true })
    return manifest
  })
  for (const name of manifests.flatMap(({ dependencies = {} }) => Object.keys(dependencies))) {
    const place = join(target, name)
    if (existsSync(place)) continue
    mkdirSync(dirname(place), { recursive: true })
    symlinkSync(join(repository, 'node_modules', name), place)
  }
}
