/**
 * The consumer group that a request is about. Whoever joins gets one: a new one where there is none, in place of a
 * classic group that is empty, or made from a classic group that is alive (`upgrade`).
 */
import { groupTombstone } from '../classic/classic-stored.ts'
import { refusal } from '../refusal.ts'
import type { Refusal } from '../refusal.ts'
import type { Turn } from '../turn.ts'
import { ConsumerGroup } from './consumer-group.ts'
import { upgrade } from './upgrade.ts'

export function openConsumerGroup(turn: Turn, groupId: string, isJoining: boolean): ConsumerGroup | Refusal {
  const { classicGroups, consumerGroups } = turn.state
  const classic = classicGroups.get(groupId)
  if (classic === undefined) {
    const group = consumerGroups.get(groupId) ?? (isJoining ? new ConsumerGroup(groupId) : undefined)
    return group ?? refusal('GROUP_ID_NOT_FOUND', `Consumer group ${groupId} not found.`)
  }
  if (!isJoining) return refusal('GROUP_ID_NOT_FOUND', `Group ${groupId} is not a consumer group.`)
  if (classic.state !== 'Empty') return upgrade(turn, classic)
  turn.records.push(groupTombstone(groupId))
  return new ConsumerGroup(groupId)
}
