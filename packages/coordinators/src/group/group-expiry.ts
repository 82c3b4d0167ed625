/** What happens by itself: timers are set when the log has been loaded, and this is what each does when it expires. */
import { unreachable } from '@gregor/base'
import { classicGroupFromStored } from './classic/classic-stored.ts'
import { renewSession } from './classic/classic-timers.ts'
import { expireSession } from './classic/membership.ts'
import { beginRebalance, completeJoin, continueInitialJoin } from './classic/rebalance.ts'
import { expireSync } from './classic/sync-group.ts'
import type { Expiry } from './group-timers.ts'
import { timerKey } from './group-timers.ts'
import { expireOffsets } from './offsets/offset-removal.ts'
import { note, setTimer } from './turn.ts'
import type { Turn } from './turn.ts'

/** The log is applied: groups come to life, and their members have one session to be heard from. */
export function load(turn: Turn): void {
  const { storedClassicGroups, classicGroups, config } = turn.state
  for (const [groupId, stored] of storedClassicGroups) {
    const group = classicGroupFromStored(groupId, stored)
    classicGroups.set(groupId, group)
    note(turn, groupId, { kind: 'Loaded', text: `Loaded: generation ${group.generationId}, ${group.size} members.` })
    for (const member of group.members) renewSession(turn, group, member)
    if (group.size > config.classicGroupSizeMax) {
      beginRebalance(turn, group, `${group.size} members, and group.max.size is ${config.classicGroupSizeMax}`)
    }
  }
  scheduleOffsetExpiry(turn)
}

export function expire(turn: Turn, expiry: Expiry): void {
  if (expiry.type === 'OffsetExpiry') {
    expireOffsets(turn)
    scheduleOffsetExpiry(turn)
    return
  }
  const group = turn.state.classicGroups.get(expiry.groupId)
  if (group === undefined) return
  switch (expiry.type) {
    case 'ClassicSession':
      return expireSession(turn, group, expiry.memberId)
    case 'ClassicJoin':
      return completeJoin(turn, group)
    case 'ClassicInitialJoin':
      return continueInitialJoin(turn, group, expiry)
    case 'ClassicSync':
      return expireSync(turn, group, expiry)
    default:
      return unreachable(expiry)
  }
}

function scheduleOffsetExpiry(turn: Turn): void {
  const { offsetsRetentionCheckIntervalMs } = turn.state.config
  setTimer(turn, timerKey('offset-expiry', ''), offsetsRetentionCheckIntervalMs, { type: 'OffsetExpiry' })
}
