/** How far groups have read: listed, changed and deleted, by whoever is not a member. Asked of their coordinators. */
import { OffsetCommit, OffsetDelete, OffsetFetch } from '@gregor/protocol'
import { type TopicPartition, byTopic, partitionKey } from '../consumer/partition-set.ts'
import {
  type AdminContext,
  type CallOptions,
  type Try,
  check,
  errorOf,
  inRounds,
  passingAtCoordinators,
  asIs,
} from './call.ts'
import { Results, type Result } from './results.ts'
import { toCoordinators } from './routing.ts'

export interface OffsetAndMetadata {
  /** Of the next record to be read. */
  readonly offset: number
  /** Whatever the committer wanted to find again. Default: empty. */
  readonly metadata?: string
  /** Of the last record read; `undefined`: unknown. */
  readonly leaderEpoch?: number | undefined
}

export interface GroupOffsetsQuery {
  readonly groupId: string
  /** Default: all that have an offset. */
  readonly partitions?: readonly TopicPartition[]
}

export interface ListConsumerGroupOffsetsOptions extends CallOptions {
  /** Waits for open transactions that may change an offset, as consumers with `read_committed` do. Default: false. */
  readonly requireStable?: boolean
}

/** For each partition the offset, or `undefined` where the group has none. */
export type CommittedOffsets = Results<TopicPartition, OffsetAndMetadata | undefined>

/** From here on topics are said by their id; by name is what an admin wants. */
const byIdVersion = 10
const manyGroupsVersion = 8

export function listConsumerGroupOffsets(
  context: AdminContext,
  groups: readonly GroupOffsetsQuery[],
  options: ListConsumerGroupOffsetsOptions,
): Promise<Results<string, CommittedOffsets>> {
  const queries = new Map(groups.map((one) => [one.groupId, one.partitions]))
  const rounds = { ...options, name: 'listConsumerGroupOffsets', keyOf: asIs, passing: passingAtCoordinators }
  return inRounds(context, queries.keys(), rounds, (items, report, given) =>
    toCoordinators(context, 'group', { items, keyOf: asIs, report }, given, async ({ nodeId }, part) => {
      const fetched = await offsetsOf(context, { nodeId, groupIds: part, queries, options }, given)
      for (const { groupId, errorCode, topics } of fetched) {
        const error = errorOf(errorCode, null, `group ${groupId}`) ?? unstable(topics)
        if (error === undefined) report.done(groupId, groupOffsets(topics))
        else report.failed(groupId, error)
      }
    }),
  )
}

/** The group must be without members, except for partitions of topics that nobody of it reads. */
export function alterConsumerGroupOffsets(
  context: AdminContext,
  given: { readonly groupId: string; readonly offsets: readonly (TopicPartition & OffsetAndMetadata)[] },
  options: CallOptions,
): Promise<Results<TopicPartition, void>> {
  const { groupId } = given
  const offsets = new Map(given.offsets.map((one) => [partitionKey(one), one]))
  const partitions = given.offsets.map(({ topic, partition }) => ({ topic, partition }))
  const rounds = { ...options, name: 'alterConsumerGroupOffsets', keyOf: partitionKey, passing: passingAtCoordinators }
  return inRounds(context, partitions, rounds, (items, report, attempt) =>
    toCoordinators(context, 'group', { items, keyOf: () => groupId, report }, attempt, async ({ nodeId }, part) => {
      const request = {
        groupId,
        memberId: '',
        topics: byTopic(part).map(({ topic, partitions: indexes }) => ({
          name: topic,
          partitions: indexes.map((partitionIndex) => {
            const one = offsets.get(partitionKey({ topic, partition: partitionIndex }))
            return {
              partitionIndex,
              committedOffset: one?.offset ?? 0,
              committedLeaderEpoch: one?.leaderEpoch ?? -1,
              committedMetadata: one?.metadata ?? '',
            }
          }),
        })),
      }
      const send = { ...attempt, versionMax: byIdVersion - 1 }
      const { response } = await context.cluster.send(nodeId, OffsetCommit, request, send)
      for (const { name, partitions: answered } of response.topics) {
        for (const { partitionIndex, errorCode } of answered) {
          const item = { topic: name, partition: partitionIndex }
          const error = errorOf(errorCode)
          if (error === undefined) report.done(item, undefined)
          else report.failed(item, error)
        }
      }
    }),
  )
}

