/**
 * What a member gets done with one request, whichever protocol it speaks: the group is assigned anew where it has to be,
 * and the member goes as far towards its target as it can now.
 */
import { isRefusal, refusal } from '../refusal.ts'
import type { Refusal } from '../refusal.ts'
import { note, sinceRebalance } from '../turn.ts'
import type { Turn } from '../turn.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import { standsTheSame } from './consumer-member.ts'
import type { ConsumerMember } from './consumer-member.ts'
import { currentAssignmentRecord } from './consumer-records.ts'
import { awaitRevocation, endRevocation } from './consumer-timers.ts'
import { bumpEpochIfNeeded } from './group-epoch.ts'
import { inOrder } from './partition-epochs.ts'
import type { TopicPartitions } from './partition-epochs.ts'
import { reconcile } from './reconcile.ts'
import { membersWith } from './subscription.ts'
import { presentTarget, targetFor } from './target-assignment.ts'
import type { Target } from './target-assignment.ts'

/** Before it has been told of any topics, a coordinator would take all partitions away. */
export function missingTopics({ state }: Turn): Refusal | undefined {
  if (state.newTopicsVersion !== -1) return undefined
  return refusal('COORDINATOR_LOAD_IN_PROGRESS', 'The coordinator does not know the topics yet.')
}

export interface Step {
  readonly group: ConsumerGroup
  /** The member, with what it asks for now. */
  readonly asking: ConsumerMember
  /** The group must be assigned anew. */
  readonly isBumped: boolean
  readonly hasSubscriptionChanged: boolean
  /** What it says it has; `undefined`: as last time. */
  readonly owned: TopicPartitions | undefined
}

export function stepTowardsTarget(turn: Turn, step: Step): ConsumerMember | Refusal {
  const { group, asking, isBumped } = step
  const needsMembers =
    isBumped || !turn.state.freshGroups.has(group.groupId) || group.assignmentEpoch < group.groupEpoch
  // By far most heartbeats change nothing: they must not cost the more, the more members there are.
  if (!needsMembers) {
    const target = { assignmentEpoch: group.assignmentEpoch, ofMember: presentTarget(group, asking) }
    return stepTo(turn, step, target)
  }
  const members = membersWith(group, asking)
  const groupEpoch = bumpEpochIfNeeded(turn, group, members, { isBumped, memberId: asking.memberId })
  return stepTo(turn, step, targetFor(turn, group, { groupEpoch, members, member: asking }))
}

export function stepTo(
  turn: Turn,
  { group, asking, hasSubscriptionChanged, owned }: Step,
  target: Target,
): ConsumerMember | Refusal {
  const { groupId } = group
  const { image } = turn.state
  const member = reconcile({ group, image, member: asking, target, hasSubscriptionChanged, owned })
  if (isRefusal(member) || standsTheSame(asking, member)) return member
  turn.records.push(currentAssignmentRecord(groupId, member))
  noteStep(turn, groupId, member)
  if (member.classic !== null) return member
  if (member.state === 'UnrevokedPartitions') awaitRevocation(turn, groupId, member)
  else endRevocation(turn, groupId, member.memberId)
  return member
}

/** A static member takes no more room than its predecessor. */
export function isFull({ state }: Turn, group: ConsumerGroup, memberId: string, instanceId: string | null): boolean {
  if (instanceId !== null && group.staticMember(instanceId) !== undefined) return false
  return group.size >= state.config.consumer.sizeMax && group.member(memberId) === undefined
}

function noteStep(turn: Turn, groupId: string, member: ConsumerMember): void {
  const { image } = turn.state
  const names = (partitions: ConsumerMember['assigned']) =>
    [...partitions]
      .map(([id, some]) => `${image.topics.byId.get(id)?.name ?? id} ${inOrder(some.keys()).join(' ')}`)
      .join(', ')
  const { memberId, memberEpoch, state, assigned, pendingRevocation } = member
  const has = assigned.size === 0 ? 'nothing' : names(assigned)
  const gives = pendingRevocation.size === 0 ? '' : `, has to give up ${names(pendingRevocation)}`
  const text = `Epoch ${memberEpoch}, ${state}: has ${has}${gives}.`
  note(turn, groupId, { kind: 'Assigned', memberId, text, ...sinceRebalance(turn, groupId) })
}
