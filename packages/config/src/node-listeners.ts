/**
 * The listeners of one node, worked out of `listeners`, `advertised.listeners`, `listener.security.protocol.map`,
 * `controller.listener.names` and `inter.broker.listener.name`, with everything that must agree between them.
 */
import type { BrokerConfig } from './broker-config.ts'
import type { ConfigProblem } from './config-error.ts'
import {
  endpointsFromTexts,
  isLoopback,
  isSecurityProtocol,
  pairsFromText,
  securityProtocols,
  textFromEndpoint,
} from './listeners.ts'
import type { Endpoint, SecurityProtocol } from './listeners.ts'
import { voterFromText } from './quorum-addresses.ts'

export interface NodeListeners {
  /** Where clients and brokers connect to. */
  readonly broker: readonly Endpoint[]
  /** Where brokers and controllers connect to the controller; empty where it is only spoken to in-process. */
  readonly controller: readonly Endpoint[]
  /** What clients are told, by listener name. A missing host is for the machine's own name. */
  readonly advertised: readonly Endpoint[]
  /** What is registered for the controller's listeners, in the order of `controller.listener.names`. */
  readonly advertisedController: readonly Endpoint[]
  /** In upper case. */
  readonly controllerNames: readonly string[]
  /** The listener that brokers use among themselves. */
  readonly interBroker: { readonly name: string; readonly protocol: SecurityProtocol }
  readonly protocols: ReadonlyMap<string, SecurityProtocol>
}

/** What a broker's config gives before its listeners are known. */
export type ConfigValues = Pick<BrokerConfig, 'get' | 'isSet' | 'filledIn'>

export interface ResolvedListeners {
  readonly listeners: NodeListeners
  readonly problems: readonly ConfigProblem[]
}

export function nodeListeners(config: ConfigValues): ResolvedListeners {
  const controllerNames = config.get('controller.listener.names').map((name) => name.toUpperCase())
  const map = protocolMap(config, controllerNames)
  const { endpoints, problems } = endpointsFromTexts('listeners', config.get('listeners'), map.protocols)
  const told = config.get('advertised.listeners')
  const advertised =
    told === undefined ? { endpoints, problems: [] } : endpointsFromTexts('advertised.listeners', told, map.protocols)
  const isController = ({ listener }: Endpoint): boolean => controllerNames.includes(listener)
  const interBroker = interBrokerListener(config, map.protocols)
  const controller = endpoints.filter(isController)
  const listeners: NodeListeners = {
    broker: endpoints.filter((endpoint) => !isController(endpoint)),
    controller,
    advertised: advertised.endpoints.filter((endpoint) => !isController(endpoint)),
    advertisedController: advertisedController(
      config,
      controllerNames,
      controller,
      told === undefined ? [] : advertised.endpoints.filter(isController),
    ),
    controllerNames,
    interBroker: interBroker.listener,
    protocols: map.protocols,
  }
  const all = [...map.problems, ...problems, ...advertised.problems, ...interBroker.problems]
  // What cannot be read makes everything else look wrong, too.
  return { listeners, problems: all.length > 0 ? all : disagreements(config, listeners) }
}

/** One line for each listener that lets anybody in from another machine. */
export function exposureWarnings({ broker }: NodeListeners): readonly string[] {
  return broker
    .filter(({ protocol, host }) => !protocol.startsWith('SASL_') && !isLoopback(host))
    .map(
      (endpoint) =>
        `${textFromEndpoint(endpoint)} can be reached from other machines and asks nobody who they are (${endpoint.protocol})`,
    )
}

function protocolMap(
  config: ConfigValues,
  controllerNames: readonly string[],
): { readonly protocols: ReadonlyMap<string, SecurityProtocol>; readonly problems: readonly ConfigProblem[] } {
  const key = 'listener.security.protocol.map'
  const value = config.get(key)
  const pairs = pairsFromText(value)
  const protocols = new Map<string, SecurityProtocol>()
  const problems: ConfigProblem[] = []
  if (pairs === undefined) problems.push({ key, value, message: `${key}=${value}: write NAME:PROTOCOL,NAME:PROTOCOL` })
  for (const [name, protocol] of pairs ?? []) {
    if (isSecurityProtocol(protocol)) protocols.set(name.toUpperCase(), protocol)
    else
      problems.push({
        key,
        value,
        message: `${key}: ${name}:${protocol} names no protocol; use one of ${securityProtocols.join(', ')}`,
      })
  }
  const usesSecurity = [...config.get('listeners').map((text) => text.split(':')[0] ?? ''), ...controllerNames].some(
    (name) => name.toUpperCase() !== 'PLAINTEXT' && isSecurityProtocol(name.toUpperCase()),
  )
  if (!config.isSet(key) && !usesSecurity) {
    for (const name of controllerNames) protocols.set(name, 'PLAINTEXT')
  }
  return { protocols, problems }
}

