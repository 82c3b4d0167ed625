/**
 * The front door: `connect` to a cluster, and from there producers, consumers and admins, which share its connections and
 * what is known of its topics. Closing it closes them.
 *
 * ```ts
 * await using kafka = await connect({ bootstrap: 'kafka:9092', auth: scram('alice', secret), tls: true })
 * await using producer = kafka.producer({ lingerMs: 5 })
 * await producer.send('orders', { key: 'a', value: 'b' })
 * ```
 */
import { asError } from '@gregor/base'
import { type ConfigDefinitions, ConfigError } from '@gregor/config'
import { type Environment, type LogLevel, type TlsOptions, holdProcess, nodeEnvironment } from '@gregor/platform'
import { Admin } from './admin/admin.ts'
import { type AdminOptions, adminConfigs } from './admin/admin-configs.ts'
import type { Cluster } from './cluster/cluster.ts'
import { openCluster } from './cluster/kafka-cluster.ts'
import { type ClientConfig, type ClientOptions, optionName, readOptions } from './config/client-config.ts'
import { connectionConfigs, requestConfigs } from './config/common-configs.ts'
import { ClientMetrics } from './client-metrics.ts'
import { Consumer } from './consumer/consumer.ts'
import { consumerConfigs } from './consumer/consumer-configs.ts'
import type { ConsumerOptions } from './consumer/consumer-options.ts'
import { type ConsumeOptions, Consumption, type ReadableTopic } from './consumer/processing/consumption.ts'
import type { SubscriptionChoice } from './consumer/subscription.ts'
import { Producer } from './producer/producer.ts'
import { producerConfigs } from './producer/producer-configs.ts'
import type { ProducerOptions } from './producer/producer-options.ts'
import { retrying } from './retrying.ts'
import type { Auth } from './security/auth.ts'
import { securityFromConfig } from './security/security-from-config.ts'

/** What a client needs of the world. */
export type ClientEnvironment = Pick<Environment, 'clock' | 'disk' | 'network' | 'random' | 'logger' | 'metrics'>

/** Every config of `connectionConfigs`, as `bootstrapServers` or `'bootstrap.servers'`, and what only a program can give. */
export interface ConnectOptions extends ClientOptions<typeof connectionConfigs> {
  /** The same as `bootstrapServers`. */
  readonly bootstrap?: string | readonly string[] | undefined
  /** Who we are: `plain(…)`, `scram(…)`, `oauthBearer(…)`, `delegationToken(…)`. Default: as `sasl.*` says. */
  readonly auth?: Auth | undefined
  /** True: encrypted, as `ssl.*` says. Default: as `security.protocol` says. */
  readonly tls?: boolean | TlsOptions | undefined
  /** A properties file’s, by Kafka’s names; those of producers, consumers and admins may be among them. */
  readonly properties?: ReadonlyMap<string, string> | Readonly<Record<string, string | number | boolean>> | undefined
  /** What a property that nobody knows does. Default: it is refused, by name. */
  readonly unknownProperties?: 'refuse' | 'warn' | undefined
  /** How long `connect` tries to reach the cluster. Default: `default.api.timeout.ms`. */
  readonly timeoutMs?: number | undefined
  readonly signal?: AbortSignal | undefined
  /** Default: `warn`. */
  readonly logLevel?: LogLevel | undefined
  /** Takes each line of the log, with its line feed. Default: standard error. */
  readonly writeLog?: ((line: string) => void) | undefined
  /** Another world, for tests. Default: Node.js. */
  readonly environment?: ClientEnvironment | undefined
}

const others: readonly string[] = [
  'bootstrap',
  'auth',
  'tls',
  'properties',
  'unknownProperties',
  'timeoutMs',
  'signal',
  'logLevel',
  'writeLog',
  'environment',
]

/**
 * Connects to a cluster: resolves once one of its nodes has answered. A cluster that cannot be reached is tried again,
 * with back-off, until the time is up; the log says why at the first failure.
 *
 * @throws ConfigError with everything that is wrong with the options.
 * @throws AuthenticationError where the cluster does not accept who we are, or its certificate is not accepted.
 * @throws TimeoutError when the time is up: its message and `cause` say which address failed at which step.
 */
