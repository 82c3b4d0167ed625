/**
 * A cluster for tests of the producer, without a network: topics whose leaders check sequences as brokers do, a
 * transaction coordinator that answers as it is told, and a script for what goes wrong. On virtual time.
 */
import { isDeepStrictEqual } from 'node:util'
import { ZERO_UUID, randomUuid } from '@gregor/base'
import {
  type Api,
  InitProducerId,
  Produce,
  type ProtocolError,
  RecordCursor,
  baseSequenceAt,
  errorCode,
  isTransactional,
  attributesAt,
  checkBatch,
  producerEpochAt,
  producerIdAt,
  recordCountAt,
} from '@gregor/protocol'
import { SimulatedWorld } from '@gregor/testkit/simulation'
import type { Answer, Cluster, LeaderHint, NodeEndpoint, SendOptions, Versioned } from '../cluster/cluster.ts'
import type { ClusterMetadata, MetadataOptions, TopicMetadata } from '../cluster/cluster-metadata.ts'
import { ClosedError, ConnectionError, KafkaError, TimeoutError } from '../errors.ts'
import type { ProducerOptions } from './producer-options.ts'
import { Producer } from './producer.ts'

/** What becomes of a batch: `undefined` is what a broker would do with it. */
export type BatchFate =
  | undefined
  | {
      readonly error: ProtocolError
      readonly message?: string
      readonly leaderId?: number
      readonly leaderEpoch?: number
    }
  | { readonly recordErrors: readonly (readonly [index: number, message: string])[]; readonly error: ProtocolError }
  /** The connection breaks: before the batch was written, or after. */
  | 'lost before'
  | 'lost after'

export interface ReceivedBatch {
  readonly nodeId: number
  readonly topic: string
  readonly partition: number
  readonly version: number
  readonly acks: number
  readonly bytes: Buffer
  readonly producerId: number
  readonly producerEpoch: number
  readonly baseSequence: number
  readonly recordCount: number
  readonly isTransactional: boolean
  readonly values: readonly (string | null)[]
}

interface Partition {
  leaderId: number
  leaderEpoch: number
  readonly values: (string | null)[]
  readonly producers: Map<number, { epoch: number; batches: { sequence: number; count: number; offset: number }[] }>
}

interface Topic {
  readonly topicId: string
  readonly partitions: Partition[]
}

const sequences = 2 ** 31
const heldMs = 1000

export class FakeCluster implements Cluster {
  readonly world: SimulatedWorld
  readonly topics = new Map<string, Topic>()
  /** Every batch that reached a node, in order. */
  readonly received: ReceivedBatch[] = []
  /** Requests other than Produce, in order. */
  readonly requests: { readonly api: string; readonly version: number; readonly request: unknown }[] = []
  /** Produce requests. */
  requestCount = 0
  produceVersion = 13
  transactionVersion = 0
  latencyMs = 1
  /** Asked for each batch that arrives. */
  fate: (batch: ReceivedBatch) => BatchFate = () => undefined
  /** Of all other requests: the response, or an error to throw. */
  respond: (api: Api, request: never) => unknown = () => undefined
  metadataError: Error | undefined
  /** Requests whose buffers somebody wrote to while a connection could still hold them: there should be none. */
  readonly changedRequests: string[] = []
  /** How often somebody said that metadata are wrong. */
  invalidations = 0
  isClosed = false
  #nextProducerId = 1000
  readonly #listeners = new Set<() => void>()

  constructor(seed = 1) {
    this.world = new SimulatedWorld({ seed })
  }

