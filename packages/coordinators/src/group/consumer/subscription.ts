/**
 * Who reads what in a consumer group, as it will be once a decision is applied: the members are handed in, with the one
 * that is changing already changed.
 */
import type { MetadataImage } from '@gregor/metadata'
import type { ConsumerGroup, ResolvedRegex } from './consumer-group.ts'
import { regexOf } from './consumer-member.ts'
import type { ConsumerMember } from './consumer-member.ts'

export type Members = ReadonlyMap<string, ConsumerMember>
export type Regexes = ReadonlyMap<string, ResolvedRegex>

/** The members of a group with one of them changed or new; a static one takes the place of its predecessor. */
export function membersWith(group: ConsumerGroup, changed: ConsumerMember): Members {
  const members = new Map<string, ConsumerMember>()
  for (const member of group.members) {
    const isPredecessor = member.instanceId !== null && member.instanceId === changed.instanceId
    if (!isPredecessor || member.memberId === changed.memberId) members.set(member.memberId, member)
  }
  return members.set(changed.memberId, changed)
}

export function membersWithout(group: ConsumerGroup, gone: readonly ConsumerMember[]): Members {
  const goneIds = new Set(gone.map(({ memberId }) => memberId))
  return new Map([...group.members].filter(({ memberId }) => !goneIds.has(memberId)).map((one) => [one.memberId, one]))
}

/** By name, and by what its expression resolves to; an expression that is not resolved yet stands for no topic. */
export function topicsOf(member: ConsumerMember, regexes: Regexes): ReadonlySet<string> {
  const regex = regexOf(member)
  const resolved = regex === undefined ? undefined : regexes.get(regex)?.topics
  if (resolved === undefined || resolved.size === 0) return member.topicNames
  return member.topicNames.size === 0 ? resolved : member.topicNames.union(resolved)
}

export function topicsOfAll(members: Members, regexes: Regexes): ReadonlySet<string> {
  const topics = new Set<string>()
  for (const member of members.values()) for (const topic of topicsOf(member, regexes)) topics.add(topic)
  return topics
}

/** Of the topics that are there. */
export function topicIdsOf(image: MetadataImage, topics: ReadonlySet<string>): ReadonlySet<string> {
  return new Set([...topics].flatMap((topic) => image.topics.byName.get(topic)?.id ?? []))
}

/** Whether all subscribe to the same: by the same names, or by one expression and nothing else. */
export function isHomogeneous(members: Members): boolean {
  const all = [...members.values()]
  const [first] = all
  if (first === undefined) return true
  const regex = regexOf(first)
  if (regex !== undefined) return all.every((one) => regexOf(one) === regex && one.topicNames.size === 0)
  return all.every(
    (one) => regexOf(one) === undefined && one.topicNames.symmetricDifference(first.topicNames).size === 0,
  )
}

/** What most members ask for; `undefined` where none does. */
export function preferredAssignor(members: Iterable<ConsumerMember>): string | undefined {
  const votes = new Map<string, number>()
  for (const { assignor } of members) if (assignor !== null) votes.set(assignor, (votes.get(assignor) ?? 0) + 1)
  return [...votes].toSorted(([, a], [, b]) => b - a)[0]?.[0]
}
