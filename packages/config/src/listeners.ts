/**
 * Listeners: where the node listens, what it tells others, and which security protocol each listener speaks. Names are
 * compared in upper case, as Kafka stores them. A host that is not there means all interfaces (`listeners`) or the
 * machine's own name (`advertised.listeners`).
 */
import type { ConfigProblem } from './config-error.ts'

export type SecurityProtocol = 'PLAINTEXT' | 'SSL' | 'SASL_PLAINTEXT' | 'SASL_SSL'

export interface Endpoint {
  readonly listener: string
  readonly protocol: SecurityProtocol
  readonly host: string | undefined
  readonly port: number
}

/** An endpoint before its protocol is known. */
export interface Address {
  readonly listener: string
  readonly host: string | undefined
  readonly port: number
}

export const securityProtocols: readonly SecurityProtocol[] = ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL']

/** `undefined` for what is not of the form `NAME://host:port`; an IPv6 address may stand in brackets. */
export function addressFromText(text: string): Address | undefined {
  const match = /^(.*):\/\/\[?([0-9a-zA-Z\-%._:]*)\]?:(-?[0-9]+)$/s.exec(text)
  if (match === null) return undefined
  const [, listener = '', host = '', port = ''] = match
  return { listener: listener.toUpperCase(), host: host === '' ? undefined : host, port: Number(port) }
}

export function textFromEndpoint({ listener, host = '', port }: Address): string {
  return `${listener}://${host.includes(':') ? `[${host}]` : host}:${port}`
}

export function isSecurityProtocol(text: string): text is SecurityProtocol {
  return (securityProtocols as readonly string[]).includes(text)
}

/** `NAME:PROTOCOL,…` as a map; the last colon divides, so that IPv6 addresses may be keys of other such maps. */
export function pairsFromText(text: string): ReadonlyMap<string, string> | undefined {
  const pairs = new Map<string, string>()
  for (const pair of text.split(',').map((part) => part.trim())) {
    if (pair === '') continue
    const colon = pair.lastIndexOf(':')
    if (colon < 0) return undefined
    pairs.set(pair.slice(0, colon).trim(), pair.slice(colon + 1).trim())
  }
  return pairs
}

/** What the endpoints of one config are, or what is wrong with them. */
export function endpointsFromTexts(
  key: 'listeners' | 'advertised.listeners',
  texts: readonly string[],
  protocols: ReadonlyMap<string, SecurityProtocol>,
): { readonly endpoints: readonly Endpoint[]; readonly problems: readonly ConfigProblem[] } {
  const endpoints: Endpoint[] = []
  const problems: ConfigProblem[] = []
  for (const text of texts) {
    const address = addressFromText(text)
    const protocol = address === undefined ? undefined : protocols.get(address.listener)
    const wrong = addressProblem(address, protocol)
    if (wrong !== undefined) problems.push({ key, value: text, message: `${key}: "${text}" ${wrong}` })
    else if (address !== undefined && protocol !== undefined) endpoints.push({ ...address, protocol })
  }
  const message = clash(endpoints, key === 'listeners')
  if (message !== undefined)
    problems.push({ key, value: texts.join(','), message: `${key}=${texts.join(',')}: ${message}` })
  return { endpoints, problems }
}

function addressProblem(address: Address | undefined, protocol: SecurityProtocol | undefined): string | undefined {
  if (address === undefined) return 'is not of the form NAME://host:port, for example PLAINTEXT://localhost:9092'
  if (address.port < 0 || address.port > 65535) return 'has a port that is not between 0 and 65535'
  if (protocol !== undefined) return undefined
  return `has no security protocol: add ${address.listener}:PLAINTEXT (or another of ${securityProtocols.join(', ')}) to listener.security.protocol.map`
}

/** One name each; one port each, but that IPv4 and IPv6 may share one. */
function clash(endpoints: readonly Endpoint[], needsOwnPorts: boolean): string | undefined {
  if (new Set(endpoints.map(({ listener }) => listener)).size < endpoints.length) {
    return 'each listener must have another name'
  }
  if (!needsOwnPorts) return undefined
  for (const [port, sharing] of Map.groupBy(endpoints, (endpoint) => endpoint.port)) {
    if (port === 0 || sharing.length === 1) continue
    const kinds = sharing
      .map(({ host }) => ipKind(host))
      .sort()
      .join()
    if (kinds !== 'IPv4,IPv6') return `port ${port} is used twice; only an IPv4 and an IPv6 address may share a port`
  }
  return undefined
}

function ipKind(host: string | undefined): 'IPv4' | 'IPv6' | 'name' {
  if (host === undefined) return 'name'
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(host)) return 'IPv4'
  return host.includes(':') ? 'IPv6' : 'name'
}

/** Whether nobody but this machine can reach the endpoint. */
export function isLoopback(host: string | undefined): boolean {
  return host !== undefined && (/^127\.|^localhost$/i.test(host) || host === '::1')
}
