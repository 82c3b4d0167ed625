/**
 * How far a group has read: commits it and asks for it, at the group’s coordinator. Commits go one after the other, so that
 * an older one that is tried again never overtakes a newer one.
 */
import { ZERO_UUID } from '@gregor/base'
import {
  OffsetCommit,
  OffsetFetch,
  type OffsetFetchResponse,
  type ProtocolError,
  type RequestInput,
  errorName,
  isRetriable,
} from '@gregor/protocol'
import type { Cluster } from '../cluster/cluster.ts'
import { CommitFailedError, KafkaError, isRetriable as mayPass } from '../errors.ts'
import { retrying } from '../retrying.ts'
import type { ConsumerConfig } from './consumer-configs.ts'
import type { ConsumerEnvironment } from './consumer-environment.ts'
import type { MemberIdentity } from './membership.ts'
import { type TopicPartition, partitionKey } from './partition-set.ts'

export interface OffsetToCommit extends TopicPartition {
  /** Of the next record to be read: one behind the last that is done. */
  readonly offset: number
  /** Of the last record read; -1, the default: unknown. */
  readonly leaderEpoch?: number
  /** Whatever you want to find again. Default: empty. */
  readonly metadata?: string
}

export interface CommittedOffset {
  readonly offset: number
  /** -1: unknown. */
  readonly leaderEpoch: number
  readonly metadata: string
}

/** Who commits. */
export interface CommittingMember extends MemberIdentity {
  readonly protocol: 'classic' | 'consumer'
}

export interface CommittedOffsetsOptions {
  readonly cluster: Cluster
  readonly environment: ConsumerEnvironment
  readonly config: ConsumerConfig
  readonly groupId: string
  /** Asked before each attempt; `undefined`: not a member. */
  readonly identity: () => CommittingMember | undefined
  /** The coordinator refused in a way that the membership should know. */
  readonly onRefused: (error: ProtocolError) => void
}

interface CallOptions {
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
}

/** The last versions that name topics. */
const lastCommitVersionWithNames = 9
const lastFetchVersionWithNames = 9
const firstFetchVersionOfGroups = 8

/** The member is not, or not any more, who it says; its partitions may be another’s. */
const outcomesForMembers: ReadonlySet<ProtocolError> = new Set<ProtocolError>([
  'UNKNOWN_MEMBER_ID',
  'ILLEGAL_GENERATION',
  'FENCED_INSTANCE_ID',
  'FENCED_MEMBER_EPOCH',
  'REBALANCE_IN_PROGRESS',
])

export class CommittedOffsets {
  readonly #options: CommittedOffsetsOptions
  #lastCommit: Promise<unknown> = Promise.resolve()

  constructor(options: CommittedOffsetsOptions) {
    this.#options = options
  }