function interBrokerListener(
  config: ConfigValues,
  protocols: ReadonlyMap<string, SecurityProtocol>,
): { readonly listener: NodeListeners['interBroker']; readonly problems: readonly ConfigProblem[] } {
  const key = 'inter.broker.listener.name'
  const given = config.get(key)
  const byProtocol = config.get('security.inter.broker.protocol')
  if (given === undefined) return { listener: { name: byProtocol, protocol: byProtocol }, problems: [] }
  const name = given.toUpperCase()
  const protocol = protocols.get(name)
  const problems: ConfigProblem[] = []
  if (config.isSet('security.inter.broker.protocol')) {
    problems.push({
      key,
      value: given,
      message: `${key}=${given}: remove security.inter.broker.protocol; only one of the two may be set`,
    })
  }
  if (protocol === undefined) {
    problems.push({
      key,
      value: given,
      message: `${key}=${given}: add ${name}:PLAINTEXT or another protocol to listener.security.protocol.map`,
    })
  }
  return { listener: { name, protocol: protocol ?? 'PLAINTEXT' }, problems }
}

function advertisedController(
  config: ConfigValues,
  names: readonly string[],
  own: readonly Endpoint[],
  told: readonly Endpoint[],
): readonly Endpoint[] {
  return names.flatMap((name, index) => {
    const endpoint = own.find(({ listener }) => listener === name)
    const advertised = told.find(({ listener }) => listener === name)
    if (advertised !== undefined || endpoint === undefined) return advertised ?? []
    const isWildcard = endpoint.host === undefined || endpoint.host === '0.0.0.0'
    if (!isWildcard) return endpoint
    // The voter's address is as good as an advertised one, but only the first listener is meant by it.
    const id = config.get('node.id')
    const voter =
      index > 0
        ? undefined
        : config
            .get('controller.quorum.voters')
            .map(voterFromText)
            .find((v) => v?.id === id)
    return { ...endpoint, host: voter?.host, port: voter?.port ?? endpoint.port }
  })
}

function disagreements(config: ConfigValues, listeners: NodeListeners): readonly ConfigProblem[] {
  const roles = config.get('process.roles')
  const messages = roles.includes('broker')
    ? brokerDisagreements(listeners)
    : controllerOnlyDisagreements(config, listeners)
  const missing = listeners.controllerNames.filter(
    (name) => !listeners.controller.some(({ listener }) => listener === name),
  )
  const names = listeners.controllerNames.join(',')
  if (roles.includes('controller') && !config.filledIn.has('controller.listener.names') && missing.length > 0) {
    messages.push(`controller.listener.names=${names}: add ${missing.join(', ')} to listeners, or remove it here`)
  }
  if (!roles.includes('controller')) {
    if (listeners.controller.length > 0) {
      messages.push(
        `controller.listener.names=${names}: a broker without the controller role must not listen there; remove it from listeners`,
      )
    }
    const unmapped = listeners.controllerNames.filter((name) => !listeners.protocols.has(name))
    if (unmapped.length > 0)
      messages.push(`controller.listener.names: add ${unmapped.join(', ')} to listener.security.protocol.map`)
  }
  if ([...listeners.advertised, ...listeners.advertisedController].some(({ host }) => host === '0.0.0.0')) {
    messages.push('advertised.listeners: nobody can connect to 0.0.0.0; give the address that clients should use')
  }
  return messages.map((message) => ({ message }))
}

function brokerDisagreements({ broker, advertised, interBroker }: NodeListeners): string[] {
  const own = broker.map(({ listener }) => listener)
  const told = advertised.map(({ listener }) => listener)
  const messages: string[] = []
  if (told.length === 0) messages.push('listeners: a broker needs one that is not in controller.listener.names')
  else if (!told.includes(interBroker.name)) {
    const secured = advertised.filter(({ protocol }) => protocol !== 'PLAINTEXT')
    const more =
      secured.length === 0 ? '' : '. TLS and SASL are not served yet: the protocol of listeners must be PLAINTEXT'
    messages.push(
      `inter.broker.listener.name: brokers would use ${interBroker.name}, which is none of ${told.join(', ')}; set it to one of them${more}`,
    )
  }
  const unknown = told.filter((name) => !own.includes(name))
  if (unknown.length > 0)
    messages.push(
      `advertised.listeners: ${unknown.join(', ')} is not in listeners (${own.join(', ')}); add it there or remove it here`,
    )
  return messages
}

function controllerOnlyDisagreements(
  config: ConfigValues,
  { broker, controllerNames, interBroker }: NodeListeners,
): string[] {
  const messages: string[] = []
  if (broker.length > 0) {
    const names = broker.map(({ listener }) => listener).join(', ')
    messages.push(
      `listeners: a controller without the broker role may only listen on ${controllerNames.join(', ')}; remove ${names}`,
    )
  }
  if (config.isSet('inter.broker.listener.name') && controllerNames.includes(interBroker.name)) {
    messages.push(`inter.broker.listener.name=${interBroker.name}: is in controller.listener.names; remove it`)
  }
  return messages
}
