/**
 * The assignor `range`: each topic is cut into as many ranges as it has subscribers, the first ones longer by one where
 * it does not divide. Members with the same subscriptions get the same ranges of every topic, so that topics which are
 * partitioned alike can be joined. Static members come first, in the order of their instances: they keep their ranges
 * when they come back with other ids.
 */
import type { Assignor, AssignorMember } from './assignor.ts'

export const assignRanges: Assignor = ({ members, partitionCount }) => {
  const sorted = members.toSorted(byInstanceThenId)
  const subscribers = new Map<string, AssignorMember[]>()
  for (const member of sorted) {
    for (const topicId of member.topicIds) {
      const known = subscribers.get(topicId)
      if (known === undefined) subscribers.set(topicId, [member])
      else known.push(member)
    }
  }
  const assigned = new Map(sorted.map(({ memberId }) => [memberId, new Map<string, ReadonlySet<number>>()]))
  for (const [topicId, some] of subscribers) {
    const count = partitionCount(topicId)
    const shortest = Math.floor(count / some.length)
    const longerCount = count % some.length
    let start = 0
    for (const [index, { memberId }] of some.entries()) {
      const end = start + shortest + (index < longerCount ? 1 : 0)
      if (end > start) assigned.get(memberId)?.set(topicId, range(start, end))
      start = end
    }
  }
  return assigned
}

function byInstanceThenId(a: AssignorMember, b: AssignorMember): number {
  if (a.instanceId !== null && b.instanceId !== null) return compare(a.instanceId, b.instanceId)
  if (a.instanceId !== null) return -1
  if (b.instanceId !== null) return 1
  return compare(a.memberId, b.memberId)
}

function compare(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}

function range(start: number, end: number): ReadonlySet<number> {
  return new Set(Array.from({ length: end - start }, (_, index) => start + index))
}
