/**
 * The cluster over real connections: a link per node and lane, versions that both sides know, metadata, coordinators.
 *
 * Which node is asked where any will do: one that is connected and has least to do; else one that is being connected to;
 * else whichever of the known ones answers first, tried one after the other with a head start each. Where none of them can
 * be reached, the bootstrap servers are tried again (KIP-899).
 *
 * Invariant: a request is handed to a connection at most once.
 */
import { asError, assert, background } from '@gregor/base'
import type { Environment, Timer, TlsOptions } from '@gregor/platform'
import {
  type Api,
  ApiVersions,
  DescribeCluster,
  FindCoordinator,
  Metadata,
  type MetadataResponse,
  type RequestInput,
} from '@gregor/protocol'
import { ClosedError, ConnectionResources } from '@gregor/transport'
import { isRetriable } from '../errors.ts'
import { withinTime } from '../retrying.ts'
import type { ApiRanges } from './api-ranges.ts'
import { type Address, bootstrapAddresses } from './bootstrap-address.ts'
import type { Authenticator } from './authenticator.ts'
import type { ClusterMetadata } from './cluster-metadata.ts'
import type { Answer, Cluster, CoordinatorKind, NodeChoice, NodeEndpoint, SendOptions, Versioned } from './cluster.ts'
import { ConnectionCounts } from './connection-counts.ts'
import { Coordinators } from './coordinators.ts'
import { type MetadataTiming, MetadataWatcher } from './metadata-watcher.ts'
import { NodeConnection } from './node-connection.ts'
import { type LinkJob, type LinkTiming, NodeLink } from './node-link.ts'
import { askForControllers, metadataOfControllers } from './controller-quorum.ts'
import { firstReady } from './first-ready.ts'
import { RequestJob } from './request-job.ts'

export interface ClusterOptions {
  readonly environment: Pick<Environment, 'clock' | 'network' | 'random' | 'logger'>
  /** `host:port` each; one that answers is enough. */
  readonly bootstrapServers: readonly string[]
  /** Controllers instead (KIP-919). Not together with the above. Default: none. */
  readonly bootstrapControllers?: readonly string[] | undefined
  readonly clientId: string
  readonly timing: ClusterTiming
  /** Default: connections are not encrypted. */
  readonly tls?: TlsOptions | undefined
  /** Default: nobody is told who we are. */
  readonly authenticator?: Authenticator | undefined
  /** Memory that connections share. Default: 1 MiB to read into, made with the first connection. */
  readonly resources?: ConnectionResources
}

export interface OpenCluster extends Cluster {
  /** Counters and gauges of its connections, under Kafka’s names of them. */
  metrics(): Readonly<Record<string, number>>
}

export interface ClusterTiming extends LinkTiming, MetadataTiming {
  readonly requestTimeoutMs: number
}

const defaultLane = 'default'
/** With a node that does not answer, where another could. */
const patienceMs = 3000

/**
 * Connects to nothing yet: the first request does.
 *
 * @throws ConfigError where an address of `bootstrapServers` is none.
 */
export function openCluster(options: ClusterOptions): OpenCluster {
  return new KafkaCluster(options)
}

class KafkaCluster implements OpenCluster {
  readonly metadata: ClusterMetadata
  readonly isOfControllers: boolean
  readonly #counts = new ConnectionCounts()
  readonly #options: ClusterOptions
  readonly #resources: ConnectionResources
  readonly #watcher: MetadataWatcher
  readonly #coordinators: Coordinators
  /** Their ids are negative. */
  readonly #bootstrap: readonly NodeEndpoint[]
  readonly #lanes = new Map<string, Map<number, NodeLink>>()
  #features: { readonly epoch: number; readonly levels: ReadonlyMap<string, number> } | undefined
  /** Who may be asked anything: the nodes that are known, the bootstrap servers as well (KIP-899), or only these (KIP-1102). */
  #trust: 'known' | 'both' | 'bootstrap' = 'known'
  #closing: Promise<void> | undefined

