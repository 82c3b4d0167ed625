/**
 * Fetch (key 1): reads batches from each partition in the order asked, waits for `minBytes` where there is too little,
 * and answers within `maxBytes`, but always with at least one batch where there is one (KIP-74).
 * v7 sessions (KIP-227) · v11 rack (KIP-392) · v12 divergence (KIP-595) · v13 topic ids (KIP-516) · v16 leader hints (KIP-951)
 */
import { ZERO_UUID } from '@gregor/base'
import { errorCode, Fetch } from '@gregor/protocol'
import type { ProtocolError, RequestOf, ResponseInput } from '@gregor/protocol'
import type { Partition } from '../replication/partition.ts'
import type { Isolation, PartitionReadResult } from '../replication/partition-read.ts'
import { ReadBuffers } from '../replication/read-buffers.ts'
import { isAllowedOnCluster, isAllowedOnTopic } from '../server/authorization.ts'
import { defineHandler } from '../server/handler.ts'
import { currentLeader, nodeEndpoints, type LeaderHint } from '../server/leader-hints.ts'
import type { RequestContext } from '../server/request-context.ts'
import type { Services } from '../server/services.ts'
import type { FetchedPartition, FetchedResult, FetchTurn, SessionRequest } from '../sessions/fetch-sessions.ts'

type FetchRequest = RequestOf<typeof Fetch>
type FetchResponse = ResponseInput<typeof Fetch>
type PartitionAnswer = FetchResponse['responses'][number]['partitions'][number]

interface Result extends FetchedResult {
  readonly answer: PartitionAnswer
  readonly isError: boolean
  readonly hasMore: boolean
}

/** What all partitions of one fetch share. */
interface Limits {
  readonly maxBytes: number
  readonly minBytes: number
  readonly maxWaitMs: number
  readonly isolation: Isolation
}

export const fetch = defineHandler(Fetch, {
  handle(request, context, services) {
    const isReplica = replicaIdOf(request) >= 0
    const turn = services.fetchSessions.begin(
      sessionRequest(request, isReplica, context, services),
      services.clock.monotonicMs(),
    )
    if (typeof turn === 'string') return { errorCode: errorCode(turn), responses: [] }
    const quotaBytes = isReplica ? Infinity : services.quotas.fetchBytesMax(context)
    const maxBytes = Math.min(request.maxBytes, services.config.get('fetch.max.bytes'), quotaBytes)
    const limits: Limits = {
      maxBytes,
      minBytes: Math.min(request.minBytes, maxBytes),
      maxWaitMs: request.maxWaitMs,
      isolation: request.isolationLevel === 1 ? 'read_committed' : 'read_uncommitted',
    }
    const buffers = new ReadBuffers(services.readMemory)
    context.whenSent = buffers.release
    const targets = turn.partitions.map((partition) => target(partition, isReplica, context, services))
    const given = { targets, limits, buffers, context, services }
    const first = readWithRoom(given)
    if (first instanceof Promise) return first.then((results) => settle(results))
    return settle(first)

    function settle(results: readonly Result[]): FetchResponse | Promise<FetchResponse> {
      if (isEnough(results, limits)) return respond(turn as FetchTurn, results, context, services)
      return waitForMore(turn as FetchTurn, results, given)
    }
  },
  refuse: (request, error, { apiVersion }) => refuse(request, error, apiVersion),
  readsAtOnce: true,
})

/** Before version 7 there is no place to say it but each partition. */
function refuse({ topics }: FetchRequest, error: ProtocolError, apiVersion: number): FetchResponse {
  const code = errorCode(error)
  if (apiVersion >= 7) return { errorCode: code, responses: [] }
  return {
    responses: topics.map(({ topic, topicId, partitions }) => ({
      topic,
      topicId,
      partitions: partitions.map(({ partition: partitionIndex }) => ({
        partitionIndex,
        errorCode: code,
        highWatermark: -1,
        abortedTransactions: null,
        records: [],
      })),
    })),
  }
}

