/** A cluster for tests of Admin that answers as it was told, through the codecs of the versions that its nodes speak. */
import { ByteReader, ByteWriter } from '@gregor/base'
import {
  type Api,
  FindCoordinator,
  type RequestInput,
  type RequestOf,
  type ResponseInput,
  decodeRequest,
  decodeResponse,
  encodeRequest,
  encodeResponse,
} from '@gregor/protocol'
import { SimulatedWorld } from '@gregor/testkit/simulation'
import type { Answer, Cluster, NodeChoice, NodeEndpoint, SendOptions, Versioned } from '../cluster/cluster.ts'
import type { ClusterMetadata, MetadataOptions, TopicMetadata } from '../cluster/cluster-metadata.ts'
import { UnsupportedVersionError } from '../errors.ts'
import { Admin } from './admin.ts'
import type { AdminOptions } from './admin-configs.ts'

interface Asked {
  readonly node: NodeChoice
  readonly version: number
  readonly request: unknown
}

type Handler = (request: unknown, asked: Asked) => unknown

export class ScriptedCluster implements Cluster {
  readonly metadata: ScriptedMetadata
  /** By API and in order: who was asked, and what. */
  readonly #asked = new Map<string, Asked[]>()
  readonly #handlers = new Map<string, Handler>()
  /** The newest version that nodes know, by API: undefined is ours, -1 is none. */
  readonly #versions = new Map<string, number>()

  constructor(topics: Readonly<Record<string, readonly number[]>> = {}) {
    this.metadata = new ScriptedMetadata(topics)
  }

  /** What nodes answer from now on; what it throws fails the request. */
  on<A extends Api>(api: A, handler: (request: RequestOf<A>, asked: Asked) => ResponseInput<A>): this {
    // The request was decoded with this API's schema.
    this.#handlers.set(api.name, (request, asked) => handler(request as RequestOf<A>, asked))
    return this
  }

  speaks(api: Api, version: number): this {
    this.#versions.set(api.name, version)
    return this
  }

  /** Requests of an API so far. */
  asked<A extends Api>(api: A): readonly (Asked & { readonly request: RequestOf<A> })[] {
    return (this.#asked.get(api.name) ?? []) as (Asked & { readonly request: RequestOf<A> })[]
  }

  async send<A extends Api>(node: NodeChoice, api: A, given: Versioned<A>, options: SendOptions): Promise<Answer<A>> {
    const version = Math.min(await this.versionOf(node, api), options.versionMax ?? Infinity)
    const input = typeof given === 'function' ? given(version) : given
    const request = throughRequestCodec(api, version, input)
    const asked = { node, version, request }
    this.#asked.set(api.name, [...(this.#asked.get(api.name) ?? []), asked])
    const handler = this.#handlers.get(api.name)
    if (handler === undefined) throw new Error(`nobody said how ${api.name} is answered`)
    const response = throughResponseCodec(api, version, handler(request, asked))
    return { version, nodeId: typeof node === 'number' ? node : 1, response: response as Answer<A>['response'] }
  }

  versionOf(_node: NodeChoice, api: Api): Promise<number> {
    const { max } = api.versions
    const version = this.#versions.get(api.name) ?? (api.unstable === undefined ? max : api.unstable.min - 1)
    if (version < 0) return Promise.reject(new UnsupportedVersionError(`no ${api.name} here`))
    return Promise.resolve(version)
  }

  sendOnly(): Promise<void> {
    throw new Error('an admin always wants an answer')
  }

  featureLevel(): number {
    return 0
  }

  coordinator(): Promise<number> {
    throw new Error('an admin asks for many coordinators at once')
  }

  closeLane(): void {}

  forgetCoordinator(): void {
    // Nothing is remembered.
  }

  close(): Promise<void> {
    return Promise.resolve()
  }
}

/** Topics with the leader of each partition; -1 for none. */
export class ScriptedMetadata implements ClusterMetadata {
  readonly clusterId = 'cluster'
  readonly controllerId = 1
  readonly nodes: ReadonlyMap<number, NodeEndpoint> = new Map(
    [1, 2, 3].map((nodeId) => [nodeId, { nodeId, host: `b${nodeId}`, port: 9092, rack: null }]),
  )
  readonly version = 1
  /** What `refresh` was asked for. */
  readonly refreshed: (readonly string[])[] = []
  /** What it brings, by the number of the refresh. Default: nothing new. */
  readonly next: Readonly<Record<string, readonly number[]>>[] = []
  #leaders: Readonly<Record<string, readonly number[]>>

  constructor(leaders: Readonly<Record<string, readonly number[]>>) {
    this.#leaders = leaders
  }

  get topics(): readonly TopicMetadata[] {
    return Object.keys(this.#leaders).flatMap((name) => this.topic(name) ?? [])
  }

  topic(name: string): TopicMetadata | undefined {
    const leaders = this.#leaders[name]
    if (leaders === undefined) return undefined
    return {
      name,
      topicId: `id of ${name}`,
      isInternal: false,
      error: 'NONE',
      partitions: leaders.map((leaderId, partition) => ({
        partition,
        error: leaderId === -1 ? 'LEADER_NOT_AVAILABLE' : 'NONE',
        leaderId,
        leaderEpoch: 0,
        replicas: [1, 2, 3],
        inSyncReplicas: [1, 2, 3],
        offlineReplicas: [],
      })),
    }
  }

  refresh({ topics = [] }: MetadataOptions): Promise<void> {
    this.refreshed.push(topics === 'all' ? ['*'] : topics)
    this.#leaders = this.next.shift() ?? this.#leaders
    return Promise.resolve()
  }

  topicName(): string | undefined {
    return undefined
  }

  ensure(): Promise<TopicMetadata> {
    throw new Error('an admin waits for no topic')
  }

  watch(): () => void {
    return () => undefined
  }

  invalidate(): void {
    // What is known is scripted.
  }

  hint(): void {
    // All nodes are known.
  }

  onChange(): () => void {
    return () => undefined
  }
}

/** Groups and transactional ids are coordinated by node 2, those that begin with `x` by node 3. */
export function withCoordinators(cluster = new ScriptedCluster()): ScriptedCluster {
  return cluster.on(FindCoordinator, ({ key, coordinatorKeys }, { version }) =>
    version < 4
      ? coordinatorOf(key)
      : { coordinators: coordinatorKeys.map((one) => ({ key: one, ...coordinatorOf(one) })) },
  )
}

function coordinatorOf(key: string) {
  const nodeId = key.startsWith('x') ? 3 : 2
  return { nodeId, host: `b${nodeId}`, port: 9092, errorCode: 0 }
}

/** An admin in virtual time; `run` lets time pass until a call is through. */
export function adminOf(cluster: Cluster, options?: AdminOptions) {
  const world = new SimulatedWorld({ seed: 1 })
  const { environment } = world.node('client')
  const admin = Admin.open(cluster, environment, options)
  return { admin, environment, run: <T>(call: Promise<T>): Promise<T> => world.time.run(call) }
}

function throughRequestCodec(api: Api, version: number, input: unknown): unknown {
  const writer = new ByteWriter()
  encodeRequest(api, version, input as RequestInput<Api>, writer)
  return decodeRequest(api, version, new ByteReader(writer.toBuffer()))
}

function throughResponseCodec(api: Api, version: number, input: unknown): unknown {
  const writer = new ByteWriter()
  encodeResponse(api, version, input as ResponseInput<Api>, writer)
  return decodeResponse(api, version, new ByteReader(writer.toBuffer()))
}
