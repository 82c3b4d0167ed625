/** The timers of a classic group: one for each member’s session, one for the join phase, one for the sync phase. */
import { timerKey } from '../group-timers.ts'
import { cancelTimer, setTimer } from '../turn.ts'
import type { Turn } from '../turn.ts'
import type { ClassicGroup } from './classic-group.ts'
import type { ClassicMember } from './classic-member.ts'

const sessionKey = (groupId: string, memberId: string) => timerKey('classic-session', groupId, memberId)
const joinKey = ({ groupId }: ClassicGroup) => timerKey('classic-join', groupId)
const syncKey = ({ groupId }: ClassicGroup) => timerKey('classic-sync', groupId)

/** Heard from: its session begins anew. */
export function renewSession(
  turn: Turn,
  { groupId }: ClassicGroup,
  { memberId, sessionTimeoutMs }: Pick<ClassicMember, 'memberId' | 'sessionTimeoutMs'>,
): void {
  setTimer(turn, sessionKey(groupId, memberId), sessionTimeoutMs, { type: 'ClassicSession', groupId, memberId })
}

export function endSession(turn: Turn, { groupId }: ClassicGroup, memberId: string): void {
  cancelTimer(turn, sessionKey(groupId, memberId))
}

export function awaitJoins(turn: Turn, group: ClassicGroup): void {
  const { groupId, rebalanceTimeoutMs } = group
  setTimer(turn, joinKey(group), rebalanceTimeoutMs, { type: 'ClassicJoin', groupId })
}

export function awaitInitialJoins(
  turn: Turn,
  group: ClassicGroup,
  step: { readonly delayMs: number; readonly remainingMs: number },
): void {
  const { groupId } = group
  setTimer(turn, joinKey(group), step.delayMs, { type: 'ClassicInitialJoin', groupId, ...step })
}

export function endJoinPhase(turn: Turn, group: ClassicGroup): void {
  cancelTimer(turn, joinKey(group))
}

export function awaitSyncs(turn: Turn, group: ClassicGroup): void {
  const { groupId, generationId, rebalanceTimeoutMs } = group
  setTimer(turn, syncKey(group), rebalanceTimeoutMs, { type: 'ClassicSync', groupId, generationId })
}

export function endSyncPhase(turn: Turn, group: ClassicGroup): void {
  cancelTimer(turn, syncKey(group))
}
