/**
 * JoinGroup in a consumer group: the classic way to do what a heartbeat does (KIP-848). The answer is the member epoch,
 * for a generation; the partitions come with SyncGroup. A static member that comes so in the place of the last one that
 * spoke the consumer protocol makes a classic group of it.
 */
import { randomUuid } from '@gregor/base'
import { errorCode } from '@gregor/protocol'
import type { Subscription } from '@gregor/protocol'
import { consumerProtocolType } from '../classic/classic-group.ts'
import { protocolsOf } from '../classic/classic-member.ts'
import { joiningFrom } from '../classic/joining.ts'
import type { Joining } from '../classic/joining.ts'
import { refuseJoin } from '../classic/classic-answers.ts'
import type { GroupEventOf } from '../group-event.ts'
import { isRefusal, refusal } from '../refusal.ts'
import type { Refusal } from '../refusal.ts'
import { answer, note } from '../turn.ts'
import type { Turn } from '../turn.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import { asksForTheSame, newMember, sameNames } from './consumer-member.ts'
import type { ConsumerMember } from './consumer-member.ts'
import { subscriptionRecord } from './consumer-records.ts'
import { awaitSync, endRejoin, renewConsumerSession } from './consumer-timers.ts'
import { downgradeWithReplaced, isDowngradedByReplacing } from './downgrade.ts'
import { subscriptionFrom, topicPartitionsByName } from './embedded-protocol.ts'
import { bumpEpochIfNeeded } from './group-epoch.ts'
import { findStaticMember, succeed } from './member-lookup.ts'
import type { FoundMember } from './member-lookup.ts'
import { updateRegexes } from './regexes.ts'
import { isFull, missingTopics, stepTo, stepTowardsTarget } from './step.ts'
import type { Step } from './step.ts'
import { membersWith } from './subscription.ts'
import { presentTarget } from './target-assignment.ts'

export function joinConsumerGroup(turn: Turn, group: ConsumerGroup, event: GroupEventOf<'JoinGroup'>): void {
  const joining = joiningFrom(event)
  const attempt = { ...turn, records: [], effects: [] }
  const member = join(attempt, group, joining)
  if (isRefusal(member)) {
    refuseJoin(turn, joining.waiting, member.refused, member.memberId ?? '')
    note(turn, group.groupId, { kind: 'Refused', memberId: joining.request.memberId, text: `${member.refused}.` })
    return
  }
  turn.records.push(...attempt.records)
  turn.effects.push(...attempt.effects)
  const response = {
    errorCode: errorCode('NONE'),
    generationId: member.memberEpoch,
    protocolType: consumerProtocolType,
    protocolName: joining.request.protocols[0]?.name ?? '',
    leader: '',
    memberId: member.memberId,
    members: [],
  }
  answer(turn, { type: 'AnswerJoinGroup', waiter: joining.waiting.waiter, response })
}

/** With the id that the client is to come back with. */
interface JoinRefusal extends Refusal {
  readonly memberId?: string
}

function join(turn: Turn, group: ConsumerGroup, joining: Joining): ConsumerMember | JoinRefusal {
  const { request, context } = joining
  const { groupInstanceId: instanceId } = request
  const isNew = request.memberId === ''
  const memberId = isNew ? randomUuid(turn.given.random) : request.memberId
  const subscription = request.protocols[0] === undefined ? undefined : subscriptionFrom(request.protocols[0].metadata)
  const problem = missingTopics(turn) ?? joinProblem(turn, group, joining, memberId)
  if (problem !== undefined) return problem
  if (isNew && instanceId === null && context.apiVersion >= 4) {
    return { ...refusal('MEMBER_ID_REQUIRED', 'The member is to come again with its id.'), memberId }
  }
  if (subscription === undefined) return refusal('INCONSISTENT_GROUP_PROTOCOL', 'The subscription is malformed.')
  const found = findClassicMember(group, { memberId, instanceId, isNew })
  if (isRefusal(found)) return found
  turn.records.push(...found.records)
  const replaced = instanceId === null ? undefined : group.staticMember(instanceId)
  const asking = updated(found.member, joining, subscription)
  if (!asksForTheSame(found.member, asking)) turn.records.push(subscriptionRecord(group.groupId, asking))
  const regexChange = updateRegexes(turn, group, { before: found.member, after: asking }, undefined)
  if (typeof regexChange !== 'string') return regexChange
  const isBumped = !sameNames(found.member.topicNames, asking.topicNames) || regexChange !== 'none'
  const owned = topicPartitionsByName(turn.state.image, subscription.ownedPartitions)
  const step = { group, asking, isBumped, hasSubscriptionChanged: isBumped, owned }
  if (replaced !== undefined && isDowngradedByReplacing(turn, group, replaced))
    return joinAndDowngrade(turn, step, replaced)
  return joinAndStay(turn, step)
}

