/**
 * One node: starts its parts in order, stops them in order. `assembly.ts` builds them; nothing else does.
 *
 * Start: directories → metadata log and controller → registration → partition logs → metadata published → unfenced →
 * clients are served. Ports are bound early, because the registration names them; what comes before the node is ready
 * waits. Stop is the way back; the marker of a clean stop is written last.
 */
import type { BrokerConfig } from '@gregor/config'
import type { Environment } from '@gregor/platform'
import { authorizerFromConfig } from '@gregor/security'
import type { LogDirectories } from '@gregor/storage'
import { loadLogs, newLifecycle, newPublishers, newServices, openDirectories, openQuorum } from './assembly.ts'
import type { Foundation } from './assembly.ts'
import { openListeners, register, type OpenedListeners } from './listener-assembly.ts'
import type { BrokerLifecycle } from './metadata/broker-lifecycle.ts'
import { ControllerCalls } from './metadata/controller-calls.ts'
import type { MetadataQuorum } from './metadata/metadata-quorum.ts'
import { unservedFeatureWarnings } from './metadata/served-features.ts'
import { refuseUnservedRoles } from './metadata/served-roles.ts'
import { Monitoring } from './monitoring/monitoring.ts'
import { NodeState } from './monitoring/node-state.ts'
import { DirectoryAssignments } from './replication/directory-assignments.ts'
import type { Replicas } from './replication/replicas.ts'
import type { Dispatcher } from './server/dispatch.ts'
import type { RequestInterceptor } from './server/interceptor.ts'
import { refuseUnservedListeners } from './server/listeners.ts'
import { NodeConfig } from './server/node-config.ts'
import { RequestQuotas } from './server/request-quotas.ts'
import { RequestMetrics } from './server/request-metrics.ts'
import type { Services } from './server/services.ts'

export interface BrokerOptions {
  readonly environment: Environment
  readonly config: BrokerConfig
  /** Told once when the node cannot go on (its metadata log failed); it has begun to stop. */
  readonly onFatal?: (cause: unknown) => void
  /** For tests: see `RequestInterceptor`. */
  readonly interceptor?: RequestInterceptor | undefined
}

const stopTimeoutMs = 5_000
const closeGraceMs = 1_000

export class Broker {
  readonly services: Services
  readonly requestMetrics: RequestMetrics
  readonly dispatcher: Dispatcher
  /** What is asked of this node’s controller. */
  readonly controllerDispatcher: Dispatcher
  readonly quorum: MetadataQuorum
  readonly #listeners: OpenedListeners
  readonly #directories: LogDirectories
  readonly #lifecycle: BrokerLifecycle
  readonly #monitoring: Monitoring
  readonly #assignments: DirectoryAssignments
  readonly #state: NodeState
  readonly #environment: Environment
  #stopping: Promise<void> | undefined

  /** @internal Use `start`. */
  constructor(parts: BrokerParts) {
    this.services = parts.services
    this.requestMetrics = parts.requestMetrics
    this.dispatcher = parts.dispatcher
    this.controllerDispatcher = parts.listeners.controllerDispatcher
    this.quorum = parts.quorum
    this.#listeners = parts.listeners
    this.#directories = parts.directories
    this.#lifecycle = parts.lifecycle
    this.#monitoring = parts.monitoring
    this.#assignments = parts.assignments
    this.#state = parts.state
    this.#environment = parts.environment
  }

  /**
   * Resolves when clients are served.
   * @throws ConfigError, DiskError, NetworkError, BrokerRegistrationError; nothing is left open then.
   */
  static async start(options: BrokerOptions): Promise<Broker> {
    const opened: Closers = []
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
    return this.#listeners.clients.registered
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
    const { clients, controllers } = this.#listeners
    await inOrder([
      () => this.#assignments.close(),
      () => this.#lifecycle.stop({ timeoutMs: stopTimeoutMs }),
      () => this.services.transactions.close(),
      () => this.services.groups.close(),
      () => this.services.peers.close(),
      () => this.services.quotas.close(),
      () => clients.close(closeGraceMs),
      () => controllers.close(closeGraceMs),
      () => this.quorum.close(),
      () => this.#directories.close({ brokerEpoch: this.#lifecycle.epoch }),
      () => this.#monitoring.close(),
    ])
    this.#environment.logger.info('Stopped')
  }
}