function replicaIdOf(request: FetchRequest): number {
  return request.replicaState.replicaId >= 0 ? request.replicaState.replicaId : request.replicaId
}

function sessionRequest(
  request: FetchRequest,
  isReplica: boolean,
  context: RequestContext,
  { metadata }: Services,
): SessionRequest {
  const usesTopicIds = context.apiVersion >= 13
  const { topics } = metadata.image
  const nameOf = (topic: { topic: string; topicId: string }): string | undefined =>
    usesTopicIds ? topics.byId.get(topic.topicId)?.name : topic.topic
  const partitions: FetchedPartition[] = []
  for (const topic of request.topics) {
    const name = nameOf(topic)
    for (const asked of topic.partitions) {
      partitions.push({
        topicId: usesTopicIds ? topic.topicId : ZERO_UUID,
        topic: name,
        partitionIndex: asked.partition,
        fetchOffset: asked.fetchOffset,
        currentLeaderEpoch: asked.currentLeaderEpoch,
        lastFetchedEpoch: asked.lastFetchedEpoch,
        logStartOffset: asked.logStartOffset,
        maxBytes: asked.partitionMaxBytes,
      })
    }
  }
  return {
    sessionId: request.sessionId,
    sessionEpoch: context.apiVersion >= 7 ? request.sessionEpoch : -1,
    usesTopicIds,
    isReplica,
    partitions,
    forgotten: request.forgottenTopicsData,
  }
}

interface Target {
  readonly asked: FetchedPartition
  readonly partition: Partition | ProtocolError
}

function target(asked: FetchedPartition, isReplica: boolean, context: RequestContext, services: Services): Target {
  const { topic, partitionIndex } = asked
  // A session may have met an id before this node knew it.
  const name = topic ?? services.metadata.image.topics.byId.get(asked.topicId)?.name
  if (name === undefined) return { asked, partition: 'UNKNOWN_TOPIC_ID' }
  const isPermitted = isReplica
    ? isAllowedOnCluster(services, context, 'CLUSTER_ACTION')
    : isAllowedOnTopic(services, context, 'READ', name)
  if (!isPermitted) return { asked, partition: 'TOPIC_AUTHORIZATION_FAILED' }
  const partition = services.replicas.leader(name, partitionIndex)
  if (typeof partition === 'string') return { asked, partition }
  if (asked.topicId !== ZERO_UUID && partition.topicId !== asked.topicId)
    return { asked, partition: 'INCONSISTENT_TOPIC_ID' }
  return { asked, partition }
}

/** What the reads of one fetch are given. */
interface Given {
  readonly targets: readonly Target[]
  readonly limits: Limits
  readonly buffers: ReadBuffers
  readonly context: RequestContext
  readonly services: Services
}

/** Who has waited for room looks again: others who waited with him may have taken it. */
function readWithRoom(given: Given): readonly Result[] | Promise<readonly Result[]> {
  const room = given.services.readMemory.room()
  return room === undefined ? readAll(given) : room.then(() => readWithRoom(given))
}

/** Reads in order while bytes are left. A promise only where some bytes must come from the disk. */
function readAll(given: Given): readonly Result[] | Promise<readonly Result[]> {
  return new Reading(given).goOn()
}

/** A read of all targets on its way: an object, because closures would cost a fetch of one partition twice as much. */
class Reading {
  readonly #given: Given
  /** Of the targets that were read. */
  readonly #results: Result[] = []
  #leftBytes: number
  #readBytes = 0

  constructor(given: Given) {
    this.#given = given
    this.#leftBytes = Math.min(given.limits.maxBytes, given.services.readMemory.answerBytes)
  }

