/** A heartbeat that says goodbye: for good (-1), or, of a static member, for a while (-2). */
import { errorCode } from '@gregor/protocol'
import type { ConsumerGroupHeartbeatRequest } from '@gregor/protocol'
import type { GroupReplies } from '../group-event.ts'
import { isRefusal } from '../refusal.ts'
import type { Refusal } from '../refusal.ts'
import { note } from '../turn.ts'
import type { Turn } from '../turn.ts'
import { awayEpoch } from './consumer-member.ts'
import type { ConsumerMember } from './consumer-member.ts'
import { currentAssignmentRecord } from './consumer-records.ts'
import { removeMembers } from './fencing.ts'
import { findStaticMember, unknownMember } from './member-lookup.ts'
import { openConsumerGroup } from './open-group.ts'
import { noPartitions, withEpoch, withoutEpochs } from './partition-epochs.ts'

export function leaveConsumerGroup(
  turn: Turn,
  { groupId, memberId, memberEpoch, instanceId }: ConsumerGroupHeartbeatRequest,
): GroupReplies['ConsumerGroupHeartbeat'] | Refusal {
  const group = openConsumerGroup(turn, groupId, false)
  if (isRefusal(group)) return group
  const member =
    instanceId === null
      ? (group.member(memberId) ?? unknownMember(group, memberId))
      : findStaticMember(group, memberId, instanceId)
  if (isRefusal(member)) return member
  if (memberEpoch === awayEpoch && instanceId !== null) {
    turn.records.push(currentAssignmentRecord(groupId, away(member)))
    note(turn, groupId, { kind: 'Left', memberId, text: 'Left for a while: its partitions wait for it.' })
  } else {
    note(turn, groupId, { kind: 'Left', memberId, text: 'Left.' })
    removeMembers(turn, group, [member])
  }
  return { errorCode: errorCode('NONE'), memberId, memberEpoch, heartbeatIntervalMs: 0, assignment: null }
}

/** Commits of whoever comes in its place count from the beginning. */
function away(member: ConsumerMember): ConsumerMember {
  return {
    ...member,
    memberEpoch: awayEpoch,
    assigned: withEpoch(withoutEpochs(member.assigned), 0),
    pendingRevocation: noPartitions,
  }
}
