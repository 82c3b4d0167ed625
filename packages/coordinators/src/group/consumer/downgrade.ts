/**
 * A consumer group becomes a classic group again while it is alive: when the last of its members that speaks the new
 * protocol goes, or its place is taken by one that speaks the classic protocol (KIP-848). The others keep what was
 * meant for them last, and rebalance in the classic way.
 */
import { assert } from '@gregor/base'
import { ClassicGroup, consumerProtocolType } from '../classic/classic-group.ts'
import { noAssignment } from '../classic/classic-member.ts'
import type { ClassicMember } from '../classic/classic-member.ts'
import { groupMetadataRecord } from '../classic/classic-stored.ts'
import { subscribedTopicsOf } from '../classic/classic-subscription.ts'
import { renewSession } from '../classic/classic-timers.ts'
import { beginRebalance } from '../classic/rebalance.ts'
import { note } from '../turn.ts'
import type { Turn } from '../turn.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import type { ConsumerMember } from './consumer-member.ts'
import { groupTombstones } from './consumer-records.ts'
import { endAllTimers } from './consumer-timers.ts'
import { bytesFromAssignment } from './embedded-protocol.ts'
import type { Assignment } from './partition-epochs.ts'

/** Whether it did: then those that go are gone with the consumer group. */
export function downgradeIfOnlyClassicMembersStay(
  turn: Turn,
  group: ConsumerGroup,
  gone: readonly ConsumerMember[],
): boolean {
  const stayingCount = group.size - gone.length
  const goneClassicCount = gone.filter(({ classic }) => classic !== null).length
  const areAllClassic = group.classicCount - goneClassicCount === stayingCount
  if (!areAllClassic || stayingCount === 0 || !mayDowngrade(turn, stayingCount)) return false
  const goneIds = new Set(gone.map(({ memberId }) => memberId))
  const staying = [...group.members].filter(({ memberId }) => !goneIds.has(memberId))
  const memberIds = [...group.members].map(({ memberId }) => memberId)
  convert(turn, group, {
    memberIds,
    staying: staying.map((member) => ({ member, target: group.targetOf(member.memberId) })),
  })
  beginRebalanceOf(turn, group.groupId, 'the last member of the consumer protocol has left')
  return true
}

/** Whether the static member that comes in the place of `replaced` makes it a group of classic members. */
export function isDowngradedByReplacing(turn: Turn, group: ConsumerGroup, replaced: ConsumerMember): boolean {
  const isLast = replaced.classic === null && group.classicCount === group.size - 1
  return isLast && mayDowngrade(turn, group.size)
}

export function downgradeWithReplaced(
  turn: Turn,
  group: ConsumerGroup,
  given: { readonly replaced: ConsumerMember; readonly member: ConsumerMember; readonly isRebalancing: boolean },
): void {
  const { replaced, member, isRebalancing } = given
  const others = [...group.members].filter(({ memberId }) => memberId !== replaced.memberId)
  const staying = [...others, member].map((one) => {
    return { member: one, target: group.targetOf(one === member ? replaced.memberId : one.memberId) }
  })
  // Records that put it in the place of the replaced one are written already.
  convert(turn, group, { memberIds: staying.map((one) => one.member.memberId), staying })
  if (isRebalancing) beginRebalanceOf(turn, group.groupId, 'its assignment was outdated when it became a classic group')
}

function mayDowngrade({ state }: Turn, size: number): boolean {
  return state.config.consumer.migrationPolicy.allowsDowngrade && size <= state.config.classicGroupSizeMax
}

interface Staying {
  readonly member: ConsumerMember
  readonly target: Assignment
}

function convert(
  turn: Turn,
  group: ConsumerGroup,
  given: { readonly memberIds: readonly string[]; readonly staying: readonly Staying[] },
): void {
  const { groupId, groupEpoch } = group
  const { state } = turn
  const classic = new ClassicGroup(groupId, {
    state: 'Stable',
    generationId: groupEpoch,
    protocolType: consumerProtocolType,
    protocolName: undefined,
    leaderId: undefined,
    stateChangedAtMs: turn.given.nowMs,
  })
  for (const { member } of given.staying) classic.add(classicMemberFrom(member))
  const protocolName = classic.selectProtocol()
  classic.protocolName = protocolName
  classic.subscribedTopics = subscribedTopicsOf(classic)
  for (const { member, target } of given.staying) {
    const converted = classic.member(member.memberId)
    assert(converted !== undefined, 'a member that stays is a member')
    const metadata = converted.protocols.find(({ name }) => name === protocolName)?.metadata ?? noAssignment
    converted.assignment = bytesFromAssignment(state.image, target, metadata)
    renewSession(turn, classic, converted)
  }
  turn.records.push(
    ...groupTombstones(group, given.memberIds),
    groupMetadataRecord(classic, ({ assignment }) => assignment),
  )
  for (const memberId of new Set([...given.memberIds, ...group.target.keys()])) endAllTimers(turn, groupId, memberId)
  state.unbornGroups.set(groupId, classic)
  note(turn, groupId, { kind: 'Converted', text: `Is a classic group now, with ${classic.size} members.` })
}

function classicMemberFrom(member: ConsumerMember): ClassicMember {
  const { classic } = member
  assert(classic !== null, 'only members that speak the classic protocol stay')
  return {
    memberId: member.memberId,
    instanceId: member.instanceId ?? undefined,
    clientId: member.clientId,
    clientHost: member.clientHost,
    rebalanceTimeoutMs: member.rebalanceTimeoutMs,
    sessionTimeoutMs: classic.sessionTimeoutMs,
    protocolType: consumerProtocolType,
    protocols: classic.supportedProtocols,
    assignment: noAssignment,
    join: undefined,
    sync: undefined,
    isNew: false,
    joinedAtMs: 0,
    syncedAtMs: undefined,
  }
}

/** In the decision that makes it: it is not among the groups before its record is applied. */
function beginRebalanceOf(turn: Turn, groupId: string, reason: string): void {
  const classic = turn.state.unbornGroups.get(groupId)
  assert(classic !== undefined, 'the group was converted')
  beginRebalance(turn, classic, reason)
}
