/** The target assignment of a group: computed for a group epoch, written as what changes. */
import { assert } from '@gregor/base'
import { assignorNamed } from '../assignors/known-assignors.ts'
import type { StoredGroupRecord } from '../group-log-record.ts'
import type { Turn } from '../turn.ts'
import { note } from '../turn.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import type { ConsumerMember } from './consumer-member.ts'
import { targetEpochRecord, targetRecord } from './consumer-records.ts'
import { consumerGroupConfig } from './group-settings.ts'
import { noAssignment, sameAssignment } from './partition-epochs.ts'
import type { Assignment } from './partition-epochs.ts'
import { isHomogeneous, preferredAssignor, topicIdsOf, topicsOf } from './subscription.ts'
import type { Members } from './subscription.ts'

export interface Target {
  readonly assignmentEpoch: number
  readonly ofMember: Assignment
}

/** What a member shall have: the target of its group epoch, computed now unless the last one is too recent. */
export function targetFor(
  turn: Turn,
  group: ConsumerGroup,
  given: { readonly groupEpoch: number; readonly members: Members; readonly member: ConsumerMember },
): Target {
  const { groupEpoch, members, member } = given
  const isUpToDate = group.assignmentEpoch >= groupEpoch
  if (isUpToDate || !mayAssign(turn, group)) {
    return { assignmentEpoch: group.assignmentEpoch, ofMember: presentTarget(group, member) }
  }
  const targets = computeTarget(turn, group, members)
  turn.records.push(
    ...changes(group, members, targets),
    targetEpochRecord(group.groupId, { assignmentEpoch: groupEpoch, assignedAtMs: turn.given.nowMs }),
  )
  const size = members.size
  note(turn, group.groupId, { kind: 'Assigned', text: `Target of epoch ${groupEpoch} for ${size} members.` })
  return { assignmentEpoch: groupEpoch, ofMember: targets.get(member.memberId) ?? noAssignment }
}

/** Of the member whose place it takes, where it is static. */
export function presentTarget(group: ConsumerGroup, { memberId, instanceId }: ConsumerMember): Assignment {
  if (instanceId === null) return group.targetOf(memberId)
  const present = group.staticMember(instanceId)
  return present === undefined ? noAssignment : group.targetOf(present.memberId)
}

/** Many joins in a row shall not mean as many assignments. */
function mayAssign({ state, given }: Turn, { groupId, assignedAtMs }: ConsumerGroup): boolean {
  const { assignmentIntervalMs } = consumerGroupConfig(state, groupId)
  if (assignedAtMs === 0 || assignmentIntervalMs === 0) return true
  return given.nowMs >= assignedAtMs + assignmentIntervalMs
}

function computeTarget({ state }: Turn, group: ConsumerGroup, members: Members): ReadonlyMap<string, Assignment> {
  const { image, config } = state
  const name = preferredAssignor(members.values()) ?? config.consumer.assignors[0]
  const assign = name === undefined ? undefined : assignorNamed(name)
  assert(assign !== undefined, `the assignor ${name} was checked when it was asked for`)
  return assign({
    members: [...members.values()].map((member) => ({
      memberId: member.memberId,
      instanceId: member.instanceId,
      topicIds: topicIdsOf(image, topicsOf(member, group.regexes)),
      assignment: presentTarget(group, member),
    })),
    isHomogeneous: isHomogeneous(members),
    partitionCount: (topicId) => image.topics.byId.get(topicId)?.partitions.length ?? 0,
  })
}

function changes(
  group: ConsumerGroup,
  members: Members,
  targets: ReadonlyMap<string, Assignment>,
): readonly StoredGroupRecord[] {
  return [...members.keys()].flatMap((memberId) => {
    const before = group.target.get(memberId)
    const after = targets.get(memberId) ?? noAssignment
    if (before !== undefined && sameAssignment(before, after)) return []
    return [targetRecord(group.groupId, memberId, after)]
  })
}
