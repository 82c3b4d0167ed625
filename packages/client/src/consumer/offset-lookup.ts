/**
 * Finds offsets by time, and the ends of logs: ListOffsets to the leaders, again for those partitions only whose leader
 * was not where it was thought to be.
 */
import { type ListOffsetsResponse, ListOffsets, type ProtocolError, errorName, isRetriable } from '@gregor/protocol'
import type { Cluster } from '../cluster/cluster.ts'
import { KafkaError } from '../errors.ts'
import { retrying } from '../retrying.ts'
import { leaderOf } from './assigned-partition.ts'
import type { ConsumerConfig } from './consumer-configs.ts'
import type { ConsumerEnvironment } from './consumer-environment.ts'
import { type TopicPartition, partitionKey } from './partition-set.ts'

export interface OffsetQuery extends TopicPartition {
  /** Milliseconds since the epoch, or one of the special ones of `offset-reset.ts`. */
  readonly timestamp: number
}

export interface FoundOffset {
  /** -1: there is no such record. */
  readonly offset: number
  /** Of the record; -1 for the ends of a log. */
  readonly timestamp: number
  /** -1: unknown. */
  readonly leaderEpoch: number
}

export interface OffsetLookupOptions {
  readonly cluster: Cluster
  readonly environment: ConsumerEnvironment
  readonly config: ConsumerConfig
}

interface CallOptions {
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
}

/**
 * By `partitionKey`.
 * @throws KafkaError, TimeoutError where not all were answered in time.
 */
export async function findOffsets(
  { cluster, environment, config }: OffsetLookupOptions,
  queries: readonly OffsetQuery[],
  call: CallOptions,
): Promise<ReadonlyMap<string, FoundOffset>> {
  const found = new Map<string, FoundOffset>()
  const retry = {
    environment,
    name: 'finding offsets',
    backoffMs: config.retryBackoffMs,
    backoffMaxMs: config.retryBackoffMaxMs,
    ...call,
  }
  await retrying(retry, async ({ remainingMs }) => {
    const left = queries.filter((one) => !found.has(partitionKey(one)))
    const send = { timeoutMs: Math.min(remainingMs, config.requestTimeoutMs), signal: call.signal }
    const byLeader = await leadersOf(cluster, left, send)
    const failures = await Promise.all(
      [...byLeader].map(async ([leaderId, ofLeader]) => {
        const request = requestFrom(cluster, ofLeader, config.isolationLevel === 'read_committed')
        const { response } = await cluster.send(leaderId, ListOffsets, request, send)
        return readAnswer(response, found)
      }),
    )
    const errors = failures.flat()
    const failure = errors.find(({ error }) => !isRetriable(error)) ?? errors[0]
    if (failure === undefined) return
    const { topic, partition, error } = failure
    for (const one of errors) cluster.metadata.invalidate(one.topic)
    throw new KafkaError({ code: error, about: `${topic}-${partition}` })
  })
  return found
}

async function leadersOf(
  cluster: Cluster,
  queries: readonly OffsetQuery[],
  call: CallOptions,
): Promise<ReadonlyMap<number, readonly OffsetQuery[]>> {
  for (const topic of new Set(queries.map((one) => one.topic))) {
    if (cluster.metadata.topic(topic) === undefined) await cluster.metadata.ensure(topic, call)
  }
  const unled = queries.find((one) => leaderOf(cluster.metadata, one) === undefined)
  if (unled !== undefined) {
    await cluster.metadata.refresh({ topics: [unled.topic], ...call })
    if (leaderOf(cluster.metadata, unled) === undefined) {
      const known = cluster.metadata.topic(unled.topic)
      const isThere = known?.partitions[unled.partition] !== undefined
      const code = isThere ? 'LEADER_NOT_AVAILABLE' : 'UNKNOWN_TOPIC_OR_PARTITION'
      throw new KafkaError({ code, about: partitionKey(unled) })
    }
  }
  return Map.groupBy(queries, (one) => leaderOf(cluster.metadata, one)?.leaderId ?? -1)
}

function requestFrom(
  cluster: Cluster,
  queries: readonly OffsetQuery[],
  isReadCommitted: boolean,
): Parameters<typeof cluster.send<typeof ListOffsets>>[2] {
  return {
    replicaId: -1,
    isolationLevel: isReadCommitted ? 1 : 0,
    topics: [...Map.groupBy(queries, ({ topic }) => topic)].map(([name, ofTopic]) => ({
      name,
      partitions: ofTopic.map((one) => ({
        partitionIndex: one.partition,
        currentLeaderEpoch: leaderOf(cluster.metadata, one)?.leaderEpoch ?? -1,
        timestamp: one.timestamp,
      })),
    })),
  }
}

function readAnswer(
  response: ListOffsetsResponse,
  found: Map<string, FoundOffset>,
): readonly (TopicPartition & { readonly error: ProtocolError })[] {
  return response.topics.flatMap(({ name: topic, partitions }) =>
    partitions.flatMap(({ partitionIndex: partition, errorCode, offset, timestamp, leaderEpoch }) => {
      const error = errorName(errorCode)
      if (error !== 'NONE') return [{ topic, partition, error }]
      found.set(partitionKey({ topic, partition }), { offset, timestamp, leaderEpoch })
      return []
    }),
  )
}
