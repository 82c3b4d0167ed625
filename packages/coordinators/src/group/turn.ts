/** One decision while it is made: what is known, and what shall be written, answered and done. */
import type { Given } from '@gregor/machine'
import type { AnswerEffect, GroupEffect } from './group-event.ts'
import type { GroupHistoryEvent } from './group-history.ts'
import type { GroupLogRecord } from './group-log-record.ts'
import type { GroupState } from './group-state.ts'
import type { Expiry } from './group-timers.ts'

export interface Turn {
  readonly state: GroupState
  readonly given: Given
  readonly records: GroupLogRecord[]
  readonly effects: GroupEffect[]
}

export function answer({ effects }: Turn, effect: AnswerEffect): void {
  effects.push(effect)
}

export function setTimer({ state, effects }: Turn, key: string, delayMs: number, expiry: Expiry): void {
  effects.push(state.timers.set(key, delayMs, expiry))
}

export function cancelTimer({ state, effects }: Turn, key: string): void {
  const effect = state.timers.cancel(key)
  if (effect !== undefined) effects.push(effect)
}

/** Into the group's history. */
export function note({ state, given }: Turn, groupId: string, event: Omit<GroupHistoryEvent, 'atMs'>): void {
  state.histories.add(groupId, { atMs: given.nowMs, ...event })
  if (event.kind === 'RebalanceStarted') state.histories.rebalanceBegins(groupId, given.monotonicMs)
}

/** How long ago the last rebalance of a group began, for its history. */
export function sinceRebalance({ state, given }: Turn, groupId: string): { readonly tookMs?: number } {
  const beganAtMs = state.histories.rebalanceBeganAtMs(groupId)
  return beganAtMs === undefined ? {} : { tookMs: Math.round(given.monotonicMs - beganAtMs) }
}
