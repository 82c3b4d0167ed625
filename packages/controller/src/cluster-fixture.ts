/**
 * A cluster for the controller's tests: the machine over a log in memory that commits at once. Requests and responses
 * go through their codecs, so that what is tested is what is sent.
 */
import { ByteReader, ByteWriter, assert } from '@gregor/base'
import { BrokerConfig } from '@gregor/config'
import { countingRandom } from '@gregor/machine'
import type { Given, TimerEffect } from '@gregor/machine'
import { features, MetadataReplay, recordsFromImage } from '@gregor/metadata'
import type { MetadataImage, PartitionRegistration } from '@gregor/metadata'
import {
  AlterPartition,
  AlterPartitionReassignments,
  AssignReplicasToDirs,
  BrokerHeartbeat,
  BrokerRegistration,
  CreateTopics,
  decodeMetadataRecord,
  decodeResponse,
  encodeMetadataRecord,
  encodeRequest,
  errorName,
  IncrementalAlterConfigs,
  UnregisterBroker,
} from '@gregor/protocol'
import type {
  Api,
  DecodedOf,
  Fields,
  InputOf,
  MetadataRecord,
  MetadataRecordInput,
  RequestInput,
  ResponseOf,
} from '@gregor/protocol'
import { ControllerMachine } from './controller-machine.ts'
import type { ControllerEffect, ControllerOptions, RequestContext } from './controller-options.ts'
import { bytesFromReply, eventFromRequest } from './controller-requests.ts'

export const clusterId = 'test-cluster-aaaaaaaaa'

export const allAllowed: RequestContext = {
  principal: { type: 'User', name: 'admin', tokenAuthenticated: false },
  clientAddress: '127.0.0.1',
  isForwarded: true,
  allows: () => true,
  chargeMutations: () => true,
}

export const bootstrapRecords: readonly MetadataRecordInput[] = [
  { type: 'FeatureLevelRecord', name: 'metadata.version', featureLevel: 30 },
  { type: 'FeatureLevelRecord', name: 'eligible.leader.replicas.version', featureLevel: 1 },
  { type: 'FeatureLevelRecord', name: 'group.version', featureLevel: 1 },
]

interface ClusterOptions extends Partial<Omit<ControllerOptions, 'config'>> {
  readonly properties?: Readonly<Record<string, string>>
}

/** A single node would write no record that only says that it is alive. */
const ofAnyCluster = { 'metadata.max.idle.interval.ms': '500' }

export class Cluster {
  nowMs = 1_000
  /** What is decided is not written. */
  isLogFull = false
  readonly machine: ControllerMachine
  readonly log: MetadataRecord[] = []
  /** As of the last event. */
  records: readonly MetadataRecord[] = []
  effects: readonly TimerEffect[] = []
  /** Beside timers. */
  upgrades: readonly ControllerEffect[] = []
  readonly #random = countingRandom()

  constructor({ properties = {}, ...more }: ClusterOptions = {}) {
    this.machine = new ControllerMachine({
      clusterId,
      config: BrokerConfig.load({
        properties: new Map(Object.entries({ 'node.id': '1', ...ofAnyCluster, ...properties })),
      }),
      supportedFeatures: new Map(features.map(({ name, range }) => [name, range])),
      voterIds: () => [1],
      kraftVersion: () => 1,
      bootstrapRecords,
      ...more,
    })
  }

  static active(options: ClusterOptions = {}): Cluster {
    const cluster = new Cluster(options)
    cluster.activate()
    return cluster
  }

  /** Active, with these brokers registered and unfenced. */
  static withBrokers(
    brokerIds: readonly number[],
    options: ClusterOptions & { racks?: readonly string[] } = {},
  ): Cluster {
    const cluster = Cluster.active(options)
    brokerIds.forEach((brokerId, index) => cluster.addBroker(brokerId, { rack: options.racks?.[index] ?? null }))
    return cluster
  }

  get image(): MetadataImage {
    return this.machine.image
  }

