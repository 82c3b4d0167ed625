/**
 * What the name of a directory within a log directory says: a partition’s log, one that is being moved here
 * (`-future`), waits to be removed (`-delete`), or was set aside because the cluster does not know it (`-stray`).
 *
 * The last three have a random id, so that names do not meet: `orders-3.9f86d081884c7d659a2feaa0c55ad015-delete`.
 */

import type { Random } from '@gregor/platform'
import type { TopicPartition } from './topic-partition.ts'

export type MarkedKind = 'delete' | 'future' | 'stray'

export interface PartitionDirectory {
  readonly kind: 'current' | MarkedKind
  /** The topic of a long name is cut where it is to be removed or was set aside. */
  readonly topicPartition: TopicPartition
}

const NAME_LENGTH_MAX = 255
const TOPIC_LENGTH_MAX = 249

/** `undefined`: not a partition’s directory. */
export function parsePartitionDirectory(name: string): PartitionDirectory | undefined {
  const match = /^([a-zA-Z0-9._-]+)-(\d{1,10})(?:\.[0-9a-f]{32}-(delete|future|stray))?$/.exec(name)
  if (match === null) return undefined
  const [, topic = '', partitionText = '', marked] = match
  const partition = Number(partitionText)
  // `orders-007` is not how partition 7 is written.
  if (String(partition) !== partitionText || topic.length > TOPIC_LENGTH_MAX) return undefined
  const kind = marked === 'delete' || marked === 'future' || marked === 'stray' ? marked : 'current'
  return { kind, topicPartition: { topic, partition } }
}

/** A new name for each call. */
export function markedDirectoryName({ topic, partition }: TopicPartition, kind: MarkedKind, random: Random): string {
  const id = Buffer.from(random.fill(new Uint8Array(16))).toString('hex')
  const end = `-${partition}.${id}-${kind}`
  return topic.slice(0, NAME_LENGTH_MAX - end.length) + end
}
