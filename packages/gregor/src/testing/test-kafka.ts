/**
 * A Kafka node for tests: real sockets for clients of any kind, files in memory, a clock that the test moves, and hooks
 * for what goes wrong. Several live in one process and know nothing of each other.
 */
import { Broker } from '@gregor/broker'
import { type ConnectOptions, connect, type Kafka } from '@gregor/client'
import { BrokerConfig } from '@gregor/config'
import {
  type Clock,
  type Environment,
  type LogLevel,
  type MemoryDirectoryNode,
  MemoryDisk,
  newDirectoryNode,
  nodeEnvironment,
} from '@gregor/platform'
import { CreateTopics, errorName } from '@gregor/protocol'
import { NodeCalls, ownClientId } from './node-calls.ts'
import { RequestHooks } from './request-hooks.ts'
import { Snapshot } from './snapshot.ts'
import { TestClock } from './test-clock.ts'
import { type GroupView, viewGroup } from './test-groups.ts'
import {
  type PlacedRecord,
  produceRecords,
  readRecords,
  type ReadOptions,
  type ReadRecord,
  type RecordToProduce,
} from './test-records.ts'
import { runCompaction, runRetention, shuffleLeaders } from './upkeep.ts'

export interface StartTestKafkaOptions {
  /** Any key of Kafka’s server.properties, over what tests mostly want (see `startTestKafka`). */
  readonly properties?: Readonly<Record<string, string | number | boolean>>
  /** Topics to begin with. A number is a count of partitions. */
  readonly topics?: Readonly<Record<string, number | TopicOptions>>
  /** `paused`: time stands still once the node is there, and passes by `clock.advance` alone. Default: `flowing`. */
  readonly clock?: 'flowing' | 'paused'
  /** Default: 0, a free one. */
  readonly port?: number
  /** Default: `error`. */
  readonly logLevel?: LogLevel
  /** Takes each line of the log, with its line feed. Default: standard error. */
  readonly writeLog?: (line: string) => void
}

export interface TopicOptions {
  /** Default: 1. */
  readonly partitions?: number
  /** `{ 'cleanup.policy': 'compact' }` */
  readonly configs?: Readonly<Record<string, string | number | boolean>>
}

export interface UntilOptions {
  /** In real time. Default: 10,000. */
  readonly timeoutMs?: number
}

const directory = '/gregor'
const pollMs = 5
const timeoutMsDefault = 10_000

export class TestKafka implements AsyncDisposable {
  /** Moves the time of the node and of clients made by `connect`. */
  readonly clock: TestClock
  /** What is to happen to requests of clients. What this object itself asks is never met. */
  readonly requests: RequestHooks
  readonly #options: StartTestKafkaOptions
  readonly #realClock: Clock
  readonly #calls: NodeCalls
  readonly #clients = new Set<Kafka>()
  #root: MemoryDirectoryNode
  #broker: Broker | undefined
  #port: number
  #stopping: Promise<void> | undefined

