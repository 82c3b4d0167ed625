/**
 * Who is near to what (KIP-881): the racks of members and of the replicas of partitions, and whether they are worth
 * looking at. They are where a member’s rack has a replica at all, and some partition has none on some rack.
 */
import type { TopicPartition } from '../partition-set.ts'
import type { AssignableMember, AssignableTopics } from './assignor.ts'

export type RacksOfPartitions = ReadonlyMap<TopicPartition, ReadonlySet<string>>

/** By member id, of those that have one. */
export function racksOfMembers(members: readonly AssignableMember[]): ReadonlyMap<string, string> {
  return new Map(
    members.flatMap(({ memberId, rack }) => (rack === null || rack === '' ? [] : [[memberId, rack] as const])),
  )
}

export function racksOfPartitions(
  topics: AssignableTopics,
  partitions: Iterable<TopicPartition>,
): Map<TopicPartition, ReadonlySet<string>> {
  const racks = new Map<TopicPartition, ReadonlySet<string>>()
  for (const one of partitions) racks.set(one, new Set(topics.racks(one.topic, one.partition)))
  return racks
}

export function racksMatter(ofMembers: Iterable<string>, ofPartitions: RacksOfPartitions): boolean {
  const all = new Set<string>()
  for (const racks of ofPartitions.values()) for (const rack of racks) all.add(rack)
  if (new Set(ofMembers).isDisjointFrom(all)) return false
  for (const racks of ofPartitions.values()) if (racks.size !== all.size) return true
  return false
}