  addTopic(name: string, partitionCount: number, leaderId = 1): void {
    const partitions = Array.from({ length: partitionCount }, () => this.#partition(leaderId))
    this.topics.set(name, { topicId: randomUuid(this.world.random), partitions })
  }

  addPartition(name: string): void {
    this.topics.get(name)?.partitions.push(this.#partition(1))
  }

  /** Another node leads from now on; clients hear of it by metadata. */
  moveLeader(name: string, partition: number, leaderId: number): void {
    const found = this.topics.get(name)?.partitions[partition]
    if (found !== undefined) Object.assign(found, { leaderId, leaderEpoch: found.leaderEpoch + 1 })
  }

  /** Metadata were answered anew. */
  changed(): void {
    for (const listener of this.#listeners) listener()
  }

  values(topic: string, partition = 0): readonly (string | null)[] {
    return this.topics.get(topic)?.partitions[partition]?.values ?? []
  }

  open(options: ProducerOptions = {}): Producer {
    return Producer.open({ cluster: this, environment: this.world.node('client').environment, options })
  }

  run<T>(promise: Promise<T>): Promise<T> {
    return this.world.time.run(promise)
  }

  pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => this.world.time.after(delayMs, 'a pause', resolve))
  }

  get nowMs(): number {
    return this.world.time.nowMs
  }

  // --------------------------------------------------------------------------------------------------- as Cluster

  get metadata(): ClusterMetadata {
    return new FakeMetadata(this, this.#listeners)
  }

  async send<A extends Api>(
    node: number | 'any' | 'controller',
    api: A,
    request: Versioned<A>,
    options: SendOptions,
  ): Promise<Answer<A>> {
    const nodeId = typeof node === 'number' ? node : 1
    const version = Math.min(options.versionMax ?? Infinity, this.#versionOf(api))
    const given = typeof request === 'function' ? request(version) : request
    const copy = structuredClone(given)
    const check = (): void => {
      if (!isDeepStrictEqual(structuredClone(given), copy)) this.changedRequests.push(api.name)
    }
    await this.pause(this.latencyMs)
    check()
    if (this.isClosed) throw new ClosedError('closed')
    const response = this.#answer(nodeId, api, version, copy)
    await this.pause(this.latencyMs)
    if (response instanceof Error) {
      // A connection that breaks may hold for a while what it was given.
      this.world.time.after(heldMs, 'a held request', check)
      throw response
    }
    return { version, nodeId, response: response as Answer<A>['response'] }
  }

  async sendOnly<A extends Api>(
    node: number | 'any' | 'controller',
    api: A,
    request: Versioned<A>,
    options: SendOptions,
  ): Promise<void> {
    await this.send(node, api, request, options)
  }

  versionOf(_node: number | 'any' | 'controller', api: Api): Promise<number> {
    return Promise.resolve(this.#versionOf(api))
  }

  featureLevel(name: string): number {
    return name === 'transaction.version' ? this.transactionVersion : 0
  }

  coordinator(): Promise<number> {
    return Promise.resolve(1)
  }

  closeLane(): void {}

  forgetCoordinator(): void {
    // The one there is stays.
  }

  close(): Promise<void> {
    this.isClosed = true
    return Promise.resolve()
  }

  #versionOf(api: Api): number {
    return api.key === Produce.key ? this.produceVersion : api.versions.max
  }

  #answer(nodeId: number, api: Api, version: number, request: unknown): unknown {
    if (api.key === Produce.key) return this.#produce(nodeId, version, request as ProduceRequest)
    this.requests.push({ api: api.name, version, request })
    const response = this.respond(api, request as never)
    if (response !== undefined) return response
    if (api.key === InitProducerId.key) {
      return { throttleTimeMs: 0, errorCode: 0, producerId: this.#nextProducerId++, producerEpoch: 0 }
    }
    return new Error(`${api.name} is not in the script`)
  }

  #produce(nodeId: number, version: number, { acks, topicData }: ProduceRequest): unknown {
    this.requestCount++
    const endpoints = new Map<number, NodeEndpoint>()
    let lost: Error | undefined
    const responses = topicData.map(({ name: givenName, topicId, partitionData }) => {
      const name = version >= 13 ? (this.metadata.topicName(topicId) ?? '') : givenName
      const partitionResponses = partitionData.map(({ index, records }) => {
        const batch = this.#receive(nodeId, name, index, version, acks, Buffer.from(records))
        const fate = this.fate(batch)
        if (fate === 'lost before') lost = new ConnectionError('broken before')
        else if (fate === 'lost after') {
          this.#append(batch)
          lost = new ConnectionError('broken after')
        } else if (fate !== undefined && 'leaderId' in fate && fate.leaderId !== undefined) {
          endpoints.set(fate.leaderId, { nodeId: fate.leaderId, host: 'node', port: 9092, rack: null })
        }
        const outcome = fate === undefined ? this.#append(batch) : { error: 'NONE' as const, offset: -1 }
        return partitionResponse(index, typeof fate === 'object' ? fate : outcome)
      })
      return version >= 13
        ? { name: '', topicId, partitionResponses }
        : { name, topicId: ZERO_UUID, partitionResponses }
    })
    return lost ?? { throttleTimeMs: 0, responses, nodeEndpoints: [...endpoints.values()] }
  }

  #receive(
    nodeId: number,
    topic: string,
    partition: number,
    version: number,
    acks: number,
    bytes: Buffer,
  ): ReceivedBatch {
    const problem = checkBatch(bytes, 0, bytes.length)
    if (problem !== undefined) throw new Error(`a batch that is ${problem}`)
    const cursor = new RecordCursor()
    cursor.resetToBatch(bytes, 0, 2 ** 30)
    const values: (string | null)[] = []
    while (cursor.next()) values.push(cursor.value()?.toString() ?? null)
    const batch = {
      nodeId,
      topic,
      partition,
      version,
      acks,
      bytes,
      producerId: producerIdAt(bytes, 0),
      producerEpoch: producerEpochAt(bytes, 0),
      baseSequence: baseSequenceAt(bytes, 0),
      recordCount: recordCountAt(bytes, 0),
      isTransactional: isTransactional(attributesAt(bytes, 0)),
      values,
    }
    this.received.push(batch)
    return batch
  }

  /** As a leader does: sequences are checked, what was written before is found again. */
  #append(batch: ReceivedBatch): { readonly error: ProtocolError; readonly offset: number } {
    const found = this.topics.get(batch.topic)?.partitions[batch.partition]
    if (found === undefined) return { error: 'UNKNOWN_TOPIC_OR_PARTITION', offset: -1 }
    if (found.leaderId !== batch.nodeId) return { error: 'NOT_LEADER_OR_FOLLOWER', offset: -1 }
    const offset = found.values.length
    if (batch.producerId >= 0) {
      const known = found.producers.get(batch.producerId)
      const isNew = known === undefined || known.epoch < batch.producerEpoch
      const last = known?.batches.at(-1)
      if (isNew && batch.baseSequence !== 0 && known !== undefined)
        return { error: 'OUT_OF_ORDER_SEQUENCE_NUMBER', offset: -1 }
      if (!isNew) {
        const same = known.batches.find(
          ({ sequence, count }) => sequence === batch.baseSequence && count === batch.recordCount,
        )
        if (same !== undefined) return { error: 'NONE', offset: same.offset }
        const expected = last === undefined ? 0 : (last.sequence + last.count) % sequences
        if (batch.baseSequence !== expected) return { error: 'OUT_OF_ORDER_SEQUENCE_NUMBER', offset: -1 }
      } else if (batch.baseSequence !== 0) return { error: 'OUT_OF_ORDER_SEQUENCE_NUMBER', offset: -1 }
      const batches = isNew ? [] : known.batches
      batches.push({ sequence: batch.baseSequence, count: batch.recordCount, offset })
      found.producers.set(batch.producerId, { epoch: batch.producerEpoch, batches: batches.slice(-5) })
    }
    found.values.push(...batch.values)
    return { error: 'NONE', offset }
  }

