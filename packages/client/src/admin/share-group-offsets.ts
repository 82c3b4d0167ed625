/** Where share groups begin to read: listed, moved and removed (KIP-932). Asked of the groups’ coordinators. */
import { AlterShareGroupOffsets, DeleteShareGroupOffsets, DescribeShareGroupOffsets } from '@gregor/protocol'
import { type TopicPartition, byTopic, partitionKey } from '../consumer/partition-set.ts'
import { type AdminContext, type CallOptions, check, errorOf, inRounds, passingAtCoordinators, asIs } from './call.ts'
import type { GroupOffsetsQuery } from './group-offsets.ts'
import { type Result, Results } from './results.ts'
import { toCoordinators } from './routing.ts'

export interface SharePartitionOffset {
  /** The first record that is not finished; -1: none yet. */
  readonly startOffset: number
  readonly leaderEpoch: number | undefined
  /** Records that are not finished; `undefined`: unknown. */
  readonly lag: number | undefined
}

export type SharePartitionOffsets = Results<TopicPartition, SharePartitionOffset>

export interface NewStartOffset extends TopicPartition {
  readonly startOffset: number
}

export function listShareGroupOffsets(
  context: AdminContext,
  groups: readonly GroupOffsetsQuery[],
  options: CallOptions,
): Promise<Results<string, SharePartitionOffsets>> {
  const queries = new Map(groups.map((one) => [one.groupId, one.partitions]))
  const rounds = { ...options, name: 'listShareGroupOffsets', keyOf: asIs, passing: passingAtCoordinators }
  const topicsOf = (groupId: string) => {
    const partitions = queries.get(groupId)
    if (partitions === undefined) return null
    return byTopic(partitions).map((one) => ({ topicName: one.topic, partitions: one.partitions }))
  }
  return inRounds(context, queries.keys(), rounds, (items, report, given) =>
    toCoordinators(context, 'group', { items, keyOf: asIs, report }, given, async ({ nodeId }, part) => {
      const request = { groups: part.map((groupId) => ({ groupId, topics: topicsOf(groupId) })) }
      const { response } = await context.cluster.send(nodeId, DescribeShareGroupOffsets, request, given)
      for (const { groupId, errorCode, errorMessage, topics } of response.groups) {
        const error = errorOf(errorCode, errorMessage)
        if (error === undefined) report.done(groupId, offsetsOf(topics))
        else report.failed(groupId, error)
      }
    }),
  )
}

export function alterShareGroupOffsets(
  context: AdminContext,
  given: { readonly groupId: string; readonly offsets: readonly NewStartOffset[] },
  options: CallOptions,
): Promise<Results<TopicPartition, void>> {
  const { groupId } = given
  const offsets = new Map(given.offsets.map((one) => [partitionKey(one), one.startOffset]))
  const partitions = given.offsets.map(({ topic, partition }) => ({ topic, partition }))
  const rounds = { ...options, name: 'alterShareGroupOffsets', keyOf: partitionKey, passing: passingAtCoordinators }
  return inRounds(context, partitions, rounds, (items, report, attempt) =>
    toCoordinators(context, 'group', { items, keyOf: () => groupId, report }, attempt, async ({ nodeId }, part) => {
      const topics = byTopic(part).map(({ topic, partitions: indexes }) => ({
        topicName: topic,
        partitions: indexes.map((partitionIndex) => ({
          partitionIndex,
          startOffset: offsets.get(partitionKey({ topic, partition: partitionIndex })) ?? 0,
        })),
      }))
      const { response } = await context.cluster.send(nodeId, AlterShareGroupOffsets, { groupId, topics }, attempt)
      check(response.errorCode, response.errorMessage)
      for (const { topicName, partitions: answered } of response.responses) {
        for (const { partitionIndex, errorCode, errorMessage } of answered) {
          const item = { topic: topicName, partition: partitionIndex }
          const error = errorOf(errorCode, errorMessage)
          if (error === undefined) report.done(item, undefined)
          else report.failed(item, error)
        }
      }
    }),
  )
}

/** By topic. */
export function deleteShareGroupOffsets(
  context: AdminContext,
  given: { readonly groupId: string; readonly topics: readonly string[] },
  options: CallOptions,
): Promise<Results<string, void>> {
  const { groupId } = given
  const rounds = { ...options, name: 'deleteShareGroupOffsets', keyOf: asIs, passing: passingAtCoordinators }
  return inRounds(context, given.topics, rounds, (items, report, attempt) =>
    toCoordinators(context, 'group', { items, keyOf: () => groupId, report }, attempt, async ({ nodeId }, part) => {
      const request = { groupId, topics: part.map((topicName) => ({ topicName })) }
      const { response } = await context.cluster.send(nodeId, DeleteShareGroupOffsets, request, attempt)
      check(response.errorCode, response.errorMessage)
      for (const { topicName, errorCode, errorMessage } of response.responses) {
        const error = errorOf(errorCode, errorMessage)
        if (error === undefined) report.done(topicName, undefined)
        else report.failed(topicName, error)
      }
    }),
  )
}

interface AnsweredTopic {
  readonly topicName: string
  readonly partitions: readonly {
    readonly partitionIndex: number
    readonly startOffset: number
    readonly leaderEpoch: number
    readonly lag: number
    readonly errorCode: number
    readonly errorMessage: string | null
  }[]
}

function offsetsOf(topics: readonly AnsweredTopic[]): SharePartitionOffsets {
  const results = topics.flatMap(({ topicName, partitions }) =>
    partitions.map((one): Result<TopicPartition, SharePartitionOffset> => {
      const item = { topic: topicName, partition: one.partitionIndex }
      const error = errorOf(one.errorCode, one.errorMessage)
      if (error !== undefined) return { item, value: undefined, error }
      const leaderEpoch = one.leaderEpoch === -1 ? undefined : one.leaderEpoch
      const lag = one.lag === -1 ? undefined : one.lag
      return { item, value: { startOffset: one.startOffset, leaderEpoch, lag }, error: undefined }
    }),
  )
  return new Results(results, partitionKey)
}