/** @throws what concerns the group as a whole is the error of each partition */
export function deleteConsumerGroupOffsets(
  context: AdminContext,
  given: { readonly groupId: string; readonly partitions: readonly TopicPartition[] },
  options: CallOptions,
): Promise<Results<TopicPartition, void>> {
  const { groupId } = given
  const rounds = { ...options, name: 'deleteConsumerGroupOffsets', keyOf: partitionKey, passing: passingAtCoordinators }
  return inRounds(context, given.partitions, rounds, (items, report, attempt) =>
    toCoordinators(context, 'group', { items, keyOf: () => groupId, report }, attempt, async ({ nodeId }, part) => {
      const request = {
        groupId,
        topics: byTopic(part).map(({ topic, partitions }) => ({
          name: topic,
          partitions: partitions.map((partitionIndex) => ({ partitionIndex })),
        })),
      }
      const { response } = await context.cluster.send(nodeId, OffsetDelete, request, attempt)
      check(response.errorCode)
      for (const { name, partitions } of response.topics) {
        for (const { partitionIndex, errorCode } of partitions) {
          const item = { topic: name, partition: partitionIndex }
          const error = errorOf(errorCode)
          if (error === undefined) report.done(item, undefined)
          else report.failed(item, error)
        }
      }
    }),
  )
}

interface FetchedGroup {
  readonly groupId: string
  readonly errorCode: number
  readonly topics: readonly FetchedTopic[]
}

interface FetchedTopic {
  readonly name: string
  readonly partitions: readonly {
    readonly partitionIndex: number
    readonly committedOffset: number
    readonly committedLeaderEpoch: number
    readonly metadata: string | null
    readonly errorCode: number
  }[]
}

interface OffsetsOf {
  readonly nodeId: number
  readonly groupIds: readonly string[]
  readonly queries: ReadonlyMap<string, readonly TopicPartition[] | undefined>
  readonly options: ListConsumerGroupOffsetsOptions
}

async function offsetsOf(
  { cluster }: AdminContext,
  { nodeId, groupIds, queries, options }: OffsetsOf,
  given: Try,
): Promise<readonly FetchedGroup[]> {
  const requireStable = options.requireStable ?? false
  const topicsOf = (groupId: string) => {
    const partitions = queries.get(groupId)
    if (partitions === undefined) return null
    return byTopic(partitions).map(({ topic, partitions: partitionIndexes }) => ({ name: topic, partitionIndexes }))
  }
  if ((await cluster.versionOf(nodeId, OffsetFetch, given)) >= manyGroupsVersion) {
    const groups = groupIds.map((groupId) => ({ groupId, topics: topicsOf(groupId) }))
    const send = { ...given, versionMax: byIdVersion - 1 }
    const { response } = await cluster.send(nodeId, OffsetFetch, { groups, requireStable }, send)
    return response.groups
  }
  const send = { ...given, versionMax: manyGroupsVersion - 1 }
  return Promise.all(
    groupIds.map(async (groupId) => {
      const request = { groupId, topics: topicsOf(groupId), requireStable }
      const { response } = await cluster.send(nodeId, OffsetFetch, request, send)
      return { groupId, errorCode: response.errorCode, topics: response.topics }
    }),
  )
}

/** An open transaction may change an offset: the whole group is asked about again. */
function unstable(topics: readonly FetchedTopic[]) {
  const errors = topics.flatMap(({ partitions }) => partitions.map(({ errorCode }) => errorOf(errorCode)))
  return errors.find((error) => error?.code === 'UNSTABLE_OFFSET_COMMIT')
}

function groupOffsets(topics: readonly FetchedTopic[]): CommittedOffsets {
  const results = topics.flatMap(({ name, partitions }) =>
    partitions.map((one): Result<TopicPartition, OffsetAndMetadata | undefined> => {
      const item = { topic: name, partition: one.partitionIndex }
      const error = errorOf(one.errorCode, null, partitionKey(item))
      if (error !== undefined) return { item, value: undefined, error }
      if (one.committedOffset < 0) return { item, value: undefined, error: undefined }
      const leaderEpoch = one.committedLeaderEpoch === -1 ? undefined : one.committedLeaderEpoch
      return {
        item,
        value: { offset: one.committedOffset, metadata: one.metadata ?? '', leaderEpoch },
        error: undefined,
      }
    }),
  )
  return new Results(results, partitionKey)
}
