/**
 * The listeners of one kind, for clients or for the controller: opened together, as they share the limits on connections,
 * and closed together.
 */
import { ConfigError, type BrokerConfig, type Endpoint, type SecurityProtocol } from '@gregor/config'
import type { Environment } from '@gregor/platform'
import { ConnectionLimits, ConnectionResources } from '@gregor/transport'
import type { ConnectionLimitsOptions, ListenerLimits } from '@gregor/transport'
import { ClientListener } from './client-listener.ts'
import type { Dispatcher } from './dispatch.ts'
import type { NodeConfig } from './node-config.ts'
import type { RequestQuotas } from './request-quotas.ts'

/** A listener as the controller is told about it. */
export interface RegisteredListener {
  readonly name: string
  readonly host: string
  readonly port: number
  readonly securityProtocol: number
}

const protocolCodes: Readonly<Record<SecurityProtocol, number>> = {
  PLAINTEXT: 0,
  SSL: 1,
  SASL_PLAINTEXT: 2,
  SASL_SSL: 3,
}

/** @throws ConfigError for a listener whose protocol this version does not serve. */
export function refuseUnservedListeners({ listeners }: BrokerConfig): void {
  const unserved = [...listeners.broker, ...listeners.controller].filter(({ protocol }) => protocol !== 'PLAINTEXT')
  if (unserved.length === 0) return
  const told = unserved.map(({ listener, protocol, host, port }) =>
    listener === protocol ? `${listener}://${host ?? ''}:${port}` : `${listener}://${host ?? ''}:${port} (${protocol})`,
  )
  const message = `listeners: ${told.join(', ')} needs TLS or SASL, which this version does not serve yet; allowed is PLAINTEXT, on a trusted network`
  throw new ConfigError([{ key: 'listeners', message }])
}

export interface ListenersOptions {
  readonly environment: Pick<Environment, 'clock' | 'network' | 'logger'>
  readonly config: NodeConfig
  readonly quotas: Pick<RequestQuotas, 'connections'>
  readonly dispatcher: Dispatcher
  readonly resources: ConnectionResources
  /** Those that are bound. */
  readonly endpoints: readonly Endpoint[]
  /** What is told of them. */
  readonly advertised: readonly Endpoint[]
}

export class Listeners {
  readonly all: readonly ClientListener[]
  readonly #options: ListenersOptions
  readonly #limits: ConnectionLimits

  private constructor(all: readonly ClientListener[], options: ListenersOptions, limits: ConnectionLimits) {
    this.all = all
    this.#options = options
    this.#limits = limits
  }

  /** @throws NetworkError where an address cannot be bound; none is open then. */
  static async open(options: ListenersOptions): Promise<Listeners> {
    const { environment, config, dispatcher, resources } = options
    const connectionLimits = new ConnectionLimits(limitsFrom(config))
    const opened: ClientListener[] = []
    const listeners = new Listeners(opened, options, connectionLimits)
    try {
      for (const { listener, protocol, host, port } of options.endpoints) {
        opened.push(
          await ClientListener.open({
            environment,
            listener: { name: listener, securityProtocol: protocol },
            host: host ?? '',
            port,
            config,
            resources,
            connectionLimits,
            listenerLimits: () => listenerLimits(listener, options),
            dispatcher,
          }),
        )
      }
      return listeners
    } catch (error) {
      await listeners.close(0)
      throw error
    }
  }

  /** Takes over limits that changed. */
  configure(): void {
    this.#limits.configure(limitsFrom(this.#options.config))
  }

  /** As the controller, and by it clients, are told of them: a port of 0 becomes the one that was bound. */
  get registered(): readonly RegisteredListener[] {
    return this.#options.advertised.map(({ listener, protocol, host, port }) => {
      const own = this.all.find(({ identity }) => identity.name === listener)
      return {
        name: listener,
        host: host ?? 'localhost',
        port: port === 0 ? (own?.port ?? 0) : port,
        securityProtocol: protocolCodes[protocol],
      }
    })
  }

  /** Accepts no more; connections may finish what they asked within `graceMs`. */
  async close(graceMs: number): Promise<void> {
    await Promise.all(this.all.map((listener) => listener.close(graceMs)))
  }
}

/** What the connections of all listeners share. */
export function newConnectionResources(config: BrokerConfig): ConnectionResources {
  const queuedBytesMax = config.get('queued.max.request.bytes')
  return new ConnectionResources(queuedBytesMax > 0 ? { requestBytesMax: queuedBytesMax } : {})
}

function limitsFrom(config: NodeConfig): ConnectionLimitsOptions {
  return {
    connectionCountMax: config.get('max.connections'),
    connectionCountMaxPerAddress: config.get('max.connections.per.ip'),
    overrides: overridesFrom(config.get('max.connections.per.ip.overrides')),
  }
}

/** `listener.name.<name>.max.connections` and the like, and the quotas of addresses, as they are now. */
function listenerLimits(name: string, { config, quotas }: ListenersOptions): ListenerLimits {
  const { current } = config
  const own = current.forListener(name)
  const isInterBroker = current.listeners.interBroker.name === name && current.listeners.broker.length > 1
  const rates = {
    broker: current.get('max.connection.creation.rate'),
    listener: own.get('max.connection.creation.rate'),
  }
  return {
    connectionCountMax: own.get('max.connections'),
    isProtected: isInterBroker,
    admit: (address, nowMs) => quotas.connections.opened({ listener: name, isInterBroker, address }, rates, nowMs),
  }
}

/** `host:count` each. */
function overridesFrom(text: string): ReadonlyMap<string, number> {
  const pairs = text.split(',').filter((pair) => pair.includes(':'))
  return new Map(
    pairs.map((pair) => [pair.slice(0, pair.lastIndexOf(':')).trim(), Number(pair.slice(pair.lastIndexOf(':') + 1))]),
  )
}
