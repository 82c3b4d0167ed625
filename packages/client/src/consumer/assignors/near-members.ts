/** Racks as the sticky assignors use them (KIP-881): who may keep what, and who is near to a partition. */
import type { TopicPartition } from '../partition-set.ts'
import type { AssignableMember, AssignableTopics } from './assignor.ts'
import type { TopicTable } from './group-topics.ts'
import { racksMatter, racksOfMembers, racksOfPartitions, type RacksOfPartitions } from './racks.ts'

export class NearMembers {
  /** By member id. Empty where racks do not matter. */
  readonly #memberRacks: ReadonlyMap<string, string>
  readonly #partitionRacks: RacksOfPartitions

  constructor(
    topics: AssignableTopics,
    given: { readonly table: TopicTable; readonly members: readonly AssignableMember[] },
  ) {
    const memberRacks = racksOfMembers(given.members)
    const hasRacks = memberRacks.size > 0
    const partitionRacks = hasRacks ? racksOfPartitions(topics, [...given.table.values()].flat()) : new Map()
    const isUseful = racksMatter(memberRacks.values(), partitionRacks)
    this.#memberRacks = isUseful ? memberRacks : new Map()
    this.#partitionRacks = isUseful ? partitionRacks : new Map()
  }

  get matter(): boolean {
    return this.#memberRacks.size > 0
  }

  /** The member is somewhere, and no replica of the partition is there. */
  isFar(memberId: string, partition: TopicPartition): boolean {
    const rack = this.#memberRacks.get(memberId)
    return rack !== undefined && this.#partitionRacks.get(partition)?.has(rack) !== true
  }

  /** The member is where a replica of the partition is. */
  isBeside(memberId: string, partition: TopicPartition): boolean {
    const rack = this.#memberRacks.get(memberId)
    return rack !== undefined && this.#partitionRacks.get(partition)?.has(rack) === true
  }

  /** Those with the fewest members beside them first, as they are the hardest to place. */
  inOrderOfNeed(partitions: readonly TopicPartition[]): TopicPartition[] {
    const byRack = new Map<string, number>()
    for (const rack of this.#memberRacks.values()) byRack.set(rack, (byRack.get(rack) ?? 0) + 1)
    const counts = new Map<TopicPartition, number>()
    for (const [partition, racks] of this.#partitionRacks) {
      let count = 0
      for (const rack of racks) count += byRack.get(rack) ?? 0
      counts.set(partition, count)
    }
    return partitions.toSorted((a, b) => (counts.get(a) ?? 0) - (counts.get(b) ?? 0))
  }

  /** Where in the list the next member beside the partition is, from `from` on and round the end; -1: nowhere. */
  indexBeside(partition: TopicPartition, memberIds: readonly string[], from: number): number {
    for (let step = 0; step < memberIds.length; step++) {
      const index = (from + step) % memberIds.length
      if (this.isBeside(memberIds[index] ?? '', partition)) return index
    }
    return -1
  }
}
