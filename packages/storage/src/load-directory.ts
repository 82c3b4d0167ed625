/**
 * Loads what log directories hold: opens the logs, several at a time, and lists what was on its way out when the node
 * stopped. Names that are not a partition’s are left alone, with a line in the log.
 */

import { join } from 'node:path'
import type { Disk, Logger } from '@gregor/platform'
import { inParallel } from './in-parallel.ts'
import type { LogDirectory } from './log-directory.ts'
import type { PartitionDirectories } from './partition-directory.ts'
import { parsePartitionDirectory } from './partition-directory-name.ts'
import { StorageError } from './storage-error.ts'
import { type TopicPartition, partitionName } from './topic-partition.ts'

/** What the metadata log knows of the partitions of this node. Left out: nothing is known. */
export interface LoadOptions {
  /** For a partition whose `partition.metadata` is lost. */
  readonly topicIdOf?: (topicPartition: TopicPartition) => string | undefined
  /** The id of the directory a partition belongs into, where it is found in two. */
  readonly directoryIdOf?: (topicPartition: TopicPartition) => string | undefined
}

export interface LoadSurroundings {
  readonly disk: Disk
  readonly logger: Logger
  readonly partitions: PartitionDirectories
  /** Per directory: `num.recovery.threads.per.data.dir` */
  readonly parallelCount: number
  /** Does the work of one directory. A disk that fails is dealt with; the others go on. */
  readonly attempt: (directory: LogDirectory, work: () => Promise<void>) => Promise<void>
}

/** Of all directories: paths. */
export interface LoadedDirectories {
  /** Waiting to be removed. */
  readonly deleted: readonly string[]
  /** Set aside, because the cluster did not know the partition. */
  readonly strays: readonly string[]
}

interface FoundPartition {
  readonly name: string
  readonly topicPartition: TopicPartition
  readonly isFuture: boolean
}

/** Of the quorum; what tiered storage caches; what a file system makes. Not logs of this node’s partitions. */
const passedBy = new Set(['__cluster_metadata-0', 'remote-log-index-cache', 'lost+found'])

/** @throws StorageError where a partition is in two directories and nobody knows which is right */
export async function loadDirectories(
  directories: readonly LogDirectory[],
  { topicIdOf = () => undefined, directoryIdOf = () => undefined }: LoadOptions,
  surroundings: LoadSurroundings,
): Promise<LoadedDirectories> {
  const { partitions, parallelCount, attempt } = surroundings
  const loaded = { deleted: [] as string[], strays: [] as string[] }
  await Promise.all(
    directories.map((directory) =>
      attempt(directory, async () => {
        const found = findPartitions(directory, surroundings, loaded)
        await inParallel(found, parallelCount, async ({ name, topicPartition, isFuture }) => {
          const log = await partitions.open(directory, { name, topicPartition, topicId: topicIdOf(topicPartition) })
          const logs = isFuture ? directory.futureLogs : directory.logs
          logs.set(partitionName(topicPartition), log)
        })
      }),
    ),
  )
  await settleDuplicates(directories, directoryIdOf, { ...surroundings, loaded })
  return loaded
}

function findPartitions(
  directory: LogDirectory,
  { disk, logger }: Pick<LoadSurroundings, 'disk' | 'logger'>,
  loaded: { readonly deleted: string[]; readonly strays: string[] },
): readonly FoundPartition[] {
  const found: FoundPartition[] = []
  for (const name of disk.list(directory.path)) {
    const path = join(directory.path, name)
    if (passedBy.has(name) || disk.stat(path)?.kind !== 'directory') continue
    const parsed = parsePartitionDirectory(name)
    if (parsed === undefined) logger.warn('passing by a directory that is no partition’s', { directory: path })
    else if (parsed.kind === 'delete') loaded.deleted.push(path)
    else if (parsed.kind === 'stray') loaded.strays.push(path)
    else found.push({ name, topicPartition: parsed.topicPartition, isFuture: parsed.kind === 'future' })
  }
  return found
}

/** A crash, or a disk that comes back, may leave a partition in two directories: the one it does not belong into is set aside. */
async function settleDuplicates(
  directories: readonly LogDirectory[],
  directoryIdOf: (topicPartition: TopicPartition) => string | undefined,
  { partitions, logger, attempt, loaded }: LoadSurroundings & { readonly loaded: { readonly strays: string[] } },
): Promise<void> {
  for (const [index, directory] of directories.entries()) {
    for (const [name, log] of directory.logs) {
      const other = directories.slice(index + 1).find(({ logs }) => logs.has(name))
      if (other === undefined) continue
      const rightId = directoryIdOf(log.topicPartition)
      const wrong = [directory, other].find(({ directoryId }) => directoryId !== rightId)
      const isKnown = rightId === directory.directoryId || rightId === other.directoryId
      const wrongLog = wrong?.logs.get(name)
      if (!isKnown || wrong === undefined || wrongLog === undefined) {
        throw new StorageError(
          `${name} is in ${directory.path} and in ${other.path}: take the directory that is out of date away`,
        )
      }
      wrong.logs.delete(name)
      await attempt(wrong, async () => {
        await partitions.rename(wrong, wrongLog, 'stray')
        await wrongLog.close({ isClean: true })
      })
      loaded.strays.push(wrongLog.directory)
      logger.warn('a partition was in two directories: the copy that does not belong there is set aside', {
        directory: wrongLog.directory,
      })
    }
  }
}
