/**
 * `uniform` where all members subscribe to the same topics: each has its quota, keeps what it has up to that, and gets
 * of the rest what it lacks. Where it does not divide, some may have one more: those who have it already go first.
 */
import { assert } from '@gregor/base'
import type { Assignor, AssignorInput, AssignorMember } from './assignor.ts'

type Partitions = Map<string, Set<number>>

interface Kept {
  readonly partitions: Partitions
  /** How many more it gets. */
  readonly missing: number
}

export const assignUniformlyToAll: Assignor = (input) => {
  const { members } = input
  const topicIds = members[0]?.topicIds ?? new Set()
  if (topicIds.size === 0) return new Map()
  const free = freePartitions(input, topicIds)
  const kept = keepUpToQuota(input, topicIds, free)
  let next = 0
  for (const { partitions, missing } of kept.values()) {
    for (let count = 0; count < missing && next < free.length; count++) {
      const partition = free[next++]
      if (partition !== undefined) add(partitions, partition)
    }
  }
  assert(next === free.length, 'every partition is assigned')
  return new Map([...kept].map(([memberId, { partitions }]) => [memberId, partitions]))
}

interface TopicPartition {
  readonly topicId: string
  readonly partition: number
}

function freePartitions({ members, partitionCount }: AssignorInput, topicIds: ReadonlySet<string>): TopicPartition[] {
  const free: TopicPartition[] = []
  for (const topicId of topicIds) {
    const taken = new Set(members.flatMap(({ assignment }) => [...(assignment.get(topicId) ?? [])]))
    for (let partition = 0; partition < partitionCount(topicId); partition++) {
      if (!taken.has(partition)) free.push({ topicId, partition })
    }
  }
  return free
}

/** What is too much for somebody becomes free. */
function keepUpToQuota(
  input: AssignorInput,
  topicIds: ReadonlySet<string>,
  free: TopicPartition[],
): ReadonlyMap<string, Kept> {
  const { members, partitionCount } = input
  const total = [...topicIds].reduce((sum, topicId) => sum + partitionCount(topicId), 0)
  const quota = Math.floor(total / members.length)
  let extras = total % members.length
  const kept = new Map<string, Kept>()
  for (const [index, member] of members.entries()) {
    const mayHaveExtra = extras > 0
    const { partitions, room } = keep(input, member, quota + (mayHaveExtra ? 1 : 0), free)
    // Whoever does not fill its extra place leaves it to somebody after it, as long as there are enough of them.
    const leavesExtra = mayHaveExtra && room > 0 && members.length - index > extras
    if (mayHaveExtra && !leavesExtra) extras--
    kept.set(member.memberId, { partitions, missing: leavesExtra ? room - 1 : room })
  }
  return kept
}

function keep(
  { partitionCount }: AssignorInput,
  { assignment, topicIds }: AssignorMember,
  quota: number,
  free: TopicPartition[],
): { readonly partitions: Partitions; readonly room: number } {
  const partitions: Partitions = new Map()
  let room = quota
  for (const [topicId, some] of assignment) {
    if (!topicIds.has(topicId)) continue
    for (const partition of some) {
      // A topic only grows; but what was stored is not trusted to know that.
      if (partition >= partitionCount(topicId)) continue
      if (room > 0) {
        room--
        add(partitions, { topicId, partition })
      } else {
        free.push({ topicId, partition })
      }
    }
  }
  return { partitions, room }
}

function add(partitions: Partitions, { topicId, partition }: TopicPartition): void {
  const some = partitions.get(topicId)
  if (some === undefined) partitions.set(topicId, new Set([partition]))
  else some.add(partition)
}