  /** @internal Use `startTestKafka`. */
  constructor(options: StartTestKafkaOptions) {
    this.#options = options
    this.#realClock = nodeEnvironment({ logLevel: 'off' }).clock
    this.clock = new TestClock(this.#realClock)
    this.#root = newDirectoryNode()
    this.#port = options.port ?? 0
    this.#calls = new NodeCalls(() => this.#running)
    const topicNames = (topicId: string): string | undefined =>
      this.#broker?.services.metadata.image.topics.byId.get(topicId)?.name
    this.requests = new RequestHooks({ clock: this.clock, topicNames, exemptClientId: ownClientId })
  }

  /** `127.0.0.1:41234`: what clients call `bootstrap.servers`. The same as long as this lives, restarts included. */
  get bootstrap(): string {
    return `127.0.0.1:${this.#port}`
  }

  get port(): number {
    return this.#port
  }

  /** 22 characters, as Kafka prints it. */
  get clusterId(): string {
    return this.#running.clusterId
  }

  /** Whether the node serves clients at the moment. */
  get isRunning(): boolean {
    return this.#broker !== undefined
  }

  // ------------------------------------------------------------------------------------------------------- clients

  /**
   * Gregor’s own client, on the test’s clock: its linger, timeouts and retries pass with `clock.advance`. Closed by `stop`.
   * Clients of other kinds connect to `bootstrap` and have their own time.
   */
  async connect(options: Omit<ConnectOptions, 'bootstrap' | 'environment'> = {}): Promise<Kafka> {
    const kafka = await connect({ ...options, bootstrap: this.bootstrap, environment: this.#environment() })
    this.#clients.add(kafka)
    return kafka
  }

  // -------------------------------------------------------------------------------------------------------- topics

  /** @throws Error where it is there already, or a config is not allowed. */
  async createTopic(name: string, { partitions = 1, configs = {} }: TopicOptions = {}): Promise<void> {
    const given = Object.entries(configs).map(([key, value]) => ({ name: key, value: String(value) }))
    const { topics } = await this.#calls.call(CreateTopics, 7, {
      topics: [{ name, numPartitions: partitions, replicationFactor: 1, assignments: [], configs: given }],
      timeoutMs: timeoutMsDefault,
    })
    const error = errorName(topics[0]?.errorCode ?? -1)
    if (error !== 'NONE') throw new Error(`${name}: ${topics[0]?.errorMessage ?? error}`)
  }

  /**
   * Writes records without a client: those of a partition as one batch. Creates the topic where the node does so.
   * @returns where each of them is, in order.
   */
  produce(topic: string, records: readonly RecordToProduce[]): Promise<readonly PlacedRecord[]> {
    return produceRecords(this.#calls, topic, { records, nowMs: this.clock.wallMs() })
  }

  /** All records of a topic that a consumer would see now, by partition and offset. */
  read(topic: string, options: ReadOptions = {}): Promise<readonly ReadRecord[]> {
    return readRecords(this.#calls, topic, options)
  }

  /** Waits until the topic has so many records, and gives all it has. @throws Error when the time is up. */
  async untilRecords(
    topic: string,
    count: number,
    options: ReadOptions & UntilOptions = {},
  ): Promise<readonly ReadRecord[]> {
    let records: readonly ReadRecord[] = []
    const isThere = async (): Promise<boolean> => {
      records = this.#hasTopic(topic) ? await this.read(topic, options) : []
      return records.length >= count
    }
    await this.#until(isThere, options, () => `${topic} has ${records.length} records, not ${count}`)
    return records
  }

  // -------------------------------------------------------------------------------------------------------- groups

  /** `undefined` where there is none of that name. */
  group(groupId: string): Promise<GroupView | undefined> {
    return viewGroup(this.#calls, groupId)
  }

  /**
   * Waits until a group is in a state, or as `wanted` says: `(group) => group.members.length === 2`.
   * @throws Error when the time is up; it says how the group was last.
   */
  async untilGroup(
    groupId: string,
    wanted: string | ((group: GroupView) => boolean),
    options: UntilOptions = {},
  ): Promise<GroupView> {
    let last: GroupView | undefined
    const isThere = async (): Promise<boolean> => {
      last = await this.group(groupId)
      return last !== undefined && (typeof wanted === 'string' ? last.state === wanted : wanted(last))
    }
    await this.#until(isThere, options, () => `group ${groupId} is ${JSON.stringify(last)}`)
    if (last === undefined) throw new Error(`there is no group ${groupId}`)
    return last
  }

  /** Waits until something is so, in real time, for tests that sleep nowhere. @throws Error when the time is up. */
  async until(
    condition: () => boolean | Promise<boolean>,
    options: UntilOptions & { readonly what?: string } = {},
  ): Promise<void> {
    await this.#until(condition, options, () => `not so: ${options.what ?? String(condition)}`)
  }

  // -------------------------------------------------------------------------------------------------------- upkeep

  /** Deletes now what `retention.ms` and `retention.bytes` do not keep, by the test’s clock; open segments, too. */
  runRetention(): Promise<void> {
    return runRetention(this.#running)
  }

  /**
   * Compacts now all topics with `cleanup.policy=compact`, whatever share of them is dirty, open segments included. Only
   * records younger than `min.compaction.lag.ms` stay. Without it nothing is ever compacted here.
   */
  runCompaction(): Promise<void> {
    return runCompaction(this.#running)
  }

  /**
   * Takes leadership from the node and gives it back: for a moment all partitions are without a leader, and afterwards
   * have a leader epoch that is two higher. There is one node: leaders cannot be elsewhere.
   */
  shuffleLeaders(): Promise<void> {
    return shuffleLeaders(this.#running, this.#calls)
  }

  // --------------------------------------------------------------------------------------------------------- state

  /** All that the node has stored, as it is now: records, offsets, transactions, topics, configs. Takes no time. */
  snapshot(): Snapshot {
    return new Snapshot(this.#root)
  }

  /**
   * Goes back to a snapshot. Connections break, as when a node crashes; clients connect again, to the same address. Time
   * does not go back, and hooks stay.
   */
  async restore(snapshot: Snapshot): Promise<void> {
    await this.#stopNode()
    this.#root = snapshot.files()
    await this.#startNode()
  }

  /** Stops the node in order and starts it again on what it has stored, at the same address. */
  async restart(): Promise<void> {
    await this.#stopNode()
    await this.#startNode()
  }

  /** Closes what `connect` gave, then the node. All it had is gone. Idempotent. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stopAll()
    return this.#stopping
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  /** @internal */
  async start(): Promise<void> {
    await this.#startNode()
    for (const [name, options] of Object.entries(this.#options.topics ?? {}))
      await this.createTopic(name, typeof options === 'number' ? { partitions: options } : options)
    if (this.#options.clock === 'paused') this.clock.pause()
  }

  get #running(): Broker {
    if (this.#broker === undefined) throw new Error('the node is not running')
    return this.#broker
  }

  async #startNode(): Promise<void> {
    await this.#inFlowingTime(async () => {
      const environment = { ...this.#environment(), disk: this.#disk() }
      const config = BrokerConfig.load({ properties: this.#properties() })
      const broker = await Broker.start({ environment, config, interceptor: this.requests.intercept })
      this.#broker = broker
      this.#port = broker.addresses[0]?.port ?? this.#port
    })
  }

  async #stopNode(): Promise<void> {
    const broker = this.#broker
    this.#broker = undefined
    this.requests.nodeStops()
    await this.#inFlowingTime(async () => broker?.stop())
  }

  async #stopAll(): Promise<void> {
    this.clock.resume()
    this.requests.clear()
    this.requests.nodeStops()
    const outcomes = await Promise.allSettled([...this.#clients].map((client) => client.close()))
    await this.#stopNode()
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
  }

  /** A node waits for its own timers while it starts and stops. */
  async #inFlowingTime(work: () => Promise<void>): Promise<void> {
    const { isPaused } = this.clock
    this.clock.resume()
    try {
      await work()
    } finally {
      if (isPaused) this.clock.pause()
    }
  }

  #environment(): Environment {
    const { logLevel = 'error', writeLog } = this.#options
    const real = nodeEnvironment({ logLevel, writeLog: writeLog ?? ((line) => process.stderr.write(line)) })
    return { ...real, clock: this.clock }
  }

  #disk(): MemoryDisk {
    return new MemoryDisk({ wallMs: () => this.clock.wallMs() }, this.#root)
  }

  #properties(): ReadonlyMap<string, string> {
    const own = Object.entries(this.#options.properties ?? {}).map(([key, value]) => [key, String(value)] as const)
    return new Map([
      ...Object.entries(testProperties),
      ...own,
      ['listeners', `PLAINTEXT://127.0.0.1:${this.#port}`],
      ['log.dirs', directory],
    ])
  }

  #hasTopic(name: string): boolean {
    return this.#broker?.services.metadata.image.topics.byName.get(name) !== undefined
  }

  async #until(
    condition: () => boolean | Promise<boolean>,
    { timeoutMs = timeoutMsDefault }: UntilOptions,
    otherwise: () => string,
  ): Promise<void> {
    const deadlineMs = this.#realClock.monotonicMs() + timeoutMs
    while (!(await condition())) {
      if (this.#realClock.monotonicMs() >= deadlineMs) throw new Error(`after ${timeoutMs} ms: ${otherwise()}`)
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#realClock.schedule(pollMs, resolve)
      await promise
    }
  }
}

/** What `startTestKafka` sets where the test does not. */
export const testProperties: Readonly<Record<string, string>> = {
  // Groups begin at once, not after three seconds.
  'group.initial.rebalance.delay.ms': '0',
  // Fewer logs to make: one of each is enough for a test.
  'offsets.topic.num.partitions': '1',
  'transaction.state.log.num.partitions': '1',
  // Node and controller live and die together; so a week may pass at once without either missing the other.
  'broker.heartbeat.interval.ms': '2147483646',
  'broker.session.timeout.ms': '2147483647',
  // Compaction is for `runCompaction`: nothing vanishes by itself.
  'log.cleaner.backoff.ms': '9007199254740991',
}
