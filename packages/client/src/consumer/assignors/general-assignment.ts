/**
 * Sticky assignment where members want different topics: what they have is kept, what is left goes to whoever has least
 * of those that want it, then partitions move from members with more to members with less until nothing gets better by
 * it. If all that moving made nothing better, it is taken back.
 */
import type { TopicPartition } from '../partition-set.ts'
import type { AssignableMember } from './assignor.ts'
import { compareText, type TopicTable } from './group-topics.ts'
import { MembersBySize } from './members-by-size.ts'
import type { NearMembers } from './near-members.ts'
import { type Claim, known, noGeneration, remove } from './owned-partitions.ts'
import { PartitionMovements } from './partition-movements.ts'
import type { StickyResult } from './uniform-assignment.ts'

export interface GeneralGiven {
  readonly table: TopicTable
  readonly near: NearMembers
  /** In Java’s order. */
  readonly members: readonly AssignableMember[]
  readonly claims: ReadonlyMap<string, Claim>
  readonly newestGeneration: number
  /** What members own, by id. Changed. */
  readonly hands: Map<string, TopicPartition[]>
}

export function assignGenerally(given: GeneralGiven): StickyResult {
  const assignment = new GeneralAssignment(given)
  const kept = assignment.keep()
  assignment.balance(kept)
  return { hands: assignment.hands, moving: undefined }
}

class GeneralAssignment {
  readonly hands: Map<string, TopicPartition[]>
  readonly #table: TopicTable
  readonly #near: NearMembers
  readonly #wanted: ReadonlyMap<string, ReadonlySet<string>>
  readonly #subscribers: ReadonlyMap<string, readonly string[]>
  /** How many partitions the topics have that a member wants. */
  readonly #most: ReadonlyMap<string, number>
  /** Those of topics with few subscribers first. */
  readonly #partitions: readonly TopicPartition[]
  /** Who had a partition in a generation before the newest one. */
  readonly #previous: ReadonlyMap<TopicPartition, string>
  readonly #owners = new Map<TopicPartition, string>()
  readonly #movements = new PartitionMovements()
  readonly #bySize: MembersBySize
  #mustRevoke = false

  constructor(given: GeneralGiven) {
    const { table, members } = given
    this.hands = given.hands
    this.#table = table
    this.#near = given.near
    this.#wanted = new Map(
      members.map(({ memberId, topics }) => [memberId, new Set(topics.filter((topic) => table.has(topic)))]),
    )
    const subscribers = new Map([...table.keys()].map((topic) => [topic, [] as string[]]))
    for (const [memberId, topics] of this.#wanted) for (const topic of topics) subscribers.get(topic)?.push(memberId)
    this.#subscribers = subscribers
    this.#most = new Map([...this.#wanted].map(([memberId, topics]) => [memberId, partitionCount(table, topics)]))
    const countOf = (topic: string): number => subscribers.get(topic)?.length ?? 0
    const topics = [...table.keys()].toSorted((a, b) => countOf(a) - countOf(b) || compareText(a, b))
    this.#partitions = topics.flatMap((topic) => table.get(topic) ?? [])
    this.#previous = previousOwners(given)
    this.#bySize = new MembersBySize((memberId) => this.#size(memberId))
  }

  /** Takes from members what they do not want any more or what is far from them. @returns what is kept. */
  keep(): ReadonlySet<TopicPartition> {
    const kept = new Set<TopicPartition>()
    for (const [memberId, owned] of this.hands) {
      const keeps = (partition: TopicPartition): boolean =>
        this.#wants(memberId, partition.topic) && !this.#near.isFar(memberId, partition)
      const hand = owned.filter(keeps)
      if (hand.length < owned.length) this.#mustRevoke = true
      for (const partition of owned) this.#owners.set(partition, memberId)
      for (const partition of hand) kept.add(partition)
      this.hands.set(memberId, hand)
    }
    for (const memberId of this.hands.keys()) this.#bySize.add(memberId)
    return kept
  }

