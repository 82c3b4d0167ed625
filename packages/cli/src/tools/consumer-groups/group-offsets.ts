/** How far groups have read: what is committed, where the ends are, and who reads which partition. */
import type {
  Admin,
  CallOptions,
  ConsumerGroupDescription,
  OffsetAndMetadata,
  OffsetSpec,
  TopicPartition,
} from '@gregor/client'
import { javaErrorText } from '../java-errors.ts'
import { known, type OffsetRow } from './group-lines.ts'

/** As Java wraps what a call failed with. */
export function wrapped(error: Error): Error {
  return new Error(`java.util.concurrent.ExecutionException: ${javaErrorText(error)}`, { cause: error })
}

export function partitionText({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`
}

export interface Committed extends TopicPartition {
  readonly committed: OffsetAndMetadata | undefined
}

/** By topic and partition. */
export async function committedOffsets(
  groupId: string,
  admin: Admin,
  options: CallOptions,
): Promise<ReadonlyMap<string, Committed>> {
  const [group] = await admin.listConsumerGroupOffsets([{ groupId }], options)
  if (group === undefined) return new Map()
  if (group.error !== undefined) throw wrapped(group.error)
  return new Map(
    Array.from(group.value, ({ item, value, error }) => {
      if (error !== undefined) throw wrapped(error)
      return [partitionText(item), { ...item, committed: value }]
    }),
  )
}

/** By topic and partition. */
export async function logOffsets(
  partitions: readonly TopicPartition[],
  spec: OffsetSpec,
  { admin, options }: { readonly admin: Admin; readonly options: CallOptions },
): Promise<ReadonlyMap<string, number>> {
  if (partitions.length === 0) return new Map()
  const listed = await admin.listOffsets(
    partitions.map(({ topic, partition }) => ({ topic, partition, spec })),
    options,
  )
  return new Map(
    Array.from(listed, ({ item, value, error }) => {
      if (error !== undefined) throw wrapped(error)
      return [partitionText(item), value.offset]
    }),
  )
}

/** All partitions of the topics, each with whether it has a leader. */
export async function partitionsOfTopics(
  topics: readonly string[],
  admin: Admin,
  options: CallOptions,
): Promise<ReadonlyMap<string, TopicPartition & { readonly hasLeader: boolean }>> {
  if (topics.length === 0) return new Map()
  const described = await admin.describeTopics(topics, options)
  const [failure] = described.failures
  if (failure !== undefined) throw wrapped(failure.error)
  const all = described
    .all()
    .flatMap(({ name, partitions }) =>
      partitions.map(({ partition, leaderId }) => ({ topic: name, partition, hasLeader: leaderId !== -1 })),
    )
  return new Map(all.map((one) => [partitionText(one), one]))
}

/** First what members read, those with most of it first, then what is committed and nobody reads. */
export async function offsetRows(
  group: ConsumerGroupDescription,
  admin: Admin,
  options: CallOptions,
): Promise<readonly OffsetRow[]> {
  const committed = await committedOffsets(group.groupId, admin, options)
  const readers = group.members
    .filter(({ assignment }) => assignment.length > 0)
    .toSorted((a, b) => b.assignment.length - a.assignment.length)
  const assigned = new Set(readers.flatMap(({ assignment }) => assignment.map(partitionText)))
  const unassigned = [...committed.values()].filter((one) => !assigned.has(partitionText(one)))
  const parts = [
    ...readers.map(({ assignment, memberId, host, clientId }) => ({
      assignment,
      consumerId: memberId,
      host,
      clientId,
    })),
    { assignment: unassigned, consumerId: '-', host: '-', clientId: '-' },
  ]
  const wanted = parts.flatMap(({ assignment }) => assignment)
  const existing = await partitionsOfTopics([...new Set(wanted.map(({ topic }) => topic))], admin, options)
  const led = wanted.filter((one) => existing.get(partitionText(one))?.hasLeader !== false)
  const ends = await logOffsets(led, 'latest', { admin, options })
  return parts.flatMap(({ assignment, ...reader }) =>
    assignment.toSorted(byTopicAndPartition).map((one) => {
      const key = partitionText(one)
      const { offset, leaderEpoch } = committed.get(key)?.committed ?? {}
      const end = ends.get(key)
      return {
        ...reader,
        topic: one.topic,
        partition: String(one.partition),
        leaderEpoch: known(leaderEpoch),
        offset: known(offset),
        endOffset: known(end),
        lag: known(offset === undefined || offset === -1 || end === undefined ? undefined : end - offset),
      }
    }),
  )
}

export function byTopicAndPartition(a: TopicPartition, b: TopicPartition): number {
  if (a.topic === b.topic) return a.partition - b.partition
  return a.topic < b.topic ? -1 : 1
}
