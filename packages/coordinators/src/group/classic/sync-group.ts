/**
 * SyncGroup on a classic group: the leader hands in the assignment of its generation, everybody gets a part of it.
 * The assignment is stored before anybody sees it.
 */
import { ByteReader, MalformedMessageError } from '@gregor/base'
import { ConsumerProtocolAssignment, decode } from '@gregor/protocol'
import type { ProtocolError, SyncGroupRequest } from '@gregor/protocol'
import type { GroupEventOf } from '../group-event.ts'
import type { Expiry } from '../group-timers.ts'
import { note, sinceRebalance } from '../turn.ts'
import type { Turn } from '../turn.ts'
import { refuseSync, refuseWaitingSync, sendAssignment } from './classic-answers.ts'
import type { ClassicGroup } from './classic-group.ts'
import { noAssignment } from './classic-member.ts'
import type { ClassicMember } from './classic-member.ts'
import { groupMetadataRecord, isTooLarge } from './classic-stored.ts'
import { endSession, endSyncPhase, renewSession } from './classic-timers.ts'
import { memberProblem } from './member-problem.ts'
import { beginRebalance } from './rebalance.ts'

export function syncClassicGroup(turn: Turn, group: ClassicGroup, event: GroupEventOf<'SyncGroup'>): void {
  const { request, context, waiter } = event
  const waiting = { waiter, apiVersion: context.apiVersion }
  const problem = syncProblem(group, request)
  const member = group.member(request.memberId)
  if (problem !== undefined || member === undefined) {
    refuseSync(turn, waiting, problem ?? 'UNKNOWN_MEMBER_ID')
    return
  }
  member.syncedAtMs ??= turn.given.monotonicMs
  group.pendingSyncIds.delete(member.memberId)
  if (group.pendingSyncIds.size === 0) endSyncPhase(turn, group)
  if (group.state === 'Stable') {
    sendAssignment(turn, waiting, group, member.assignment)
    return
  }
  // An earlier SyncGroup of the same member that still waits was given up by its sender.
  refuseWaitingSync(turn, member, 'REBALANCE_IN_PROGRESS')
  member.sync = waiting
  if (group.isLeader(member.memberId)) assign(turn, group, request)
}

function syncProblem(group: ClassicGroup, request: SyncGroupRequest): ProtocolError | undefined {
  const problem = memberProblem(group, request.memberId, request.groupInstanceId)
  if (problem !== undefined) return problem
  if (request.generationId !== group.generationId) return 'ILLEGAL_GENERATION'
  const isOther = (asked: string | null, present: string | undefined) =>
    asked !== null && present !== undefined && asked !== present
  if (isOther(request.protocolType, group.protocolType) || isOther(request.protocolName, group.protocolName)) {
    return 'INCONSISTENT_GROUP_PROTOCOL'
  }
  return group.state === 'PreparingRebalance' ? 'REBALANCE_IN_PROGRESS' : undefined
}

function assign(turn: Turn, group: ClassicGroup, { assignments }: SyncGroupRequest): void {
  const parts = new Map(assignments.map(({ memberId, assignment }) => [memberId, Buffer.from(assignment)]))
  const partOf = ({ memberId }: ClassicMember) => parts.get(memberId) ?? noAssignment
  const record = groupMetadataRecord(group, partOf)
  if (isTooLarge(record, turn.state.config.recordBytesMax)) {
    for (const member of group.members) refuseWaitingSync(turn, member, 'UNKNOWN_SERVER_ERROR')
    beginRebalance(turn, group, 'the assignment is larger than the log takes')
    return
  }
  turn.records.push(record)
  for (const member of group.members) {
    member.assignment = partOf(member)
    if (member.sync === undefined) continue
    sendAssignment(turn, member.sync, group, member.assignment)
    member.sync = undefined
    // While it waited its session may have ended unnoticed.
    renewSession(turn, group, member)
  }
  group.transitionTo('Stable', turn.given.nowMs)
  noteAssignments(turn, group)
}

/** Whoever has joined and does not ask for its assignment is out. */
export function expireSync(
  turn: Turn,
  group: ClassicGroup,
  { generationId }: Extract<Expiry, { readonly type: 'ClassicSync' }>,
): void {
  const isOver = group.state === 'Empty' || group.state === 'PreparingRebalance'
  if (isOver || generationId !== group.generationId || group.pendingSyncIds.size === 0) return
  const missing = [...group.pendingSyncIds]
  for (const memberId of missing) {
    group.remove(memberId)
    endSession(turn, group, memberId)
    note(turn, group.groupId, { kind: 'TimedOut', memberId, text: 'Did not ask for its assignment in time: removed.' })
  }
  beginRebalance(turn, group, `${missing.join(', ')} did not ask for an assignment in time`)
}

/** Of a large group the first members: what there is about it shall not be lost behind them. */
const notedMembersMax = 20

function noteAssignments(turn: Turn, group: ClassicGroup): void {
  const { groupId, rebalanceStartedAtMs, size } = group
  const took = sinceRebalance(turn, groupId)
  for (const { memberId, assignment, syncedAtMs } of group.members.take(notedMembersMax)) {
    const asked =
      syncedAtMs === undefined ? 'Has not asked yet' : `Asked after ${elapsed(rebalanceStartedAtMs, syncedAtMs)}`
    const text = `${asked}: gets ${assignmentText(group, assignment)}.`
    note(turn, groupId, { kind: 'Assigned', memberId, text, ...took })
  }
  if (size <= notedMembersMax) return
  note(turn, groupId, { kind: 'Assigned', text: `${size - notedMembersMax} more members get their parts.`, ...took })
}

function elapsed(fromMs: number, toMs: number): string {
  return `${Math.max(Math.round(toMs - fromMs), 0)} ms`
}

/** Of consumers their partitions, of others how much it is. */
function assignmentText(group: ClassicGroup, assignment: Buffer): string {
  if (assignment.length === 0) return 'nothing'
  if (!group.isConsumerGroup) return `${assignment.length} bytes`
  try {
    const reader = new ByteReader(assignment)
    reader.skip(2)
    const { assignedPartitions } = decode(ConsumerProtocolAssignment, 0, reader)
    const texts = assignedPartitions.map(({ topic, partitions }) => `${topic} ${partitions.join(' ')}`)
    return texts.length === 0 ? 'nothing' : texts.join(', ')
  } catch (error) {
    if (error instanceof MalformedMessageError) return `${assignment.length} bytes`
    throw error
  }
}
