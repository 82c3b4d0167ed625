/** Offsets of partitions, by the place they are asked for, and deleting what is before one. Asked of the leaders. */
import { DeleteRecords, ListOffsets } from '@gregor/protocol'
import { type TopicPartition, byTopic, partitionKey } from '../consumer/partition-set.ts'
import { UnsupportedVersionError } from '../errors.ts'
import { type AdminContext, type CallOptions, errorOf, inRounds } from './call.ts'
import type { Results } from './results.ts'
import { toLeaders } from './routing.ts'

/**
 * A place in a partition:
 * `earliest` the first offset that is kept; `latest` the next one to be written, or the first of an open transaction with
 * `read_committed`; `max-timestamp` the record with the largest timestamp (3.0 and later); `earliest-local` the first on
 * the leader's own disk (3.4); `latest-tiered` the last in remote storage (3.9); `earliest-pending-upload` the first that
 * is not there yet (4.3); a timestamp in ms: the first record at it or later.
 */
export type OffsetSpec =
  | 'earliest'
  | 'latest'
  | 'max-timestamp'
  | 'earliest-local'
  | 'latest-tiered'
  | 'earliest-pending-upload'
  | { readonly timestampMs: number }

export interface PartitionOffsetSpec extends TopicPartition {
  readonly spec: OffsetSpec
}

export interface ListOffsetsOptions extends CallOptions {
  /** Default: `read_uncommitted`. */
  readonly isolationLevel?: 'read_uncommitted' | 'read_committed'
}

export interface ListedOffset {
  /** -1: there is none, as no record is that young, or the partition is empty. */
  readonly offset: number
  /** Of the record, in ms; -1 where a place was asked for, or there is none. */
  readonly timestamp: number
  /** `undefined` where it is not known. */
  readonly leaderEpoch: number | undefined
}

export interface RecordsToDelete extends TopicPartition {
  /** The first offset to keep. -1: the high watermark, so that all goes. */
  readonly beforeOffset: number
}

export interface DeletedRecords {
  /** The first offset that is left. */
  readonly lowWatermark: number
}

const specCodes = {
  latest: { timestamp: -1, versionMin: 1 },
  earliest: { timestamp: -2, versionMin: 1 },
  'max-timestamp': { timestamp: -3, versionMin: 7 },
  'earliest-local': { timestamp: -4, versionMin: 8 },
  'latest-tiered': { timestamp: -5, versionMin: 9 },
  'earliest-pending-upload': { timestamp: -6, versionMin: 11 },
} as const

/** Asks as a consumer does. */
const consumerReplicaId = -1

export function listOffsets(
  context: AdminContext,
  partitions: readonly PartitionOffsetSpec[],
  options: ListOffsetsOptions,
): Promise<Results<TopicPartition, ListedOffset>> {
  const specs = new Map(partitions.map((one) => [partitionKey(one), codeOf(one.spec)]))
  const items = partitions.map(({ topic, partition }) => ({ topic, partition }))
  const rounds = { ...options, name: 'listOffsets', keyOf: partitionKey }
  return inRounds(context, items, rounds, (open, report, given) =>
    toLeaders(context, open, report, given, async (nodeId, part) => {
      const version = await context.cluster.versionOf(nodeId, ListOffsets, given)
      const [askable, tooNew] = split(part, (one) => (specs.get(partitionKey(one))?.versionMin ?? 0) <= version)
      for (const one of tooNew) report.refused(one, new UnsupportedVersionError(`node ${nodeId} knows no such place`))
      if (askable.length === 0) return
      const request = {
        replicaId: consumerReplicaId,
        isolationLevel: options.isolationLevel === 'read_committed' ? 1 : 0,
        topics: byTopic(askable).map(({ topic, partitions: indexes }) => ({
          name: topic,
          partitions: indexes.map((partitionIndex) => ({
            partitionIndex,
            timestamp: specs.get(partitionKey({ topic, partition: partitionIndex }))?.timestamp ?? -1,
          })),
        })),
        timeoutMs: given.timeoutMs,
      }
      const { response } = await context.cluster.send(nodeId, ListOffsets, request, given)
      for (const { name, partitions: answered } of response.topics) {
        for (const { partitionIndex, errorCode, offset, timestamp, leaderEpoch } of answered) {
          const item = { topic: name, partition: partitionIndex }
          const error = errorOf(errorCode, null, partitionKey(item))
          if (error !== undefined) report.failed(item, error)
          else report.done(item, { offset, timestamp, leaderEpoch: leaderEpoch === -1 ? undefined : leaderEpoch })
        }
      }
    }),
  )
}

export function deleteRecords(
  context: AdminContext,
  records: readonly RecordsToDelete[],
  options: CallOptions,
): Promise<Results<TopicPartition, DeletedRecords>> {
  const offsets = new Map(records.map((one) => [partitionKey(one), one.beforeOffset]))
  const items = records.map(({ topic, partition }) => ({ topic, partition }))
  const rounds = { ...options, name: 'deleteRecords', keyOf: partitionKey }
  return inRounds(context, items, rounds, (open, report, given) =>
    toLeaders(context, open, report, given, async (nodeId, part) => {
      const request = {
        topics: byTopic(part).map(({ topic, partitions }) => ({
          name: topic,
          partitions: partitions.map((partitionIndex) => ({
            partitionIndex,
            offset: offsets.get(partitionKey({ topic, partition: partitionIndex })) ?? 0,
          })),
        })),
        timeoutMs: given.timeoutMs,
      }
      const { response } = await context.cluster.send(nodeId, DeleteRecords, request, given)
      for (const { name, partitions } of response.topics) {
        for (const { partitionIndex, errorCode, lowWatermark } of partitions) {
          const item = { topic: name, partition: partitionIndex }
          const error = errorOf(errorCode, null, partitionKey(item))
          if (error === undefined) report.done(item, { lowWatermark })
          else report.failed(item, error)
        }
      }
    }),
  )
}

function codeOf(spec: OffsetSpec): { readonly timestamp: number; readonly versionMin: number } {
  return typeof spec === 'string' ? specCodes[spec] : { timestamp: spec.timestampMs, versionMin: 1 }
}

function split<T>(items: readonly T[], isFirst: (item: T) => boolean): readonly [readonly T[], readonly T[]] {
  return [items.filter(isFirst), items.filter((item) => !isFirst(item))]
}
