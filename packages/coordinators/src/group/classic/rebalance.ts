/**
 * The rebalance of a classic group: it begins when somebody comes, goes or changes, waits until all members have joined
 * again or their time is up, and ends with a new generation whose leader is asked for an assignment.
 */
import type { Expiry } from '../group-timers.ts'
import { note, sinceRebalance } from '../turn.ts'
import type { Turn } from '../turn.ts'
import { admit, membersForLeader, refuseWaitingSync } from './classic-answers.ts'
import type { ClassicGroup } from './classic-group.ts'
import { noAssignment } from './classic-member.ts'
import type { ClassicMember } from './classic-member.ts'
import { groupMetadataRecord } from './classic-stored.ts'
import {
  awaitInitialJoins,
  awaitJoins,
  awaitSyncs,
  endJoinPhase,
  endSession,
  endSyncPhase,
  renewSession,
} from './classic-timers.ts'

/** Begins one; where one is under way already, ends its join phase if nobody is missing any more. */
export function rebalanceOrCompleteJoin(turn: Turn, group: ClassicGroup, reason: string): void {
  if (group.state === 'PreparingRebalance') completeJoinIfAllJoined(turn, group)
  else beginRebalance(turn, group, reason)
}

export function beginRebalance(turn: Turn, group: ClassicGroup, reason: string): void {
  if (group.state === 'CompletingRebalance') dropAssignments(turn, group)
  group.pendingSyncIds.clear()
  endSyncPhase(turn, group)
  const isInitial = group.state === 'Empty'
  group.transitionTo('PreparingRebalance', turn.given.nowMs)
  group.rebalanceStartedAtMs = turn.given.monotonicMs
  note(turn, group.groupId, { kind: 'RebalanceStarted', text: `Rebalance begins: ${reason}.` })
  if (isInitial) {
    // The group is new: others may be about to come.
    const delayMs = turn.state.config.initialRebalanceDelayMs
    awaitInitialJoins(turn, group, { delayMs, remainingMs: Math.max(group.rebalanceTimeoutMs - delayMs, 0) })
  } else if (group.haveAllJoined) {
    completeJoin(turn, group)
  } else {
    awaitJoins(turn, group)
  }
}

/** Not the first one of a group: that one waits for its timer. */
export function completeJoinIfAllJoined(turn: Turn, group: ClassicGroup): void {
  if (group.state !== 'PreparingRebalance' || group.previousState === 'Empty') return
  if (group.haveAllJoined) completeJoin(turn, group)
}

/** The same for a first rebalance, too: a member is gone, and it was the last to wait for. */
export function completeJoinWithoutMissing(turn: Turn, group: ClassicGroup): void {
  if (group.state === 'PreparingRebalance' && group.haveAllJoined) completeJoin(turn, group)
}

export function continueInitialJoin(
  turn: Turn,
  group: ClassicGroup,
  { delayMs, remainingMs }: Extract<Expiry, { readonly type: 'ClassicInitialJoin' }>,
): void {
  if (!group.isNewMemberAdded || remainingMs === 0) {
    completeJoin(turn, group)
    return
  }
  group.isNewMemberAdded = false
  awaitInitialJoins(turn, group, {
    delayMs: Math.min(turn.state.config.initialRebalanceDelayMs, remainingMs),
    remainingMs: Math.max(remainingMs - delayMs, 0),
  })
}

/** Leaves behind whoever has not joined, but for static members, whose session decides. */
export function completeJoin(turn: Turn, group: ClassicGroup): void {
  endJoinPhase(turn, group)
  for (const { memberId, instanceId, join } of group.members) {
    if (join !== undefined || instanceId !== undefined) continue
    group.remove(memberId)
    endSession(turn, group, memberId)
    note(turn, group.groupId, { kind: 'TimedOut', memberId, text: 'Did not rejoin in time: left behind.' })
  }
  if (!hasJoinedLeader(group) && group.size > 0) {
    // Only static members are left, none of which has come back: their sessions end, or they come.
    awaitJoins(turn, group)
    return
  }
  group.beginGeneration(turn.given.nowMs)
  if (group.state === 'Empty') {
    turn.records.push(groupMetadataRecord(group, () => noAssignment))
    note(turn, group.groupId, { kind: 'Emptied', text: `Empty in generation ${group.generationId}.` })
    return
  }
  for (const member of group.members) admitMember(turn, group, member)
  awaitSyncs(turn, group)
  noteGeneration(turn, group)
}

/** Makes somebody who has joined the leader where the leader has not. */
function hasJoinedLeader(group: ClassicGroup): boolean {
  const leader = group.leaderId === undefined ? undefined : group.member(group.leaderId)
  if (leader === undefined) return false
  if (leader.join !== undefined) return true
  const successor = group.members.find(({ join }) => join !== undefined)
  if (successor === undefined) return false
  group.leaderId = successor.memberId
  return true
}

function admitMember(turn: Turn, group: ClassicGroup, member: ClassicMember): void {
  const { memberId, join } = member
  if (join !== undefined) {
    const members = group.isLeader(memberId) ? membersForLeader(group) : []
    admit(turn, join, group, { memberId, members })
    group.setWaitingJoin(member, undefined)
  }
  renewSession(turn, group, member)
  member.isNew = false
  member.syncedAtMs = undefined
  group.pendingSyncIds.add(memberId)
}

function dropAssignments(turn: Turn, group: ClassicGroup): void {
  for (const member of group.members) {
    member.assignment = noAssignment
    if (member.sync === undefined) continue
    refuseWaitingSync(turn, member, 'REBALANCE_IN_PROGRESS')
    renewSession(turn, group, member)
  }
}

function noteGeneration(turn: Turn, group: ClassicGroup): void {
  const { groupId, generationId, size, protocolName, leaderId, rebalanceStartedAtMs } = group
  const times = group.members.map(({ memberId, joinedAtMs }) => {
    return `${memberId} after ${Math.max(Math.round(joinedAtMs - rebalanceStartedAtMs), 0)} ms`
  })
  const text =
    `Generation ${generationId}: protocol ${protocolName ?? 'none'}, leader ${leaderId ?? 'none'}, ` +
    `${size} members joined: ${[...times.take(10)].join(', ')}${size > 10 ? ', …' : ''}.`
  note(turn, groupId, { kind: 'RebalanceCompleted', text, ...sinceRebalance(turn, groupId) })
}