  #partition(leaderId: number): Partition {
    return { leaderId, leaderEpoch: 0, values: [], producers: new Map() }
  }
}

interface ProduceRequest {
  readonly acks: number
  readonly topicData: readonly {
    readonly name: string
    readonly topicId: string
    readonly partitionData: readonly { readonly index: number; readonly records: Uint8Array }[]
  }[]
}

function partitionResponse(
  index: number,
  given: Exclude<BatchFate, undefined | string> | { error: ProtocolError; offset: number },
): unknown {
  return {
    index,
    errorCode: errorCode(given.error),
    baseOffset: 'offset' in given && given.error === 'NONE' ? given.offset : -1,
    logAppendTimeMs: -1,
    logStartOffset: 0,
    recordErrors:
      'recordErrors' in given
        ? given.recordErrors.map(([batchIndex, batchIndexErrorMessage]) => ({ batchIndex, batchIndexErrorMessage }))
        : [],
    errorMessage: 'message' in given ? (given.message ?? null) : null,
    currentLeader: {
      leaderId: 'leaderId' in given ? (given.leaderId ?? -1) : -1,
      leaderEpoch: 'leaderEpoch' in given ? (given.leaderEpoch ?? -1) : -1,
    },
  }
}

class FakeMetadata implements ClusterMetadata {
  readonly clusterId = 'fake'
  readonly controllerId = 1
  readonly nodes = new Map<number, NodeEndpoint>()
  readonly version = 1
  readonly #cluster: FakeCluster
  readonly #listeners: Set<() => void>

