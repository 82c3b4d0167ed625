/**
 * Makes and opens the directories of partitions within a log directory, with what the checkpoints say of them, and
 * gives them other names: on their way in (`-future`), on their way out (`-delete`), set aside (`-stray`).
 */

import { join } from 'node:path'
import type { BrokerConfig, LogConfig } from '@gregor/config'
import type { DiskError, Environment } from '@gregor/platform'
import type { LogDirectory } from './log-directory.ts'
import type { OpenFiles } from './open-files.ts'
import { type MarkedKind, markedDirectoryName } from './partition-directory-name.ts'
import { PartitionLog } from './partition-log.ts'
import { readPartitionMetadata, writePartitionMetadata } from './partition-metadata.ts'
import { type TopicPartition, partitionName } from './topic-partition.ts'

export interface PartitionDirectoriesOptions {
  readonly environment: Pick<Environment, 'clock' | 'disk' | 'logger' | 'random'>
  readonly files: OpenFiles
  readonly config: () => BrokerConfig
  /** As it holds for a topic’s logs now. */
  readonly logConfig: (topic: string) => LogConfig
  readonly onStorageError: (directory: LogDirectory, error: DiskError) => void
}

export class PartitionDirectories {
  readonly #options: PartitionDirectoriesOptions

  constructor(options: PartitionDirectoriesOptions) {
    this.#options = options
  }

  /**
   * Opens a log that is there. `topicId` is used, and written down, where its `partition.metadata` is lost.
   * @throws DiskError
   */
  async open(
    directory: LogDirectory,
    given: { readonly name: string; readonly topicPartition: TopicPartition; readonly topicId?: string | undefined },
  ): Promise<PartitionLog> {
    const { environment } = this.#options
    const path = join(directory.path, given.name)
    const { topicId, problem } = readPartitionMetadata(environment.disk, path)
    if (problem !== undefined) {
      environment.logger.warn('the topic id of a partition is lost', {
        directory: path,
        problem,
        knownFromElsewhere: given.topicId,
      })
      if (given.topicId !== undefined) await writePartitionMetadata(environment.disk, path, given.topicId)
    }
    return this.#openLog(directory, path, { topicPartition: given.topicPartition, topicId: topicId ?? given.topicId })
  }

  /** Makes an empty log, durably. What a creation that failed left there is taken over. @throws DiskError */
  async create(
    directory: LogDirectory,
    given: { readonly name: string; readonly topicPartition: TopicPartition; readonly topicId: string },
  ): Promise<PartitionLog> {
    const { disk } = this.#options.environment
    const path = join(directory.path, given.name)
    disk.makeDirectory(path)
    await writePartitionMetadata(disk, path, given.topicId)
    await disk.syncDirectory(directory.path)
    return this.#openLog(directory, path, given)
  }

  /** Renames a log’s directory, durably; the log goes on under the new name. @throws DiskError */
  async rename(directory: LogDirectory, log: PartitionLog, kind: MarkedKind | 'current'): Promise<void> {
    const { disk, random } = this.#options.environment
    const { topicPartition } = log
    const name = kind === 'current' ? partitionName(topicPartition) : markedDirectoryName(topicPartition, kind, random)
    const path = join(directory.path, name)
    disk.rename(log.directory, path)
    log.moveTo(path)
    await disk.syncDirectory(directory.path)
  }

  async #openLog(
    directory: LogDirectory,
    path: string,
    { topicPartition, topicId }: { readonly topicPartition: TopicPartition; readonly topicId: string | undefined },
  ): Promise<PartitionLog> {
    const { environment, files, config, logConfig, onStorageError } = this.#options
    const { recoveryPoint, logStartOffset, highWatermark, cleaner } = directory.checkpoints
    const log = await PartitionLog.open({
      environment,
      files,
      directory: path,
      topicPartition,
      topicId,
      config: logConfig(topicPartition.topic),
      recoveryPoint: recoveryPoint.get(topicPartition) ?? 0,
      logStartOffset: logStartOffset.get(topicPartition) ?? 0,
      firstDirtyOffset: cleaner.get(topicPartition),
      isClean: directory.shutdown.isClean,
      producerIdExpirationMs: config().get('producer.id.expiration.ms'),
      isVerifyingTransactions: config().get('transaction.partition.verification.enable'),
      onStorageError: (error) => onStorageError(directory, error),
    })
    log.setHighWatermark(highWatermark.get(topicPartition) ?? 0)
    return log
  }
}
