/**
 * A whole Kafka node inside a program: for tests, for tools, for applications that bring their broker along. Nothing is
 * global: several run in one process, each with its own ports, files, logger and metrics.
 */
import { background } from '@gregor/base'
import { Broker } from '@gregor/broker'
import { BrokerConfig } from '@gregor/config'
import { makeTemporaryDirectory, nodeEnvironment, type Environment, type LogLevel } from '@gregor/platform'

export interface StartBrokerOptions {
  /** Where the data are kept. A directory that another start has filled goes on where that one ended. */
  readonly directory?: string
  /** Keeps everything in memory, where it takes as much room as on a disk; it is gone at `stop`. */
  readonly memory?: boolean
  /** Where to listen. Default: 127.0.0.1. Another address opens the node to whoever can reach it, without a password. */
  readonly host?: string
  /** Default: 0, a free one. */
  readonly port?: number
  /** Any key of Kafka’s server.properties. Goes before the options above where both say something. */
  readonly properties?: Readonly<Record<string, string | number | boolean>>
  /** Default: `warn`. */
  readonly logLevel?: LogLevel
  /** Takes each line of the log, with its line feed. Default: standard error. */
  readonly writeLog?: (line: string) => void
  /** Called once, when the node cannot go on because its disk has failed; it stops by itself. Default: it is only logged. */
  readonly onFailure?: (cause: unknown) => void
}

export interface RunningBroker extends AsyncDisposable {
  /** `127.0.0.1:41234`, what clients call `bootstrap.servers`. Several listeners are joined by commas. */
  readonly bootstrapServers: string
  /** Of the first listener. */
  readonly host: string
  readonly port: number
  /** 22 characters, as Kafka prints it. */
  readonly clusterId: string
  /** All metrics in Prometheus’ text format, whether or not `gregor.monitoring.address` is set. */
  metrics(): Promise<string>
  /**
   * Stops in order: requests under way are answered, what was acknowledged is synced, the directory is marked as clean.
   * What was kept in memory or in a temporary directory is gone then. Idempotent; resolves when all of it is done.
   */
  stop(): Promise<void>
}

/**
 * Starts one Kafka node, broker and controller, in this process. Resolves when clients are served, which takes some
 * tens of milliseconds. Topics are created with the first record, unless `auto.create.topics.enable` is false.
 *
 * Without `directory` and `memory` the data are in a temporary directory of their own, which `stop` removes; a process
 * that is killed leaves it behind. As with `npm start`, a record that was acknowledged is in the page cache and synced
 * within a second; `properties: { 'log.flush.interval.messages': 1 }` syncs before acknowledging.
 *
 * ```ts
 * await using broker = await startBroker({ memory: true })
 * const client = new Producer({ clientId: 'test', bootstrapBrokers: [broker.bootstrapServers] })
 * ```
 *
 * @throws ConfigError where a property is not allowed, or the directory belongs to another node or is in use.
 * @throws NetworkError where the address cannot be bound.
 * @throws DiskError where the directory cannot be used.
 */
export async function startBroker(options: StartBrokerOptions = {}): Promise<RunningBroker> {
  const environment = environmentFor(options)
  const place = placeFor(options, environment)
  try {
    const failed = Promise.withResolvers<unknown>()
    const broker = await Broker.start({
      environment,
      config: BrokerConfig.load({ properties: propertiesFor(options, place.directory) }),
      onFatal: failed.resolve,
    })
    const running = runningBroker(broker, { environment, place })
    const stopAfterFailure = async (): Promise<void> => {
      const cause = await failed.promise
      options.onFailure?.(cause)
      await running.stop()
    }
    background('stopping a broker that has failed', stopAfterFailure(), (name, error) =>
      environment.logger.error(name, { error: error instanceof Error ? error : String(error) }),
    )
    return running
  } catch (error) {
    await place.remove()
    throw error
  }
}

/** Where the data are, unless `properties` says so, and what is left to do when they are not needed any more. */
interface Place {
  readonly directory: string | undefined
  readonly remove: () => Promise<void>
}

function environmentFor({ memory, logLevel = 'warn', writeLog }: StartBrokerOptions): Environment {
  return nodeEnvironment({
    logLevel,
    writeLog: writeLog ?? ((line) => process.stderr.write(line)),
    ...(memory === true ? { disk: 'memory' } : {}),
  })
}

function placeFor({ directory, memory, properties = {} }: StartBrokerOptions, { disk }: Environment): Place {
  const nothingToRemove = (): Promise<void> => Promise.resolve()
  if (directory !== undefined || 'log.dirs' in properties || 'log.dir' in properties)
    return { directory, remove: nothingToRemove }
  if (memory === true) return { directory: '/data', remove: nothingToRemove }
  const temporary = makeTemporaryDirectory('gregor-')
  return { directory: temporary, remove: () => disk.removeDirectory(temporary) }
}

function propertiesFor(
  { host = '127.0.0.1', port = 0, properties = {} }: StartBrokerOptions,
  directory: string | undefined,
): ReadonlyMap<string, string> {
  const listeners = `PLAINTEXT://${addressText(host, port)}`
  return new Map([
    ['listeners', listeners],
    ...(directory === undefined ? [] : [['log.dirs', directory] as const]),
    ...Object.entries(properties).map(([key, value]) => [key, String(value)] as const),
  ])
}

function runningBroker(
  broker: Broker,
  { environment, place }: { readonly environment: Environment; readonly place: Place },
): RunningBroker {
  const addresses = broker.addresses.map(({ host, port }) => addressText(host, port))
  const [{ host, port } = { host: '', port: 0 }] = broker.addresses
  let stopping: Promise<void> | undefined
  const stopAndRemove = async (): Promise<void> => {
    try {
      await broker.stop()
    } finally {
      await place.remove()
    }
  }
  const stop = (): Promise<void> => {
    stopping ??= stopAndRemove()
    return stopping
  }
  return {
    bootstrapServers: addresses.join(','),
    host,
    port,
    clusterId: broker.clusterId,
    metrics: () => environment.metrics.exposition(),
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

function addressText(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}