function joinAndStay(turn: Turn, step: Step): ConsumerMember | Refusal {
  const { groupId } = step.group
  const member = stepTowardsTarget(turn, step)
  if (isRefusal(member)) return member
  endRejoin(turn, groupId, member.memberId)
  renewConsumerSession(turn, groupId, member)
  awaitSync(turn, groupId, member)
  return member
}

function joinAndDowngrade(turn: Turn, step: Step, replaced: ConsumerMember): ConsumerMember | Refusal {
  const { group, asking, isBumped } = step
  const groupEpoch = bumpEpochIfNeeded(turn, group, membersWith(group, asking), { isBumped, memberId: asking.memberId })
  const isRebalancing = group.assignmentEpoch < groupEpoch
  const target = { assignmentEpoch: group.assignmentEpoch, ofMember: presentTarget(group, asking) }
  const member = isRebalancing ? asking : stepTo(turn, step, target)
  if (isRefusal(member)) return member
  downgradeWithReplaced(turn, group, { replaced, member, isRebalancing })
  return member
}

function joinProblem(turn: Turn, group: ConsumerGroup, { request }: Joining, memberId: string): Refusal | undefined {
  const { consumer } = turn.state.config
  const { allowsUpgrade, allowsDowngrade } = consumer.migrationPolicy
  if (!allowsUpgrade && !allowsDowngrade) {
    return refusal('INCONSISTENT_GROUP_PROTOCOL', 'Group migration is disabled.')
  }
  if (isFull(turn, group, memberId, request.groupInstanceId)) {
    return refusal('GROUP_MAX_SIZE_REACHED', `The group has ${consumer.sizeMax} members already.`)
  }
  const isSupported = request.protocolType === consumerProtocolType && supportsOneOf(group, request.protocols)
  return isSupported
    ? undefined
    : refusal('INCONSISTENT_GROUP_PROTOCOL', `The protocols of ${memberId} are not supported.`)
}

/** One that all its classic members support. */
function supportsOneOf(group: ConsumerGroup, protocols: readonly { readonly name: string }[]): boolean {
  const supported = [...group.members].flatMap(({ classic }) => (classic === null ? [] : [classic.supportedProtocols]))
  return protocols.some(({ name }) => supported.every((some) => some.some((one) => one.name === name)))
}

function findClassicMember(
  group: ConsumerGroup,
  claim: { readonly memberId: string; readonly instanceId: string | null; readonly isNew: boolean },
): FoundMember | Refusal {
  const { memberId, instanceId, isNew } = claim
  if (instanceId === null) return { member: group.member(memberId) ?? newMember(memberId), records: [] }
  if (!isNew) {
    const member = findStaticMember(group, memberId, instanceId)
    return isRefusal(member) ? member : { member, records: [] }
  }
  const present = group.staticMember(instanceId)
  return present === undefined ? { member: newMember(memberId), records: [] } : succeed(group, present, memberId)
}

function updated(
  member: ConsumerMember,
  { request, context, sessionTimeoutMs, rebalanceTimeoutMs }: Joining,
  { topics, rackId }: Subscription,
): ConsumerMember {
  return {
    ...member,
    instanceId: request.groupInstanceId ?? member.instanceId,
    rackId: rackId === null || rackId === '' ? member.rackId : rackId,
    rebalanceTimeoutMs: rebalanceTimeoutMs === -1 ? member.rebalanceTimeoutMs : rebalanceTimeoutMs,
    topicNames: new Set(topics),
    // Classic members have no expressions.
    topicRegex: '',
    clientId: context.clientId,
    clientHost: context.clientHost,
    classic: {
      sessionTimeoutMs,
      supportedProtocols: protocolsOf(request).map(({ name, metadata }) => ({ name, metadata })),
    },
  }
}
