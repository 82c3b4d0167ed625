/**
 * Builds the parts of a node, each with what it needs; `broker.ts` says in which order. Nothing else builds them.
 * A part that needs another one made later is given a function that looks it up when it is called.
 */
import { resolve } from 'node:path'
import { ConfigError, resolveLogConfig, type BrokerConfig } from '@gregor/config'
import { defaultFeatureLevel, directoryOf, features, metadataVersionMax } from '@gregor/metadata'
import type { Clock, Disk, Environment } from '@gregor/platform'
import type { MetadataRecordInput } from '@gregor/protocol'
import { formatMetadataDirectory, METADATA_LOG_DIRECTORY, type Voter } from '@gregor/raft'
import { AclAuthorizer, type Authorizer } from '@gregor/security'
import { LogDirectories, parsePartitionDirectory, type LogDirectory } from '@gregor/storage'
import { clientHandlers } from './apis/index.ts'
import { GroupCoordinators } from './coordination/group-coordinators.ts'
import { InternalTopics } from './coordination/internal-topics.ts'
import { MarkerSender } from './coordination/marker-sender.ts'
import { TransactionCoordinators } from './coordination/transaction-coordinators.ts'
import { TransactionGuard } from './coordination/transaction-guard.ts'
import { TransactionPartitions } from './coordination/transaction-partitions.ts'
import { BrokerLifecycle } from './metadata/broker-lifecycle.ts'
import { ControllerCalls } from './metadata/controller-calls.ts'
import type { MetadataPublisher } from './metadata/metadata-follower.ts'
import { MetadataQuorum } from './metadata/metadata-quorum.ts'
import { Peers } from './metadata/peers.ts'
import { ProducerIds } from './metadata/producer-ids.ts'
import { isServedFeature } from './metadata/served-features.ts'
import { TopicCreation } from './metadata/topic-creation.ts'
import { AppendQueue } from './replication/append-queue.ts'
import { FetchWaiters } from './replication/fetch-waiters.ts'
import { LogMoves } from './replication/log-moves.ts'
import { ReadMemory } from './replication/read-memory.ts'
import { Replicas } from './replication/replicas.ts'
import { advertisedApis } from './server/advertised-apis.ts'
import type { RequestInterceptor } from './server/interceptor.ts'
import type { NodeConfig } from './server/node-config.ts'
import type { RequestQuotas } from './server/request-quotas.ts'
import { RequestForwarder } from './server/request-forwarder.ts'
import type { Services } from './server/services.ts'
import { TopicMetrics } from './server/topic-metrics.ts'
import { FetchSessions } from './sessions/fetch-sessions.ts'

/** What is there first, and everything else stands on. */
export interface Foundation {
  readonly environment: Environment
  readonly nodeId: number
  readonly config: NodeConfig
  readonly authorizer: Authorizer | AclAuthorizer
  readonly quotas: RequestQuotas
  /** The log of the metadata, or what follows from it, is broken: the node must stop. */
  readonly onFatal: (cause: unknown) => void
  readonly interceptor?: RequestInterceptor | undefined
}

const caughtUpTimeoutMs = 1_000
/** File handles that logs may keep open; the system’s own limit is often 1,024 and sockets need some. */
const openLogFilesMax = 512

// ---------------------------------------------------------------------------------------------------- directories

/** @param directoryFailed - told the path of a directory that fails, now or later. */
export async function openDirectories(
  { environment, config, nodeId, onFatal }: Foundation,
  directoryFailed: (path: string) => void,
): Promise<LogDirectories> {
  const { current } = config
  const metadataPath = resolve(current.metadataLogDir)
  const logPaths = current.logDirs.map((path) => resolve(path))
  return LogDirectories.open({
    environment,
    config: current,
    paths: [...new Set([...logPaths, metadataPath])],
    reservedPaths: logPaths.includes(metadataPath) ? [] : [metadataPath],
    nodeId,
    logConfig: (topic) => config.logConfigFor(topic),
    onDirectoryFailed: ({ path, error }) => {
      directoryFailed(path)
      if (path === metadataPath) onFatal(error)
    },
    openFilesMax: openLogFilesMax,
  })
}

