/**
 * `range`: of each topic alone, a run of neighbouring partitions for each member, the first members getting one more.
 * So partition `n` of topics with as many partitions and the same subscribers goes to the same member. With racks
 * (KIP-881) members first get what has a replica near to them, as far as that keeps all of the above but the neighbours.
 */
import type { TopicPartition } from '../partition-set.ts'
import type { AssignableMember, AssignableTopics, Assignor } from './assignor.ts'
import {
  assignments,
  compareMembers,
  comparePartitions,
  membersInJavaOrder,
  type TopicTable,
  topicTable,
} from './group-topics.ts'
import { racksMatter, racksOfMembers, racksOfPartitions, type RacksOfPartitions } from './racks.ts'

export function rangeAssignor(): Assignor {
  return {
    name: 'range',
    supportsCooperative: false,
    assign(topics, members) {
      const hands = new Map(membersInJavaOrder(members).map(({ memberId }) => [memberId, [] as TopicPartition[]]))
      const shares = topicShares(topics, members)
      const isRackAware = shares.some(({ needsRacks }) => needsRacks)
      if (isRackAware) for (const group of alike(shares)) assignNear(group, hands)
      for (const share of shares) share.assignRanges(hands, () => true)
      if (isRackAware) for (const partitions of hands.values()) partitions.sort(comparePartitions)
      return assignments(hands)
    },
  }
}

type Hands = ReadonlyMap<string, TopicPartition[]>

function topicShares(topics: AssignableTopics, members: readonly AssignableMember[]): readonly TopicShare[] {
  const table: TopicTable = topicTable(topics, members)
  const racks = racksOfMembers(members)
  const subscribers = new Map([...table.keys()].map((topic) => [topic, [] as AssignableMember[]]))
  for (const member of membersInJavaOrder(members).toSorted(compareMembers))
    for (const topic of new Set(member.topics)) subscribers.get(topic)?.push(member)
  return [...table].map(([topic, partitions]) => {
    const ids = (subscribers.get(topic) ?? []).map(({ memberId }) => memberId)
    return new TopicShare(topics, { partitions, memberIds: ids, racks })
  })
}

/** Topics with the same subscribers and as many partitions: what is near for all of them at once is looked for. */
function alike(shares: readonly TopicShare[]): Iterable<readonly TopicShare[]> {
  return Map.groupBy(shares, ({ memberIds, partitions }) => JSON.stringify([memberIds, partitions.length])).values()
}

function assignNear(group: readonly TopicShare[], hands: Hands): void {
  const [first] = group
  if (first === undefined) return
  if (group.length > 1) assignTogether(group, first, hands)
  else if (first.needsRacks) first.assignRanges(hands, (memberId, partition) => first.isNear(memberId, partition))
}

/** The same partition of all topics for one member. */
function assignTogether(group: readonly TopicShare[], first: TopicShare, hands: Hands): void {
  // Nobody has a rack: all would be near, and ranges would be torn apart.
  if (!first.hasRacks) return
  const left = new Set(first.memberIds)
  for (let index = 0; index < first.partitions.length && left.size > 0; index++) {
    const isMatch = (memberId: string): boolean =>
      group.every((share) => share.isNear(memberId, share.partitions[index]) && share.room(memberId) > 0)
    const memberId = left.values().find(isMatch)
    if (memberId === undefined) continue
    for (const share of group) share.give(hands, memberId, share.partitions.slice(index, index + 1))
    if (!group.some((share) => share.room(memberId) > 0)) left.delete(memberId)
  }
}

/** How far the sharing out of one topic has come. */
class TopicShare {
  readonly partitions: readonly TopicPartition[]
  /** Subscribers, in the order in which they get. */
  readonly memberIds: readonly string[]
  /** Some subscriber has a rack. */
  readonly hasRacks: boolean
  readonly needsRacks: boolean
  readonly #racks: ReadonlyMap<string, string>
  readonly #partitionRacks: RacksOfPartitions
  readonly #counts = new Map<string, number>()
  readonly #quota: number
  readonly #left: Set<TopicPartition>
  /** How many members may still get one more than the quota. */
  #extra: number

  constructor(
    topics: AssignableTopics,
    given: {
      readonly partitions: readonly TopicPartition[]
      readonly memberIds: readonly string[]
      readonly racks: ReadonlyMap<string, string>
    },
  ) {
    const { partitions, memberIds, racks } = given
    this.partitions = partitions
    this.memberIds = memberIds
    this.#racks = racks
    this.#left = new Set(partitions)
    this.#quota = Math.floor(partitions.length / memberIds.length)
    this.#extra = partitions.length % memberIds.length
    const memberRacks = memberIds.flatMap((id) => racks.get(id) ?? [])
    this.hasRacks = memberRacks.length > 0
    this.#partitionRacks = this.hasRacks ? racksOfPartitions(topics, partitions) : new Map()
    this.needsRacks = racksMatter(memberRacks, this.#partitionRacks)
  }

  /** Members without a rack are near to everything. */
  isNear(memberId: string, partition: TopicPartition | undefined): boolean {
    const rack = this.#racks.get(memberId)
    return rack === undefined || (partition !== undefined && this.#partitionRacks.get(partition)?.has(rack) === true)
  }

  /** How many partitions the member may still get. */
  room(memberId: string): number {
    return Math.max(0, this.#quota + (this.#extra > 0 ? 1 : 0) - (this.#counts.get(memberId) ?? 0))
  }

  give(hands: Hands, memberId: string, partitions: readonly TopicPartition[]): void {
    hands.get(memberId)?.push(...partitions)
    const count = (this.#counts.get(memberId) ?? 0) + partitions.length
    this.#counts.set(memberId, count)
    if (count > this.#quota) this.#extra--
    for (const partition of partitions) this.#left.delete(partition)
  }

  assignRanges(hands: Hands, mayHave: (memberId: string, partition: TopicPartition) => boolean): void {
    for (const memberId of this.memberIds) {
      const wanted = this.#left
        .values()
        .filter((partition) => mayHave(memberId, partition))
        .take(this.room(memberId))
        .toArray()
      if (wanted.length > 0) this.give(hands, memberId, wanted)
    }
  }
}
