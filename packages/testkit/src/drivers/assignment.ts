/**
 * What the leader of a classic group assigns: partitions in turns over the members, in order of their ids. What another
 * member still owns is held back until it has given it up (KIP-429); eager members own nothing by then.
 */
import { type AssignableMember, type TopicPartition, partitionKey } from '@gregor/client'
import type { Topic } from './driver.ts'

export function assignInTurns(
  members: readonly AssignableMember[],
  topics: readonly Topic[],
): ReadonlyMap<string, readonly TopicPartition[]> {
  // Static members keep their place when they come back under another id.
  const sorted = members.toSorted((a, b) => compare(a.instanceId ?? a.memberId, b.instanceId ?? b.memberId))
  const owners = new Map(
    sorted.flatMap(({ memberId, owned }) => owned.map((one) => [partitionKey(one), memberId] as const)),
  )
  const assigned = new Map<string, TopicPartition[]>(sorted.map(({ memberId }) => [memberId, []]))
  let turn = 0
  for (const { name, partitionCount } of topics) {
    for (let partition = 0; partition < partitionCount; partition++) {
      const takers = sorted.filter((member) => member.topics.includes(name))
      const taker = takers[turn++ % Math.max(1, takers.length)]
      const one = { topic: name, partition }
      const owner = owners.get(partitionKey(one))
      if (taker === undefined || (owner !== undefined && owner !== taker.memberId)) continue
      assigned.get(taker.memberId)?.push(one)
    }
  }
  return assigned
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