  get given(): Given {
    const { nowMs } = this
    return { nowMs, monotonicMs: nowMs, random: this.#random, epoch: 1, nextOffset: this.log.length }
  }

  activate(): void {
    this.#run(this.machine.handle({ type: 'Activate' }, this.given))
  }

  /** A periodic task comes up. */
  tick(key: string, generation = 1): void {
    this.#run(this.machine.handle({ type: 'TimerFired', key, generation }, this.given))
  }

  request<Request extends Fields, Response extends Fields>(
    api: Api<Request, Response>,
    request: InputOf<Request>,
    { version = api.versions.max, context = allAllowed }: { version?: number; context?: RequestContext } = {},
  ): DecodedOf<Response> {
    const writer = new ByteWriter()
    encodeRequest(api, version, request, writer)
    const event = eventFromRequest({ apiKey: api.key, apiVersion: version, body: writer.toBuffer() }, context)
    const reply = this.#run(this.machine.handle(event, this.given))
    assert(reply !== undefined, 'a request has a reply')
    return decodeResponse(api, version, new ByteReader(bytesFromReply(reply)))
  }

  addBroker(brokerId: number, more: Partial<RequestInput<typeof BrokerRegistration>> = {}): number {
    const epoch = this.register(brokerId, more)
    const { isFenced } = this.heartbeat(brokerId, { currentMetadataOffset: this.log.length })
    assert(!isFenced, `broker ${brokerId} is let in`)
    return epoch
  }

  /** Returns the epoch. */
  register(brokerId: number, more: Partial<RequestInput<typeof BrokerRegistration>> = {}): number {
    const { errorCode, brokerEpoch } = this.request(BrokerRegistration, registrationOf(brokerId, more))
    assert(errorCode === 0, `broker ${brokerId} is registered: ${errorName(errorCode)}`)
    return brokerEpoch
  }

  heartbeat(
    brokerId: number,
    more: Partial<RequestInput<typeof BrokerHeartbeat>> = {},
  ): ResponseOf<typeof BrokerHeartbeat> {
    return this.request(BrokerHeartbeat, {
      brokerId,
      brokerEpoch: this.image.brokers.get(brokerId)?.epoch ?? -1,
      currentMetadataOffset: this.log.length - 1,
      wantFence: false,
      wantShutDown: false,
      ...more,
    })
  }

  /** With these replicas for its partitions. */
  addTopic(
    name: string,
    replicas: readonly (readonly number[])[],
    configs: Readonly<Record<string, string>> = {},
  ): string {
    const { topics } = this.request(CreateTopics, {
      topics: [
        {
          name,
          numPartitions: -1,
          replicationFactor: -1,
          assignments: replicas.map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds })),
          configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
        },
      ],
      validateOnly: false,
    })
    const [topic] = topics
    assert(topic?.errorCode === 0, `topic ${name} is created: ${topic?.errorMessage}`)
    return topic.topicId
  }

  /** Placed by the controller. */
  placeTopic(name: string, partitionCount: number, replicationFactor = 1): void {
    const topic = { name, numPartitions: partitionCount, replicationFactor, assignments: [], configs: [] }
    const { topics } = this.request(CreateTopics, { topics: [topic] })
    assert(topics[0]?.errorCode === 0, `topic ${name} is created: ${topics[0]?.errorMessage}`)
  }

  /** A broker says in which directory its replica lies. */
  assign(brokerId: number, directory: string, topic: string, partitionIndex: number): number {
    const { directories } = this.request(AssignReplicasToDirs, {
      brokerId,
      brokerEpoch: this.image.brokers.get(brokerId)?.epoch ?? -1,
      directories: [
        {
          id: directory,
          topics: [{ topicId: this.image.topics.byName.get(topic)?.id ?? idOf(0), partitions: [{ partitionIndex }] }],
        },
      ],
    })
    return directories[0]?.topics[0]?.partitions[0]?.errorCode ?? -1
  }

  /** Null: gives it up. */
  reassign(name: string, partitionIndex: number, replicas: readonly number[] | null): void {
    this.request(AlterPartitionReassignments, { topics: [{ name, partitions: [{ partitionIndex, replicas }] }] })
  }

  unregister(brokerId: number): void {
    this.request(UnregisterBroker, { brokerId })
  }

  /** As if another controller had written them. */
  replay(...inputs: readonly MetadataRecordInput[]): void {
    for (const input of inputs) {
      const record = decodeMetadataRecord(encodeMetadataRecord(input))
      this.machine.apply({ record }, this.log.length)
      this.log.push(record)
    }
  }

  /** The leader reports who is in sync with it. */
  inSync(topic: string, partitionIndex: number, isr: readonly number[]): void {
    const { leader, leaderEpoch, partitionEpoch } = this.partition(topic, partitionIndex)
    const epochOf = (brokerId: number) => this.image.brokers.get(brokerId)?.epoch ?? -1
    const newIsrWithEpochs = isr.map((brokerId) => ({ brokerId, brokerEpoch: epochOf(brokerId) }))
    const partition = { partitionIndex, leaderEpoch, partitionEpoch, newIsrWithEpochs }
    const topicId = this.image.topics.byName.get(topic)?.id ?? idOf(0)
    const request = { brokerId: leader, brokerEpoch: epochOf(leader), topics: [{ topicId, partitions: [partition] }] }
    const { topics } = this.request(AlterPartition, request)
    const error = errorName(topics[0]?.partitions[0]?.errorCode ?? -1)
    // The ISR has changed, too, where that has completed a reassignment that takes the leader away.
    assert(
      error === 'NONE' || error === 'NEW_LEADER_ELECTED',
      `the ISR of ${topic}-${partitionIndex} changes: ${error}`,
    )
  }

  setTopicConfig(resourceName: string, name: string, value: string): void {
    const configs = [{ name, configOperation: 0, value }]
    const resources = [{ resourceType: 2, resourceName, configs }]
    const { responses } = this.request(IncrementalAlterConfigs, { resources, validateOnly: false })
    assert(responses[0]?.errorCode === 0, `${name} of ${resourceName} is set: ${responses[0]?.errorMessage}`)
  }

  partition(topic: string, partitionId = 0): PartitionRegistration {
    const partition = this.image.topics.byName.get(topic)?.partitions[partitionId]
    assert(partition !== undefined, `partition ${topic}-${partitionId} is there`)
    return partition
  }

  /** Replica ids in short: leader, ISR, ELR and, where it is not empty, the last known one. */
  leadership(topic: string, partitionId = 0): string {
    const { leader, isr, elr, lastKnownElr } = this.partition(topic, partitionId)
    const known = lastKnownElr.length === 0 ? '' : ` last ${lastKnownElr.join()}`
    return `leader ${leader} isr ${isr.join()} elr ${elr.join()}${known}`
  }

  /** Throws unless a replay of the log from its start gives the image of the machine. */
  checkReplay(): void {
    const replay = new MetadataReplay()
    replay.replayBatch({ baseOffset: 0, epoch: 1, appendTimeMs: 1, records: this.log })
    const [told, replayed] = [this.image, replay.image].map((image) => JSON.stringify([...recordsFromImage(image)]))
    assert(told === replayed, 'the image is the replay of the log')
  }

  #run<Reply>({
    records,
    reply,
    effects,
    afterwards,
  }: {
    records: readonly { record: MetadataRecord }[]
    reply: Reply
    effects: readonly (ControllerEffect | TimerEffect)[]
    afterwards?: ((lastOffset: number) => void) | undefined
  }): Reply {
    if (this.isLogFull) return reply
    const { nextOffset } = this.given
    for (const [index, { record }] of records.entries()) this.machine.apply({ record }, nextOffset + index)
    this.records = records.map(({ record }) => record)
    this.log.push(...this.records)
    afterwards?.(this.log.length - 1)
    this.effects = effects.filter((effect) => effect.type !== 'UpgradeKraftVersion')
    this.upgrades = effects.filter((effect) => effect.type === 'UpgradeKraftVersion')
    return reply
  }
}

export function registrationOf(
  brokerId: number,
  more: Partial<RequestInput<typeof BrokerRegistration>> = {},
): RequestInput<typeof BrokerRegistration> {
  return {
    brokerId,
    clusterId,
    incarnationId: idOf(100 + brokerId),
    listeners: [{ name: 'PLAINTEXT', host: 'localhost', port: 9_092 + brokerId, securityProtocol: 0 }],
    features: features.map(({ name, range }) => ({
      name,
      minSupportedVersion: range.min,
      maxSupportedVersion: range.max,
    })),
    rack: null,
    logDirs: [idOf(200 + brokerId)],
    ...more,
  }
}

/** An id that is the same for the same number, and none of the reserved ones. */
export function idOf(seed: number): string {
  const bytes = Buffer.alloc(16, 7)
  bytes.writeUInt32BE(seed, 12)
  return bytes.toString('base64url')
}

/** Allowed are only these, written `Operation type:name`. */
export function allowing(...allowed: readonly string[]): RequestContext {
  return { ...allAllowed, allows: (operation, { type, name }) => allowed.includes(`${operation} ${type}:${name}`) }
}
