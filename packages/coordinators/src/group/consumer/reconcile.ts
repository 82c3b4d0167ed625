/**
 * One step of a member from what it has to what it shall have (KIP-848): first it gives up what is not meant for it,
 * and stays in its epoch until it says that it has; then it enters the epoch of the target, and gets of the target what
 * nobody else holds on to; what others still hold comes later, step by step.
 *
 * Invariant: a partition is never handed to a member while another one may use it.
 */
import type { MetadataImage } from '@gregor/metadata'
import { refusal } from '../refusal.ts'
import type { Refusal } from '../refusal.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import type { ConsumerMember } from './consumer-member.ts'
import { noPartitions } from './partition-epochs.ts'
import type { PartitionEpochs, TopicPartitions } from './partition-epochs.ts'
import { topicIdsOf, topicsOf } from './subscription.ts'
import type { Target } from './target-assignment.ts'

export interface Reconciliation {
  readonly group: ConsumerGroup
  readonly image: MetadataImage
  readonly member: ConsumerMember
  readonly target: Target
  /** What it may use follows its subscription at once. */
  readonly hasSubscriptionChanged: boolean
  /** What it says it has; `undefined`: as last time. */
  readonly owned: TopicPartitions | undefined
}

export function reconcile(reconciliation: Reconciliation): ConsumerMember | Refusal {
  const { member, target, hasSubscriptionChanged, owned } = reconciliation
  switch (member.state) {
    case 'Stable':
      if (member.memberEpoch !== target.assignmentEpoch) return advance(reconciliation)
      return hasSubscriptionChanged ? dropUnsubscribed(reconciliation) : member
    case 'UnrevokedPartitions':
      if (!stillOwns(owned, member.pendingRevocation)) return advance(reconciliation)
      return hasSubscriptionChanged ? dropUnsubscribed(reconciliation) : member
    case 'UnreleasedPartitions':
      return advance(reconciliation)
    case 'Unknown':
      // A later version knew what this means: the member begins anew.
      if (owned === undefined || owned.length > 0) {
        return refusal('FENCED_MEMBER_EPOCH', 'The member is in a state of a later version: it must rejoin.')
      }
      return advance({ ...reconciliation, member: { ...member, memberEpoch: target.assignmentEpoch } })
  }
}

/** It is not said often enough: silence is no proof that something was given up. */
function stillOwns(owned: TopicPartitions | undefined, partitions: PartitionEpochs): boolean {
  if (owned === undefined) return true
  return owned.some(({ topicId, partitions: some }) => some.some((one) => partitions.get(topicId)?.has(one) ?? false))
}

/** Towards the target. */
function advance(reconciliation: Reconciliation): ConsumerMember {
  const { member, target, owned } = reconciliation
  const { kept, surplus, granted, isWaiting } = compare(reconciliation)
  if (surplus.size > 0 && stillOwns(owned, surplus)) {
    return {
      ...inEpoch(member, member.memberEpoch),
      state: 'UnrevokedPartitions',
      assigned: kept,
      pendingRevocation: surplus,
    }
  }
  return {
    ...inEpoch(member, target.assignmentEpoch),
    state: isWaiting ? 'UnreleasedPartitions' : 'Stable',
    assigned: merge(kept, granted),
    pendingRevocation: noPartitions,
  }
}

interface Comparison {
  /** It has them and shall have them. */
  readonly kept: PartitionEpochs
  /** It has them and shall not. */
  readonly surplus: PartitionEpochs
  /** It shall have them, and nobody else does. */
  readonly granted: PartitionEpochs
  /** Others have some that it shall have. */
  readonly isWaiting: boolean
}

function compare({ group, image, member, target }: Reconciliation): Comparison {
  const subscribed = topicIdsOf(image, topicsOf(member, group.regexes))
  const [kept, surplus, granted] = [0, 1, 2].map(() => new Map<string, ReadonlyMap<number, number>>())
  let isWaiting = false
  for (const topicId of new Set([...target.ofMember.keys(), ...member.assigned.keys()])) {
    const wanted = subscribed.has(topicId) ? (target.ofMember.get(topicId) ?? new Set<number>()) : new Set<number>()
    const present = member.assigned.get(topicId) ?? new Map<number, number>()
    set(
      kept,
      topicId,
      [...present].filter(([partition]) => wanted.has(partition)),
    )
    set(
      surplus,
      topicId,
      [...present].filter(([partition]) => !wanted.has(partition)),
    )
    const missing = [...wanted].filter((partition) => !present.has(partition))
    // What it was about to give up is its own.
    const own = member.pendingRevocation.get(topicId)
    const free = missing.filter((partition) => !group.isOwned(topicId, partition) || own?.has(partition) === true)
    isWaiting ||= free.length < missing.length
    set(
      granted,
      topicId,
      free.map((partition) => [partition, target.assignmentEpoch]),
    )
  }
  return { kept: kept ?? noPartitions, surplus: surplus ?? noPartitions, granted: granted ?? noPartitions, isWaiting }
}

/** In its epoch: only takes away what it does not subscribe to any more. */
function dropUnsubscribed({ group, image, member, owned }: Reconciliation): ConsumerMember {
  const subscribed = topicIdsOf(image, topicsOf(member, group.regexes))
  const dropped = new Map([...member.assigned].filter(([topicId]) => !subscribed.has(topicId)))
  if (dropped.size === 0) return member
  const assigned = new Map([...member.assigned].filter(([topicId]) => subscribed.has(topicId)))
  const pendingRevocation = merge(member.pendingRevocation, dropped)
  const next = { ...inEpoch(member, member.memberEpoch), assigned }
  if (!stillOwns(owned, pendingRevocation)) return next
  return { ...next, state: 'UnrevokedPartitions', pendingRevocation }
}

function inEpoch(member: ConsumerMember, memberEpoch: number): ConsumerMember {
  return { ...member, previousMemberEpoch: member.memberEpoch, memberEpoch }
}

function set(
  partitions: Map<string, ReadonlyMap<number, number>> | undefined,
  topicId: string,
  some: readonly (readonly [number, number])[],
): void {
  if (some.length > 0) partitions?.set(topicId, new Map(some))
}

function merge(a: PartitionEpochs, b: PartitionEpochs): PartitionEpochs {
  if (b.size === 0) return a
  const merged = new Map(a)
  for (const [topicId, epochs] of b) merged.set(topicId, new Map([...(a.get(topicId) ?? []), ...epochs]))
  return merged
}
