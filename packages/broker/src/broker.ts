/**
 * One node: builds everything, starts it in order, stops it in order. The only place that builds things.
 *
 * Start: directories → metadata log and controller → registration → partition logs → metadata published → unfenced →
 * clients are served. Ports are bound early, because the registration names them; what comes before the node is ready
 * waits. Stop is the way back; the marker of a clean stop is written last.
 */
import { resolve } from 'node:path'
import { ConfigError, resolveLogConfig, type BrokerConfig, type Endpoint } from '@gregor/config'
import { defaultFeatureLevel, directoryOf, features, metadataVersionMax } from '@gregor/metadata'
import type { Environment } from '@gregor/platform'
import type { MetadataRecordInput } from '@gregor/protocol'
import { formatMetadataDirectory, METADATA_LOG_DIRECTORY, type Voter } from '@gregor/raft'
import { allowAll, type Authorizer } from '@gregor/security'
import { LogDirectories, type LogDirectory } from '@gregor/storage'
import { ConnectionLimits, ConnectionResources } from '@gregor/transport'
import { advertisedApis, clientHandlers } from './apis/index.ts'
import { BrokerLifecycle } from './metadata/broker-lifecycle.ts'
import { ControllerCalls } from './metadata/controller-calls.ts'
import { MetadataQuorum } from './metadata/metadata-quorum.ts'
import { ProducerIds } from './metadata/producer-ids.ts'
import { TopicCreation } from './metadata/topic-creation.ts'
import { Monitoring } from './monitoring/monitoring.ts'
import { NodeState } from './monitoring/node-state.ts'
import { FetchWaiters } from './replication/fetch-waiters.ts'
import { LogMoves } from './replication/log-moves.ts'
import { Replicas } from './replication/replicas.ts'
import { ClientListener } from './server/client-listener.ts'
import { Dispatcher } from './server/dispatch.ts'
import { NodeConfig } from './server/node-config.ts'
import { RequestForwarder } from './server/request-forwarder.ts'
import { RequestMetrics } from './server/request-metrics.ts'
import type { Services } from './server/services.ts'
import { TopicMetrics } from './server/topic-metrics.ts'
import { FetchSessions } from './sessions/fetch-sessions.ts'

export interface BrokerOptions {
  readonly environment: Environment
  readonly config: BrokerConfig
  /** Told once when the node cannot go on (its metadata log failed); it has begun to stop. */
  readonly onFatal?: (cause: unknown) => void
}

/** Features that this node serves: a new cluster finalizes no other, though it reads the records of all. */
const servedFeatures: readonly string[] = ['metadata.version', 'group.version', 'eligible.leader.replicas.version']
const protocolCodes: Readonly<Record<Endpoint['protocol'], number>> = {
  PLAINTEXT: 0,
  SSL: 1,
  SASL_PLAINTEXT: 2,
  SASL_SSL: 3,
}
const caughtUpTimeoutMs = 1_000
const stopTimeoutMs = 5_000
const closeGraceMs = 1_000
/** File handles that logs may keep open; the system’s own limit is often 1,024 and sockets need some. */
const openLogFilesMax = 512

export class Broker {
  readonly services: Services
  readonly requestMetrics: RequestMetrics
  readonly dispatcher: Dispatcher
  readonly quorum: MetadataQuorum
  readonly listeners: readonly ClientListener[]
  readonly #directories: LogDirectories
  readonly #lifecycle: BrokerLifecycle
  readonly #monitoring: Monitoring
  readonly #state: NodeState
  readonly #environment: Environment
  #stopping: Promise<void> | undefined

  /** @internal Use `start`. */
  constructor(parts: BrokerParts) {
    this.services = parts.services
    this.requestMetrics = parts.requestMetrics
    this.dispatcher = parts.dispatcher
    this.quorum = parts.quorum
    this.listeners = parts.listeners
    this.#directories = parts.directories
    this.#lifecycle = parts.lifecycle
    this.#monitoring = parts.monitoring
    this.#state = parts.state
    this.#environment = parts.environment
  }

  /**
   * Resolves when clients are served.
   * @throws ConfigError, DiskError, NetworkError, BrokerRegistrationError; nothing is left open then.
   */
  static async start(options: BrokerOptions): Promise<Broker> {
    const opened: (() => Promise<void> | void)[] = []
    try {
      return await start(options, opened)
    } catch (error) {
      for (const close of opened.toReversed()) await close()
      throw error
    }
  }

  get clusterId(): string {
    return this.services.clusterId
  }

