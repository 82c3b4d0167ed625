/** Sets of partitions, by topic, in the order in which they were added. */
import type { TopicPartitions } from './transaction-event.ts'

export function hasPartition(topics: TopicPartitions, topic: string, partition: number): boolean {
  return topics.some(({ name, partitions }) => name === topic && partitions.includes(partition))
}

export function hasPartitions(topics: TopicPartitions, some: TopicPartitions): boolean {
  const known = new Map(topics.map(({ name, partitions }) => [name, new Set(partitions)]))
  return some.every(({ name, partitions }) => partitions.every((partition) => known.get(name)?.has(partition) ?? false))
}

/** The union; each topic and each partition once. */
export function withPartitions(topics: TopicPartitions, more: TopicPartitions): TopicPartitions {
  const all = new Map(topics.map(({ name, partitions }) => [name, new Set(partitions)]))
  for (const { name, partitions } of more) {
    if (partitions.length === 0) continue
    const known = all.get(name)
    if (known === undefined) all.set(name, new Set(partitions))
    else for (const partition of partitions) known.add(partition)
  }
  return [...all].map(([name, partitions]) => ({ name, partitions: [...partitions] }))
}

export function partitionCount(topics: TopicPartitions): number {
  return topics.reduce((count, { partitions }) => count + partitions.length, 0)
}
