/**
 * Topics with their partitions: page by page from brokers that can (KIP-966, Kafka 3.9 and later), whole with Metadata
 * from others and where topics are named by id.
 */
import { DescribeTopicPartitions, Metadata, type RequestInput } from '@gregor/protocol'
import type { Answer } from '../cluster/cluster.ts'
import type { PartitionMetadata } from '../cluster/cluster-metadata.ts'
import { UnsupportedVersionError } from '../errors.ts'
import {
  type AdminContext,
  type CallOptions,
  type Report,
  type Try,
  check,
  errorOf,
  failure,
  inRounds,
} from './call.ts'
import { type AclOperation, operationsFromBits } from './resource-words.ts'
import type { Results } from './results.ts'
import { serves } from './routing.ts'
import type { TopicSelection } from './topics.ts'

export interface TopicDescription {
  readonly name: string
  /** All zero where the cluster is older than 2.8. */
  readonly topicId: string
  readonly isInternal: boolean
  /** In order of their index. */
  readonly partitions: readonly PartitionDescription[]
  /** `undefined` unless asked for. */
  readonly authorizedOperations: readonly AclOperation[] | undefined
}

export interface PartitionDescription extends Omit<PartitionMetadata, 'error'> {
  /** Not in sync, but without loss (KIP-966). `undefined` where the node does not tell. */
  readonly eligibleLeaderReplicas: readonly number[] | undefined
  /** Those that were eligible before an unclean stop. */
  readonly lastKnownEligibleLeaderReplicas: readonly number[] | undefined
}

export interface DescribeTopicsOptions extends CallOptions {
  readonly includeAuthorizedOperations?: boolean
  /** How many partitions one answer has at most. Default: 2000; the broker may give fewer. */
  readonly partitionSizeLimitPerResponse?: number
}

/** KIP-516: before it requests cannot name ids. */
const metadataByIdVersion = 12
const partitionLimitDefault = 2000

export function describeTopics(
  context: AdminContext,
  topics: TopicSelection,
  options: DescribeTopicsOptions,
): Promise<Results<string, TopicDescription>> {
  // What is said of a topic is final, as another answer would not be another: it may be created at any time.
  const rounds = { ...options, name: 'describeTopics', keyOf: (topic: string) => topic, passing: new Set<never>() }
  if ('ids' in topics) {
    return inRounds(context, topics.ids, rounds, (ids, report, given) =>
      fromMetadata(context, { ids }, report, given, options),
    )
  }
  return inRounds(context, topics, rounds, async (names, report, given) => {
    if (await serves(context, 'any', DescribeTopicPartitions, given)) {
      try {
        return await fromPages(context, names, report, given, options)
      } catch (error) {
        // `any` may have become an older node.
        if (!(error instanceof UnsupportedVersionError)) throw error
      }
    }
    return fromMetadata(context, names, report, given, options)
  })
}

async function fromPages(
  { cluster }: AdminContext,
  names: readonly string[],
  report: Report<string, TopicDescription>,
  given: Try,
  options: DescribeTopicsOptions,
): Promise<void> {
  const wanted = names.toSorted()
  const found = new Map<string, TopicDescription & { readonly partitions: PartitionDescription[] }>()
  let cursor: Cursor | null = null
  do {
    const from: string = cursor?.topicName ?? ''
    const request: RequestInput<typeof DescribeTopicPartitions> = {
      topics: wanted.filter((name) => name >= from).map((name) => ({ name })),
      responsePartitionLimit: options.partitionSizeLimitPerResponse ?? partitionLimitDefault,
      cursor,
    }
    const { response }: Answer<typeof DescribeTopicPartitions> = await cluster.send(
      'any',
      DescribeTopicPartitions,
      request,
      given,
    )
    for (const topic of response.topics) {
      const name = topic.name ?? ''
      const error = errorOf(topic.errorCode)
      const known = found.get(name)
      if (error !== undefined) report.failed(name, error)
      else if (known === undefined) found.set(name, described(topic, name, options))
      else known.partitions.push(...topic.partitions.map(partitionDescription))
    }
    const next: Cursor | null = response.nextCursor
    if (next !== null && !isBehind(next, cursor))
      throw failure('UNKNOWN_SERVER_ERROR', 'the pages of topics do not end')
    cursor = next
  } while (cursor !== null)
  for (const [name, topic] of found) report.done(name, topic)
}

type Cursor = { readonly topicName: string; readonly partitionIndex: number }

function isBehind(next: Cursor, cursor: Cursor | null): boolean {
  if (cursor === null || next.topicName > cursor.topicName) return true
  return next.topicName === cursor.topicName && next.partitionIndex > cursor.partitionIndex
}

async function fromMetadata(
  { cluster }: AdminContext,
  topics: TopicSelection,
  report: Report<string, TopicDescription>,
  given: Try,
  options: DescribeTopicsOptions,
): Promise<void> {
  const byId = 'ids' in topics
  const request = (version: number) => {
    if (byId && version < metadataByIdVersion) throw new UnsupportedVersionError('the node cannot look up topics by id')
    return {
      topics:
        'ids' in topics ? topics.ids.map((topicId) => ({ topicId, name: null })) : topics.map((name) => ({ name })),
      allowAutoTopicCreation: false,
      includeTopicAuthorizedOperations: version >= operationsVersion && options.includeAuthorizedOperations === true,
    }
  }
  const { response } = await cluster.send('any', Metadata, request, given)
  check(response.errorCode)
  for (const topic of response.topics) {
    const item = byId ? topic.topicId : (topic.name ?? '')
    const error = errorOf(topic.errorCode)
    if (error === undefined) report.done(item, described(topic, topic.name ?? '', options))
    else report.failed(item, error)
  }
}

/** KIP-430. */
const operationsVersion = 8

interface AnsweredTopic {
  readonly topicId: string
  readonly isInternal: boolean
  readonly partitions: readonly AnsweredPartition[]
  readonly topicAuthorizedOperations: number
}

interface AnsweredPartition {
  readonly partitionIndex: number
  readonly leaderId: number
  readonly leaderEpoch: number
  readonly replicaNodes: readonly number[]
  readonly isrNodes: readonly number[]
  readonly offlineReplicas: readonly number[]
  readonly eligibleLeaderReplicas?: readonly number[] | null
  readonly lastKnownElr?: readonly number[] | null
}

function described(topic: AnsweredTopic, name: string, options: DescribeTopicsOptions) {
  const { topicId, isInternal } = topic
  const partitions = topic.partitions.map(partitionDescription).toSorted((a, b) => a.partition - b.partition)
  const authorizedOperations =
    options.includeAuthorizedOperations === true ? operationsFromBits(topic.topicAuthorizedOperations) : undefined
  return { name, topicId, isInternal, partitions, authorizedOperations }
}

function partitionDescription(partition: AnsweredPartition): PartitionDescription {
  return {
    partition: partition.partitionIndex,
    leaderId: partition.leaderId,
    leaderEpoch: partition.leaderEpoch,
    replicas: partition.replicaNodes,
    inSyncReplicas: partition.isrNodes,
    offlineReplicas: partition.offlineReplicas,
    eligibleLeaderReplicas: partition.eligibleLeaderReplicas ?? undefined,
    lastKnownEligibleLeaderReplicas: partition.lastKnownElr ?? undefined,
  }
}
