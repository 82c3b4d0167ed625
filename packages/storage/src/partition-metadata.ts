/** `partition.metadata`: which topic, by its id, a partition’s directory belongs to. Written once, when it is made. */

import { join } from 'node:path'
import { ZERO_UUID, isUuid } from '@gregor/base'
import { type Disk, DiskError } from '@gregor/platform'

export const partitionMetadataName = 'partition.metadata'

/** `problem` is `'missing'` or what is wrong with the file. The id can be had from the metadata log, too. */
export interface PartitionMetadata {
  readonly topicId: string | undefined
  readonly problem?: string
}

/** @throws DiskError unless the file is read or not there. */
export function readPartitionMetadata(disk: Pick<Disk, 'readFile'>, directory: string): PartitionMetadata {
  let text: string
  try {
    text = disk.readFile(join(directory, partitionMetadataName)).toString('utf8')
  } catch (error) {
    if (error instanceof DiskError && error.code === 'ENOENT') return { topicId: undefined, problem: 'missing' }
    throw error
  }
  const match = /^version:\s+\d+\r?\ntopic_id:\s+(\S+)\s*$/.exec(text)
  const topicId = match?.[1]
  if (topicId === undefined) return { topicId: undefined, problem: 'not a version and a topic_id' }
  if (!isUuid(topicId) || topicId === ZERO_UUID) return { topicId: undefined, problem: `${topicId} is not a topic id` }
  return { topicId }
}

/** @throws DiskError */
export function writePartitionMetadata(
  disk: Pick<Disk, 'replaceFile'>,
  directory: string,
  topicId: string,
): Promise<void> {
  return disk.replaceFile(join(directory, partitionMetadataName), Buffer.from(`version: 0\ntopic_id: ${topicId}`))
}
