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
  const topics = request.topics.map(({ name, topicId, partitions }) => {
    const to = { groupId: request.groupId, topic: name, topicId, expireTimestamp }
    return { name, topicId, partitions: partitions.map((partition) => commitPartition(turn, to, partition)) }
  })
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
  const producer = { producerId, producerEpoch }
  const topics = request.topics.map(({ name, partitions }) => {
    const to = { groupId, topic: name, topicId: ZERO_UUID, expireTimestamp: -1, producer }
    return { name, partitions: partitions.map((partition) => commitPartition(turn, to, partition)) }
  })
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

/** Where the commits of one topic go. */
interface TopicCommit {
  readonly groupId: string
  readonly topic: string
  readonly topicId: string
  readonly expireTimestamp: number
  readonly producer?: StoredGroupRecord['producer']
}

const noError = errorCode('NONE')

function commitPartition(
  turn: Turn,
  { groupId, topic, topicId, expireTimestamp, producer }: TopicCommit,
  { partitionIndex, committedOffset, committedLeaderEpoch, committedMetadata }: CommittedPartition,
): { readonly partitionIndex: number; readonly errorCode: number } {
  const metadata = committedMetadata ?? ''
  if (metadata.length > turn.state.config.offsetMetadataLengthMax) {
    return { partitionIndex, errorCode: errorCode('OFFSET_METADATA_TOO_LARGE') }
  }
  const key = { group: groupId, topic, partition: partitionIndex }
  const value = {
    offset: committedOffset,
    leaderEpoch: committedLeaderEpoch,
    metadata,
    // The time of the commit, whatever version 1 asks for.
    commitTimestamp: turn.given.nowMs,
    expireTimestamp,
    topicId,
  }
  const record = { type: 'OffsetCommit', key, value } as const
  turn.records.push(producer === undefined ? record : { ...record, producer })
  return { partitionIndex, errorCode: noError }
}
