/** OffsetCommit and TxnOffsetCommit: what is written, and what each partition is told. */
import { ZERO_UUID } from '@gregor/base'
import { errorCode } from '@gregor/protocol'
import type { OffsetCommitRequest, ProtocolError, TxnOffsetCommitRequest } from '@gregor/protocol'
import { renewSession } from '../classic/classic-timers.ts'
import { consumerCommitProblem } from '../consumer/consumer-commit.ts'
import type { GroupEventOf, GroupReplies } from '../group-event.ts'
import { consumerGroupOf } from '../group-state.ts'
import type { StoredGroupRecord } from '../group-log-record.ts'
import type { Turn } from '../turn.ts'
import { classicCommitProblem } from './commit-problem.ts'
import type { Committer } from './commit-problem.ts'

export function commitOffsets(turn: Turn, event: GroupEventOf<'OffsetCommit'>): GroupReplies['OffsetCommit'] {
  const { request } = event
  const problem = commitProblem(turn, event)
  if (problem !== undefined) return refuseCommit(request, problem)
  const { nowMs } = turn.given
  const expireTimestamp = request.retentionTimeMs === -1 ? -1 : nowMs + request.retentionTimeMs
  const topics = request.topics.map(({ name, topicId, partitions }) => ({
    name,
    topicId,
    partitions: partitions.map((partition) => {
      const more = { topicId, expireTimestamp }
      return commitPartition(turn, { groupId: request.groupId, topic: name, partition, more })
    }),
  }))
  return { topics }
}

function commitProblem(turn: Turn, { request, context }: GroupEventOf<'OffsetCommit'>): ProtocolError | undefined {
  const { groupId, memberId, groupInstanceId, generationIdOrMemberEpoch } = request
  const committer = { memberId, instanceId: groupInstanceId, generationId: generationIdOrMemberEpoch }
  const consumers = consumerGroupOf(turn.state, groupId)
  if (consumers !== undefined) {
    return consumerCommitProblem(consumers, { committer, apiVersion: context.apiVersion, topics: request.topics })
  }
  const group = turn.state.classicGroups.get(groupId)
  if (group === undefined) {
    // Without a generation it asks for no group: it gets a simple one, which its offsets make.
    if (generationIdOrMemberEpoch < 0) return undefined
    return context.apiVersion >= 9 ? 'GROUP_ID_NOT_FOUND' : 'ILLEGAL_GENERATION'
  }
  const problem = classicCommitProblem(group, committer, false)
  if (problem !== undefined) return problem
  const member = group.member(memberId)
  if (member !== undefined && group.state !== 'Empty') renewSession(turn, group, member)
  return undefined
}

export function refuseCommit(request: OffsetCommitRequest, error: ProtocolError): GroupReplies['OffsetCommit'] {
  const topics = request.topics.map(({ name, topicId, partitions }) => ({
    name,
    topicId,
    partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode: errorCode(error) })),
  }))
  return { topics }
}

/** The records are those of a transaction: they count once a marker says so. */
export function commitOffsetsInTransaction(
  turn: Turn,
  { request }: GroupEventOf<'TxnOffsetCommit'>,
): GroupReplies['TxnOffsetCommit'] {
  const { groupId, memberId, groupInstanceId, generationId, producerId, producerEpoch } = request
  const committer = { memberId, instanceId: groupInstanceId, generationId }
  const problem = transactionalCommitProblem(turn, request, committer)
  if (problem !== undefined) return refuseTxnCommit(request, problem)
  const more = { producer: { producerId, producerEpoch }, topicId: ZERO_UUID, expireTimestamp: -1 }
  const topics = request.topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map((partition) => commitPartition(turn, { groupId, topic: name, partition, more })),
  }))
  return { topics }
}

function transactionalCommitProblem(
  { state }: Turn,
  { groupId, topics }: TxnOffsetCommitRequest,
  committer: Committer,
): ProtocolError | undefined {
  const group = state.classicGroups.get(groupId)
  if (group !== undefined) return classicCommitProblem(group, committer, true)
  const consumers = state.consumerGroups.get(groupId)
  if (consumers === undefined) return committer.generationId < 0 ? undefined : 'ILLEGAL_GENERATION'
  // This API knows topics by name only; what is gone is nobody’s.
  const known = topics.map(({ name, partitions }) => {
    return { topicId: state.image.topics.byName.get(name)?.id ?? ZERO_UUID, partitions }
  })
  const problem = consumerCommitProblem(consumers, { committer, apiVersion: undefined, topics: known })
  // Its clients do not know of member epochs.
  return problem === 'STALE_MEMBER_EPOCH' ? 'ILLEGAL_GENERATION' : problem
}

export function refuseTxnCommit(
  { topics }: TxnOffsetCommitRequest,
  error: ProtocolError,
): GroupReplies['TxnOffsetCommit'] {
  return {
    topics: topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode: errorCode(error) })),
    })),
  }
}

type CommittedPartition = Pick<
  OffsetCommitRequest['topics'][number]['partitions'][number],
  'partitionIndex' | 'committedOffset' | 'committedLeaderEpoch' | 'committedMetadata'
>

interface PartitionCommit {
  readonly groupId: string
  readonly topic: string
  readonly partition: CommittedPartition
  readonly more: {
    readonly topicId: string
    readonly expireTimestamp: number
    readonly producer?: StoredGroupRecord['producer']
  }
}

function commitPartition(
  turn: Turn,
  { groupId, topic, partition, more }: PartitionCommit,
): { readonly partitionIndex: number; readonly errorCode: number } {
  const { partitionIndex, committedOffset, committedLeaderEpoch, committedMetadata } = partition
  const metadata = committedMetadata ?? ''
  if (metadata.length > turn.state.config.offsetMetadataLengthMax) {
    return { partitionIndex, errorCode: errorCode('OFFSET_METADATA_TOO_LARGE') }
  }
  const { topicId, expireTimestamp, producer } = more
  turn.records.push({
    type: 'OffsetCommit',
    key: { group: groupId, topic, partition: partitionIndex },
    value: {
      offset: committedOffset,
      leaderEpoch: committedLeaderEpoch,
      metadata,
      // The time of the commit, whatever version 1 asks for.
      commitTimestamp: turn.given.nowMs,
      expireTimestamp,
      topicId,
    },
    ...(producer === undefined ? {} : { producer }),
  })
  return { partitionIndex, errorCode: errorCode('NONE') }
}
