/** A group as a test looks at it: classic or of the consumer protocol, in one shape. */
import { ConsumerGroupDescribe, decodeAssignment, DescribeGroups, ListGroups, OffsetFetch } from '@gregor/protocol'
import type { NodeCalls } from './node-calls.ts'

export interface GroupView {
  readonly groupId: string
  /** As Kafka’s tools say it: `Empty`, `PreparingRebalance`, `CompletingRebalance`, `Stable`, `Assigning`, `Reconciling` … */
  readonly state: string
  readonly type: 'classic' | 'consumer' | (string & {})
  readonly members: readonly MemberView[]
  /** Committed: `offsets['orders-0']`. */
  readonly offsets: Readonly<Record<string, number>>
}

export interface MemberView {
  readonly memberId: string
  readonly instanceId: string | null
  readonly clientId: string
  /** `orders-0`, in the order of the assignment; empty while a classic group rebalances. */
  readonly partitions: readonly string[]
}

/** `undefined` where there is none. */
export async function viewGroup(calls: NodeCalls, groupId: string): Promise<GroupView | undefined> {
  const { groups } = await calls.call(ListGroups, 5, { statesFilter: [], typesFilter: [] })
  const listed = groups.find((group) => group.groupId === groupId)
  if (listed === undefined) return undefined
  const type = listed.groupType.toLowerCase()
  const members = type === 'consumer' ? await consumerMembers(calls, groupId) : await classicMembers(calls, groupId)
  return { groupId, state: listed.groupState, type, members, offsets: await committed(calls, groupId) }
}

async function classicMembers(calls: NodeCalls, groupId: string): Promise<readonly MemberView[]> {
  const { groups } = await calls.call(DescribeGroups, 5, { groups: [groupId], includeAuthorizedOperations: false })
  const [group] = groups
  const isConsumers = group?.protocolType === 'consumer'
  return (group?.members ?? []).map(({ memberId, groupInstanceId: instanceId, clientId, memberAssignment }) => ({
    memberId,
    instanceId,
    clientId,
    partitions:
      isConsumers && memberAssignment.length > 0
        ? decodeAssignment(memberAssignment).assignedPartitions.flatMap(({ topic, partitions }) =>
            named(topic, partitions),
          )
        : [],
  }))
}

async function consumerMembers(calls: NodeCalls, groupId: string): Promise<readonly MemberView[]> {
  const request = { groupIds: [groupId], includeAuthorizedOperations: false }
  const { groups } = await calls.call(ConsumerGroupDescribe, 1, request)
  return (groups[0]?.members ?? []).map(({ memberId, instanceId, clientId, assignment }) => ({
    memberId,
    instanceId,
    clientId,
    partitions: assignment.topicPartitions.flatMap(({ topicName, partitions }) => named(topicName, partitions)),
  }))
}

async function committed(calls: NodeCalls, groupId: string): Promise<Readonly<Record<string, number>>> {
  const { groups } = await calls.call(OffsetFetch, 8, { groups: [{ groupId, topics: null }] })
  const offsets: Record<string, number> = {}
  for (const { name, partitions } of groups[0]?.topics ?? []) {
    for (const { partitionIndex, committedOffset } of partitions) {
      if (committedOffset >= 0) offsets[`${name}-${partitionIndex}`] = committedOffset
    }
  }
  return offsets
}

function named(topic: string, partitions: readonly number[]): readonly string[] {
  return partitions.map((partition) => `${topic}-${partition}`)
}
