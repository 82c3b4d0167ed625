/** What happens by itself: timers are set when the log has been loaded, and this is what each does when it expires. */
import { unreachable } from '@gregor/base'
import type { ClassicGroup } from './classic/classic-group.ts'
import { classicGroupFromStored } from './classic/classic-stored.ts'
import { renewSession } from './classic/classic-timers.ts'
import { expireSession } from './classic/membership.ts'
import { beginRebalance, completeJoin, continueInitialJoin } from './classic/rebalance.ts'
import { expireSync } from './classic/sync-group.ts'
import { awaitRevocation, renewConsumerSession } from './consumer/consumer-timers.ts'
import { fence } from './consumer/fencing.ts'
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
  loadConsumerGroups(turn)
  scheduleOffsetExpiry(turn)
}

function loadConsumerGroups(turn: Turn): void {
  // Whether their topics are as they know them is to be seen.
  turn.state.freshGroups.clear()
  for (const { groupId, members, groupEpoch, size } of turn.state.consumerGroups.values()) {
    note(turn, groupId, { kind: 'Loaded', text: `Loaded: epoch ${groupEpoch}, ${size} members.` })
    for (const member of members) {
      renewConsumerSession(turn, groupId, member)
      if (member.state === 'UnrevokedPartitions') awaitRevocation(turn, groupId, member)
    }
  }
}

export function expire(turn: Turn, expiry: Expiry): void {
  if (expiry.type === 'OffsetExpiry') {
    expireOffsets(turn)
    scheduleOffsetExpiry(turn)
    return
  }
  const group = turn.state.classicGroups.get(expiry.groupId)
  if (isOfClassicGroup(expiry)) {
    if (group !== undefined) expireInClassicGroup(turn, group, expiry)
  } else if (group === undefined) {
    expireInConsumerGroup(turn, expiry)
  }
}

type ClassicExpiry = Extract<Expiry, { readonly type: `Classic${string}` }>
type ConsumerExpiry = Extract<Expiry, { readonly type: `Consumer${string}` }>

function isOfClassicGroup(expiry: ClassicExpiry | ConsumerExpiry): expiry is ClassicExpiry {
  return expiry.type.startsWith('Classic')
}

function expireInClassicGroup(turn: Turn, group: ClassicGroup, expiry: ClassicExpiry): void {
  // A group that was another one in between may still have a timer of its first life.
  const isJoining = group.state === 'PreparingRebalance'
  switch (expiry.type) {
    case 'ClassicSession':
      return expireSession(turn, group, expiry.memberId)
    case 'ClassicJoin':
      return isJoining ? completeJoin(turn, group) : undefined
    case 'ClassicInitialJoin':
      return isJoining ? continueInitialJoin(turn, group, expiry) : undefined
    case 'ClassicSync':
      return expireSync(turn, group, expiry)
    default:
      return unreachable(expiry)
  }
}

function expireInConsumerGroup(turn: Turn, expiry: ConsumerExpiry): void {
  switch (expiry.type) {
    case 'ConsumerSession':
      return fence(turn, expiry, `was not heard from for ${expiry.timeoutMs} ms`)
    case 'ConsumerRebalance': {
      const member = turn.state.consumerGroups.get(expiry.groupId)?.member(expiry.memberId)
      if (member?.memberEpoch !== expiry.memberEpoch) return
      return fence(turn, expiry, 'did not give up its partitions in time')
    }
    case 'ConsumerJoin':
      return fence(turn, expiry, 'did not join again in time')
    case 'ConsumerSync':
      return fence(turn, expiry, 'did not ask for its assignment in time')
    default:
      return unreachable(expiry)
  }
}

function scheduleOffsetExpiry(turn: Turn): void {
  const { offsetsRetentionCheckIntervalMs } = turn.state.config
  setTimer(turn, timerKey('offset-expiry', ''), offsetsRetentionCheckIntervalMs, { type: 'OffsetExpiry' })
}