/** Opens the logs and recovers those that need it; what the metadata does not know is set aside. */
export async function loadLogs(
  directories: LogDirectories,
  replicas: Replicas,
  { nodeId, quorum }: { nodeId: number; quorum: MetadataQuorum },
): Promise<void> {
  const image = quorum.follower.replayed
  await directories.load({
    topicIdOf: ({ topic }) => image.topics.byName.get(topic)?.id,
    directoryIdOf: ({ topic, partition }) => {
      const registration = image.topics.byName.get(topic)?.partitions[partition]
      return registration === undefined ? undefined : directoryOf(registration, nodeId)
    },
  })
  await replicas.setStraysAside(image)
  directories.start()
}

function directoryIds(directories: LogDirectories, state: 'NONE' | 'KAFKA_STORAGE_ERROR'): string[] {
  return directories
    .describe()
    .flatMap(({ directoryId, error }) => (error === state && directoryId !== undefined ? [directoryId] : []))
}

// ------------------------------------------------------------------------------------------------------- metadata

/** The metadata log, its controller and its follower; an empty directory is formatted first. */
export async function openQuorum(foundation: Foundation, directories: LogDirectories): Promise<MetadataQuorum> {
  const { environment, nodeId, authorizer, quotas, onFatal } = foundation
  const { clusterId } = directories
  const config = foundation.config.current
  const directory = metadataDirectoryOf(directories, resolve(config.metadataLogDir))
  const paths = directories.directories.map(({ path }) => path)
  await formatWhenEmpty(environment, { config, nodeId, directory, clusterId, paths })
  return MetadataQuorum.open({
    environment,
    config,
    logConfig: metadataLogConfig(config),
    clusterId,
    nodeId,
    directory,
    isClean: directory.shutdown.isClean,
    staticVoters: staticVoters(config, nodeId, directory.directoryId),
    authorizer,
    mutations: quotas.mutations,
    onFatal,
  })
}

/** @throws ConfigError where it could not be opened: without its metadata log a node can do nothing. */
function metadataDirectoryOf(directories: LogDirectories, path: string): LogDirectory {
  const directory = directories.directories.find((one) => one.path === path)
  if (directory !== undefined) return directory
  const message = `metadata.log.dir: ${path} cannot be used, see the error above; mend its disk, or restore the directory`
  throw new ConfigError([{ key: 'metadata.log.dir', message }])
}

/** @throws ConfigError where logs lie about that the new cluster would not know, and so would set aside. */
async function formatWhenEmpty(
  environment: Environment,
  given: {
    config: BrokerConfig
    nodeId: number
    directory: LogDirectory
    clusterId: string
    paths: readonly string[]
  },
): Promise<void> {
  const { path, directoryId } = given.directory
  if (environment.disk.stat(`${path}/${METADATA_LOG_DIRECTORY}`) !== undefined) return
  refuseOrphans(environment.disk, path, given.paths)
  const voters = [ownVoter(given.config, given.nodeId, directoryId)]
  await formatMetadataDirectory(environment, { directory: path, records: bootstrapRecords(), voters })
  environment.logger.info('Formatted an empty directory', { directory: path, clusterId: given.clusterId })
}

function refuseOrphans(disk: Disk, metadataPath: string, paths: readonly string[]): void {
  for (const path of paths) {
    const orphan = disk.list(path).find((name) => parsePartitionDirectory(name)?.kind === 'current')
    if (orphan === undefined) continue
    const found = `${metadataPath} has no ${METADATA_LOG_DIRECTORY}, but ${path} holds logs of partitions (${orphan})`
    const advice =
      'Name the directory that has it, restore it from a copy, or start with empty log.dirs. Nothing was changed'
    throw new ConfigError([
      { key: 'metadata.log.dir', message: `${found}, and only it says whose they are. ${advice}` },
    ])
  }
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
  return voters.map((text) => {
    const id = Number(text.slice(0, text.indexOf('@')))
    return id === nodeId ? ownVoter(config, nodeId, directoryId) : { id, directoryId, endpoints: [] }
  })
}

