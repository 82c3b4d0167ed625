/**
 * Opens the log directories of a node: makes them, locks them, finds out whose they are, writes what is new. One whose
 * disk fails is left out, as long as another is there; one that belongs to somebody else stops the start.
 */

import { randomUuid } from '@gregor/base'
import { ConfigError } from '@gregor/config'
import { type Disk, DiskError, type DiskLock, type Environment } from '@gregor/platform'
import { dirname, join, resolve } from 'node:path'
import { type FoundDirectory, identifyDirectories } from './directory-identity.ts'
import { LogDirectory, lockName } from './log-directory.ts'
import { metaPropertiesName, readMetaProperties, writeMetaProperties } from './meta-properties.ts'

/** A directory that could not be opened, or failed later. */
export interface OfflineDirectory {
  readonly path: string
  readonly error: DiskError
}

export interface OpenedDirectories {
  readonly clusterId: string
  readonly directories: readonly LogDirectory[]
  readonly offline: readonly OfflineDirectory[]
}

export interface OpenDirectoriesOptions {
  readonly environment: Pick<Environment, 'disk' | 'logger' | 'random'>
  /** Absolute, in the order of the configuration. */
  readonly paths: readonly string[]
  /** Those of them that hold no logs of partitions: `metadata.log.dir` where it is a directory of its own. */
  readonly reservedPaths?: readonly string[] | undefined
  readonly nodeId: number
  /** Where it is known from elsewhere. */
  readonly clusterId?: string | undefined
}

type Locked = FoundDirectory & { readonly lock: DiskLock }

/** What may be in a directory that is nobody’s; the last is of a first start that was cut off. */
const unimportantNames = new Set([lockName, 'lost+found', `${metaPropertiesName}.tmp`])

/** @throws ConfigError where the directories are not this node’s; DiskError where none can be used */
export async function openDirectories(options: OpenDirectoriesOptions): Promise<OpenedDirectories> {
  const offline: OfflineDirectory[] = []
  const { logger } = options.environment
  const orOffline = async <Result>(path: string, work: () => Promise<Result>): Promise<Result | undefined> => {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof DiskError)) throw error
      logger.error('a log directory cannot be used', { directory: path, error })
      offline.push({ path, error })
      return undefined
    }
  }
  assertDistinct(options.paths)
  const locked: Locked[] = []
  try {
    for (const path of options.paths) {
      const found = await orOffline(path, () => lockDirectory(options, path))
      if (found !== undefined) locked.push(found)
    }
    const directories: LogDirectory[] = []
    const identities = identifyDirectories(locked, { nodeId: options.nodeId, clusterId: options.clusterId }, () =>
      randomUuid(options.environment.random),
    )
    const { clusterId } = identities
    for (const [index, { path, directoryId, isNew }] of identities.directories.entries()) {
      const lock = locked[index]?.lock
      if (lock === undefined) continue
      const opened = await orOffline(path, async () => {
        if (isNew)
          await writeMetaProperties(options.environment.disk, path, { clusterId, nodeId: options.nodeId, directoryId })
        const holdsLogs = options.reservedPaths?.includes(path) !== true
        return LogDirectory.open({ ...options.environment, path, directoryId, holdsLogs, lock })
      })
      if (opened === undefined) lock.release()
      else directories.push(opened)
    }
    const [firstFailure] = offline
    if (directories.length === 0 && firstFailure !== undefined) throw firstFailure.error
    return { clusterId, directories, offline }
  } catch (error) {
    for (const { lock } of locked) lock.release()
    throw error
  }
}

async function lockDirectory({ environment: { disk } }: OpenDirectoriesOptions, path: string): Promise<Locked> {
  const missing = missingDirectories(disk, path)
  disk.makeDirectory(path)
  for (const made of missing) await disk.syncDirectory(dirname(made))
  const lock = disk.lock(join(path, lockName))
  if (lock === undefined) {
    throw configError(
      `${path} is in use by another process: its file ${lockName} is locked. Stop that one, or name another directory.`,
    )
  }
  try {
    const isUsed = disk.list(path).some((name) => !unimportantNames.has(name))
    return { path, properties: readMetaProperties(disk, path), isUsed, lock }
  } catch (error) {
    lock.release()
    throw error
  }
}

/** The directory and its parents, as far as they are not there. */
function missingDirectories(disk: Pick<Disk, 'stat'>, path: string): readonly string[] {
  if (disk.stat(path) !== undefined || dirname(path) === path) return []
  return [path, ...missingDirectories(disk, dirname(path))]
}

function assertDistinct(paths: readonly string[]): void {
  const seen = new Set<string>()
  for (const path of paths) {
    if (seen.has(resolve(path))) throw configError(`${path} is named twice.`)
    seen.add(resolve(path))
  }
}

function configError(message: string): ConfigError {
  return new ConfigError([{ key: 'log.dirs', message: `log.dirs: ${message}` }])
}
