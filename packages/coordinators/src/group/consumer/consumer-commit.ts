/** Who may commit and fetch offsets of a consumer group (KIP-848): members of its epoch, with some patience. */
import type { ProtocolError } from '@gregor/protocol'
import type { Committer } from '../offsets/commit-problem.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import type { ConsumerMember } from './consumer-member.ts'

export interface CommittedTopic {
  readonly topicId: string
  readonly partitions: readonly { readonly partitionIndex: number }[]
}

export interface Commit {
  readonly committer: Committer
  /** `undefined`: within a transaction, by TxnOffsetCommit. */
  readonly apiVersion: number | undefined
  readonly topics: readonly CommittedTopic[]
}

export function consumerCommitProblem(group: ConsumerGroup, commit: Commit): ProtocolError | undefined {
  const { committer, apiVersion, topics } = commit
  const { memberId, instanceId, generationId: epoch } = committer
  if (epoch < 0 && group.size === 0) return undefined
  const saysNothing = epoch === -1 && memberId === '' && instanceId === null
  if (apiVersion === undefined && saysNothing) return undefined
  const member = group.member(memberId)
  if (member === undefined) return 'UNKNOWN_MEMBER_ID'
  if (apiVersion !== undefined && apiVersion < 9 && member.classic === null) return 'UNSUPPORTED_VERSION'
  if (epoch === member.memberEpoch) return undefined
  const isAllowed = epoch < member.memberEpoch && topics.every((topic) => wasAssigned(member, topic, epoch))
  return isAllowed ? undefined : staleError(member)
}

/** A commit may be late, as long as the partition was its own already then. */
function wasAssigned(member: ConsumerMember, { topicId, partitions }: CommittedTopic, epoch: number): boolean {
  const [assigned, pending] = [member.assigned.get(topicId), member.pendingRevocation.get(topicId)]
  return partitions.every(({ partitionIndex }) => {
    const since = assigned?.get(partitionIndex) ?? pending?.get(partitionIndex)
    return since !== undefined && epoch >= since
  })
}

/** Who does not say who it is may see everything. */
export function consumerFetchProblem(
  group: ConsumerGroup,
  { memberId, memberEpoch }: { readonly memberId: string | null; readonly memberEpoch: number },
): ProtocolError | undefined {
  if (memberId === null && memberEpoch < 0) return undefined
  const member = memberId === null ? undefined : group.member(memberId)
  if (member === undefined) return 'UNKNOWN_MEMBER_ID'
  return memberEpoch === member.memberEpoch ? undefined : staleError(member)
}

/** In the words of its protocol. */
function staleError({ classic }: ConsumerMember): ProtocolError {
  return classic === null ? 'STALE_MEMBER_EPOCH' : 'ILLEGAL_GENERATION'
}