  balance(kept: ReadonlySet<TopicPartition>): void {
    const isFirstTime = this.#size(this.#bySize.largest) === 0
    const free = this.#partitions.filter((partition) => !kept.has(partition))
    const far = this.#near.matter ? free.filter((partition) => !this.#place(partition, true)) : free
    for (const partition of far) this.#place(partition, false)

    const fixed = this.#takeFixed()
    const handsBefore = new Map([...this.hands].map(([memberId, hand]) => [memberId, [...hand]]))
    const canMove = ({ topic }: TopicPartition): boolean => this.#isShared(topic)
    if (!this.#mustRevoke) this.#reassign(free.filter(canMove))
    const hasMoved = this.#reassign(this.#partitions.filter(canMove))
    const isWorth = isFirstTime || !hasMoved || unevenness(this.hands) < unevenness(handsBefore)
    for (const [memberId, hand] of [...(isWorth ? [] : handsBefore), ...fixed]) this.hands.set(memberId, hand)
  }

  /** Gives the partition to whoever has least of those that want it. */
  #place(partition: TopicPartition, onlyNear: boolean): boolean {
    for (const memberId of this.#bySize) {
      if (!this.#wants(memberId, partition.topic) || (onlyNear && this.#near.isFar(memberId, partition))) continue
      this.#bySize.remove(memberId)
      this.hands.get(memberId)?.push(partition)
      this.#owners.set(partition, memberId)
      this.#bySize.add(memberId)
      return true
    }
    return false
  }

  /** Takes out the members that can neither get nor lose anything. */
  #takeFixed(): ReadonlyMap<string, TopicPartition[]> {
    const fixed = new Map<string, TopicPartition[]>()
    for (const memberId of this.#wanted.keys()) {
      const hand = this.hands.get(memberId) ?? []
      if (hand.length < this.#mostOf(memberId) || hand.some(({ topic }) => this.#isShared(topic))) continue
      this.#bySize.remove(memberId)
      this.hands.delete(memberId)
      fixed.set(memberId, hand)
    }
    return fixed
  }

  /** Moves until nothing gets better by it. @returns whether anything was moved. */
  #reassign(partitions: readonly TopicPartition[]): boolean {
    let hasMoved = false
    let isModified = true
    while (isModified) {
      isModified = false
      for (const partition of partitions) {
        if (this.#isBalanced()) break
        if (this.#improve(partition)) isModified = true
      }
      hasMoved ||= isModified
    }
    return hasMoved
  }

  #improve(partition: TopicPartition): boolean {
    const memberId = this.#owners.get(partition)
    const size = this.#size(memberId)
    const previous = this.#previous.get(partition)
    if (memberId === undefined) return false
    if (previous !== undefined && this.hands.has(previous) && size > this.#size(previous) + 1) {
      this.#move(partition, { from: memberId, to: previous })
      return true
    }
    // Java looks among those near first; the answer is the same: the member with least of those that want it.
    const isSmaller = (other: string): boolean => size > this.#size(other) + 1
    if (!this.#subscribers.get(partition.topic)?.some(isSmaller)) return false
    const to = this.#bySize[Symbol.iterator]()
    for (const other of { [Symbol.iterator]: () => to }) {
      if (!this.#wants(other, partition.topic)) continue
      this.#move(partition, { from: memberId, to: other })
      return true
    }
    return false
  }

  #move(partition: TopicPartition, movement: { readonly from: string; readonly to: string }): void {
    const moved = this.#movements.instead(partition, movement)
    const from = this.#owners.get(moved) ?? movement.from
    const { to } = movement
    this.#bySize.remove(from)
    this.#bySize.remove(to)
    this.#movements.record(moved, { from, to })
    remove(this.hands.get(from), moved)
    this.hands.get(to)?.push(moved)
    this.#owners.set(moved, to)
    this.#bySize.add(to)
    this.#bySize.add(from)
  }

  /** No member can get one from a member with two more. */
  #isBalanced(): boolean {
    if (this.#size(this.#bySize.smallest) >= this.#size(this.#bySize.largest) - 1) return true
    for (const memberId of this.#bySize) {
      const size = this.#size(memberId)
      if (size === this.#mostOf(memberId)) continue
      for (const topic of this.#wanted.get(memberId) ?? []) {
        for (const partition of this.#table.get(topic) ?? []) {
          if (size + 1 < this.#size(this.#owners.get(partition))) return false
        }
      }
    }
    return true
  }

  #size(memberId: string | undefined): number {
    return memberId === undefined ? 0 : (this.hands.get(memberId)?.length ?? 0)
  }

  #mostOf(memberId: string): number {
    return this.#most.get(memberId) ?? 0
  }

  #wants(memberId: string, topic: string): boolean {
    return this.#wanted.get(memberId)?.has(topic) === true
  }

  #isShared(topic: string): boolean {
    return (this.#subscribers.get(topic)?.length ?? 0) >= 2
  }
}

function partitionCount(table: TopicTable, topics: Iterable<string>): number {
  let count = 0
  for (const topic of topics) count += table.get(topic)?.length ?? 0
  return count
}

/** The newest of the claims that are older than the newest of all. */
function previousOwners({
  table,
  members,
  claims,
  newestGeneration,
}: GeneralGiven): ReadonlyMap<TopicPartition, string> {
  const owners = new Map<TopicPartition, string>()
  const generations = new Map<TopicPartition, number>()
  for (const { memberId } of members) {
    const claim = claims.get(memberId)
    const generation = claim?.generation ?? noGeneration
    if (generation >= newestGeneration) continue
    for (const claimed of claim?.partitions ?? []) {
      const partition = known(table, claimed)
      if (partition === undefined || generation <= (generations.get(partition) ?? -Infinity)) continue
      owners.set(partition, memberId)
      generations.set(partition, generation)
    }
  }
  return owners
}

/** The differences of all pairs of members, added up: 0 where all have as many. */
function unevenness(hands: ReadonlyMap<string, readonly TopicPartition[]>): number {
  const sizes = [...hands.values()].map(({ length }) => length).toSorted((a, b) => a - b)
  let sum = 0
  // Sorted, each is subtracted from those behind it and added to those before it.
  for (const [index, size] of sizes.entries()) sum += size * (2 * index - sizes.length + 1)
  return sum
}