  constructor(options: ClusterOptions) {
    const { environment, timing } = options
    this.#options = options
    this.#resources = options.resources ?? new ConnectionResources()
    const { bootstrapServers, bootstrapControllers = [] } = options
    this.isOfControllers = bootstrapControllers.length > 0
    this.#bootstrap = bootstrapAddresses(this.isOfControllers ? bootstrapControllers : bootstrapServers).map(
      bootstrapNode,
    )
    const timeoutMs = timing.requestTimeoutMs
    this.#watcher = new MetadataWatcher({
      environment,
      timing,
      ask: (request) => this.#askForMetadata(request),
      onRebootstrap: (isRequired) => this.#rebootstrap(isRequired ? 'bootstrap' : 'both'),
      onNodes: (nodes) => this.#nodesChanged(nodes),
    })
    this.metadata = this.#watcher
    this.#coordinators = new Coordinators({
      environment,
      ask: (request) => this.#askAny(FindCoordinator, request),
      version: () => this.versionOf('any', FindCoordinator, { timeoutMs }),
      onEndpoint: (endpoint) => this.#learned(endpoint),
    })
  }

  async send<A extends Api>(node: NodeChoice, api: A, request: Versioned<A>, options: SendOptions): Promise<Answer<A>> {
    const answer = await this.#perform(this.#chosen(node, api), this.#job(api, request, options, true), options)
    assert(answer !== undefined, 'a request that is answered ends with its answer')
    return answer
  }

  async sendOnly<A extends Api>(node: NodeChoice, api: A, request: Versioned<A>, options: SendOptions): Promise<void> {
    await this.#perform(node, this.#job(api, request, options, false), options)
  }

  async versionOf(node: NodeChoice, api: Api, options: SendOptions): Promise<number> {
    const link = await this.#linkFor(this.#chosen(node, api), options)
    const { promise, resolve, reject } = Promise.withResolvers<ApiRanges>()
    const job: LinkJob = { start: ({ ranges }) => resolve(ranges), fail: reject }
    link.perform(job)
    const { clock } = this.#options.environment
    try {
      const name = `asking ${link.name} for its versions`
      return (await withinTime(clock, promise, { name, ...options })).newest(api, options.versionMax)
    } finally {
      link.forget(job)
    }
  }

  featureLevel(name: string): number {
    return this.#features?.levels.get(name) ?? 0
  }

  metrics(): Readonly<Record<string, number>> {
    return this.#counts.metrics()
  }

  coordinator(kind: CoordinatorKind, key: string, options: SendOptions): Promise<number> {
    return this.#coordinators.find(kind, key, options)
  }

  forgetCoordinator(kind: CoordinatorKind, key: string): void {
    this.#coordinators.forget(kind, key)
  }

  closeLane(lane: string): void {
    const links = this.#lanes.get(lane)
    if (links === undefined) return
    this.#lanes.delete(lane)
    const { logger } = this.#options.environment
    for (const link of links.values()) {
      background('closing', link.close(), (_, error) =>
        logger.debug('A connection was not closed in order', { reason: String(error) }),
      )
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#closeAll()
    return this.#closing
  }

  async #closeAll(): Promise<void> {
    this.#watcher.close()
    this.#coordinators.close()
    const links = [...this.#lanes.values()].flatMap((lane) => [...lane.values()])
    await Promise.all(links.map((link) => link.close()))
  }

  async #askForMetadata(request: (version: number) => RequestInput<typeof Metadata>): Promise<MetadataResponse> {
    if (!this.isOfControllers) return (await this.#askAny(Metadata, request)).response
    return metadataOfControllers((await this.#askAny(DescribeCluster, () => askForControllers)).response)
  }

  /**
   * What any node can tell, and may be asked twice: a node that hangs is waited for a while only, then another is asked as
   * well, and so on; the first answer counts.
   */
  async #askAny<A extends Api>(api: A, request: (version: number) => RequestInput<A>): Promise<Answer<A>> {
    const { environment, timing } = this.#options
    const { requestTimeoutMs: timeoutMs } = timing
    const { promise, resolve, reject } = Promise.withResolvers<Answer<A>>()
    let askedCount = 0
    let waitingCount = 0
    let timer: Timer | undefined
    const ask = (): void => {
      askedCount++
      waitingCount++
      this.send('any', api, request, { timeoutMs }).then(resolve, (error: unknown) => {
        waitingCount--
        if (waitingCount === 0) reject(error)
      })
      if (askedCount < this.#anyIds().length) timer = environment.clock.schedule(patienceMs, ask)
    }
    ask()
    try {
      return await promise
    } finally {
      timer?.cancel()
    }
  }

  // -------------------------------------------------------------------------------------------------------- requests

  #job<A extends Api>(api: A, request: Versioned<A>, options: SendOptions, isAnswered: boolean): RequestJob<A> {
    const { environment, timing, clientId } = this.#options
    const { requestTimeoutMs } = timing
    return new RequestJob({ clock: environment.clock, clientId, requestTimeoutMs, api, request, options, isAnswered })
  }

  /** Of controllers only the active one answers, but for who they are. */
  #chosen(node: NodeChoice, { key }: Api): NodeChoice {
    const isAny = node === 'any' && this.isOfControllers && key !== DescribeCluster.key && key !== ApiVersions.key
    return isAny ? 'controller' : node
  }

  /** Where the node is known, the request is in its line when this returns: calls keep their order. */
  #perform<A extends Api>(node: NodeChoice, job: RequestJob<A>, options: SendOptions): Promise<Answer<A> | undefined> {
    if (this.#closing !== undefined) {
      job.fail(new ClosedError('the client was closed'))
      return job.done
    }
    const link = this.#linkNow(node, options.lane)
    if (link === undefined) {
      const { remainingMs: timeoutMs } = job
      this.#linkFor(node, { ...options, timeoutMs }).then(
        (chosen) => job.enter(chosen),
        (error: unknown) => job.fail(asError(error)),
      )
    } else job.enter(link)
    return job.done
  }

  /** The link to send by, where nothing has to be waited for to know it. */
  #linkNow(node: NodeChoice, lane: string | undefined): NodeLink | undefined {
    if (typeof node === 'number') return this.#link(node, lane)
    const id = node === 'controller' ? this.#watcher.controllerId : undefined
    return id === undefined ? this.#leastLoaded(lane) : this.#link(id, lane)
  }

  async #linkFor(node: NodeChoice, options: SendOptions): Promise<NodeLink> {
    if (node === 'controller' && this.#watcher.controllerId === undefined) await this.#watcher.refresh(options)
    const link = this.#linkNow(node, options.lane)
    if (link !== undefined) return link
    const { environment, timing } = this.#options
    const { clock } = environment
    const deadlineMs = clock.monotonicMs() + options.timeoutMs
    const known = this.#candidates(options.lane)
    try {
      return await firstReady(known, { clock, timeoutMs: options.timeoutMs, signal: options.signal })
    } catch (error) {
      const isFinal = timing.metadataRecoveryStrategy === 'none' || this.#asksBootstrap || !isRetriable(error)
      const timeoutMs = deadlineMs - clock.monotonicMs()
      if (isFinal || timeoutMs <= 0 || this.#closing !== undefined) throw error
      environment.logger.info('None of the known nodes can be reached: the bootstrap servers are asked again')
      this.#rebootstrap('both')
      return firstReady(this.#candidates(options.lane), { clock, timeoutMs, signal: options.signal })
    }
  }

  // ----------------------------------------------------------------------------------------------------------- nodes

  get #asksBootstrap(): boolean {
    return this.#trust !== 'known' || this.#watcher.nodes.size === 0
  }

  /** The ids of those that any request may go to. */
  #anyIds(): readonly number[] {
    const known = this.#trust === 'bootstrap' ? [] : this.#watcher.nodes.keys()
    return this.#asksBootstrap ? [...this.#bootstrap.map(({ nodeId }) => nodeId), ...known] : [...known]
  }

  /** Of those that are connected. */
  #leastLoaded(lane = defaultLane): NodeLink | undefined {
    const links = this.#lanes.get(lane)
    if (links === undefined) return undefined
    let best: { readonly link: NodeLink; readonly load: number } | undefined
    let tieCount = 0
    for (const id of this.#anyIds()) {
      const link = links.get(id)
      if (link?.isReady !== true) continue
      // One that has been silent for long may hang, however little it has to do.
      const load = link.silentMs > patienceMs ? Infinity : link.load
      if (best !== undefined && load > best.load) continue
      tieCount = best === undefined || load < best.load ? 1 : tieCount + 1
      // Each of those with equally little to do is as likely.
      if (tieCount === 1 || this.#options.environment.random.below(tieCount) === 0) best = { link, load }
    }
    return best?.link
  }

  /** Those under way first, those that have just failed last, the rest in a random order. */
  #candidates(lane: string | undefined): readonly NodeLink[] {
    const { random } = this.#options.environment
    const ranked = this.#anyIds().map((id) => {
      const link = this.#link(id, lane)
      return { link, rank: link.isConnecting ? -1 : link.backoffMs, tie: random.uint32() }
    })
    return ranked.toSorted((a, b) => a.rank - b.rank || a.tie - b.tie).map(({ link }) => link)
  }

  #link(nodeId: number, lane = defaultLane): NodeLink {
    let links = this.#lanes.get(lane)
    if (links === undefined) this.#lanes.set(lane, (links = new Map<number, NodeLink>()))
    let link = links.get(nodeId)
    if (link === undefined) links.set(nodeId, (link = this.#newLink(nodeId)))
    return link
  }

  #newLink(nodeId: number): NodeLink {
    const { environment, timing, clientId, tls, authenticator } = this.#options
    const resources = this.#resources
    const counts = this.#counts
    return new NodeLink(nodeId, {
      environment,
      timing,
      endpointOf: (id) => (id < 0 ? this.#bootstrap[-1 - id] : this.#watcher.nodes.get(id)),
      open: ({ endpoint: { host, port }, ...opening }) =>
        NodeConnection.open({ environment, host, port, clientId, resources, counts, tls, authenticator, ...opening }),
      onTrouble: (link, error, wasUp) => this.#trouble(link, error, wasUp),
      onReady: ({ ranges: { features, featuresEpoch } }) => {
        if (featuresEpoch < (this.#features?.epoch ?? -1)) return
        this.#features = { epoch: featuresEpoch, levels: features }
      },
    })
  }

  #trouble(link: NodeLink, error: Error, wasUp: boolean): void {
    const { logger } = this.#options.environment
    if (!wasUp) this.#counts.failed++
    const isKnown = link.nodeId < 0 || this.#watcher.nodes.has(link.nodeId)
    if (wasUp) logger.debug(`The connection to ${link.name} is gone`, { reason: error.message })
    else if (link.failures === 1 && isKnown) logger.warn('A connection could not be set up', { reason: error.message })
    else logger.debug('A connection could not be set up', { reason: error.message })
    if (link.nodeId < 0) return
    this.#coordinators.forgetNode(link.nodeId)
    this.#watcher.invalidate()
  }

  /** Until somebody answers with the nodes that there are. */
  #rebootstrap(trust: 'both' | 'bootstrap'): void {
    this.#trust = trust
    this.#watcher.invalidate()
  }

  #nodesChanged(nodes: ReadonlyMap<number, NodeEndpoint>): void {
    this.#trust = 'known'
    for (const links of this.#lanes.values()) {
      this.#adopt(links, nodes)
      for (const [id, link] of links) {
        if (id < 0) continue
        link.endpointChanged()
        if (!nodes.has(id) && link.isUnused) links.delete(id)
      }
    }
  }

  /** A bootstrap server turns out to be a node: its connection serves on as that node's. */
  #adopt(links: Map<number, NodeLink>, nodes: ReadonlyMap<number, NodeEndpoint>): void {
    for (const { nodeId: bootstrapId, host, port } of this.#bootstrap) {
      const link = links.get(bootstrapId)
      if (link?.isReady !== true) continue
      const node = [...nodes.values()].find((each) => each.host === host && each.port === port)
      if (node === undefined || links.get(node.nodeId)?.isUnused === false) continue
      links.delete(bootstrapId)
      link.nodeId = node.nodeId
      links.set(node.nodeId, link)
    }
  }

  #learned(endpoint: NodeEndpoint): void {
    const known = this.#watcher.nodes.get(endpoint.nodeId)
    if (known?.host === endpoint.host && known.port === endpoint.port) return
    this.#watcher.hint([], [endpoint])
  }
}

function bootstrapNode({ host, port }: Address, index: number): NodeEndpoint {
  return { nodeId: -1 - index, host, port, rack: null }
}
