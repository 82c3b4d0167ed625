/**
 * For tests: a whole broker in a simulated world, and a client that speaks to it in frames. A call is encoded as a
 * client would, goes through the dispatcher, and what comes back is decoded, so that a test of a handler also covers
 * its schema, its versions and what dispatch makes of it. Time passes only while a call is under way, or by `advance`.
 */
import { ByteReader, ByteWriter } from '@gregor/base'
import { BrokerConfig } from '@gregor/config'
import {
  advertisedVersions,
  BatchBuilder,
  CreateTopics,
  decodeResponse,
  encodeRequest,
  encodeRequestHeader,
  errorName,
  Produce,
  responseHeaderVersion,
} from '@gregor/protocol'
import type { Api, RequestInput, ResponseOf } from '@gregor/protocol'
import { anonymous, type Principal } from '@gregor/security'
import { simulatedEnvironment, type SimulatedEnvironment } from '@gregor/testkit/simulation'
import type { SettledAnswer } from '@gregor/transport'
import { Broker } from './broker.ts'
import type { ConnectionContext, ListenerIdentity } from './server/request-context.ts'

export interface FixtureOptions {
  /** Over what the fixture sets: one directory, and a port that the system picks. */
  readonly properties?: Readonly<Record<string, string>>
  /** To start on what another one left; default: a new one. */
  readonly environment?: SimulatedEnvironment
  readonly seed?: number
}

/** Who calls. What is left out: an anonymous client from 10.0.0.9. */
export interface Caller {
  readonly version?: number
  readonly clientId?: string | null
  readonly principal?: Principal
  readonly clientAddress?: string
  /** To keep what a connection knows across calls. */
  readonly connection?: FixtureConnection
  /** Asks the node’s controller, as its own listener would. Default: a listener of clients. */
  readonly isOnController?: boolean
}

const directory = '/gregor'
let correlationId = 0

export class BrokerFixture {
  readonly broker: Broker
  readonly environment: SimulatedEnvironment

  private constructor(broker: Broker, environment: SimulatedEnvironment) {
    this.broker = broker
    this.environment = environment
  }

  static async start({ properties = {}, environment, seed = 1 }: FixtureOptions = {}): Promise<BrokerFixture> {
    const world = environment ?? simulatedEnvironment(seed)
    const config = fixtureConfig(properties)
    const broker = await world.time.run(Broker.start({ environment: world, config }))
    return new BrokerFixture(broker, world)
  }

  /** A broker that was started in another way. */
  static around(broker: Broker, environment: SimulatedEnvironment): BrokerFixture {
    return new BrokerFixture(broker, environment)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.run(this.broker.stop())
  }

  /** Lets time pass until the promise settles. */
  run<T>(promise: Promise<T>): Promise<T> {
    return this.environment.time.run(promise)
  }

  advance(durationMs: number): Promise<void> {
    return this.environment.time.advance(durationMs)
  }

  /**
   * What a client reads, in the version asked for (default: the newest one).
   *
   * @throws Error where nothing is answered: see `exchange`.
   */
  async call<A extends Api>(api: A, request: RequestInput<A>, caller: Caller = {}): Promise<ResponseOf<A>> {
    const version = caller.version ?? newestVersion(api)
    const answer = await this.exchange(frameOf(api, version, request, caller), caller)
    if (answer === null || answer === 'close') throw new Error(`${api.name} v${version} was answered with ${answer}`)
    const reader = new ByteReader(answer)
    reader.skip(4)
    if (responseHeaderVersion(api, version) === 1) reader.skip(1)
    const response = decodeResponse(api, version, reader) as ResponseOf<A>
    if (reader.remaining > 0) throw new Error(`${reader.remaining} bytes are left behind the answer`)
    return response
  }

  /** The whole frame that is sent back; null: nothing is sent; `close`: the connection is closed. */
  async exchange(frame: Buffer, caller: Caller = {}): Promise<Buffer | null | 'close'> {
    const connection = caller.connection ?? new FixtureConnection(caller)
    const { dispatcher, controllerDispatcher } = this.broker
    const asked = caller.isOnController === true ? controllerDispatcher : dispatcher
    return this.run(asked.exchange(frame, connection).then(bytesOf))
  }

