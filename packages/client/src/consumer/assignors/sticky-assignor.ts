/**
 * `sticky` and `cooperative-sticky`: as level as can be, and of such assignments one in which as little as possible
 * changes hands. Assignments, their order and the user data equal the Java client’s, so leaders may take turns.
 *
 * Not equal in two cases that a sound group has not: partitions that a member claims and that do not exist any more (its
 * topic was made anew with fewer) are ignored here, and Java's leader fails where a partition’s earlier owner has nothing
 * to share out any more.
 */
import type { TopicPartition } from '../partition-set.ts'
import type { AssignableMember, AssignableTopics, Assignor, MemberAssignment } from './assignor.ts'
import { assignGenerally } from './general-assignment.ts'
import { assignments, membersInJavaOrder, topicTable } from './group-topics.ts'
import { NearMembers } from './near-members.ts'
import { type Claim, known, noGeneration, remove, settleClaims, wantTheSame } from './owned-partitions.ts'
import { decodeGeneration, decodeStickyUserData, encodeGeneration, encodeStickyUserData } from './sticky-user-data.ts'
import { assignUniformly, type StickyResult } from './uniform-assignment.ts'

/** Eager: members give up everything before each rebalance and mostly get it again. They tell what they had. */
export class StickyAssignor implements Assignor {
  readonly name = 'sticky'
  readonly supportsCooperative = false
  readonly #sharing = new StickySharing()
  #given: { readonly partitions: readonly TopicPartition[]; readonly generationId: number } | undefined

  subscriptionUserData(): Buffer | null {
    if (this.#given === undefined) return null
    return encodeStickyUserData(this.#given.partitions, this.#given.generationId)
  }

  assign(topics: AssignableTopics, members: readonly AssignableMember[]): ReadonlyMap<string, MemberAssignment> {
    const { hands } = this.#sharing.share(topics, members, ({ userData }) =>
      userData === null || userData.length === 0
        ? { partitions: [], generation: undefined }
        : decodeStickyUserData(userData),
    )
    return assignments(hands)
  }

  onAssignment({ partitions }: MemberAssignment, generationId: number): void {
    this.#given = { partitions, generationId }
  }
}

/** Members keep what they have while they rebalance; what moves is given up first and given out in a second one. */
export class CooperativeStickyAssignor implements Assignor {
  readonly name = 'cooperative-sticky'
  readonly supportsCooperative = true
  readonly #sharing = new StickySharing()
  #generationId = noGeneration

  subscriptionUserData(): Buffer {
    return encodeGeneration(this.#generationId)
  }

  assign(topics: AssignableTopics, members: readonly AssignableMember[]): ReadonlyMap<string, MemberAssignment> {
    const result = this.#sharing.share(topics, members, ({ generationId, owned, userData }) => ({
      partitions: owned,
      // Subscriptions before version 2 tell it in the user data.
      generation: generationId >= 0 ? generationId : userData === null ? undefined : decodeGeneration(userData),
    }))
    const moving = result.moving ?? movingPartitions(result.hands, members)
    for (const [partition, memberId] of moving) remove(result.hands.get(memberId), partition)
    return assignments(result.hands)
  }

  onAssignment(_assignment: MemberAssignment, generationId: number): void {
    this.#generationId = generationId
  }
}

class StickySharing {
  /** Of all that were ever claimed, as Java’s assignors remember it. */
  #newestGeneration = noGeneration

  share(
    topics: AssignableTopics,
    given: readonly AssignableMember[],
    claimOf: (member: AssignableMember) => Claim,
  ): StickyResult {
    const members = membersInJavaOrder(given)
    const table = topicTable(topics, members)
    const near = new NearMembers(topics, { table, members })
    const claims = new Map(members.map((member) => [member.memberId, claimOf(member)]))
    const owned = settleClaims(members, { table, claims, newestGeneration: this.#newestGeneration })
    this.#newestGeneration = owned.newestGeneration
    return wantTheSame(members)
      ? assignUniformly({ table, near, owned })
      : assignGenerally({ table, near, members, claims, hands: owned.hands, newestGeneration: owned.newestGeneration })
  }
}

/** What a member gets that it does not have, and another one has. */
function movingPartitions(
  hands: ReadonlyMap<string, readonly TopicPartition[]>,
  members: readonly AssignableMember[],
): ReadonlyMap<TopicPartition, string> {
  const table = new Map<string, TopicPartition[]>()
  for (const partition of [...hands.values()].flat()) {
    const ofTopic = table.get(partition.topic) ?? []
    ofTopic[partition.partition] = partition
    table.set(partition.topic, ofTopic)
  }
  const added = new Map<TopicPartition, string>()
  const revoked = new Set<TopicPartition>()
  for (const { memberId, owned } of members) {
    const had = new Set(owned.flatMap((one) => known(table, one) ?? []))
    const has = new Set(hands.get(memberId))
    for (const partition of has.difference(had)) added.set(partition, memberId)
    for (const partition of had.difference(has)) revoked.add(partition)
  }
  return new Map([...added].filter(([partition]) => revoked.has(partition)))
}
