/**
 * What all assignors begin with: the topics that members want and that there are, their partitions as objects that are
 * the same where they mean the same, and members in the orders that Java’s client has them in.
 */
import type { TopicPartition } from '../partition-set.ts'
import type { AssignableMember, AssignableTopics, MemberAssignment } from './assignor.ts'
import { inJavaOrder } from './java-hash-set.ts'

/** Partitions by topic, in Java’s order of topics. Two partitions that are equal are identical. */
export type TopicTable = ReadonlyMap<string, readonly TopicPartition[]>

export function topicTable(topics: AssignableTopics, members: readonly AssignableMember[]): TopicTable {
  const wanted = inJavaOrder(membersInJavaOrder(members).flatMap((member) => member.topics))
  const known = wanted.filter((topic) => topics.partitionCount(topic) > 0)
  return new Map(inJavaOrder(known).map((topic) => [topic, partitionsOf(topic, topics.partitionCount(topic))]))
}

/** As the Java client’s leader goes through them: it keeps them in a `HashMap` by id. */
export function membersInJavaOrder(members: readonly AssignableMember[]): readonly AssignableMember[] {
  const byId = new Map(members.map((member) => [member.memberId, member]))
  return inJavaOrder(byId.keys()).flatMap((id) => byId.get(id) ?? [])
}

/** Static members first, by their instance ids; then the others by the ids that the coordinator gave them. */
export function compareMembers(a: AssignableMember, b: AssignableMember): number {
  if (a.instanceId !== null && b.instanceId !== null) return compareText(a.instanceId, b.instanceId)
  if (a.instanceId !== null) return -1
  if (b.instanceId !== null) return 1
  return compareText(a.memberId, b.memberId)
}

/** By topic, then by number. */
export function comparePartitions(a: TopicPartition, b: TopicPartition): number {
  return compareText(a.topic, b.topic) || a.partition - b.partition
}

/** By UTF-16 units, as Java compares. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

export function assignments(
  partitions: ReadonlyMap<string, readonly TopicPartition[]>,
): ReadonlyMap<string, MemberAssignment> {
  return new Map([...partitions].map(([memberId, owned]) => [memberId, { partitions: owned, userData: null }]))
}

function partitionsOf(topic: string, count: number): readonly TopicPartition[] {
  return Array.from({ length: count }, (_, partition) => ({ topic, partition }))
}
