/**
 * The listeners of a node: opened together, as they share the limits on connections and on the memory for requests,
 * and closed together.
 */
import { ConfigError, type BrokerConfig, type SecurityProtocol } from '@gregor/config'
import type { Environment } from '@gregor/platform'
import { ConnectionLimits, ConnectionResources } from '@gregor/transport'
import { ClientListener } from './client-listener.ts'
import type { Dispatcher } from './dispatch.ts'
import type { NodeConfig } from './node-config.ts'

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
  const unserved = listeners.broker.filter(({ protocol }) => protocol !== 'PLAINTEXT')
  if (unserved.length === 0) return
  const names = unserved.map(({ listener, protocol }) => `${listener} (${protocol})`).join(', ')
  const message = `listeners: ${names} needs TLS or SASL, which this version does not serve yet; use PLAINTEXT listeners on a trusted network`
  throw new ConfigError([{ key: 'listeners', message }])
}

/** @throws NetworkError where an address cannot be bound; none is open then. */
export async function openListeners(given: {
  readonly environment: Pick<Environment, 'clock' | 'network' | 'logger'>
  readonly config: NodeConfig
  readonly dispatcher: Dispatcher
}): Promise<readonly ClientListener[]> {
  const { environment, config, dispatcher } = given
  const queuedBytesMax = config.get('queued.max.request.bytes')
  const resources = new ConnectionResources(queuedBytesMax > 0 ? { requestBytesMax: queuedBytesMax } : {})
  const connectionLimits = limitsFrom(config)
  const listeners: ClientListener[] = []
  try {
    for (const { listener, protocol, host, port } of config.current.listeners.broker) {
      const identity = { name: listener, securityProtocol: protocol }
      listeners.push(
        await ClientListener.open({
          environment,
          listener: identity,
          host: host ?? '',
          port,
          config,
          resources,
          connectionLimits,
          dispatcher,
        }),
      )
    }
    return listeners
  } catch (error) {
    await closeListeners(listeners, 0)
    throw error
  }
}

/** Accepts no more; connections may finish what they asked within `graceMs`. */
export async function closeListeners(listeners: readonly ClientListener[], graceMs: number): Promise<void> {
  await Promise.all(listeners.map((listener) => listener.close(graceMs)))
}

/** What is told to clients: a port of 0 becomes the one that was bound. */
export function registeredListeners(config: BrokerConfig, bound: readonly ClientListener[]): RegisteredListener[] {
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

function limitsFrom(config: NodeConfig): ConnectionLimits {
  return new ConnectionLimits({
    connectionCountMax: config.get('max.connections'),
    connectionCountMaxPerAddress: config.get('max.connections.per.ip'),
    overrides: overridesFrom(config.get('max.connections.per.ip.overrides')),
    creationRateMax: config.get('max.connection.creation.rate'),
  })
}

/** `host:count` each. */
function overridesFrom(text: string): ReadonlyMap<string, number> {
  const pairs = text.split(',').filter((pair) => pair.includes(':'))
  return new Map(
    pairs.map((pair) => [pair.slice(0, pair.lastIndexOf(':')).trim(), Number(pair.slice(pair.lastIndexOf(':') + 1))]),
  )
}
