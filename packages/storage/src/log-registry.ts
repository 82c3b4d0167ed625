/** Where the logs of a node are: which directory holds which, as long as it is online. */

import type { LogDirectory } from './log-directory.ts'
import type { PartitionLog } from './partition-log.ts'
import { StorageError } from './storage-error.ts'
import { type TopicPartition, partitionName } from './topic-partition.ts'

/** A log, and the directory it is in. */
export interface PlacedLog {
  readonly log: PartitionLog
  readonly directory: LogDirectory
}

export class LogRegistry {
  /** Those that could be opened; some may have failed since. */
  readonly directories: readonly LogDirectory[]

  constructor(directories: readonly LogDirectory[]) {
    this.directories = directories
  }

  get online(): readonly LogDirectory[] {
    return this.directories.filter(({ isOnline }) => isOnline)
  }

  find(topicPartition: TopicPartition): PlacedLog | undefined {
    const name = partitionName(topicPartition)
    for (const directory of this.directories) {
      const log = directory.isOnline ? directory.logs.get(name) : undefined
      if (log !== undefined) return { log, directory }
    }
    return undefined
  }

  findFuture(topicPartition: TopicPartition): PlacedLog | undefined {
    const name = partitionName(topicPartition)
    for (const directory of this.directories) {
      const log = directory.isOnline ? directory.futureLogs.get(name) : undefined
      if (log !== undefined) return { log, directory }
    }
    return undefined
  }

  *logs(): Generator<PartitionLog> {
    for (const directory of this.online) yield* directory.logs.values()
  }

  *futureLogs(): Generator<PartitionLog> {
    for (const directory of this.online) yield* directory.futureLogs.values()
  }

  /** @throws StorageError unless it is online */
  onlineById(directoryId: string): LogDirectory {
    const directory = this.online.find((one) => one.directoryId === directoryId && one.holdsLogs)
    if (directory === undefined) throw new StorageError(`the log directory ${directoryId} is not online`)
    return directory
  }

  /** For a new log: those with the fewest first, `cordoned` (paths, or `*`) only where there are no others. */
  byLoad(cordoned: readonly string[]): readonly LogDirectory[] {
    const holding = this.online.filter(({ holdsLogs }) => holdsLogs)
    const open = holding.filter(({ path }) => !cordoned.includes('*') && !cordoned.includes(path))
    const counted = (open.length > 0 ? open : holding).map((directory) => ({
      directory,
      count: directory.logs.size + directory.futureLogs.size,
    }))
    return counted.toSorted((a, b) => a.count - b.count).map(({ directory }) => directory)
  }
}
