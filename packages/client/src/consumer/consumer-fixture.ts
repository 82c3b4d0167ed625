/**
 * A cluster for tests of the consumer, without a network: logs that are fetched within sessions, offsets of groups, and a
 * coordinator for one member; a script for what goes wrong. On virtual time.
 */
import { randomUuid } from '@gregor/base'
import {
  type Api,
  BatchBuilder,
  type BatchOptions,
  ConsumerGroupHeartbeat,
  Fetch,
  type FetchRequest,
  Heartbeat,
  JoinGroup,
  LeaveGroup,
  ListOffsets,
  OffsetCommit,
  OffsetFetch,
  OffsetForLeaderEpoch,
  type ProtocolError,
  type RequestInput,
  SyncGroup,
  encodeAssignment,
  errorCode,
} from '@gregor/protocol'
import { SimulatedWorld } from '@gregor/testkit/simulation'
import type { ClusterMetadata, PartitionMetadata, TopicMetadata } from '../cluster/cluster-metadata.ts'
import type {
  Answer,
  Cluster,
  CoordinatorKind,
  LeaderHint,
  NodeEndpoint,
  SendOptions,
  Versioned,
} from '../cluster/cluster.ts'
import { reasonOf } from '../retrying.ts'
import type { RecordBatch } from './batch.ts'
import type { ConsumerOptions } from './consumer-options.ts'
import { Consumer } from './consumer.ts'

interface Log {
  leaderId: number
  leaderEpoch: number
  startOffset: number
  endOffset: number
  stableOffset: number
  readonly batches: { readonly bytes: Buffer; readonly lastOffset: number; readonly timestamp: number }[]
  aborted: { producerId: number; firstOffset: number }[]
}

export interface Asked {
  readonly api: string
  readonly nodeId: number
  readonly version: number
  readonly request: unknown
  readonly atMs: number
}

const pollMs = 5

export class FakeBrokers implements Cluster {
  readonly world = new SimulatedWorld({ seed: 1 })
  readonly topics = new Map<string, { topicId: string; logs: Log[] }>()
  /** What the group has: by `topic-partition`. */
  readonly offsets = new Map<string, { offset: number; leaderEpoch: number; metadata: string }>()
  /** Every request, in order. */
  readonly asked: Asked[] = []
  /** Answers instead of what a broker would, or throws; `undefined`: what a broker would. */
  respond: (api: Api, request: never, nodeId: number) => unknown = () => undefined
  /** What the coordinator gives the member, with the next SyncGroup or heartbeat. */
  given: readonly (readonly [topic: string, partition: number])[] = []
  memberEpoch = 1
  heartbeatError: ProtocolError = 'NONE'
  readonly metadata: FakeMetadata
  readonly #sessions = new Map<number, Map<string, FetchPartition>>()
  readonly #gone = new AbortController()
  #generation = 0
  #said: string | undefined

  constructor() {
    this.metadata = new FakeMetadata(this)
  }

  addTopic(name: string, partitionCount = 1): void {
    const logs = Array.from({ length: partitionCount }, (): Log => ({
      leaderId: 1,
      leaderEpoch: 5,
      startOffset: 0,
      endOffset: 0,
      stableOffset: Infinity,
      batches: [],
      aborted: [],
    }))
    this.topics.set(name, { topicId: randomUuid(this.world.random), logs })
  }

  log(topic: string, partition = 0): Log {
    const log = this.topics.get(topic)?.logs[partition]
    if (log === undefined) throw new Error(`there is no ${topic}-${partition}`)
    return log
  }

  /** One batch of records `key → value`. */
  append(
    topic: string,
    values: readonly string[],
    options: BatchOptions & { partition?: number; timestamp?: number } = {},
  ): void {
    const { partition = 0, timestamp = 1_000, ...batch } = options
    const log = this.log(topic, partition)
    const { leaderEpoch: partitionLeaderEpoch } = log
    const builder = new BatchBuilder({ partitionLeaderEpoch, ...batch, baseOffset: log.endOffset })
    for (const value of values) builder.append(Buffer.from(`k-${value}`), Buffer.from(value), [], timestamp)
    this.appendBytes(topic, builder.build(), values.length, partition, timestamp)
  }

  appendBytes(topic: string, bytes: Buffer, count: number, partition = 0, timestamp = 1_000): void {
    const log = this.log(topic, partition)
    log.endOffset += count
    log.batches.push({ bytes, lastOffset: log.endOffset - 1, timestamp })
  }

  consumer<K = Buffer | null, V = Buffer | null>(options: ConsumerOptions<K, V> = {}): Consumer<K, V> {
    return Consumer.open({ cluster: this, environment: this.world.node('client').environment, options })
  }

  run<T>(promise: Promise<T>): Promise<T> {
    return this.world.time.run(promise)
  }

  pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => this.world.time.after(delayMs, 'a pause', resolve))
  }

  get lines(): readonly string[] {
    return this.world.node('client').environment.logger.lines('warn')
  }

  /** The requests of an API, as they were made. */
  requests<A extends Api>(api: A): readonly RequestInput<A>[] {
    return this.asked.filter((one) => one.api === api.name).map(({ request }) => request as RequestInput<A>)
  }

  // ------------------------------------------------------------------------------------------------------ as Cluster

  async send<A extends Api>(
    node: number | 'any' | 'controller',
    api: A,
    request: Versioned<A>,
    options: SendOptions,
  ): Promise<Answer<A>> {
    const nodeId = typeof node === 'number' ? node : 1
    const version = Math.min(options.versionMax ?? Infinity, api.versions.max)
    const given = structuredClone(typeof request === 'function' ? request(version) : request)
    this.asked.push({ api: api.name, nodeId, version, request: given, atMs: this.world.time.nowMs })
    await this.pause(1)
    throwIfAborted(options.signal)
    const scripted = this.respond(api, given as never, nodeId)
    const response = scripted ?? (await this.#answer(nodeId, api, given, version, options.signal))
    await this.pause(1)
    throwIfAborted(options.signal)
    if (response instanceof Error) throw response
    return { version, nodeId, response: response as Answer<A>['response'] }
  }

  sendOnly(): Promise<void> {
    return Promise.reject(new Error('a consumer waits for its answers'))
  }

  versionOf(_node: number | 'any' | 'controller', api: Api): Promise<number> {
    return Promise.resolve(api.versions.max)
  }

  featureLevel(): number {
    return 0
  }

  coordinator(_kind: CoordinatorKind): Promise<number> {
    return Promise.resolve(2)
  }

  forgetCoordinator(): void {
    // The one there is stays.
  }

  closeLane(): void {
    // There are no connections.
  }

  close(): Promise<void> {
    this.#gone.abort()
    return Promise.resolve()
  }

  // -------------------------------------------------------------------------------------------------------- answers

  #answer(nodeId: number, api: Api, request: unknown, version: number, signal: AbortSignal | undefined): unknown {
    switch (api.key) {
      case Fetch.key:
        return this.#fetch(nodeId, request as FetchRequest, signal)
      case ListOffsets.key:
        return this.#listOffsets(request as RequestInput<typeof ListOffsets>)
      case OffsetForLeaderEpoch.key:
        return this.#epochs(request as RequestInput<typeof OffsetForLeaderEpoch>)
      case OffsetCommit.key:
        return this.#commit(request as RequestInput<typeof OffsetCommit>, version)
      case OffsetFetch.key:
        return this.#fetchOffsets(request as RequestInput<typeof OffsetFetch>)
      case JoinGroup.key:
        return this.#join(request as RequestInput<typeof JoinGroup>)
      case SyncGroup.key:
        return {
          throttleTimeMs: 0,
          errorCode: 0,
          protocolType: 'consumer',
          protocolName: 'range',
          assignment: this.#assignment(),
        }
      case Heartbeat.key:
        return { throttleTimeMs: 0, errorCode: errorCode(this.heartbeatError) }
      case LeaveGroup.key:
        return { throttleTimeMs: 0, errorCode: 0, members: [] }
      case ConsumerGroupHeartbeat.key:
        return this.#consumerHeartbeat(request as RequestInput<typeof ConsumerGroupHeartbeat>)
      default:
        return new Error(`${api.name} is not in the script`)
    }
  }

  async #fetch(nodeId: number, request: FetchRequest, signal: AbortSignal | undefined): Promise<unknown> {
    if (request.sessionEpoch === -1)
      return { throttleTimeMs: 0, errorCode: 0, sessionId: 0, responses: [], nodeEndpoints: [] }
    const session = request.sessionEpoch === 0 ? new Map<string, FetchPartition>() : this.#sessions.get(nodeId)
    if (session === undefined) throw new Error('there is no such session')
    this.#sessions.set(nodeId, session)
    for (const { topicId, partitions } of request.forgottenTopicsData ?? []) {
      for (const partition of partitions) session.delete(`${topicId} ${partition}`)
    }
    for (const { topicId, partitions } of request.topics) {
      for (const one of partitions) session.set(`${topicId} ${one.partition}`, one)
    }
    const untilMs = this.world.time.nowMs + request.maxWaitMs
    for (;;) {
      const responses = this.#read(nodeId, session, request.isolationLevel === 1)
      if (responses.length > 0 || this.world.time.nowMs >= untilMs || signal?.aborted === true) {
        return { throttleTimeMs: 0, errorCode: 0, sessionId: 77, responses, nodeEndpoints: [] }
      }
      await this.pause(pollMs)
    }
  }

  #read(nodeId: number, session: ReadonlyMap<string, FetchPartition>, isReadCommitted: boolean): readonly unknown[] {
    return [...session].flatMap(([key, { partition, fetchOffset, partitionMaxBytes }]) => {
      const [topicId = ''] = key.split(' ')
      const log = this.topics.get(this.metadata.topicName(topicId) ?? '')?.logs[partition]
      if (log === undefined) return []
      const answer = (fields: object): readonly unknown[] => [
        {
          topicId,
          partitions: [{ ...emptyAnswer, partitionIndex: partition, highWatermark: log.endOffset, ...fields }],
        },
      ]
      if (log.leaderId !== nodeId) return answer({ errorCode: errorCode('NOT_LEADER_OR_FOLLOWER') })
      if (fetchOffset < log.startOffset || fetchOffset > log.endOffset) {
        return answer({ errorCode: errorCode('OFFSET_OUT_OF_RANGE') })
      }
      const end = isReadCommitted ? log.stableOffset : Infinity
      let bytes = 0
      const read = log.batches.filter(({ lastOffset, bytes: batch }) => {
        if (lastOffset < fetchOffset || lastOffset >= end) return false
        bytes += batch.length
        return bytes <= partitionMaxBytes || bytes === batch.length
      })
      if (read.length === 0) return []
      const lastStableOffset = Math.min(log.stableOffset, log.endOffset)
      const records = Buffer.concat(read.map((batch) => batch.bytes))
      return answer({ records, lastStableOffset, logStartOffset: log.startOffset, abortedTransactions: log.aborted })
    })
  }

  #listOffsets({ topics }: RequestInput<typeof ListOffsets>): unknown {
    return {
      throttleTimeMs: 0,
      topics: topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex, timestamp }) => {
          const log = this.log(name, partitionIndex)
          const found = log.batches.find((batch) => batch.timestamp >= timestamp)
          const first = found === undefined ? -1 : found.lastOffset - found.bytes.readInt32BE(57) + 1
          const offset =
            timestamp === -1 ? Math.min(log.stableOffset, log.endOffset) : timestamp === -2 ? log.startOffset : first
          const leaderEpoch = offset === -1 ? -1 : log.leaderEpoch
          return {
            partitionIndex,
            errorCode: 0,
            oldStyleOffsets: [],
            timestamp: timestamp < 0 ? -1 : (found?.timestamp ?? -1),
            offset,
            leaderEpoch,
          }
        }),
      })),
    }
  }

  /** Everything was written by the leader there is. */
  #epochs({ topics }: RequestInput<typeof OffsetForLeaderEpoch>): unknown {
    return {
      throttleTimeMs: 0,
      topics: topics.map(({ topic, partitions }) => ({
        topic,
        partitions: partitions.map(({ partition, leaderEpoch }) => {
          return { errorCode: 0, partition, leaderEpoch, endOffset: this.log(topic, partition).endOffset }
        }),
      })),
    }
  }

  #commit({ topics }: RequestInput<typeof OffsetCommit>, version: number): unknown {
    return {
      throttleTimeMs: 0,
      topics: topics.map(({ name = '', topicId = '', partitions }) => ({
        name,
        topicId,
        partitions: partitions.map(
          ({ partitionIndex, committedOffset, committedLeaderEpoch = -1, committedMetadata }) => {
            const topic = version >= 10 ? this.metadata.topicName(topicId) : name
            this.offsets.set(`${topic}-${partitionIndex}`, {
              offset: committedOffset,
              leaderEpoch: committedLeaderEpoch,
              metadata: committedMetadata ?? '',
            })
            return { partitionIndex, errorCode: 0 }
          },
        ),
      })),
    }
  }

  #fetchOffsets({ groups = [] }: RequestInput<typeof OffsetFetch>): unknown {
    const answered = groups.map(({ groupId, topics }) => ({
      groupId,
      errorCode: 0,
      topics: (topics ?? []).map(({ topicId = '', partitionIndexes }) => ({
        name: '',
        topicId,
        partitions: partitionIndexes.map((partitionIndex) => {
          const known = this.offsets.get(`${this.metadata.topicName(topicId)}-${partitionIndex}`)
          return {
            partitionIndex,
            committedOffset: known?.offset ?? -1,
            committedLeaderEpoch: known?.leaderEpoch ?? -1,
            metadata: known?.metadata ?? '',
            errorCode: 0,
          }
        }),
      })),
    }))
    return { throttleTimeMs: 0, topics: [], errorCode: 0, groups: answered }
  }

  #join({ memberId }: RequestInput<typeof JoinGroup>): unknown {
    const isNew = memberId === ''
    this.heartbeatError = 'NONE'
    return {
      throttleTimeMs: 0,
      errorCode: errorCode(isNew ? 'MEMBER_ID_REQUIRED' : 'NONE'),
      generationId: isNew ? -1 : ++this.#generation,
      protocolType: 'consumer',
      protocolName: 'range',
      leader: 'another',
      skipAssignment: false,
      memberId: isNew ? `member-${this.#generation + 1}` : memberId,
      members: [],
    }
  }

  #assignment(): Buffer {
    const byTopic = Map.groupBy(this.given, ([topic]) => topic)
    const assignedPartitions = [...byTopic].map(([topic, ofTopic]) => ({
      topic,
      partitions: ofTopic.map(([, partition]) => partition),
    }))
    return encodeAssignment({ assignedPartitions })
  }

  #consumerHeartbeat({ memberEpoch }: RequestInput<typeof ConsumerGroupHeartbeat>): unknown {
    const now = this.given.join(' ')
    const hasNews = memberEpoch === 0 || now !== this.#said
    this.#said = now
    const byTopic = Map.groupBy(this.given, ([topic]) => topic)
    const topicPartitions = [...byTopic].map(([topic, ofTopic]) => ({
      topicId: this.topics.get(topic)?.topicId ?? '',
      partitions: ofTopic.map(([, partition]) => partition),
    }))
    const errorOf = memberEpoch > 0 ? this.heartbeatError : 'NONE'
    return {
      throttleTimeMs: 0,
      errorCode: errorCode(errorOf),
      errorMessage: errorOf === 'NONE' ? null : 'said the coordinator',
      memberId: null,
      memberEpoch: memberEpoch < 0 ? memberEpoch : this.memberEpoch,
      heartbeatIntervalMs: 3_000,
      assignment: hasNews ? { topicPartitions } : null,
    }
  }
}

