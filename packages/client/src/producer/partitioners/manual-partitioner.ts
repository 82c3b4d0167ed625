/** For producers that name the partition of each record: one that does not is a mistake and fails. */
import type { PartitionableTopic, Partitioner } from './partitioner.ts'

export const manualPartitioner: Partitioner = {
  partition: ({ name }: PartitionableTopic): never => {
    throw new TypeError(`a record for ${name} names no partition, and partitioner is manual: give each record one`)
  },
}
