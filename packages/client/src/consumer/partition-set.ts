/** Partitions of topics as sets: sorted lists without doubles, which compare and print well. */

export interface TopicPartition {
  /** A name, or the id where a protocol speaks of ids. */
  readonly topic: string
  readonly partition: number
}

export interface PartitionsOfTopic {
  readonly topic: string
  readonly partitions: readonly number[]
}

export function partitionKey({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`
}

export function sortedPartitions(partitions: Iterable<TopicPartition>): readonly TopicPartition[] {
  const byKey = new Map([...partitions].map((one) => [partitionKey(one), one]))
  return [...byKey.values()].toSorted((a, b) => compare(a.topic, b.topic) || a.partition - b.partition)
}

export function without(
  partitions: readonly TopicPartition[],
  others: readonly TopicPartition[],
): readonly TopicPartition[] {
  const keys = new Set(others.map(partitionKey))
  return partitions.filter((one) => !keys.has(partitionKey(one)))
}

/** As requests want them. */
export function byTopic(partitions: readonly TopicPartition[]): readonly PartitionsOfTopic[] {
  const topics = new Map<string, number[]>()
  for (const { topic, partition } of sortedPartitions(partitions)) {
    const known = topics.get(topic)
    if (known === undefined) topics.set(topic, [partition])
    else known.push(partition)
  }
  return [...topics].map(([topic, indexes]) => ({ topic, partitions: indexes }))
}

export function flattened(topics: readonly PartitionsOfTopic[]): readonly TopicPartition[] {
  return sortedPartitions(
    topics.flatMap(({ topic, partitions }) => partitions.map((partition) => ({ topic, partition }))),
  )
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
