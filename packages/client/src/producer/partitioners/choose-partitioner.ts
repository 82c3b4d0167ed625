/** From what a producer’s option `partitioner` (`partitioner.class`) says to the partitioner. */
import { BuiltInPartitioner, type BuiltInPartitionerOptions } from './built-in-partitioner.ts'
import { manualPartitioner } from './manual-partitioner.ts'
import type { PartitionableRecord, PartitionableTopic, Partitioner } from './partitioner.ts'
import { RoundRobinPartitioner } from './round-robin-partitioner.ts'

/** A name, a function of your own, or one that keeps state. */
export type PartitionerChoice = PartitionerName | PartitionFunction | Partitioner

/**
 * - `built-in`: by key, else adaptive sticky batches (KIP-794), as the Java client’s default.
 * - `round-robin`: each record to the next partition.
 * - `manual`: a record that names no partition is refused.
 */
export type PartitionerName = (typeof partitionerNames)[number]

/** Gives the partition, 0 to `topic.partitionCount - 1`. */
export type PartitionFunction = (topic: PartitionableTopic, record: PartitionableRecord) => number

/** What `partitioner` may say where it is text. */
export const partitionerNames = ['built-in', 'round-robin', 'manual'] as const

/** The class name that guides give for the Java client. */
const javaNames: ReadonlyMap<string, PartitionerName> = new Map([
  ['org.apache.kafka.clients.producer.RoundRobinPartitioner', 'round-robin'],
])

/** Our name for a name of ours or a class name of the Java client; `undefined` where there is none. */
export function partitionerName(text: string): PartitionerName | undefined {
  return partitionerNames.find((name) => name === text) ?? javaNames.get(text)
}

/** Built in unless something is chosen. A name gives a partitioner that belongs to the caller alone. */
export function choosePartitioner(
  choice: PartitionerChoice | undefined,
  options: BuiltInPartitionerOptions,
): Partitioner {
  if (typeof choice === 'function') return { partition: choice }
  switch (choice) {
    case undefined:
    case 'built-in':
      return new BuiltInPartitioner(options)
    case 'round-robin':
      return new RoundRobinPartitioner()
    case 'manual':
      return manualPartitioner
    default:
      return choice
  }
}
