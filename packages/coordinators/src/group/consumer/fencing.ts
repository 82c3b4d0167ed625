/** How members leave a consumer group, by their own will or not; the others are assigned anew. */
import type { StoredGroupRecord } from '../group-log-record.ts'
import { note } from '../turn.ts'
import type { Turn } from '../turn.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import { regexOf } from './consumer-member.ts'
import type { ConsumerMember } from './consumer-member.ts'
import { groupEpochRecord, memberTombstones, regexTombstone } from './consumer-records.ts'
import { endAllTimers } from './consumer-timers.ts'
import { downgradeIfOnlyClassicMembersStay } from './downgrade.ts'
import { membersWithout, topicsOfAll } from './subscription.ts'

export function removeMembers(turn: Turn, group: ConsumerGroup, gone: readonly ConsumerMember[]): void {
  if (gone.length === 0 || downgradeIfOnlyClassicMembersStay(turn, group, gone)) return
  const { groupId } = group
  const members = membersWithout(group, gone)
  const hash = turn.state.topicHashes.ofTopics(turn.state.image, topicsOfAll(members, group.regexes))
  const epoch = group.groupEpoch + 1
  turn.records.push(
    ...gone.flatMap(({ memberId }) => memberTombstones(groupId, memberId)),
    ...unusedRegexes(group, gone),
    groupEpochRecord(groupId, epoch, hash),
  )
  for (const { memberId } of gone) endAllTimers(turn, groupId, memberId)
  const ids = gone.map(({ memberId }) => memberId).join(', ')
  note(turn, groupId, { kind: 'RebalanceStarted', text: `Epoch ${epoch}: ${ids} gone.` })
}

function unusedRegexes(group: ConsumerGroup, gone: readonly ConsumerMember[]): readonly StoredGroupRecord[] {
  const counts = new Map<string, number>()
  for (const member of gone) {
    const regex = regexOf(member)
    if (regex !== undefined) counts.set(regex, (counts.get(regex) ?? 0) + 1)
  }
  return [...counts]
    .filter(([regex, count]) => group.regexSubscribers.get(regex) === count)
    .map(([regex]) => regexTombstone(group.groupId, regex))
}

/** A timer says that somebody has to go, unless it has gone already. */
export function fence(turn: Turn, { groupId, memberId }: { groupId: string; memberId: string }, reason: string): void {
  const group = turn.state.consumerGroups.get(groupId)
  const member = group?.member(memberId)
  if (group === undefined || member === undefined) return
  note(turn, groupId, { kind: 'Fenced', memberId, text: `Fenced: ${reason}.` })
  removeMembers(turn, group, [member])
}
