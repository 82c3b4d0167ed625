/**
 * The timers of a member of a consumer group: its session, the time it has to give up partitions, and, where it speaks
 * the classic protocol, the time it has to join and to sync again. Each of them ends with the member being fenced.
 */
import { timerKey } from '../group-timers.ts'
import { cancelTimer, setTimer } from '../turn.ts'
import type { Turn } from '../turn.ts'
import type { ConsumerMember } from './consumer-member.ts'
import { consumerGroupConfig } from './group-settings.ts'

const kinds = ['consumer-session', 'consumer-rebalance', 'consumer-join', 'consumer-sync'] as const

/** Classic members have brought a timeout of their own. */
export function renewConsumerSession(turn: Turn, groupId: string, { memberId, classic }: ConsumerMember): void {
  const timeoutMs = classic?.sessionTimeoutMs ?? consumerGroupConfig(turn.state, groupId).sessionTimeoutMs
  const expiry = { type: 'ConsumerSession', groupId, memberId, timeoutMs } as const
  setTimer(turn, timerKey('consumer-session', groupId, memberId), timeoutMs, expiry)
}

/** It is fenced unless it has left that epoch by then. */
export function awaitRevocation(turn: Turn, groupId: string, member: ConsumerMember): void {
  const { memberId, memberEpoch, rebalanceTimeoutMs } = member
  const expiry = { type: 'ConsumerRebalance', groupId, memberId, memberEpoch } as const
  setTimer(turn, timerKey('consumer-rebalance', groupId, memberId), rebalanceTimeoutMs, expiry)
}

export function endRevocation(turn: Turn, groupId: string, memberId: string): void {
  cancelTimer(turn, timerKey('consumer-rebalance', groupId, memberId))
}

/** Its time runs from when it was first told to join again. */
export function awaitRejoin(turn: Turn, groupId: string, { memberId, rebalanceTimeoutMs }: ConsumerMember): void {
  const key = timerKey('consumer-join', groupId, memberId)
  if (turn.state.timers.has(key)) return
  setTimer(turn, key, rebalanceTimeoutMs, { type: 'ConsumerJoin', groupId, memberId })
}

export function endRejoin(turn: Turn, groupId: string, memberId: string): void {
  cancelTimer(turn, timerKey('consumer-join', groupId, memberId))
}

export function awaitSync(turn: Turn, groupId: string, { memberId, rebalanceTimeoutMs }: ConsumerMember): void {
  const expiry = { type: 'ConsumerSync', groupId, memberId } as const
  setTimer(turn, timerKey('consumer-sync', groupId, memberId), rebalanceTimeoutMs, expiry)
}

export function endSync(turn: Turn, groupId: string, memberId: string): void {
  cancelTimer(turn, timerKey('consumer-sync', groupId, memberId))
}

export function endAllTimers(turn: Turn, groupId: string, memberId: string): void {
  for (const kind of kinds) cancelTimer(turn, timerKey(kind, groupId, memberId))
}