/** What a new cluster begins with: the newest metadata.version, and the features that are served at their newest. */
function bootstrapRecords(): readonly MetadataRecordInput[] {
  return features
    .filter(({ name }) => isServedFeature(name) && name !== 'kraft.version')
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

/** This broker as the controller is told about it. */
export function newLifecycle(
  { environment, nodeId, config }: Foundation,
  directories: LogDirectories,
  { controller, follower }: MetadataQuorum,
): BrokerLifecycle {
  const { clock, random, logger } = environment
  return new BrokerLifecycle({
    identity: {
      nodeId,
      clusterId: directories.clusterId,
      rack: config.get('broker.rack') ?? undefined,
      features: features.map(({ name, range }) => ({ name, ...range })),
      directoryIds: () => directoryIds(directories, 'NONE'),
      offlineDirectoryIds: () => directoryIds(directories, 'KAFKA_STORAGE_ERROR'),
      previousBrokerEpoch: directories.previousBrokerEpoch ?? -1,
    },
    calls: new ControllerCalls(controller, clock),
    clock,
    random,
    logger,
    heartbeatIntervalMs: config.get('broker.heartbeat.interval.ms'),
    sessionTimeoutMs: config.get('broker.session.timeout.ms'),
    registrationTimeoutMs: config.get('initial.broker.registration.timeout.ms'),
    metadataOffset: () => follower.publishedOffset,
    whenPublished: (offset) => follower.whenPublished(offset),
  })
}

// ------------------------------------------------------------------------------------------------------- services

/** What handlers work with. */
export function newServices(
  foundation: Foundation,
  directories: LogDirectories,
  { quorum, lifecycle }: { quorum: MetadataQuorum; lifecycle: BrokerLifecycle },
): Services {
  const { environment, nodeId, config, authorizer, quotas } = foundation
  const { clock, random, logger } = environment
  const { controller, follower } = quorum
  const calls = new ControllerCalls(controller, clock)
  const timeoutMs = config.get('request.timeout.ms')
  const brokerEpoch = (): number => lifecycle.epoch
  const whenCaughtUp = (): Promise<void> =>
    withinMs(clock, caughtUpTimeoutMs, follower.whenPublished(quorum.committedOffset - 1))
  const fetchWaiters = new FetchWaiters(clock)
  const appends = new AppendQueue()
  const topicMetrics = new TopicMetrics()
  const replicas = newReplicas(foundation, directories, { quorum, fetchWaiters, appends, topicMetrics })
  const producerIds = new ProducerIds({ calls, brokerId: nodeId, brokerEpoch, timeoutMs })
  const groups = new GroupCoordinators({ replicas, appends, config, clock, random, logger })
  const listenerName = config.current.listeners.interBroker.name
  const peers = new Peers({ environment, metadata: follower, listenerName, clientId: `broker-${nodeId}` })
  return {
    nodeId,
    clusterId: directories.clusterId,
    config,
    clock,
    random,
    logger,
    authorizer,
    metadata: follower,
    replicas,
    logDirectories: directories,
    logMoves: new LogMoves({ logDirectories: directories, calls, nodeId, brokerEpoch, clock, logger, timeoutMs }),
    controller,
    forwarder: new RequestForwarder({ controller, clock, timeoutMs, whenCaughtUp }),
    fetchSessions: new FetchSessions({
      sessionCountMax: config.get('max.incremental.fetch.session.cache.slots'),
      randomId: () => random.uint32(),
    }),
    fetchWaiters,
    readMemory: new ReadMemory(),
    appends,
    producerIds,
    topicCreation: new TopicCreation({ calls, whenCaughtUp, config, logger }),
    internalTopics: new InternalTopics({ calls, metadata: follower, config, logger, whenCaughtUp }),
    groups,
    ...transactionServices(foundation, { peers, replicas, appends, groups, producerIds, metadata: follower }),
    peers,
    topicMetrics,
    quotas,
    metadataLeaderId: () => quorum.log.leader().id ?? -1,
    kraftVersion: () => quorum.log.kraftVersion,
    advertisedApis: () => advertisedApis(clientHandlers, controller),
  }
}

type TransactionServices = Pick<Services, 'transactions' | 'transactionPartitions' | 'transactionGuard'>

function transactionServices(
  { environment, nodeId, config }: Foundation,
  parts: Pick<Services, 'peers' | 'replicas' | 'appends' | 'groups' | 'producerIds' | 'metadata'>,
): TransactionServices {
  const { clock, random, logger } = environment
  const { peers, replicas, appends, groups, producerIds, metadata } = parts
  const timeoutMs = (): number => config.get('request.timeout.ms')
  const markers = new MarkerSender({ nodeId, replicas, groups, metadata, peers, clock, logger, timeoutMs })
  const shared = { replicas, appends, config, clock, random, logger }
  const transactions = new TransactionCoordinators({ ...shared, producerIds, markers })
  const transactionPartitions = new TransactionPartitions({ nodeId, transactions, peers, config, clock })
  const transactionGuard = new TransactionGuard({ partitions: transactionPartitions, config, clock })
  return { transactions, transactionPartitions, transactionGuard }
}

// ----------------------------------------------------------------------------------------------------- publishers

/** Who acts on changes of the metadata, in this order; requests see a change after all of them. */
export function newPublishers(
  { config, authorizer, quotas }: Foundation,
  { replicas, groups, transactions, logDirectories, topicMetrics }: Services,
  listeners: readonly { configure(): void }[],
): readonly MetadataPublisher[] {
  return [
    async (change) => {
      const { isBroker, topics } = config.publish(change)
      if (isBroker) {
        logDirectories.updateConfig(config.current)
        for (const each of listeners) each.configure()
      }
      await replicas.publish(change)
      if (isBroker || topics.length > 0) await replicas.configure(isBroker ? 'all' : topics)
    },
    ({ delta, image }) => {
      if (authorizer instanceof AclAuthorizer && (delta.acls.changes.size > 0 || image.acls.size === 0)) {
        authorizer.load(image.acls.values())
      }
    },
    (change) => groups.publish(change),
    (change) => transactions.publish(change),
    (change) => quotas.publish(change),
    ({ delta }) => {
      for (const topicId of delta.topics.deletedIds) {
        const name = delta.topics.before.byId.get(topicId)?.name
        if (name !== undefined) topicMetrics.forget(name)
      }
    },
  ]
}

function newReplicas(
  { environment, nodeId, config }: Foundation,
  logDirectories: LogDirectories,
  { quorum, ...shared }: { quorum: MetadataQuorum } & Pick<Services, 'fetchWaiters' | 'appends' | 'topicMetrics'>,
): Replicas {
  const { clock, logger } = environment
  const logConfigFor = (topic: string): ReturnType<NodeConfig['logConfigFor']> => config.logConfigFor(topic)
  const options = { nodeId, clock, logger, logDirectories, logConfigFor, ...shared }
  return new Replicas(options, () => quorum.follower.image)
}

function withinMs(clock: Pick<Clock, 'schedule'>, limitMs: number, done: Promise<void>): Promise<void> {
  const { promise, resolve: settle, reject } = Promise.withResolvers<void>()
  const timer = clock.schedule(limitMs, settle)
  done.then(settle, reject)
  return promise.finally(() => timer.cancel())
}