type FetchPartition = FetchRequest['topics'][number]['partitions'][number]

const emptyAnswer = {
  errorCode: 0,
  highWatermark: -1,
  lastStableOffset: -1,
  logStartOffset: -1,
  divergingEpoch: { epoch: -1, endOffset: -1 },
  currentLeader: { leaderId: -1, leaderEpoch: -1 },
  snapshotId: { endOffset: -1, epoch: -1 },
  abortedTransactions: null,
  preferredReadReplica: -1,
  records: null,
}

class FakeMetadata implements ClusterMetadata {
  readonly clusterId = 'fake'
  readonly controllerId = 1
  readonly nodes: ReadonlyMap<number, NodeEndpoint> = new Map(
    [1, 2, 3].map((nodeId) => [nodeId, { nodeId, host: 'host', port: nodeId, rack: null }]),
  )
  version = 1
  readonly #brokers: FakeBrokers
  readonly #listeners = new Set<() => void>()

  constructor(brokers: FakeBrokers) {
    this.#brokers = brokers
  }

  changed(): void {
    this.version++
    for (const listener of this.#listeners) listener()
  }

  get topics(): readonly TopicMetadata[] {
    return [...this.#brokers.topics.keys()].flatMap((name) => this.topic(name) ?? [])
  }

  topic(name: string): TopicMetadata | undefined {
    const topic = this.#brokers.topics.get(name)
    if (topic === undefined) return undefined
    const { topicId, logs } = topic
    const partitions = logs.map(({ leaderId, leaderEpoch }, partition): PartitionMetadata => ({
      partition,
      error: 'NONE',
      leaderId,
      leaderEpoch,
      replicas: [1],
      inSyncReplicas: [1],
      offlineReplicas: [],
    }))
    return { name, topicId, isInternal: name.startsWith('__'), error: 'NONE', partitions }
  }

  topicName(topicId: string): string | undefined {
    return [...this.#brokers.topics].find(([, topic]) => topic.topicId === topicId)?.[0]
  }

  refresh(): Promise<void> {
    return this.#brokers.pause(1)
  }

  async ensure(name: string): Promise<TopicMetadata> {
    await this.#brokers.pause(1)
    const topic = this.topic(name)
    if (topic === undefined) throw new Error(`there is no ${name}`)
    return topic
  }

  watch(): () => void {
    return () => undefined
  }

  invalidate(): void {
    this.#brokers.world.time.after(10, 'metadata', () => this.changed())
  }

  hint(leaders: readonly LeaderHint[]): void {
    for (const { topic, partition, leaderId, leaderEpoch } of leaders) {
      Object.assign(this.#brokers.log(topic, partition), { leaderId, leaderEpoch })
    }
    this.changed()
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw reasonOf(signal)
}

/** `topic-partition@offset=value`, of each record. */
export function shown(batches: readonly RecordBatch[]): readonly string[] {
  return batches.flatMap(({ records }) =>
    records.map(({ topic, partition, offset, value }) => `${topic}-${partition}@${offset}=${String(value)}`),
  )
}
