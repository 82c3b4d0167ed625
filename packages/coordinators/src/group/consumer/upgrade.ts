/**
 * A classic group of consumers becomes a consumer group while it is alive, because somebody joins who speaks the new
 * protocol (KIP-848). Its members stay, with what they were assigned last; they go on in the classic protocol, and are
 * told to join again where they wait. Nothing of the classic group changes here: it goes when its tombstone is applied.
 */
import { refuseJoin, refuseSync } from '../classic/classic-answers.ts'
import type { ClassicGroup } from '../classic/classic-group.ts'
import { metadataFor } from '../classic/classic-member.ts'
import type { ClassicMember } from '../classic/classic-member.ts'
import { groupTombstone } from '../classic/classic-stored.ts'
import { isRefusal, refusal } from '../refusal.ts'
import type { Refusal } from '../refusal.ts'
import { note } from '../turn.ts'
import type { Turn } from '../turn.ts'
import { applyToConsumerGroup, isOfConsumerGroup } from './consumer-apply.ts'
import { ConsumerGroup } from './consumer-group.ts'
import { newMember } from './consumer-member.ts'
import type { ConsumerMember } from './consumer-member.ts'
import {
  currentAssignmentRecord,
  groupEpochRecord,
  subscriptionRecord,
  targetEpochRecord,
  targetRecord,
} from './consumer-records.ts'
import { renewConsumerSession } from './consumer-timers.ts'
import { assignmentFromBytes, subscriptionFrom } from './embedded-protocol.ts'
import { withEpoch, withoutEpochs } from './partition-epochs.ts'

export function upgrade(turn: Turn, classic: ClassicGroup): ConsumerGroup | Refusal {
  const { groupId } = classic
  const members = upgradeProblem(turn, classic) ?? membersFrom(turn, classic)
  if (isRefusal(members)) return members
  const records = recordsOf(turn, classic, members)
  const group = new ConsumerGroup(groupId)
  for (const record of records) if (isOfConsumerGroup(record)) applyToConsumerGroup(group, record)
  turn.records.push(...records)
  for (const member of members) renewConsumerSession(turn, groupId, member)
  for (const { join, sync, memberId } of classic.members) {
    if (join !== undefined) refuseJoin(turn, join, 'REBALANCE_IN_PROGRESS', memberId)
    if (sync !== undefined) refuseSync(turn, sync, 'REBALANCE_IN_PROGRESS')
  }
  note(turn, groupId, { kind: 'Converted', text: `Is a consumer group now, with ${members.length} classic members.` })
  return group
}

function upgradeProblem({ state }: Turn, classic: ClassicGroup): Refusal | undefined {
  const { migrationPolicy, sizeMax } = state.config.consumer
  if (!migrationPolicy.allowsUpgrade) return notUpgradable(classic, 'online upgrade is disabled')
  if (!classic.isConsumerGroup) {
    return notUpgradable(classic, 'the group does not use the consumer embedded protocol')
  }
  if (classic.size > sizeMax) {
    return notUpgradable(classic, 'the group size exceeds the consumer group maximum size')
  }
  return undefined
}

function membersFrom({ state }: Turn, classic: ClassicGroup): readonly ConsumerMember[] | Refusal {
  // It waits for members, and has none.
  if (classic.size === 0) return []
  // In its first rebalance it has not agreed on one yet.
  const protocolName = classic.protocolName ?? classic.selectProtocol()
  const members: ConsumerMember[] = []
  for (const member of classic.members) {
    const subscription = subscriptionFrom(metadataFor(member, protocolName))
    const assignment = assignmentFromBytes(state.image, member.assignment)
    if (subscription === undefined || assignment === undefined) {
      return notUpgradable(classic, 'the embedded consumer protocol is malformed')
    }
    if (assignment.hasUserData) return notUpgradable(classic, 'an unsupported custom assignor is in use')
    members.push({
      ...memberFrom(member, classic.generationId),
      rackId: subscription.rackId === '' ? null : subscription.rackId,
      topicNames: new Set(subscription.topics),
      assigned: withEpoch(assignment.partitions, classic.generationId),
    })
  }
  return members
}

function memberFrom(member: ClassicMember, generationId: number): ConsumerMember {
  return {
    ...newMember(member.memberId),
    memberEpoch: generationId,
    previousMemberEpoch: generationId,
    instanceId: member.instanceId ?? null,
    rebalanceTimeoutMs: member.rebalanceTimeoutMs,
    clientId: member.clientId,
    clientHost: member.clientHost,
    classic: {
      sessionTimeoutMs: member.sessionTimeoutMs,
      supportedProtocols: member.protocols.map(({ name, metadata }) => ({ name, metadata })),
    },
  }
}

function recordsOf({ state }: Turn, { groupId, generationId }: ClassicGroup, members: readonly ConsumerMember[]) {
  const topics = members.flatMap(({ topicNames }) => [...topicNames])
  const hash = state.topicHashes.ofTopics(state.image, new Set(topics))
  return [
    groupTombstone(groupId),
    ...members.map((member) => subscriptionRecord(groupId, member)),
    groupEpochRecord(groupId, generationId, hash),
    ...members.map(({ memberId, assigned }) => targetRecord(groupId, memberId, withoutEpochs(assigned))),
    targetEpochRecord(groupId, { assignmentEpoch: generationId, assignedAtMs: 0 }),
    ...members.map((member) => currentAssignmentRecord(groupId, member)),
  ]
}

function notUpgradable({ groupId }: ClassicGroup, why: string): Refusal {
  return refusal('GROUP_ID_NOT_FOUND', `Cannot upgrade classic group ${groupId} to consumer group because ${why}.`)
}
