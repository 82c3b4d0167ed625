/**
 * What a lockfile must hold so that `npm ci` accepts it anywhere: every optional package of every platform, and no
 * registry's address (npm asks the registry of whoever installs).
 */

export interface Lockfile {
  readonly packages: Record<string, LockedPackage>
}

export interface LockedPackage {
  readonly version?: string
  readonly resolved?: string
  readonly integrity?: string
  readonly link?: boolean
  readonly dev?: boolean
  readonly optional?: boolean
  readonly os?: readonly string[]
  readonly cpu?: readonly string[]
  readonly libc?: readonly string[]
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

export interface MissingPackage {
  readonly name: string
  readonly version: string
  readonly isDev: boolean
}

/** Optional packages that a locked one asks for and that are not locked themselves, by name. */
export function missingFromLockfile(lockfile: Lockfile): readonly MissingPackage[] {
  const missing = Object.entries(lockfile.packages).flatMap(([place, parent]) =>
    Object.entries(parent.optionalDependencies ?? {})
      .filter(([name]) => !isLocked(lockfile, place, name))
      .map(([name, version]) => ({ name, version, isDev: parent.dev === true })),
  )
  return missing.toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

/** One line per problem. */
export function lockfileProblems(lockfile: Lockfile): readonly string[] {
  const addresses = Object.entries(lockfile.packages)
    .filter(([, { resolved, link }]) => resolved !== undefined && link !== true)
    .map(([place]) => `${place} names a registry: set npm's omit-lockfile-registry-resolved and install again`)
  const missing = missingFromLockfile(lockfile).map(
    ({ name }) => `${name} is not locked: run node scripts/complete-lockfile.ts`,
  )
  return [...addresses, ...missing]
}

/** Whether Node's look-up from `place` upwards finds the package. */
function isLocked(lockfile: Lockfile, place: string, name: string): boolean {
  for (let folder = place; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/')))) {
    if (lockfile.packages[`${folder === '' ? '' : `${folder}/`}node_modules/${name}`] !== undefined) return true
    if (folder === '') return false
  }
}