  goOn(): readonly Result[] | Promise<readonly Result[]> {
    const { targets, context, services } = this.#given
    while (this.#results.length < targets.length) {
      const { asked, partition } = targets[this.#results.length] as Target
      if (typeof partition === 'string') {
        this.#results.push(refused(asked, partition, context, services))
        continue
      }
      const read = this.#read(partition, asked)
      if (read instanceof Promise) return this.#goOnAfter(read, asked)
      this.#take(asked, read)
    }
    return this.#results
  }

  async #goOnAfter(read: Promise<PartitionReadResult>, asked: FetchedPartition): Promise<readonly Result[]> {
    this.#take(asked, await read)
    return this.goOn()
  }

  #read(partition: Partition, asked: FetchedPartition): PartitionReadResult | Promise<PartitionReadResult> {
    const { limits, buffers } = this.#given
    return partition.read({
      fetchOffset: asked.fetchOffset,
      maxBytes: Math.min(asked.maxBytes, this.#leftBytes),
      minOneBatch: this.#readBytes === 0,
      minBytes: limits.minBytes - this.#readBytes,
      isolation: limits.isolation,
      currentLeaderEpoch: asked.currentLeaderEpoch,
      lastFetchedEpoch: asked.lastFetchedEpoch,
      allocate: buffers.allocate,
    })
  }

  #take(asked: FetchedPartition, read: PartitionReadResult): void {
    const { context, services } = this.#given
    this.#leftBytes -= read.byteCount
    this.#readBytes += read.byteCount
    this.#results.push(answered(asked, read, context, services))
  }
}

function isEnough(results: readonly Result[], { minBytes, maxWaitMs }: Limits): boolean {
  if (maxWaitMs <= 0 || results.length === 0) return true
  let byteCount = 0
  let hasMore = false
  for (const result of results) {
    if (result.isError || result.hasHint) return true
    byteCount += result.byteCount
    hasMore ||= result.hasMore
  }
  // What had no room in this answer is not waited for: it is there.
  return byteCount >= minBytes || (hasMore && byteCount > 0)
}

async function waitForMore(turn: FetchTurn, first: readonly Result[], given: Given): Promise<FetchResponse> {
  const { targets, limits, buffers, context, services } = given
  const { clock, fetchWaiters } = services
  const deadlineMs = clock.monotonicMs() + limits.maxWaitMs
  const awaited = targets.flatMap(({ partition }) => (typeof partition === 'string' ? [] : [partition]))
  let results = first
  let leftMs = limits.maxWaitMs
  while (leftMs > 0) {
    // While bytes came from the disk nobody waited for what else might come.
    if (hasAdvanced(targets, results)) {
      buffers.release()
      results = await readWithRoom(given)
      if (isEnough(results, limits)) break
    }
    const byteCount = byteCountOf(results)
    // Who waits holds no memory: what was read is read again.
    buffers.release()
    const wait = fetchWaiters.wait(awaited, { missingBytes: limits.minBytes - byteCount, maxWaitMs: leftMs })
    const forget = context.connection.onClose(wait.cancel)
    const reason = await wait.settled
    forget()
    if (reason === 'cancelled') break
    results = await readWithRoom(given)
    if (reason === 'expired' || isEnough(results, limits)) break
    leftMs = deadlineMs - clock.monotonicMs()
  }
  return respond(turn, results, context, services)
}

function hasAdvanced(targets: readonly Target[], results: readonly Result[]): boolean {
  return targets.some(({ partition }, index) => {
    return typeof partition !== 'string' && partition.log.highWatermark > (results[index]?.highWatermark ?? 0)
  })
}

