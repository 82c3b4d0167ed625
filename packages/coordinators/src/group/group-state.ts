/**
 * All that a group coordinator knows. Logged, and changed by `applyRecord` only: stored classic groups, consumer groups,
 * committed offsets. Not logged, and lost with the machine: live classic groups, timers, histories.
 *
 * A live classic group comes from its stored form once the log is applied (`Loaded`), or is born in a decision.
 */
import { ZERO_UUID, unreachable } from '@gregor/base'
import type { MetadataImage } from '@gregor/metadata'
import { ClassicGroup } from './classic/classic-group.ts'
import { ownedStoredGroup } from './classic/classic-stored.ts'
import type { StoredClassicGroup } from './classic/classic-stored.ts'
import type { GroupCoordinatorConfig } from './group-config.ts'
import { applyToConsumerGroup } from './consumer/consumer-apply.ts'
import type { ConsumerGroupRecord } from './consumer/consumer-apply.ts'
import { ConsumerGroup } from './consumer/consumer-group.ts'
import { TopicHashes } from './consumer/topic-hash.ts'
import { GroupHistories } from './group-history.ts'
import type { GroupLogRecord, StoredGroupRecord } from './group-log-record.ts'
import { GroupTimers } from './group-timers.ts'
import { OffsetStore } from './offsets/offset-store.ts'

export interface LoggedGroupState {
  readonly storedClassicGroups: Map<string, StoredClassicGroup>
  readonly consumerGroups: Map<string, ConsumerGroup>
  readonly offsets: OffsetStore
}

export interface GroupState extends LoggedGroupState {
  config: GroupCoordinatorConfig
  image: MetadataImage
  readonly classicGroups: Map<string, ClassicGroup>
  /** Born in the decision that is being made: they come to life when their record is applied. */
  readonly unbornGroups: Map<string, ClassicGroup>
  /** Consumer groups whose metadata hash is that of their topics now. */
  readonly freshGroups: Set<string>
  readonly topicHashes: TopicHashes
  /** The offset of the first image with the topics that there are now; -1: there was no image. */
  newTopicsVersion: number
  /** When it was asked to resolve the expressions of a group; monotonic. */
  readonly regexesAskedAtMs: Map<string, number>
  readonly timers: GroupTimers
  readonly histories: GroupHistories
}

export function newGroupState(config: GroupCoordinatorConfig, image: MetadataImage): GroupState {
  return {
    config,
    image,
    storedClassicGroups: new Map(),
    consumerGroups: new Map(),
    offsets: new OffsetStore(),
    classicGroups: new Map(),
    unbornGroups: new Map(),
    freshGroups: new Set(),
    topicHashes: new TopicHashes(),
    newTopicsVersion: -1,
    regexesAskedAtMs: new Map(),
    timers: new GroupTimers(),
    histories: new GroupHistories(),
  }
}

/** Of two groups with one id the classic one is the later: it was born in the decision that is being applied. */
export function consumerGroupOf(
  { classicGroups, consumerGroups }: GroupState,
  groupId: string,
): ConsumerGroup | undefined {
  return classicGroups.has(groupId) ? undefined : consumerGroups.get(groupId)
}

export function applyRecord(state: GroupState, record: GroupLogRecord, recordOffset: number): void {
  switch (record.type) {
    case 'OffsetCommit':
      return applyOffsetCommit(state, record, recordOffset)
    case 'LegacyOffsetCommit':
      return applyOffsetCommit(state, offsetCommitFromLegacy(record), recordOffset)
    case 'TransactionMarker':
      return state.offsets.applyMarker(record.producerId, record.outcome)
    case 'GroupMetadata':
      return applyGroupMetadata(state, record)
    case 'ConsumerGroupMetadata':
    case 'ConsumerGroupPartitionMetadata':
    case 'ConsumerGroupMemberMetadata':
    case 'ConsumerGroupTargetAssignmentMetadata':
    case 'ConsumerGroupTargetAssignmentMember':
    case 'ConsumerGroupCurrentMemberAssignment':
    case 'ConsumerGroupRegularExpression':
      return applyConsumerRecord(state, record)
    case 'ShareGroupMemberMetadata':
    case 'ShareGroupMetadata':
    case 'ShareGroupTargetAssignmentMetadata':
    case 'ShareGroupTargetAssignmentMember':
    case 'ShareGroupCurrentMemberAssignment':
    case 'ShareGroupStatePartitionMetadata':
    case 'StreamsGroupMetadata':
    case 'StreamsGroupMemberMetadata':
    case 'StreamsGroupTargetAssignmentMetadata':
    case 'StreamsGroupTargetAssignmentMember':
    case 'StreamsGroupCurrentMemberAssignment':
    case 'StreamsGroupTopology':
      // Of groups that are not served here; they stay in the log.
      return
    default:
      return unreachable(record)
  }
}

type RecordOf<Type extends StoredGroupRecord['type']> = Extract<StoredGroupRecord, { readonly type: Type }>

function applyOffsetCommit(
  state: GroupState,
  { key, value, producer }: Omit<RecordOf<'OffsetCommit'>, 'type'>,
  recordOffset: number,
): void {
  if (value === null) {
    state.offsets.applyTombstone(key)
    return
  }
  // Whoever commits without being a member of anything has a simple group, which is nothing but its offsets.
  if (!hasGroup(state, key.group)) {
    state.classicGroups.set(key.group, ClassicGroup.create(key.group, value.commitTimestamp))
  }
  state.offsets.applyCommit(key, value, { recordOffset, producerId: producer?.producerId })
}

function hasGroup({ classicGroups, storedClassicGroups, consumerGroups }: GroupState, groupId: string): boolean {
  return classicGroups.has(groupId) || storedClassicGroups.has(groupId) || consumerGroups.has(groupId)
}

function offsetCommitFromLegacy({
  key,
  value,
  producer,
}: RecordOf<'LegacyOffsetCommit'>): Omit<RecordOf<'OffsetCommit'>, 'type'> {
  const more = producer === undefined ? {} : { producer }
  if (value === null) return { key, value, ...more }
  const unknown = { leaderEpoch: -1, expireTimestamp: -1, topicId: ZERO_UUID }
  return { key, value: { ...unknown, ...value }, ...more }
}

function applyGroupMetadata(state: GroupState, { key, value }: RecordOf<'GroupMetadata'>): void {
  if (value === null) {
    state.storedClassicGroups.delete(key.group)
    state.classicGroups.delete(key.group)
  } else {
    state.storedClassicGroups.set(key.group, ownedStoredGroup(value))
    const born = state.unbornGroups.get(key.group)
    if (born !== undefined) state.classicGroups.set(key.group, born)
  }
}

function applyConsumerRecord(state: GroupState, record: ConsumerGroupRecord): void {
  const { groupId } = record.key
  const known = state.consumerGroups.get(groupId)
  if (known === undefined && record.value === null) return
  const group = known ?? new ConsumerGroup(groupId)
  if (known === undefined) {
    state.consumerGroups.set(groupId, group)
    // Offsets that came before it in the log had made a simple group.
    if (!state.storedClassicGroups.has(groupId)) state.classicGroups.delete(groupId)
  }
  applyToConsumerGroup(group, record)
  if (record.type !== 'ConsumerGroupMetadata') return
  if (record.value === null) state.consumerGroups.delete(groupId)
  if (record.value === null) state.freshGroups.delete(groupId)
  else state.freshGroups.add(groupId)
}