  /** Starts an exchange without letting time pass: for what waits. */
  begin<A extends Api>(api: A, request: RequestInput<A>, caller: Caller = {}): Promise<Buffer | null | 'close'> {
    const frame = frameOf(api, caller.version ?? newestVersion(api), request, caller)
    const connection = caller.connection ?? new FixtureConnection(caller)
    return this.broker.dispatcher.exchange(frame, connection).then(bytesOf)
  }

  /** Resolves to the topic’s id. */
  async createTopic(
    name: string,
    given: { partitions?: number; configs?: Readonly<Record<string, string>> } = {},
  ): Promise<string> {
    const configs = Object.entries(given.configs ?? {}).map(([key, value]) => ({ name: key, value }))
    const topic = { name, numPartitions: given.partitions ?? 1, replicationFactor: 1, assignments: [], configs }
    const { topics } = await this.call(CreateTopics, { topics: [topic], timeoutMs: 1000 })
    const [created] = topics
    if (created?.errorCode !== 0) throw new Error(`${name}: ${created?.errorMessage ?? 'no answer'}`)
    return created.topicId
  }

  /** Appends one batch of records with these values; resolves to its base offset. */
  async produce(topicId: string, partitionIndex: number, values: readonly string[]): Promise<number> {
    const response = await this.call(Produce, {
      transactionalId: null,
      acks: -1,
      timeoutMs: 1000,
      topicData: [{ topicId, partitionData: [{ index: partitionIndex, records: batchOf(values) }] }],
    })
    const [partition] = response.responses[0]?.partitionResponses ?? []
    if (partition?.errorCode !== 0) throw new Error(`produce: ${errorName(partition?.errorCode ?? -1)}`)
    return partition.baseOffset
  }
}

/** One client connection, as handlers see it. */
export class FixtureConnection implements ConnectionContext {
  readonly id: string
  readonly listener: ListenerIdentity = { name: 'PLAINTEXT', securityProtocol: 'PLAINTEXT' }
  readonly principal: Principal
  readonly clientAddress: string
  clientSoftwareName = ''
  clientSoftwareVersion = ''
  /** For how long it was left unread, each time. */
  readonly throttledMs: number[] = []
  readonly #onClose = new Set<() => void>()

  constructor({ principal, clientAddress }: Caller = {}) {
    this.principal = principal ?? anonymous
    this.clientAddress = clientAddress ?? '10.0.0.9'
    this.id = `fixture-${this.clientAddress}`
  }

  onClose(cancel: () => void): () => void {
    this.#onClose.add(cancel)
    return () => this.#onClose.delete(cancel)
  }

  throttle(durationMs: number): void {
    this.throttledMs.push(durationMs)
  }

  /** The client hangs up. */
  close(): void {
    for (const cancel of this.#onClose) cancel()
    this.#onClose.clear()
  }
}

/** One record batch, stamped with the time at which simulated worlds begin. */
export function batchOf(values: readonly string[], timestamp: number = 1_767_225_600_000): Buffer {
  const builder = new BatchBuilder()
  for (const value of values) builder.append(null, Buffer.from(value), [], timestamp)
  return builder.build()
}

/** A request as it goes over the wire, without its length. */
export function frameOf<A extends Api>(
  api: A,
  version: number,
  request: RequestInput<A>,
  { clientId = 'test' }: Caller = {},
): Buffer {
  const writer = new ByteWriter()
  encodeRequestHeader(api, { apiVersion: version, correlationId: ++correlationId, clientId }, writer)
  encodeRequest(api, version, request as never, writer)
  return writer.toBuffer()
}

export function newestVersion(api: Api): number {
  return advertisedVersions(api)?.max ?? api.versions.max
}

export function fixtureConfig(properties: Readonly<Record<string, string>>): BrokerConfig {
  const all = { 'log.dirs': directory, listeners: 'PLAINTEXT://127.0.0.1:0', ...properties }
  return BrokerConfig.load({ properties: new Map(Object.entries(all)) })
}

function bytesOf(answer: SettledAnswer): Buffer | null | 'close' {
  if (answer === null || answer === 'close') return answer
  if (!('release' in answer)) return Buffer.concat(answer)
  const bytes = Buffer.concat(answer.buffers)
  answer.release()
  return bytes
}
