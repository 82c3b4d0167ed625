/**
 * Who has what, before anything is shared out: what members claim, settled where two claim the same. The claim of the
 * newer generation wins; in one generation both lose it, as one of them must be wrong.
 */
import type { TopicPartition } from '../partition-set.ts'
import type { AssignableMember } from './assignor.ts'
import type { TopicTable } from './group-topics.ts'

/** What a member says it had, in some generation; `undefined`: it did not say in which. */
export interface Claim {
  readonly partitions: readonly TopicPartition[]
  readonly generation: number | undefined
}

export interface OwnedPartitions {
  /** By member id, in Java’s order of members. Partitions that are gone are left out. */
  readonly hands: Map<string, TopicPartition[]>
  /** Claimed by several members of one generation. */
  readonly contested: ReadonlySet<TopicPartition>
  /** The highest one that was claimed, at least the one given. */
  readonly newestGeneration: number
}

export const noGeneration = -1

/** The object that means this partition in the table; `undefined` where it is gone. */
export function known(table: TopicTable, { topic, partition }: TopicPartition): TopicPartition | undefined {
  return table.get(topic)?.[partition]
}

/** `members` in Java’s order: where more than two claim the same, it matters. */
export function settleClaims(
  members: readonly AssignableMember[],
  given: {
    readonly table: TopicTable
    readonly claims: ReadonlyMap<string, Claim>
    readonly newestGeneration: number
  },
): OwnedPartitions {
  const hands = new Map<string, TopicPartition[]>()
  const owners = new Map<TopicPartition, AssignableMember>()
  const contested = new Set<TopicPartition>()
  let { newestGeneration } = given
  for (const member of members) {
    const claim = given.claims.get(member.memberId)
    const generation = claim?.generation ?? noGeneration
    newestGeneration = Math.max(newestGeneration, generation)
    const owned: TopicPartition[] = []
    hands.set(member.memberId, owned)
    for (const claimed of claim?.partitions ?? []) {
      const partition = known(given.table, claimed)
      if (partition === undefined) continue
      const other = owners.get(partition)
      // Java looks at what the other member’s subscription says, not at its user data.
      const otherGeneration = other === undefined ? noGeneration : Math.max(noGeneration, other.generationId)
      if (other !== undefined && generation < otherGeneration) continue
      if (other !== undefined) remove(hands.get(other.memberId), partition)
      if (other !== undefined && generation === otherGeneration) contested.add(partition)
      else owned.push(partition)
      owners.set(partition, member)
    }
  }
  return { hands, contested, newestGeneration }
}

/** Takes the first one out. */
export function remove<T>(items: T[] | undefined, item: T): void {
  const index = items?.indexOf(item) ?? -1
  if (index >= 0) items?.splice(index, 1)
}

/**
 * Whether all members want the same topics: then the fast algorithm will do. As in Java, members that want none do not
 * count while they come first, and then get partitions that they did not ask for.
 */
export function wantTheSame(members: readonly AssignableMember[]): boolean {
  let first: ReadonlySet<string> = new Set()
  for (const { topics } of members) {
    if (first.size === 0) first = new Set(topics)
    else if (topics.length !== first.size || !topics.every((topic) => first.has(topic))) return false
  }
  return true
}
