/** What DescribeLogDirs is answered with: the directories for logs, their space, and the logs in them. */

import type { Disk } from '@gregor/platform'
import type { LogDirectory } from './log-directory.ts'
import type { OfflineDirectory } from './open-directories.ts'
import type { PartitionLog } from './partition-log.ts'

export interface DescribedDirectory {
  readonly path: string
  /** `undefined` where it could not even be opened. */
  readonly directoryId: string | undefined
  readonly error: 'NONE' | 'KAFKA_STORAGE_ERROR'
  /** -1: unknown. */
  readonly totalBytes: number
  /** -1: unknown. */
  readonly usableBytes: number
  readonly logs: readonly { readonly log: PartitionLog; readonly isFuture: boolean }[]
}

const unknown = { error: 'KAFKA_STORAGE_ERROR', totalBytes: -1, usableBytes: -1, logs: [] } as const

/** `unopened` could not be used from the start. @throws DiskError where an online directory does not tell its space */
export function describeDirectories(
  disk: Pick<Disk, 'space'>,
  directories: readonly LogDirectory[],
  unopened: readonly OfflineDirectory[],
): readonly DescribedDirectory[] {
  const described = directories.filter(({ holdsLogs }) => holdsLogs).map((directory) => describe(disk, directory))
  return [...described, ...unopened.map(({ path }) => ({ ...unknown, path, directoryId: undefined }))]
}

function describe(disk: Pick<Disk, 'space'>, directory: LogDirectory): DescribedDirectory {
  const { path, directoryId } = directory
  if (!directory.isOnline) return { ...unknown, path, directoryId }
  const logs = [
    ...Array.from(directory.logs.values(), (log) => ({ log, isFuture: false })),
    ...Array.from(directory.futureLogs.values(), (log) => ({ log, isFuture: true })),
  ]
  return { path, directoryId, error: 'NONE', ...disk.space(path), logs }
}
