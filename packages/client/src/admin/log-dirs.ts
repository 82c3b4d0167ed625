/** The log directories of brokers: what is in them, and moving replicas between them (KIP-113). */
import { AlterReplicaLogDirs, DescribeLogDirs, type ProtocolError, type ResponseOf } from '@gregor/protocol'
import { type TopicPartition, byTopic, partitionKey } from '../consumer/partition-set.ts'
import { type AdminContext, type CallOptions, check, errorOf, failure, inRounds } from './call.ts'
import type { Results } from './results.ts'
import { inParts } from './routing.ts'

export interface TopicPartitionReplica extends TopicPartition {
  readonly brokerId: number
}

export interface LogDirDescription {
  readonly path: string
  /** Why it cannot be used; `undefined`: it can. */
  readonly error: Error | undefined
  readonly replicas: readonly ReplicaInfo[]
  /** Of the volume; `undefined` before 3.3. */
  readonly totalBytes: number | undefined
  readonly usableBytes: number | undefined
  /** Takes no new partitions (4.3 and later). */
  readonly isCordoned: boolean
}

export interface ReplicaInfo extends TopicPartition {
  readonly sizeBytes: number
  /** Of a copy being made: behind the replica. Else: the log end behind the high watermark. */
  readonly offsetLag: number
  /** A copy being made: it takes the place of the replica once it has caught up. */
  readonly isFuture: boolean
}

/** Where a replica is, and where it moves to. */
export interface ReplicaLogDirs {
  /** `undefined`: the broker has no such replica. */
  readonly current: ReplicaLogDir | undefined
  readonly future: ReplicaLogDir | undefined
}

interface ReplicaLogDir {
  readonly path: string
  readonly offsetLag: number
}

export interface ReplicaLogDirAssignment extends TopicPartitionReplica {
  /** One of the broker's `log.dirs`. */
  readonly logDir: string
}

/** What a broker says of its directories is final. */
const none: ReadonlySet<ProtocolError> = new Set<ProtocolError>()

export function describeLogDirs(
  context: AdminContext,
  brokerIds: readonly number[],
  options: CallOptions,
): Promise<Results<number, readonly LogDirDescription[]>> {
  const rounds = {
    ...options,
    name: 'describeLogDirs',
    keyOf: (brokerId: number) => `broker ${brokerId}`,
    passing: none,
  }
  return inRounds(context, brokerIds, rounds, (open, report, given) =>
    inParts(new Map(open.map((brokerId) => [brokerId, [brokerId]])), report, async (brokerId) => {
      const { response } = await context.cluster.send(brokerId, DescribeLogDirs, { topics: null }, given)
      report.done(brokerId, logDirs(response))
    }),
  )
}

export function describeReplicaLogDirs(
  context: AdminContext,
  replicas: readonly TopicPartitionReplica[],
  options: CallOptions,
): Promise<Results<TopicPartitionReplica, ReplicaLogDirs>> {
  const rounds = { ...options, name: 'describeReplicaLogDirs', keyOf: replicaKey, passing: none }
  return inRounds(context, replicas, rounds, (open, report, given) =>
    inParts(
      Map.groupBy(open, ({ brokerId }) => brokerId),
      report,
      async (brokerId, part) => {
        const { response } = await context.cluster.send(brokerId, DescribeLogDirs, { topics: byTopic(part) }, given)
        const found = logDirs(response)
        const [offline] = found.flatMap(({ error }) => error ?? [])
        for (const replica of part) {
          const current = placeOf(replica, found, false)
          const future = placeOf(replica, found, true)
          // A replica that is nowhere may be in the directory that failed.
          if (current === undefined && future === undefined && offline !== undefined) report.refused(replica, offline)
          else report.done(replica, { current, future })
        }
      },
    ),
  )
}

/** The copying goes on after the answer: `describeReplicaLogDirs` tells how far it is. */
export function alterReplicaLogDirs(
  context: AdminContext,
  assignments: readonly ReplicaLogDirAssignment[],
  options: CallOptions,
): Promise<Results<TopicPartitionReplica, void>> {
  const wanted = new Map(assignments.map((one) => [replicaKey(one), one.logDir]))
  const items = assignments.map(({ topic, partition, brokerId }) => ({ topic, partition, brokerId }))
  const rounds = { ...options, name: 'alterReplicaLogDirs', keyOf: replicaKey, passing: none }
  return inRounds(context, items, rounds, (open, report, given) =>
    inParts(
      Map.groupBy(open, ({ brokerId }) => brokerId),
      report,
      async (brokerId, part) => {
        const byDirectory = Map.groupBy(part, (one) => wanted.get(replicaKey(one)) ?? '')
        const dirs = Array.from(byDirectory, ([path, replicas]) => ({
          path,
          topics: byTopic(replicas).map(({ topic, partitions }) => ({ name: topic, partitions })),
        }))
        const { response } = await context.cluster.send(brokerId, AlterReplicaLogDirs, { dirs }, given)
        for (const { topicName, partitions } of response.results) {
          for (const { partitionIndex, errorCode } of partitions) {
            const item = { topic: topicName, partition: partitionIndex, brokerId }
            const error = errorOf(errorCode, null, replicaKey(item))
            if (error === undefined) report.done(item, undefined)
            else report.failed(item, error)
          }
        }
      },
    ),
  )
}

function logDirs(response: ResponseOf<typeof DescribeLogDirs>): readonly LogDirDescription[] {
  check(response.errorCode)
  // Nodes older than 3.2 say so by an empty answer.
  if (response.results.length === 0) throw failure('CLUSTER_AUTHORIZATION_FAILED')
  return response.results.map(({ logDir, errorCode, topics, totalBytes, usableBytes, isCordoned }) => ({
    path: logDir,
    error: errorOf(errorCode, null, logDir),
    replicas: topics.flatMap(({ name, partitions }) =>
      partitions.map(({ partitionIndex, partitionSize, offsetLag, isFutureKey }) => ({
        topic: name,
        partition: partitionIndex,
        sizeBytes: partitionSize,
        offsetLag,
        isFuture: isFutureKey,
      })),
    ),
    totalBytes: totalBytes === -1 ? undefined : totalBytes,
    usableBytes: usableBytes === -1 ? undefined : usableBytes,
    isCordoned,
  }))
}

function placeOf(
  replica: TopicPartition,
  directories: readonly LogDirDescription[],
  isFuture: boolean,
): ReplicaLogDir | undefined {
  for (const { path, replicas } of directories) {
    const found = replicas.find((one) => partitionKey(one) === partitionKey(replica) && one.isFuture === isFuture)
    if (found !== undefined) return { path, offsetLag: found.offsetLag }
  }
  return undefined
}

function replicaKey({ topic, partition, brokerId }: TopicPartitionReplica): string {
  return `${topic}-${partition} on broker ${brokerId}`
}
