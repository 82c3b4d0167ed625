/**
 * ListOffsets (key 2): the offset that belongs to a time, or to one of the times with a meaning of their own:
 * -1 latest, -2 earliest, -3 of the largest timestamp (KIP-734), -4 earliest local, -5 latest tiered (KIP-405, 1005),
 * -6 earliest not yet tiered (KIP-1023). Without tiered storage -4 is the earliest and -5, -6 have no answer.
 * v0 answered a list of offsets; v2 isolation · v4 leader epochs (KIP-320) · v5 OFFSET_NOT_AVAILABLE (KIP-207).
 */
import { errorCode, ListOffsets } from '@gregor/protocol'
import type { ProtocolError, RequestOf, ResponseInput } from '@gregor/protocol'
import type { Partition } from '../replication/partition.ts'
import { isAllowedOnTopic } from '../server/authorization.ts'
import { defineHandler } from '../server/handler.ts'
import type { RequestContext } from '../server/request-context.ts'
import type { Services } from '../server/services.ts'

type ListOffsetsRequest = RequestOf<typeof ListOffsets>
type PartitionAnswer = ResponseInput<typeof ListOffsets>['topics'][number]['partitions'][number]
type Asked = ListOffsetsRequest['topics'][number]['partitions'][number]

/** The first version in which a time with a meaning may be asked for. */
const firstVersions: Readonly<Record<number, number | undefined>> = {
  [-1]: 0,
  [-2]: 0,
  [-3]: 7,
  [-4]: 8,
  [-5]: 9,
  [-6]: 11,
}
const debuggingReplicaId = -2

export const listOffsets = defineHandler(ListOffsets, {
  async handle(request, context, services) {
    const duplicates = duplicatesIn(request)
    const topics = request.topics.map(async ({ name, partitions }) => {
      const isPermitted = isAllowedOnTopic(services, context, 'DESCRIBE', name)
      return {
        name,
        partitions: await Promise.all(
          partitions.map(async (asked) => {
            if (!isPermitted) return refused(asked, 'TOPIC_AUTHORIZATION_FAILED')
            if (duplicates.has(`${name}:${asked.partitionIndex}`)) return refused(asked, 'INVALID_REQUEST')
            return answer(name, asked, request, context, services)
          }),
        ),
      }
    })
    return { topics: await Promise.all(topics) }
  },
  refuse: (request, error) => ({
    topics: request.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map((asked) => refused(asked, error)),
    })),
  }),
})

function duplicatesIn(request: ListOffsetsRequest): ReadonlySet<string> {
  const seen = new Set<string>()
  const duplicates = new Set<string>()
  for (const { name, partitions } of request.topics) {
    for (const { partitionIndex } of partitions) {
      const key = `${name}:${partitionIndex}`
      if (seen.has(key)) duplicates.add(key)
      seen.add(key)
    }
  }
  return duplicates
}

async function answer(
  topic: string,
  asked: Asked,
  request: ListOffsetsRequest,
  context: RequestContext,
  services: Services,
): Promise<PartitionAnswer> {
  const { apiVersion } = context
  if (asked.timestamp < 0 && apiVersion < (firstVersions[asked.timestamp] ?? Infinity))
    return refused(asked, 'UNSUPPORTED_VERSION')
  const leader =
    request.replicaId === debuggingReplicaId
      ? services.replicas.hosted(topic, asked.partitionIndex)
      : services.replicas.leader(topic, asked.partitionIndex)
  if (typeof leader === 'string') return refused(asked, leader)
  const error = leader.check(asked.currentLeaderEpoch)
  if (error !== 'NONE' && !(error === 'NOT_LEADER_OR_FOLLOWER' && request.replicaId === debuggingReplicaId))
    return refused(asked, error)
  const isClient = request.replicaId === -1
  const limit = fetchableEnd(leader, isClient, request.isolationLevel)
  // A new leader does not know yet how far its predecessor had committed (KIP-207).
  if (isClient && asked.timestamp !== -2 && isCatchingUp(leader)) {
    if (asked.timestamp === -1) return refused(asked, apiVersion >= 5 ? 'OFFSET_NOT_AVAILABLE' : 'LEADER_NOT_AVAILABLE')
  }
  if (apiVersion === 0)
    return {
      partitionIndex: asked.partitionIndex,
      errorCode: 0,
      oldStyleOffsets: oldStyleOffsets(leader, asked, limit),
    }
  const found = await lookup(leader, asked.timestamp, limit)
  return {
    partitionIndex: asked.partitionIndex,
    errorCode: 0,
    timestamp: found.timestamp,
    offset: found.offset,
    ...(apiVersion >= 4 ? { leaderEpoch: found.leaderEpoch } : {}),
  }
}

interface Found {
  readonly offset: number
  readonly timestamp: number
  readonly leaderEpoch: number
}

const nothing: Found = { offset: -1, timestamp: -1, leaderEpoch: -1 }

function fetchableEnd({ log }: Partition, isClient: boolean, isolationLevel: number): number {
  if (!isClient) return log.logEndOffset
  return isolationLevel === 1 ? log.lastStableOffset : log.highWatermark
}

function isCatchingUp({ log, leadership }: Partition): boolean {
  const epochStart = log.epochs.entries.at(-1)
  return epochStart?.epoch === leadership.leaderEpoch && log.highWatermark < epochStart.startOffset
}

async function lookup(partition: Partition, timestamp: number, limit: number): Promise<Found> {
  const { log } = partition
  switch (timestamp) {
    case -1:
      return { offset: limit, timestamp: -1, leaderEpoch: log.epochs.latestEpoch ?? -1 }
    case -2:
    case -4:
      return {
        offset: log.logStartOffset,
        timestamp: -1,
        leaderEpoch: log.epochs.epochForOffset(log.logStartOffset) ?? -1,
      }
    case -5:
    case -6:
      return nothing
    default: {
      const found = timestamp === -3 ? await log.offsetOfMaxTimestamp() : await log.offsetForTimestamp(timestamp)
      return found === undefined || found.offset >= limit ? nothing : found
    }
  }
}

/** Version 0: the end, or the base offsets of the segments older than a time, newest first, as many as asked for. */
function oldStyleOffsets({ log }: Partition, { timestamp, maxNumOffsets }: Asked, limit: number): number[] {
  if (timestamp === -2) return [log.logStartOffset]
  const bases = log.segments.all
    .filter(({ baseOffset, modifiedAtMs }) => baseOffset < limit && (timestamp === -1 || modifiedAtMs <= timestamp))
    .map(({ baseOffset }) => baseOffset)
  const offsets = timestamp === -1 ? [limit, ...bases.reverse()] : bases.reverse()
  return offsets.slice(0, Math.max(0, maxNumOffsets))
}

function refused({ partitionIndex }: Asked, error: ProtocolError): PartitionAnswer {
  return { partitionIndex, errorCode: errorCode(error), timestamp: -1, offset: -1, oldStyleOffsets: [] }
}