  constructor(cluster: FakeCluster, listeners: Set<() => void>) {
    this.#cluster = cluster
    this.#listeners = listeners
  }

  get topics(): readonly TopicMetadata[] {
    return [...this.#cluster.topics.keys()].flatMap((name) => this.topic(name) ?? [])
  }

  topic(name: string): TopicMetadata | undefined {
    const topic = this.#cluster.topics.get(name)
    if (topic === undefined) return undefined
    const { topicId, partitions } = topic
    return {
      name,
      topicId,
      isInternal: false,
      error: 'NONE',
      partitions: partitions.map(({ leaderId, leaderEpoch }, partition) => ({
        partition,
        error: 'NONE',
        leaderId,
        leaderEpoch,
        replicas: [1],
        inSyncReplicas: [1],
        offlineReplicas: [],
      })),
    }
  }

  topicName(topicId: string): string | undefined {
    return [...this.#cluster.topics].find(([, topic]) => topic.topicId === topicId)?.[0]
  }

  async refresh(): Promise<void> {
    await this.#cluster.pause(this.#cluster.latencyMs)
  }

  async ensure(name: string, { timeoutMs }: MetadataOptions): Promise<TopicMetadata> {
    const deadlineMs = this.#cluster.nowMs + timeoutMs
    for (;;) {
      await this.#cluster.pause(Math.min(timeoutMs, 2 * this.#cluster.latencyMs))
      if (this.#cluster.metadataError !== undefined) throw this.#cluster.metadataError
      const found = this.topic(name)
      if (found !== undefined) return found
      if (this.#cluster.nowMs >= deadlineMs) throw new TimeoutError(`${name} is not known`)
    }
  }

  watch(): () => void {
    return () => undefined
  }

  invalidate(): void {
    this.#cluster.invalidations++
    this.#cluster.world.time.after(5, 'metadata', () => this.#cluster.changed())
  }

  hint(leaders: readonly LeaderHint[]): void {
    for (const { topic, partition, leaderId, leaderEpoch } of leaders) {
      const found = this.#cluster.topics.get(topic)?.partitions[partition]
      if (found !== undefined) Object.assign(found, { leaderId, leaderEpoch })
    }
    this.#cluster.changed()
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}

/** For `FakeCluster.metadataError`. */
export function forbidden(topic: string): KafkaError {
  return new KafkaError({ code: 'TOPIC_AUTHORIZATION_FAILED', about: topic })
}
