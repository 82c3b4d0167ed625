/** Partitions by topic id; each with the epoch it was assigned in, or without. Values: never changed, only replaced. */

/** By topic id and partition: the member epoch in which the partition was assigned. No topic without partitions. */
export type PartitionEpochs = ReadonlyMap<string, ReadonlyMap<number, number>>

/** By topic id. No topic without partitions. */
export type Assignment = ReadonlyMap<string, ReadonlySet<number>>

/** As requests and responses list them. */
export type TopicPartitions = readonly { readonly topicId: string; readonly partitions: readonly number[] }[]

export const noPartitions: PartitionEpochs = new Map<string, never>()
export const noAssignment: Assignment = new Map<string, never>()

export function samePartitionEpochs(a: PartitionEpochs, b: PartitionEpochs): boolean {
  if (a === b) return true
  if (a.size !== b.size) return false
  return a.entries().every(([topicId, partitions]) => {
    const others = b.get(topicId)
    if (others?.size !== partitions.size) return false
    return partitions.entries().every(([partition, epoch]) => others.get(partition) === epoch)
  })
}

export function sameAssignment(a: Assignment, b: Assignment): boolean {
  if (a === b) return true
  if (a.size !== b.size) return false
  return a.entries().every(([topicId, partitions]) => {
    const others = b.get(topicId)
    return others?.size === partitions.size && partitions.isSubsetOf(others)
  })
}

export function assignmentFrom(topics: TopicPartitions): Assignment {
  return new Map(topics.map(({ topicId, partitions }) => [topicId, new Set(partitions)]))
}

export function withEpoch(assignment: Assignment, epoch: number): PartitionEpochs {
  return mapTopics(assignment, (partitions) => new Map([...partitions].map((partition) => [partition, epoch])))
}

export function withoutEpochs(partitions: PartitionEpochs): Assignment {
  return mapTopics(partitions, (epochs) => new Set(epochs.keys()))
}

export function topicPartitionsFrom(
  partitions: ReadonlyMap<string, { keys(): Iterable<number> }>,
): { topicId: string; partitions: number[] }[] {
  return [...partitions].map(([topicId, some]) => ({ topicId, partitions: inOrder(some.keys()) }))
}

/** Wherever they came from: people read them. */
export function inOrder(partitions: Iterable<number>): number[] {
  return [...partitions].sort((a, b) => a - b)
}

function mapTopics<From, To>(topics: ReadonlyMap<string, From>, change: (value: From) => To): ReadonlyMap<string, To> {
  return new Map([...topics].map(([topicId, value]) => [topicId, change(value)]))
}
