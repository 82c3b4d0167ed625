/** A classic group as its `GroupMetadata` record, and back. */
import { assert } from '@gregor/base'
import { encodeGroupRecord } from '../group-log-record.ts'
import type { GroupRecordValue, StoredGroupRecord } from '../group-log-record.ts'
import { ClassicGroup } from './classic-group.ts'
import type { ClassicMember } from './classic-member.ts'
import { metadataFor } from './classic-member.ts'
import { subscribedTopicsOf } from './classic-subscription.ts'

export type StoredClassicGroup = GroupRecordValue<'GroupMetadata'>

/** Its members with these assignments. */
export function groupMetadataRecord(
  group: ClassicGroup,
  assignmentOf: (member: ClassicMember) => Buffer,
): StoredGroupRecord {
  const value: StoredClassicGroup = {
    protocolType: group.protocolType ?? '',
    generation: group.generationId,
    protocol: group.protocolName ?? null,
    leader: group.leaderId ?? null,
    currentStateTimestamp: group.stateChangedAtMs ?? -1,
    members: [...group.members].map((member) => storedMember(group, member, assignmentOf(member))),
  }
  return { type: 'GroupMetadata', key: { group: group.groupId }, value }
}

function storedMember(
  { protocolName }: ClassicGroup,
  member: ClassicMember,
  assignment: Buffer,
): StoredClassicGroup['members'][number] {
  assert(protocolName !== undefined, 'a group with members has a protocol when it is stored')
  return {
    memberId: member.memberId,
    groupInstanceId: member.instanceId ?? null,
    clientId: member.clientId,
    clientHost: member.clientHost,
    rebalanceTimeout: member.rebalanceTimeoutMs,
    sessionTimeout: member.sessionTimeoutMs,
    subscription: metadataFor(member, protocolName),
    assignment,
  }
}

/** Written so that a new group is there after a crash, whatever else it has not got yet. */
export function newGroupRecord({ groupId, stateChangedAtMs }: ClassicGroup): StoredGroupRecord {
  const value: StoredClassicGroup = {
    protocolType: '',
    generation: 0,
    protocol: null,
    leader: null,
    currentStateTimestamp: stateChangedAtMs ?? -1,
    members: [],
  }
  return { type: 'GroupMetadata', key: { group: groupId }, value }
}

/** Members decide themselves how much they say: a group may outgrow what its log takes. */
export function isTooLarge(record: StoredGroupRecord, bytesMax: number): boolean {
  const { key, value } = encodeGroupRecord(record)
  return key.length + (value?.length ?? 0) > bytesMax
}

/** The record’s bytes belong to whoever read it. */
export function ownedStoredGroup(stored: StoredClassicGroup): StoredClassicGroup {
  const members = stored.members.map(({ subscription, assignment, ...member }) => {
    return { ...member, subscription: Buffer.from(subscription), assignment: Buffer.from(assignment) }
  })
  return { ...stored, members }
}

export function groupTombstone(groupId: string): StoredGroupRecord {
  return { type: 'GroupMetadata', key: { group: groupId }, value: null }
}

export function classicGroupFromStored(groupId: string, stored: StoredClassicGroup): ClassicGroup {
  const { protocol, leader, members, protocolType } = stored
  const group = new ClassicGroup(groupId, {
    state: members.length === 0 ? 'Empty' : 'Stable',
    generationId: stored.generation,
    protocolType: protocolType === '' ? undefined : protocolType,
    protocolName: protocol ?? undefined,
    leaderId: leader ?? undefined,
    stateChangedAtMs: stored.currentStateTimestamp === -1 ? undefined : stored.currentStateTimestamp,
  })
  for (const member of members) group.add(memberFromStored(member, stored))
  group.subscribedTopics = subscribedTopicsOf(group)
  return group
}

function memberFromStored(
  stored: StoredClassicGroup['members'][number],
  { protocol, protocolType }: StoredClassicGroup,
): ClassicMember {
  return {
    memberId: stored.memberId,
    instanceId: stored.groupInstanceId ?? undefined,
    clientId: stored.clientId,
    clientHost: stored.clientHost,
    // Not there before version 1.
    rebalanceTimeoutMs: stored.rebalanceTimeout === -1 ? stored.sessionTimeout : stored.rebalanceTimeout,
    sessionTimeoutMs: stored.sessionTimeout,
    protocolType,
    protocols: [{ name: protocol ?? '', metadata: stored.subscription }],
    assignment: stored.assignment,
    join: undefined,
    sync: undefined,
    isNew: false,
    joinedAtMs: 0,
    syncedAtMs: undefined,
  }
}