  /**
   * Tried again until the time is up.
   * @throws CommitFailedError where the group has moved on; with REBALANCE_IN_PROGRESS: poll, then commit again.
   * @throws KafkaError, TimeoutError
   */
  commit(offsets: readonly OffsetToCommit[], call: CallOptions): Promise<void> {
    const commit = this.#lastCommit.then(() =>
      this.#retrying('committing offsets', call, (given) => this.#commit(offsets, given)),
    )
    this.#lastCommit = commit.catch(() => undefined)
    return commit
  }

  /**
   * By `partitionKey`; what has no committed offset is not in it. Waits for open transactions to be decided (KIP-447).
   * @throws KafkaError, TimeoutError
   */
  fetch(partitions: readonly TopicPartition[], call: CallOptions): Promise<ReadonlyMap<string, CommittedOffset>> {
    return this.#retrying('fetching committed offsets', call, (given) => this.#fetch(partitions, given))
  }

  #retrying<T>(name: string, call: CallOptions, attempt: (call: CallOptions) => Promise<T>): Promise<T> {
    const { cluster, environment, config, groupId } = this.#options
    return retrying(
      {
        environment,
        name: `${name} of group ${groupId}`,
        backoffMs: config.retryBackoffMs,
        backoffMaxMs: config.retryBackoffMaxMs,
        ...call,
        onRetry: (error) => {
          const isElsewhere = !(error instanceof KafkaError) || coordinatorCodes.has(error.code)
          if (isElsewhere && mayPass(error)) cluster.forgetCoordinator('group', groupId)
        },
      },
      ({ remainingMs }) => attempt({ timeoutMs: Math.min(remainingMs, config.requestTimeoutMs), signal: call.signal }),
    )
  }

  async #commit(offsets: readonly OffsetToCommit[], call: CallOptions): Promise<void> {
    const { cluster, groupId, identity } = this.#options
    const nodeId = await cluster.coordinator('group', groupId, call)
    const member = identity()
    // As nobody's commit it would pass, where the group is empty, for partitions that may be another's soon.
    if (member?.generationIdOrMemberEpoch === -1) throw this.#commitFailed('UNKNOWN_MEMBER_ID')
    const ids = this.#topicIds(offsets)
    const { response, version } = await cluster.send(
      nodeId,
      OffsetCommit,
      (agreed) => ({
        groupId,
        generationIdOrMemberEpoch: member?.generationIdOrMemberEpoch ?? -1,
        memberId: member?.memberId ?? '',
        groupInstanceId: agreed >= 7 ? (member?.instanceId ?? null) : null,
        topics: [...Map.groupBy(offsets, ({ topic }) => topic)].map(([name, ofTopic]) => ({
          ...(agreed > lastCommitVersionWithNames ? { topicId: ids?.get(name) ?? ZERO_UUID } : { name }),
          partitions: ofTopic.map(({ partition, offset, leaderEpoch, metadata }) => ({
            partitionIndex: partition,
            committedOffset: offset,
            committedLeaderEpoch: leaderEpoch ?? -1,
            committedMetadata: metadata ?? '',
          })),
        })),
      }),
      { ...call, ...(ids === undefined ? { versionMax: lastCommitVersionWithNames } : {}) },
    )
    const { metadata } = cluster
    const failed = response.topics.flatMap(({ name, topicId, partitions }) =>
      partitions.flatMap(({ partitionIndex, errorCode }) => {
        const topic = version > lastCommitVersionWithNames ? (metadata.topicName(topicId) ?? topicId) : name
        const error = errorName(errorCode)
        return error === 'NONE' ? [] : [{ about: `${topic}-${partitionIndex}`, error }]
      }),
    )
    const first = failed.find(({ error }) => !isRetriable(error)) ?? failed[0]
    if (first !== undefined) throw this.#commitError(first.error, first.about)
  }

  #commitError(code: ProtocolError, about: string): KafkaError {
    const { groupId, onRefused } = this.#options
    // The epoch has moved on meanwhile: with the new one it may be committed.
    if (code === 'STALE_MEMBER_EPOCH') {
      onRefused(code)
      return new KafkaError({ code, about, retriable: true })
    }
    if (outcomesForMembers.has(code)) {
      onRefused(code)
      return this.#commitFailed(code)
    }
    if (code === 'UNKNOWN_TOPIC_ID') this.#options.cluster.metadata.invalidate()
    return new KafkaError({ code, about: `committing ${about} of group ${groupId}` })
  }

  #commitFailed(code: ProtocolError): CommitFailedError {
    const advice =
      code === 'REBALANCE_IN_PROGRESS'
        ? 'the group is rebalancing: poll, then commit again what is still assigned'
        : 'the group has moved on, its partitions may be another member’s: poll on. Where this comes often, process less per poll or raise max.poll.interval.ms'
    return new CommitFailedError(`offsets of group ${this.#options.groupId} were not committed (${code}): ${advice}`, {
      code,
    })
  }

  async #fetch(
    partitions: readonly TopicPartition[],
    call: CallOptions,
  ): Promise<ReadonlyMap<string, CommittedOffset>> {
    const { cluster, groupId } = this.#options
    const nodeId = await cluster.coordinator('group', groupId, call)
    const ids = this.#topicIds(partitions)
    const { response, version } = await cluster.send(
      nodeId,
      OffsetFetch,
      (agreed) => this.#fetchRequest(partitions, ids, agreed),
      { ...call, ...(ids === undefined ? { versionMax: lastFetchVersionWithNames } : {}) },
    )
    const group = version < firstFetchVersionOfGroups ? response : response.groups[0]
    if (group === undefined)
      throw new KafkaError({ code: 'UNKNOWN_SERVER_ERROR', about: `offsets of group ${groupId}` })
    const error = errorName(group.errorCode)
    if (error !== 'NONE') throw this.#fetchError(error, `group ${groupId}`)
    return this.#readOffsets(group.topics, version)
  }

  #fetchRequest(
    partitions: readonly TopicPartition[],
    ids: ReadonlyMap<string, string> | undefined,
    version: number,
  ): RequestInput<typeof OffsetFetch> {
    const { groupId, identity } = this.#options
    const requireStable = version >= 7
    const topics = [...Map.groupBy(partitions, ({ topic }) => topic)].map(([name, ofTopic]) => ({
      name,
      partitionIndexes: ofTopic.map(({ partition }) => partition),
    }))
    if (version < firstFetchVersionOfGroups) return { groupId, topics, requireStable, groups: [] }
    const member = identity()
    const asMember =
      member?.protocol === 'consumer' && member.generationIdOrMemberEpoch >= 0
        ? { memberId: member.memberId, memberEpoch: member.generationIdOrMemberEpoch }
        : {}
    const named = topics.map(({ name, partitionIndexes }) => ({
      ...(version > lastFetchVersionWithNames ? { topicId: ids?.get(name) ?? ZERO_UUID } : { name }),
      partitionIndexes,
    }))
    return { requireStable, groups: [{ groupId, ...asMember, topics: named }] }
  }

  #readOffsets(
    topics: OffsetFetchResponse['topics'] | OffsetFetchResponse['groups'][number]['topics'],
    version: number,
  ): ReadonlyMap<string, CommittedOffset> {
    const { metadata } = this.#options.cluster
    const found = new Map<string, CommittedOffset>()
    for (const topic of topics) {
      const name =
        'topicId' in topic && version > lastFetchVersionWithNames ? metadata.topicName(topic.topicId) : topic.name
      for (const {
        partitionIndex,
        committedOffset,
        committedLeaderEpoch,
        metadata: text,
        errorCode,
      } of topic.partitions) {
        const key = partitionKey({ topic: name ?? '', partition: partitionIndex })
        const error = errorName(errorCode)
        if (error !== 'NONE') throw this.#fetchError(error, key)
        if (committedOffset < 0) continue
        found.set(key, { offset: committedOffset, leaderEpoch: committedLeaderEpoch, metadata: text ?? '' })
      }
    }
    return found
  }

  #fetchError(code: ProtocolError, about: string): KafkaError {
    const { onRefused, cluster } = this.#options
    const isOfMember = code === 'STALE_MEMBER_EPOCH' || code === 'UNKNOWN_MEMBER_ID'
    if (isOfMember) onRefused(code)
    if (code === 'UNKNOWN_TOPIC_ID') cluster.metadata.invalidate()
    return new KafkaError({ code, about, ...(code === 'STALE_MEMBER_EPOCH' ? { retriable: true } : {}) })
  }

  /** `undefined` unless all are known. */
  #topicIds(partitions: readonly TopicPartition[]): ReadonlyMap<string, string> | undefined {
    const { metadata } = this.#options.cluster
    const ids = new Map<string, string>()
    for (const { topic } of partitions) {
      const topicId = metadata.topic(topic)?.topicId ?? ZERO_UUID
      if (topicId === ZERO_UUID) return undefined
      ids.set(topic, topicId)
    }
    return ids
  }
}

const coordinatorCodes: ReadonlySet<ProtocolError> = new Set<ProtocolError>([
  'NOT_COORDINATOR',
  'COORDINATOR_NOT_AVAILABLE',
])
