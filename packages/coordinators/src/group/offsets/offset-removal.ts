/**
 * How committed offsets, and groups that hold nothing else, go away: OffsetDelete, DeleteGroups, retention, and with
 * their topic. Retention (KIP-211): a group that is empty keeps its offsets for so long after it became empty, a
 * simple one for so long after the commit, and a stable group of consumers keeps those of the topics it reads.
 */
import { errorCode } from '@gregor/protocol'
import type { OffsetDeleteRequest, ProtocolError } from '@gregor/protocol'
import type { ClassicGroup } from '../classic/classic-group.ts'
import { groupTombstone } from '../classic/classic-stored.ts'
import { ConsumerGroup } from '../consumer/consumer-group.ts'
import { groupTombstones } from '../consumer/consumer-records.ts'
import type { GroupEventOf, GroupReplies } from '../group-event.ts'
import type { StoredGroupRecord } from '../group-log-record.ts'
import type { GroupState } from '../group-state.ts'
import { note } from '../turn.ts'
import type { Turn } from '../turn.ts'
import type { CommittedOffset } from './offset-store.ts'

export function deleteOffsets(turn: Turn, request: OffsetDeleteRequest): GroupReplies['OffsetDelete'] {
  const { groupId } = request
  const { offsets } = turn.state
  const group = groupOf(turn.state, groupId)
  const problem = group === undefined ? 'GROUP_ID_NOT_FOUND' : offsetDeleteProblem(group)
  if (group === undefined || problem !== undefined) return { errorCode: errorCode(problem ?? 'NONE'), topics: [] }
  const topics = request.topics.map(({ name, partitions }) => {
    const isSubscribed = group.isSubscribedTo(name)
    const error = errorCode(isSubscribed ? 'GROUP_SUBSCRIBED_TO_TOPIC' : 'NONE')
    for (const { partitionIndex } of isSubscribed ? [] : partitions) {
      const isThere = offsets.get(groupId, name, partitionIndex) !== undefined
      if (isThere || offsets.isPending(groupId, name, partitionIndex)) {
        turn.records.push(offsetTombstone(groupId, name, partitionIndex))
      }
    }
    return { name, partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode: error })) }
  })
  return { errorCode: errorCode('NONE'), topics }
}

export function deleteGroups(turn: Turn, { groupIds }: GroupEventOf<'DeleteGroups'>): GroupReplies['DeleteGroups'] {
  return groupIds.map((groupId) => {
    const group = groupOf(turn.state, groupId)
    if (group === undefined) return { groupId, errorCode: errorCode('GROUP_ID_NOT_FOUND') }
    if (group.state !== 'Empty') return { groupId, errorCode: errorCode('NON_EMPTY_GROUP') }
    deleteGroup(turn, group)
    return { groupId, errorCode: errorCode('NONE') }
  })
}

/** Consumers have a subscription to tell by; of others nobody knows what they need. */
function offsetDeleteProblem(group: Group): ProtocolError | undefined {
  const isKnown = group instanceof ConsumerGroup || group.isConsumerGroup || group.state === 'Empty'
  return isKnown ? undefined : 'NON_EMPTY_GROUP'
}

function deleteGroup(turn: Turn, group: Group): void {
  const { groupId } = group
  for (const [topic, partition] of turn.state.offsets.partitionsOf(groupId)) {
    turn.records.push(offsetTombstone(groupId, topic, partition))
  }
  turn.records.push(...tombstonesOf(group))
  note(turn, groupId, { kind: 'Deleted', text: 'Deleted on request.' })
}

/** Of topics that are gone. */
export function deleteOffsetsOfTopics(
  turn: Turn,
  topics: readonly { readonly topicId: string; readonly name: string }[],
): void {
  for (const topic of topics) {
    for (const [groupId, partition] of turn.state.offsets.partitionsOfTopic(topic)) {
      turn.records.push(offsetTombstone(groupId, topic.name, partition))
    }
  }
}

/** And groups that have neither members nor offsets. */
export function expireOffsets(turn: Turn): void {
  for (const group of [...turn.state.classicGroups.values(), ...turn.state.consumerGroups.values()]) {
    const isLeftWithNothing = expireOffsetsOfGroup(turn, group)
    if (!isLeftWithNothing || group.state !== 'Empty') continue
    turn.records.push(...tombstonesOf(group))
    note(turn, group.groupId, { kind: 'Deleted', text: 'Had neither members nor offsets any more: removed.' })
  }
}

/** Whether no offset of the group is left. */
function expireOffsetsOfGroup(turn: Turn, group: Group): boolean {
  const { state, given } = turn
  const { groupId } = group
  const isKept = !state.offsets.hasPending(groupId)
  const committed = state.offsets.ofGroup(groupId)
  if (committed.size === 0) return isKept
  const sinceMs = retentionStart(group)
  if (sinceMs === undefined) return false
  let keptCount = 0
  let expiredCount = 0
  for (const [topic, partitions] of committed) {
    const isSubscribed = group.isSubscribedTo(topic)
    for (const [partition, offset] of partitions) {
      const isDue = isExpired(offset, sinceMs(offset), given.nowMs, state.config.offsetsRetentionMs)
      if (isSubscribed || !isDue || state.offsets.isPending(groupId, topic, partition)) {
        keptCount++
        continue
      }
      turn.records.push(offsetTombstone(groupId, topic, partition))
      expiredCount++
    }
  }
  if (expiredCount > 0) note(turn, groupId, { kind: 'OffsetsExpired', text: `${expiredCount} offsets expired.` })
  return keptCount === 0 && isKept
}

/** From when on an offset’s time runs; `undefined`: it does not run now. */
function retentionStart(group: Group): ((offset: CommittedOffset) => number) | undefined {
  if (group instanceof ConsumerGroup || group.protocolType === undefined) return commitTime
  if (group.state === 'Empty') return (offset) => group.stateChangedAtMs ?? offset.commitTimestampMs
  const isAware = group.isConsumerGroup && group.subscribedTopics !== undefined && group.state === 'Stable'
  return isAware ? commitTime : undefined
}

function commitTime({ commitTimestampMs }: CommittedOffset): number {
  return commitTimestampMs
}

function isExpired(
  { expireTimestampMs }: CommittedOffset,
  sinceMs: number,
  nowMs: number,
  retentionMs: number,
): boolean {
  return expireTimestampMs === -1 ? nowMs - sinceMs >= retentionMs : nowMs >= expireTimestampMs
}

type Group = ClassicGroup | ConsumerGroup

function groupOf({ classicGroups, consumerGroups }: GroupState, groupId: string): Group | undefined {
  return classicGroups.get(groupId) ?? consumerGroups.get(groupId)
}

/** Of a group without members. */
function tombstonesOf(group: Group): readonly StoredGroupRecord[] {
  return group instanceof ConsumerGroup ? groupTombstones(group, []) : [groupTombstone(group.groupId)]
}

function offsetTombstone(group: string, topic: string, partition: number): StoredGroupRecord {
  return { type: 'OffsetCommit', key: { group, topic, partition }, value: null }
}