export async function connect(options: ConnectOptions): Promise<Kafka> {
  const kafka = new Kafka(options)
  try {
    await kafka.reach(options.timeoutMs, options.signal)
    return kafka
  } catch (error) {
    await kafka.close()
    throw error
  }
}

/** A cluster, and whoever works with it from here. The process stays alive until it is closed. */
export class Kafka implements AsyncDisposable {
  /** Connections and metadata, for what stands on the protocol itself. */
  readonly cluster: Cluster
  readonly #environment: ClientEnvironment
  readonly #config: ClientConfig<typeof connectionConfigs>
  /** By Kafka’s names: what each client starts from. */
  readonly #inherited: ReadonlyMap<string, string>
  readonly #metrics: ClientMetrics
  readonly #children = new Set<WeakRef<{ close(): Promise<void> }>>()
  readonly #letProcessGo: () => void
  #closing: Promise<void> | undefined

  /**
   * Connects to nothing yet: the first use does, and waits for it. `connect` also says at once whether anybody is there.
   *
   * @throws ConfigError with everything that is wrong with the options.
   */
  constructor(options: ConnectOptions) {
    const environment = options.environment ?? environmentOf(options)
    const warn = (message: string): void => environment.logger.warn(message)
    const properties = knownProperties(propertiesOf(options), options.unknownProperties ?? 'refuse', warn)
    const { bootstrap, bootstrapServers = bootstrap } = options
    const given = { ...options, ...(bootstrapServers === undefined ? {} : { bootstrapServers }) }
    const client = 'connect'
    const config = readOptions(connectionConfigs, given, {
      client,
      others,
      properties,
      unknownProperty: 'ignore',
      warn,
    })
    const security = securityFromConfig(config, environment, options)
    this.#environment = environment
    this.#config = config
    this.#inherited = new Map([...properties, ...textOf(requestConfigs, { ...options })])
    const cluster = openCluster({
      environment,
      bootstrapServers: config.bootstrapServers,
      bootstrapControllers: config.bootstrapControllers,
      clientId: config.clientId,
      timing: config,
      ...security,
    })
    this.cluster = cluster
    this.#metrics = new ClientMetrics(environment.metrics, config.clientId)
    this.#metrics.add('client', cluster)
    this.#letProcessGo = options.environment === undefined ? holdProcess() : () => {}
  }

  /**
   * Waits until a node has answered.
   *
   * @param timeoutMs - default: `default.api.timeout.ms`.
   * @throws as `connect`
   */
  async reach(timeoutMs = this.#config.defaultApiTimeoutMs, signal?: AbortSignal): Promise<void> {
    const { retryBackoffMs: backoffMs, retryBackoffMaxMs: backoffMaxMs } = this.#config
    const environment = this.#environment
    await retrying({ environment, name: 'connecting', backoffMs, backoffMaxMs, timeoutMs, signal }, ({ remainingMs }) =>
      this.cluster.metadata.refresh({ timeoutMs: remainingMs, signal }),
    )
  }

  /** @throws ConfigError with everything that is wrong with the options. */
  producer(options: ProducerOptions = {}): Producer {
    const { cluster } = this
    const own = this.#with(producerConfigs, options)
    const producer = this.#own(Producer.open({ cluster, environment: this.#environment, options: own }))
    this.#metrics.add('producer', producer)
    return producer
  }

