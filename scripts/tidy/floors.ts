/**
 * The floors: imports point down, by way of the other package's index.ts, and are declared, in package.json and, for
 * the compiler, in tsconfig.json. What is on which floor is a fact of each package.json.
 */

import { builtinModules } from 'node:module'
import { posix } from 'node:path'

import { isTest, lineAt, packageFolder, withoutComments, type Problem, type Tree } from './source.ts'

interface Manifest {
  readonly folder: string
  readonly name: string
  readonly floor: number | undefined
  readonly dependencies: Readonly<Record<string, string>>
  /** Of its tests: here, and only here, an import may point up, to testkit. */
  readonly devDependencies: Readonly<Record<string, string>>
  /** What other packages may name: `.`, `./simulation`. */
  readonly exports: readonly string[]
  readonly references: readonly string[]
}

export function floorProblems(tree: Tree): readonly Problem[] {
  const manifests = readManifests(tree)
  const development = Object.keys(dependenciesIn(tree, 'package.json', 'devDependencies'))
  const declared = [...manifests.values()].flatMap((manifest) => manifestProblems(manifest, manifests))
  const imported = [...tree].flatMap(([path, text]) => {
    const manifest = manifests.get(packageFolder(path) ?? '')
    if (manifest === undefined || !path.endsWith('.ts')) return []
    return importsIn(text).flatMap(({ specifier, line }) => {
      const problem = importProblem(path, specifier, { manifest, manifests, development })
      return problem === undefined ? [] : [{ file: `${path}:${line}`, text: problem }]
    })
  })
  return [...declared, ...imported]
}

/** Static and dynamic imports, and re-exports. */
export function importsIn(text: string): readonly { readonly specifier: string; readonly line: number }[] {
  const pattern = /(?<!\.)\b(?:from\s+|import\s*\(?\s*)'([^']+)'/g
  const code = withoutComments(text)
  return [...code.matchAll(pattern)].map((match) => ({ specifier: match[1] ?? '', line: lineAt(code, match.index) }))
}

interface Scene {
  readonly manifest: Manifest
  readonly manifests: ReadonlyMap<string, Manifest>
  readonly development: readonly string[]
}

function importProblem(
  path: string,
  specifier: string,
  { manifest, manifests, development }: Scene,
): string | undefined {
  if (specifier.startsWith('.')) {
    const target = posix.join(posix.dirname(path), specifier)
    return target.startsWith(`${manifest.folder}/`) ? undefined : `${specifier} leaves the package: import it by name`
  }
  if (specifier.startsWith('node:') || builtinModules.includes(specifier)) return undefined
  const name = specifier.startsWith('@') ? specifier.split('/', 2).join('/') : specifier.split('/', 1).join('')
  const other = [...manifests.values()].find((candidate) => candidate.name === name)
  if (name === manifest.name) return `${specifier} is this package itself: import the file`
  if (other !== undefined && !other.exports.includes(specifier.replace(name, '.'))) {
    return `${specifier} reaches past index.ts of ${name}`
  }
  if (name in manifest.dependencies) return undefined
  if (isTest(path) && (name in manifest.devDependencies || development.includes(name))) return undefined
  return `${name} is not in the dependencies of ${manifest.folder}/package.json`
}

function manifestProblems(manifest: Manifest, manifests: ReadonlyMap<string, Manifest>): readonly Problem[] {
  const file = `${manifest.folder}/package.json`
  if (manifest.floor === undefined) return [{ file, text: 'says no "floor"' }]
  const floor = manifest.floor
  const all = { ...manifest.dependencies, ...manifest.devDependencies }
  const inside = [...manifests.values()].filter(({ name }) => name in all).map(({ folder }) => folder)
  const problems = Object.entries(manifest.dependencies).flatMap(([name, version]) => {
    const other = [...manifests.values()].find((candidate) => candidate.name === name)
    if (!/^\d+\.\d+\.\d+/.test(version)) return [{ file, text: `${name} ${version}: versions are exact` }]
    if (other === undefined) return []
    if (other.floor === undefined || other.floor < floor) return []
    return [{ file, text: `floor ${floor} depends on ${name} on floor ${other.floor}: dependencies point down` }]
  })
  const referenced = manifest.references.map((path) => packageFolder(path) ?? path)
  const differences = [...new Set(inside).symmetricDifference(new Set(referenced))]
  return [
    ...problems,
    ...differences.map((folder) => ({
      file: `${manifest.folder}/tsconfig.json`,
      text: `${folder} is ${inside.includes(folder) ? 'a dependency without a reference' : 'referenced, but no dependency'}`,
    })),
  ]
}

function readManifests(tree: Tree): ReadonlyMap<string, Manifest> {
  const files = [...tree.keys()].filter((path) => /^packages\/[^/]+\/package\.json$/.test(path))
  return new Map(
    files.map((file) => {
      const folder = posix.dirname(file)
      const {
        name,
        floor,
        exports = {},
      } = JSON.parse(tree.get(file) ?? '{}') as {
        name: string
        floor?: number
        exports?: Record<string, string>
      }
      const { references = [] } = JSON.parse(tree.get(`${folder}/tsconfig.json`) ?? '{}') as {
        references?: { path: string }[]
      }
      const manifest = {
        folder,
        name,
        floor,
        dependencies: dependenciesIn(tree, file, 'dependencies'),
        devDependencies: dependenciesIn(tree, file, 'devDependencies'),
        exports: Object.keys(exports),
        // A package may be compiled in parts.
        references: references
          .map(({ path }) => posix.join(folder, path))
          .filter((path) => !path.startsWith(`${folder}/`)),
      }
      return [folder, manifest]
    }),
  )
}

function dependenciesIn(
  tree: Tree,
  file: string,
  key: 'dependencies' | 'devDependencies',
): Readonly<Record<string, string>> {
  const manifest = JSON.parse(tree.get(file) ?? '{}') as Partial<Record<typeof key, Record<string, string>>>
  return manifest[key] ?? {}
}