  /** What clients are told to connect to, one for each listener. */
  get addresses(): readonly { readonly host: string; readonly port: number }[] {
    return registeredListeners(this.services.config.current, this.listeners)
  }

  /** Where `/health` and `/metrics` are, as `http://127.0.0.1:9404`; `undefined`: nowhere. */
  get monitoringUrl(): string | undefined {
    return this.#monitoring.url
  }

  /** Stops in order: what was acknowledged is on disk, and the next start need not check it. Idempotent. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  async #stop(): Promise<void> {
    this.#environment.logger.info('Stopping')
    this.#state.enter('stopping')
    await this.#lifecycle.stop({ timeoutMs: stopTimeoutMs })
    await Promise.all(this.listeners.map((listener) => listener.close(closeGraceMs)))
    await this.quorum.close()
    await this.#directories.close({ brokerEpoch: this.#lifecycle.epoch })
    await this.#monitoring.close()
    this.#environment.logger.info('Stopped')
  }
}

interface BrokerParts {
  readonly services: Services
  readonly requestMetrics: RequestMetrics
  readonly dispatcher: Dispatcher
  readonly quorum: MetadataQuorum
  readonly listeners: readonly ClientListener[]
  readonly directories: LogDirectories
  readonly lifecycle: BrokerLifecycle
  readonly monitoring: Monitoring
  readonly state: NodeState
  readonly environment: Environment
}

async function start(options: BrokerOptions, opened: (() => Promise<void> | void)[]): Promise<Broker> {
  const { environment, config } = options
  const { clock, disk, logger, random } = environment
  for (const warning of config.warnings) logger.warn(warning)
  refuseUnservedListeners(config)
  const nodeId = config.get('node.id')
  const nodeConfig = new NodeConfig(config, { nodeId, logger })
  const authorizer: Authorizer = allowAll
  const state = new NodeState(clock)
  const onFatal = (cause: unknown): void => {
    state.enter('failed')
    options.onFatal?.(cause)
  }
  const monitoring = await Monitoring.open({ environment, address: config.get('gregor.monitoring.address'), state })
  opened.push(() => monitoring.close())

  const directories = await LogDirectories.open({
    environment,
    config,
    paths: logPaths(config),
    nodeId,
    logConfig: (topic) => nodeConfig.logConfigFor(topic),
    onDirectoryFailed: ({ path, error }) => {
      replicas.directoryFailed(path)
      if (path === metadataDirectory.path) onFatal(error)
    },
    openFilesMax: openLogFilesMax,
  })
  opened.push(() => directories.close({ brokerEpoch: -1 }))
  const metadataDirectory = metadataDirectoryOf(directories, resolve(config.metadataLogDir))
  if (disk.stat(`${metadataDirectory.path}/${METADATA_LOG_DIRECTORY}`) === undefined) {
    const voters = [ownVoter(config, nodeId, metadataDirectory.directoryId)]
    await formatMetadataDirectory(environment, {
      directory: metadataDirectory.path,
      records: bootstrapRecords(),
      voters,
    })
    logger.info('Formatted an empty directory', { directory: metadataDirectory.path, clusterId: directories.clusterId })
  }

  const fetchWaiters = new FetchWaiters(clock)
  const replicas: Replicas = new Replicas(
    {
      nodeId,
      clock,
      logger,
      fetchWaiters,
      logDirectories: directories,
      logConfigFor: (topic) => nodeConfig.logConfigFor(topic),
    },
    () => quorum.follower.image,
  )
  const quorum: MetadataQuorum = await MetadataQuorum.open({
    environment,
    config,
    logConfig: metadataLogConfig(config),
    clusterId: directories.clusterId,
    nodeId,
    directory: metadataDirectory,
    isClean: metadataDirectory.shutdown.isClean,
    staticVoters: staticVoters(config, nodeId, metadataDirectory.directoryId),
    authorizer,
    publishers: [(change) => nodeConfig.publish(change), (change) => replicas.publish(change)],
    onFatal,
  })
  opened.push(() => quorum.close())
  const { controller, follower } = quorum

  const calls = new ControllerCalls(controller, clock)
  const whenCaughtUp = (): Promise<void> =>
    withinMs(clock, caughtUpTimeoutMs, follower.whenPublished(quorum.committedOffset - 1))
  const requestTimeoutMs = config.get('request.timeout.ms')
  const requestMetrics = new RequestMetrics()
  const services: Services = {
    nodeId,
    clusterId: directories.clusterId,
    config: nodeConfig,
    clock,
    random,
    logger,
    authorizer,
    metadata: follower,
    replicas,
    logDirectories: directories,
    logMoves: new LogMoves({
      logDirectories: directories,
      calls,
      nodeId,
      brokerEpoch: () => lifecycle.epoch,
      clock,
      logger,
      timeoutMs: requestTimeoutMs,
    }),
    controller,
    forwarder: new RequestForwarder({ controller, clock, timeoutMs: requestTimeoutMs, whenCaughtUp }),
    fetchSessions: new FetchSessions({
      sessionCountMax: config.get('max.incremental.fetch.session.cache.slots'),
      randomId: () => random.uint32(),
    }),
    fetchWaiters,
    producerIds: new ProducerIds({
      calls,
      brokerId: nodeId,
      brokerEpoch: () => lifecycle.epoch,
      timeoutMs: requestTimeoutMs,
    }),
    topicCreation: new TopicCreation({ calls, whenCaughtUp, config: nodeConfig, logger }),
    topicMetrics: new TopicMetrics(),
    advertisedApis: advertisedApis(clientHandlers),
  }
  const dispatcher = new Dispatcher({ handlers: clientHandlers, services, metrics: requestMetrics })
  const listeners = await openListeners({ environment, nodeConfig, dispatcher })
  opened.push(async () => {
    await Promise.all(listeners.map((listener) => listener.close(0)))
  })

  const lifecycle: BrokerLifecycle = new BrokerLifecycle({
    identity: {
      nodeId,
      clusterId: directories.clusterId,
      rack: config.get('broker.rack') ?? undefined,
      listeners: registeredListeners(config, listeners),
      features: features.map(({ name, range }) => ({ name, ...range })),
      directoryIds: () => directoryIds(directories, 'NONE'),
      offlineDirectoryIds: () => directoryIds(directories, 'KAFKA_STORAGE_ERROR'),
      previousBrokerEpoch: directories.previousBrokerEpoch ?? -1,
    },
    calls,
    clock,
    random,
    logger,
    heartbeatIntervalMs: config.get('broker.heartbeat.interval.ms'),
    sessionTimeoutMs: config.get('broker.session.timeout.ms'),
    registrationTimeoutMs: config.get('initial.broker.registration.timeout.ms'),
    metadataOffset: () => follower.publishedOffset,
    whenPublished: (offset) => follower.whenPublished(offset),
  })
  await lifecycle.register()
  nodeConfig.restore(follower.replayed)
  const known = follower.replayed
  state.enter('recovering')
  await directories.load({
    topicIdOf: ({ topic }) => known.topics.byName.get(topic)?.id,
    directoryIdOf: ({ topic, partition }) => {
      const registration = known.topics.byName.get(topic)?.partitions[partition]
      return registration === undefined ? undefined : directoryOf(registration, nodeId)
    },
  })
  await replicas.setStraysAside(known)
  directories.start()
  follower.startPublishing()
  await lifecycle.unfence()
  services.logMoves.resume(replicas.all())
  dispatcher.open()
  monitoring.observe({ state, services, requestMetrics, quorum, lifecycle, listeners })
  state.enter('running')
  return new Broker({
    services,
    requestMetrics,
    dispatcher,
    quorum,
    listeners,
    directories,
    lifecycle,
    monitoring,
    state,
    environment,
  })
}

function logPaths(config: BrokerConfig): string[] {
  return [...new Set([...config.logDirs, config.metadataLogDir].map((path) => resolve(path)))]
}

/** @throws ConfigError where it could not be opened: without its metadata log a node can do nothing. */
function metadataDirectoryOf(directories: LogDirectories, path: string): LogDirectory {
  const directory = directories.directories.find((one) => one.path === path)
  if (directory !== undefined) return directory
  const message = `metadata.log.dir: ${path} cannot be used, see the error above; mend its disk, or restore the directory`
  throw new ConfigError([{ key: 'metadata.log.dir', message }])
}

function directoryIds(directories: LogDirectories, state: 'NONE' | 'KAFKA_STORAGE_ERROR'): string[] {
  return directories
    .describe()
    .flatMap(({ directoryId, error }) => (error === state && directoryId !== undefined ? [directoryId] : []))
}

async function openListeners(given: {
  environment: Environment
  nodeConfig: NodeConfig
  dispatcher: Dispatcher
}): Promise<ClientListener[]> {
  const { environment, nodeConfig, dispatcher } = given
  const queuedBytesMax = nodeConfig.get('queued.max.request.bytes')
  const resources = new ConnectionResources(queuedBytesMax > 0 ? { requestBytesMax: queuedBytesMax } : {})
  const connectionLimits = new ConnectionLimits({
    connectionCountMax: nodeConfig.get('max.connections'),
    connectionCountMaxPerAddress: nodeConfig.get('max.connections.per.ip'),
    overrides: overridesFrom(nodeConfig.get('max.connections.per.ip.overrides')),
    creationRateMax: nodeConfig.get('max.connection.creation.rate'),
  })
  const listeners: ClientListener[] = []
  try {
    for (const { listener, protocol, host, port } of nodeConfig.current.listeners.broker) {
      const identity = { name: listener, securityProtocol: protocol }
      listeners.push(
        await ClientListener.open({
          environment,
          listener: identity,
          host: host ?? '',
          port,
          config: nodeConfig,
          resources,
          connectionLimits,
          dispatcher,
        }),
      )
    }
    return listeners
  } catch (error) {
    await Promise.all(listeners.map((listener) => listener.close(0)))
    throw error
  }
}

/** `host:count` each. */
function overridesFrom(text: string): ReadonlyMap<string, number> {
  const pairs = text.split(',').filter((pair) => pair.includes(':'))
  return new Map(
    pairs.map((pair) => [pair.slice(0, pair.lastIndexOf(':')).trim(), Number(pair.slice(pair.lastIndexOf(':') + 1))]),
  )
}

/** What is told to clients: a port of 0 becomes the one that was bound. */
function registeredListeners(
  config: BrokerConfig,
  bound: readonly ClientListener[],
): { name: string; host: string; port: number; securityProtocol: number }[] {
  return config.listeners.advertised.map(({ listener, protocol, host, port }) => {
    const own = bound.find(({ identity }) => identity.name === listener)
    return {
      name: listener,
      host: host ?? 'localhost',
      port: port === 0 ? (own?.port ?? 0) : port,
      securityProtocol: protocolCodes[protocol],
    }
  })
}

function refuseUnservedListeners(config: BrokerConfig): void {
  const unserved = config.listeners.broker.filter(({ protocol }) => protocol !== 'PLAINTEXT')
  if (unserved.length === 0) return
  const names = unserved.map(({ listener, protocol }) => `${listener} (${protocol})`).join(', ')
  const message = `listeners: ${names} needs TLS or SASL, which this version does not serve yet; use PLAINTEXT listeners on a trusted network`
  throw new ConfigError([{ key: 'listeners', message }])
}

function ownVoter(config: BrokerConfig, nodeId: number, directoryId: string): Voter {
  const own = config.listeners.advertisedController.map(({ listener, host, port }) => ({
    name: listener,
    host: host ?? 'localhost',
    port,
  }))
  const [name = 'CONTROLLER'] = config.listeners.controllerNames
  return { id: nodeId, directoryId, endpoints: own.length > 0 ? own : [{ name, host: 'localhost', port: 9093 }] }
}

/** For a log of kraft.version 0, which does not name its voters: the ones of the configuration, or this node. */
function staticVoters(config: BrokerConfig, nodeId: number, directoryId: string): readonly Voter[] {
  const voters = config.get('controller.quorum.voters')
  if (voters.length === 0) return [ownVoter(config, nodeId, directoryId)]
  return voters.map((text) => ({ id: Number(text.slice(0, text.indexOf('@'))), directoryId, endpoints: [] }))
}

/** What a new cluster begins with: the newest metadata.version, and the features that are served at their newest. */
function bootstrapRecords(): readonly MetadataRecordInput[] {
  return features
    .filter(({ name }) => servedFeatures.includes(name))
    .map((feature) => ({
      type: 'FeatureLevelRecord' as const,
      name: feature.name,
      featureLevel: defaultFeatureLevel(feature, metadataVersionMax),
    }))
}

function metadataLogConfig(config: BrokerConfig): ReturnType<typeof resolveLogConfig> {
  return {
    ...resolveLogConfig(config, new Map()),
    segmentBytes: config.get('metadata.log.segment.bytes'),
    segmentMs: config.get('metadata.log.segment.ms'),
    // Its own rules delete from it: snapshots first.
    cleanupPolicy: { delete: false, compact: false },
    maxMessageBytes: Infinity,
  }
}

function withinMs(clock: Environment['clock'], limitMs: number, done: Promise<void>): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const timer = clock.schedule(limitMs, resolve)
  done.then(resolve, reject)
  return promise.finally(() => timer.cancel())
}