/** Each step is taken, even where one before it failed. @throws what the first one that failed threw. */
async function inOrder(steps: readonly (() => void | Promise<void>)[]): Promise<void> {
  const errors: unknown[] = []
  for (const step of steps) {
    try {
      await step()
    } catch (error) {
      errors.push(error)
    }
  }
  if (errors.length > 0) throw errors[0]
}

interface BrokerParts {
  readonly services: Services
  readonly requestMetrics: RequestMetrics
  readonly dispatcher: Dispatcher
  readonly quorum: MetadataQuorum
  readonly listeners: OpenedListeners
  readonly directories: LogDirectories
  readonly lifecycle: BrokerLifecycle
  readonly monitoring: Monitoring
  readonly assignments: DirectoryAssignments
  readonly state: NodeState
  readonly environment: Environment
}

/** What to close, last first, where the start does not succeed. */
type Closers = (() => Promise<unknown>)[]

async function start(options: BrokerOptions, opened: Closers): Promise<Broker> {
  const { environment } = options
  const state = new NodeState(environment.clock)
  const foundation = newFoundation(options, state)
  const { config, nodeId } = foundation
  const monitoring = await Monitoring.open({ environment, address: config.get('gregor.monitoring.address'), state })
  opened.push(() => monitoring.close())

  // A directory may fail before there is anything that was in it.
  const late: { replicas?: Replicas } = {}
  const directories = await openDirectories(foundation, (path) => late.replicas?.directoryFailed(path))
  opened.push(() => directories.close({ brokerEpoch: -1 }))
  const quorum = await openQuorum(foundation, directories)
  opened.push(() => quorum.close())

  const lifecycle = newLifecycle(foundation, directories, quorum)
  const services = newServices(foundation, directories, { quorum, lifecycle })
  late.replicas = services.replicas
  const requestMetrics = new RequestMetrics()
  const listeners = await openListeners(foundation, services, requestMetrics)
  const { clients, controllers, clientDispatcher: dispatcher } = listeners
  opened.push(() => Promise.all([clients.close(0), controllers.close(0)]))

  await register(foundation, listeners, { controller: quorum.controller, lifecycle })
  config.restore(quorum.follower.replayed)
  for (const warning of unservedFeatureWarnings(quorum.follower.replayed)) environment.logger.warn(warning)
  state.enter('recovering')
  await loadLogs(directories, services.replicas, { nodeId, quorum })
  const assignments = newDirectoryAssignments(services, lifecycle)
  quorum.follower.startPublishing([
    ...newPublishers(foundation, services, [clients, controllers]),
    (change) => assignments.publish(change),
  ])
  await lifecycle.unfence()
  services.logMoves.resume(services.replicas.all())
  services.quotas.start()
  dispatcher.open()
  monitoring.observe({
    state,
    services,
    requestMetrics,
    quorum,
    lifecycle,
    listeners: [...clients.all, ...controllers.all],
  })
  state.enter('running')
  const parts = { services, requestMetrics, dispatcher, quorum, listeners, directories, lifecycle, monitoring, state }
  return new Broker({ ...parts, assignments, environment })
}

function newDirectoryAssignments(services: Services, lifecycle: BrokerLifecycle): DirectoryAssignments {
  const { logDirectories, nodeId, clock, logger, config, controller } = services
  return new DirectoryAssignments({
    logDirectories,
    calls: new ControllerCalls(controller, clock),
    nodeId,
    brokerEpoch: () => lifecycle.epoch,
    clock,
    logger,
    timeoutMs: () => config.get('request.timeout.ms'),
  })
}

function newFoundation({ environment, config, onFatal, interceptor }: BrokerOptions, state: NodeState): Foundation {
  const { logger } = environment
  for (const warning of config.warnings) logger.warn(warning)
  refuseUnservedRoles(config)
  refuseUnservedListeners(config)
  const nodeId = config.get('node.id')
  return {
    environment,
    nodeId,
    config: new NodeConfig(config, { nodeId, logger }),
    authorizer: authorizerFromConfig(config),
    quotas: newQuotas(environment, config),
    interceptor,
    onFatal: (cause) => {
      state.enter('failed')
      onFatal?.(cause)
    },
  }
}

function newQuotas({ clock }: Environment, config: BrokerConfig): RequestQuotas {
  const sampleMs = config.get('quota.window.size.seconds') * 1_000
  return new RequestQuotas({ clock, sampleCount: config.get('quota.window.num'), sampleMs })
}
