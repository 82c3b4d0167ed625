/** One record after the other to the next partition, whatever its key: many small batches, as Java's does (KIP-369). */
import type { PartitionableTopic, Partitioner } from './partitioner.ts'

interface Turn {
  next: number
}

export class RoundRobinPartitioner implements Partitioner {
  readonly #turns = new Map<string, Turn>()

  /** Over the partitions with a leader; over all while none has. */
  partition({ name, partitionCount, availablePartitions }: PartitionableTopic): number {
    let turn = this.#turns.get(name)
    if (turn === undefined) this.#turns.set(name, (turn = { next: 0 }))
    const index = turn.next
    turn.next = (index + 1) & 0x7fff_ffff
    const { length } = availablePartitions
    return length === 0 ? index % partitionCount : (availablePartitions[index % length] ?? 0)
  }
}
