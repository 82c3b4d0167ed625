/** OffsetFetch of one group. A partition without a committed offset is no error: its offset is -1. */
import { ZERO_UUID } from '@gregor/base'
import { errorCode } from '@gregor/protocol'
import type { GroupEventOf, GroupReplies } from '../group-event.ts'
import { consumerFetchProblem } from '../consumer/consumer-commit.ts'
import { consumerGroupOf } from '../group-state.ts'
import type { GroupState } from '../group-state.ts'
import type { CommittedOffset } from './offset-store.ts'

type FetchedPartition = GroupReplies['OffsetFetch']['topics'][number]['partitions'][number]

export function fetchOffsets(
  state: GroupState,
  { group, requireStable }: GroupEventOf<'OffsetFetch'>,
): GroupReplies['OffsetFetch'] {
  const { groupId, topics } = group
  const consumers = consumerGroupOf(state, groupId)
  const problem = consumers === undefined ? undefined : consumerFetchProblem(consumers, group)
  if (problem !== undefined) return { groupId, topics: [], errorCode: errorCode(problem) }
  const isUnstable = (topic: string, partition: number) =>
    requireStable && state.offsets.isPending(groupId, topic, partition)

  if (topics === null) return { groupId, topics: allTopics(state, groupId, isUnstable) }
  const committed = state.offsets.ofGroup(groupId)
  return {
    groupId,
    topics: topics.map(({ name, topicId, partitionIndexes }) => ({
      name,
      topicId,
      partitions: partitionIndexes.map((partitionIndex) => {
        if (isUnstable(name, partitionIndex)) return unstable(partitionIndex)
        const offset = committed.get(name)?.get(partitionIndex)
        return offset === undefined || isOfAnother(topicId, offset)
          ? nothingAt(partitionIndex)
          : fetched(partitionIndex, offset)
      }),
    })),
  }
}

function allTopics(
  state: GroupState,
  groupId: string,
  isUnstable: (topic: string, partition: number) => boolean,
): GroupReplies['OffsetFetch']['topics'] {
  return [...state.offsets.ofGroup(groupId)].map(([name, partitions]) => ({
    name,
    topicId: ZERO_UUID,
    partitions: [...partitions].map(([partitionIndex, offset]) =>
      isUnstable(name, partitionIndex) ? unstable(partitionIndex) : fetched(partitionIndex, offset),
    ),
  }))
}

/** The offset was committed for a topic of that name that has gone since. */
function isOfAnother(topicId: string, offset: CommittedOffset): boolean {
  return offset.topicId !== ZERO_UUID && topicId !== ZERO_UUID && offset.topicId !== topicId
}

function fetched(partitionIndex: number, { offset, leaderEpoch, metadata }: CommittedOffset): FetchedPartition {
  const none = errorCode('NONE')
  return { partitionIndex, committedOffset: offset, committedLeaderEpoch: leaderEpoch, metadata, errorCode: none }
}

function nothingAt(partitionIndex: number): FetchedPartition {
  return { ...absent, partitionIndex, errorCode: errorCode('NONE') }
}

function unstable(partitionIndex: number): FetchedPartition {
  return { ...absent, partitionIndex, errorCode: errorCode('UNSTABLE_OFFSET_COMMIT') }
}

const absent = { committedOffset: -1, committedLeaderEpoch: -1, metadata: '' }