function respond(
  turn: FetchTurn,
  results: readonly Result[],
  context: RequestContext,
  services: Services,
): FetchResponse {
  if (!turn.request.isReplica) {
    context.throttleMs = services.quotas.fetched(context, byteCountOf(results))
    if (context.throttleMs > 0) return throttled(turn, services)
  }
  for (const { partition, answer } of results) {
    services.topicMetrics.fetchAsked(partition.topic ?? '', answer.errorCode !== 0)
  }
  const finished = services.fetchSessions.finish(turn, results, services.clock.monotonicMs())
  if (typeof finished === 'string') return { errorCode: errorCode(finished), responses: [] }
  const responses: { topic: string; topicId: string; partitions: PartitionAnswer[] }[] = []
  const hints: LeaderHint[] = []
  for (const { partition, answer, byteCount } of finished.results) {
    const last = responses.at(-1)
    const name = partition.topic ?? ''
    const isSameTopic = last !== undefined && last.topic === name && last.topicId === partition.topicId
    if (isSameTopic) last.partitions.push(answer)
    else responses.push({ topic: name, topicId: partition.topicId, partitions: [answer] })
    if (answer.currentLeader !== undefined) hints.push(answer.currentLeader as LeaderHint)
    if (byteCount > 0) services.topicMetrics.fetched(name, byteCount)
  }
  return {
    errorCode: 0,
    sessionId: finished.sessionId,
    responses,
    nodeEndpoints: hints.length === 0 ? [] : nodeEndpoints(services, context, hints),
  }
}

function byteCountOf(results: readonly Result[]): number {
  return results.reduce((sum, { byteCount }) => sum + byteCount, 0)
}

/** Nothing for now, and no session anew: the client asks again for the same (KIP-219). */
function throttled(turn: FetchTurn, services: Services): FetchResponse {
  if (turn.kind !== 'incremental') return { errorCode: 0, responses: [] }
  const finished = services.fetchSessions.finish(turn, [], services.clock.monotonicMs())
  if (typeof finished === 'string') return { errorCode: errorCode(finished), responses: [] }
  return { errorCode: 0, sessionId: finished.sessionId, responses: [] }
}

function answered(
  partition: FetchedPartition,
  read: PartitionReadResult,
  context: RequestContext,
  services: Services,
): Result {
  if (read.error !== 'NONE') return refused(partition, read.error, context, services)
  return {
    partition,
    errorCode: 0,
    isError: false,
    highWatermark: read.highWatermark,
    logStartOffset: read.logStartOffset,
    byteCount: read.byteCount,
    hasHint: read.divergingEpoch !== undefined,
    hasMore: read.hasMore,
    answer: {
      partitionIndex: partition.partitionIndex,
      errorCode: 0,
      highWatermark: read.highWatermark,
      lastStableOffset: read.lastStableOffset,
      logStartOffset: read.logStartOffset,
      ...(read.divergingEpoch === undefined ? {} : { divergingEpoch: read.divergingEpoch }),
      abortedTransactions: read.abortedTransactions === undefined ? null : [...read.abortedTransactions],
      records: read.records,
    },
  }
}

function refused(
  partition: FetchedPartition,
  error: ProtocolError,
  context: RequestContext,
  services: Services,
): Result {
  const isLeadership = error === 'NOT_LEADER_OR_FOLLOWER' || error === 'FENCED_LEADER_EPOCH'
  const hint =
    isLeadership && context.apiVersion >= 16
      ? currentLeader(services, partition.topic ?? '', partition.partitionIndex)
      : undefined
  // Clients of those versions do not know the storage error and would give up (KIP-112).
  const told = error === 'KAFKA_STORAGE_ERROR' && context.apiVersion <= 5 ? 'NOT_LEADER_OR_FOLLOWER' : error
  const code = errorCode(told)
  return {
    partition,
    errorCode: code,
    isError: true,
    highWatermark: -1,
    logStartOffset: -1,
    byteCount: 0,
    hasHint: hint !== undefined,
    hasMore: false,
    answer: {
      partitionIndex: partition.partitionIndex,
      errorCode: code,
      highWatermark: -1,
      abortedTransactions: isUnseen(error) ? [] : null,
      records: [],
      ...(hint === undefined ? {} : { currentLeader: hint }),
    },
  }
}

/** No partition was looked at: Apache tells its transactions then as none, else as unknown. */
function isUnseen(error: ProtocolError): boolean {
  return (
    error === 'UNKNOWN_TOPIC_OR_PARTITION' || error === 'UNKNOWN_TOPIC_ID' || error === 'TOPIC_AUTHORIZATION_FAILED'
  )
}