  /** @throws ConfigError with everything that is wrong with the options. */
  consumer<K = Buffer | null, V = Buffer | null>(options: ConsumerOptions<K, V> = {}): Consumer<K, V> {
    const { cluster } = this
    return this.#own(
      Consumer.open({ cluster, environment: this.#environment, options: this.#with(consumerConfigs, options) }),
    )
  }

  /**
   * Reads topics, with `group` as a member of it: batches by `for await`, records by `records()`, or a handler by `each`.
   *
   * ```ts
   * await kafka.consume('orders', { group: 'billing', signal }).each(handle, { concurrency: 16, order: 'key' })
   * ```
   *
   * @param topics - names, a pattern, or a topic with serdes (`topic('orders', { value: json() })`).
   * @throws ConfigError with everything that is wrong with the options.
   */
  consume<K = Buffer | null, V = Buffer | null>(
    topics: SubscriptionChoice | ReadableTopic<K, V>,
    options: ConsumeOptions<K, V> = {},
  ): Consumption<K, V> {
    const { cluster } = this
    const own = this.#with(consumerConfigs, options)
    return this.#own(new Consumption({ cluster, environment: this.#environment, topics, options: own }))
  }

  /** @throws ConfigError with everything that is wrong with the options. */
  admin(options: AdminOptions = {}): Admin {
    return this.#own(Admin.open(this.cluster, this.#environment, this.#with(adminConfigs, options)))
  }

  /** Counters and gauges of the connections, under Kafka’s names of them; a producer has its own. */
  metrics(): Readonly<Record<string, number>> {
    return this.#metrics.of('client')
  }

  /** All metrics in Prometheus’ text format: `kafka_client_…`, `kafka_producer_…`, with the client id as label. */
  exposition(): Promise<string> {
    return this.#environment.metrics.exposition()
  }

  /** Closes what was opened here, each as its own `close` does, then the connections. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#closeAll()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #closeAll(): Promise<void> {
    const children = [...this.#children].flatMap((reference) => reference.deref() ?? [])
    const outcomes = await Promise.allSettled(children.map((child) => child.close()))
    await this.cluster.close()
    this.#metrics.close()
    this.#letProcessGo()
    const failures = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [asError(outcome.reason)] : []))
    const [first, second] = failures
    if (first !== undefined && second === undefined) throw first
    if (first !== undefined) throw new AggregateError(failures, 'several clients could not be closed in order')
  }

  #own<T extends { close(): Promise<void> }>(child: T): T {
    for (const reference of this.#children) if (reference.deref() === undefined) this.#children.delete(reference)
    this.#children.add(new WeakRef(child))
    return child
  }

  /** A client’s options, and behind them what was given for all. */
  #with<O extends object>(table: ConfigDefinitions, options: O): O {
    const inherited: Record<string, string> = {}
    for (const [name, text] of this.#inherited) {
      const isGiven = name in options || optionName(name) in options
      if (Object.hasOwn(table, name) && !isGiven) inherited[name] = text
    }
    return { ...inherited, ...options }
  }
}

function environmentOf({ logLevel = 'warn', writeLog }: ConnectOptions): ClientEnvironment {
  return nodeEnvironment({ logLevel, writeLog: writeLog ?? ((line) => process.stderr.write(line)) })
}

function propertiesOf({ properties = {} }: ConnectOptions): ReadonlyMap<string, string> {
  if (properties instanceof Map) return properties
  return new Map(Object.entries(properties).map(([name, value]) => [name, String(value)]))
}

/** Rows of the table that are given, as text by Kafka’s names. */
function textOf(table: ConfigDefinitions, options: Readonly<Record<string, unknown>>): readonly [string, string][] {
  return Object.keys(table).flatMap((name) => {
    // What is of another type is refused where it is read.
    const value = options[optionName(name)] ?? options[name]
    return value === undefined ? [] : [[name, `${value as string | number | boolean}`] as [string, string]]
  })
}

const knownTable: ConfigDefinitions = {
  ...connectionConfigs,
  ...producerConfigs,
  ...consumerConfigs,
  ...adminConfigs,
}

/** Those that some client knows: a file may hold keys of any. */
function knownProperties(
  properties: ReadonlyMap<string, string>,
  treatment: 'refuse' | 'warn',
  warn: (message: string) => void,
): ReadonlyMap<string, string> {
  const isKnown = ([name]: readonly [string, string]): boolean => Object.hasOwn(knownTable, name)
  const unknown = new Map([...properties].filter((property) => !isKnown(property)))
  try {
    readOptions(knownTable, {}, { client: 'properties', properties: unknown, warn })
  } catch (error) {
    if (treatment === 'refuse' || !(error instanceof ConfigError)) throw error
    for (const { message } of error.problems) warn(message)
  }
  return new Map([...properties].filter(isKnown))
}
