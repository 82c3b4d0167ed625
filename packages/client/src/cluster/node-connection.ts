/**
 * A connection to a node that is ready for requests: connected, secured, its versions known, authenticated. Setting it up
 * is one promise; each step that fails says which one it was, of which address, and what may be wrong.
 */
import type { Clock, Network, Random, TlsOptions } from '@gregor/platform'
import { NetworkError } from '@gregor/platform'
import {
  type Api,
  ApiVersions,
  type ApiVersionsResponse,
  type RequestInput,
  type ResponseOf,
  errorName,
} from '@gregor/protocol'
import { ClientConnection, ConnectionError, type ConnectionResources } from '@gregor/transport'
import { KafkaError } from '../errors.ts'
import { ApiRanges } from './api-ranges.ts'
import type { Authenticator, Session } from './authenticator.ts'
import type { ConnectionCounts } from './connection-counts.ts'
import { decoded, encoded, exchange, sendWithoutAnswer } from './exchange.ts'
import { anonymousFailure, connectFailure, firstAnswerFailure } from './setup-failure.ts'

export interface NodeConnectionOptions {
  readonly environment: {
    readonly clock: Pick<Clock, 'schedule' | 'afterTurn' | 'monotonicMs'>
    readonly network: Pick<Network, 'connect'>
    readonly random: Random
  }
  readonly host: string
  readonly port: number
  /** For messages: `node 1 (host:9092)`. */
  readonly name: string
  readonly clientId: string
  readonly resources: ConnectionResources
  /** For all steps together. */
  readonly setupTimeoutMs: number
  /** `undefined`: not encrypted. */
  readonly tls: TlsOptions | undefined
  readonly counts: ConnectionCounts
  /** `undefined`: not authenticated. */
  readonly authenticator: Authenticator | undefined
  /** Called once when a connection that was ready is gone; without reason where it was closed from here. */
  readonly onClosed: (reason: Error | undefined) => void
}

const software = { clientSoftwareName: 'gregor', clientSoftwareVersion: '0.1.0' }

/** No answer of a node is larger before it has told its versions; what looks larger is no answer of Kafka. */
const firstFrameBytesMax = 16 * 1024 * 1024
const frameBytesMax = 2 ** 31 - 1

export class NodeConnection {
  readonly ranges: ApiRanges
  readonly #connection: ClientConnection
  readonly #options: NodeConnectionOptions
  #hasAnswered = false
  /** Since when it owes the answer it owes now. */
  #owesSinceMs = 0
  /** When the node ends it unless who we are is proven again (KIP-368); `undefined`: never. */
  session: Session | undefined

  private constructor(options: NodeConnectionOptions, connection: ClientConnection, ranges: ApiRanges) {
    this.#options = options
    this.#connection = connection
    this.ranges = ranges
  }

  /**
   * @throws ConnectionError, TimeoutError: not reachable, or not a Kafka node of the kind expected.
   * @throws AuthenticationError where one of both sides refuses the other.
   */
  static async open(options: NodeConnectionOptions): Promise<NodeConnection> {
    const { clock } = options.environment
    const deadlineMs = clock.monotonicMs() + options.setupTimeoutMs
    const { counts } = options
    let isReady = false
    const connection = await connected(options, (reason) => {
      counts.open--
      counts.closed++
      if (isReady) options.onClosed(reason)
    })
    counts.open++
    counts.made++
    try {
      const remainingMs = (): number => Math.max(1, deadlineMs - clock.monotonicMs())
      const ranges = new ApiRanges(options.name, await versionsOf(connection, options, remainingMs))
      const node = new NodeConnection(options, connection, ranges)
      await node.authenticate(remainingMs())
      connection.frameBytesMax = frameBytesMax
      if (!connection.isOpen) throw new ConnectionError(`${options.name} closed the connection once it was set up.`)
      isReady = true
      return node
    } catch (error) {
      await connection.close()
      throw error
    }
  }

  get inFlightCount(): number {
    return this.#connection.inFlightCount
  }

  /** How long the node has not answered though it should; 0: it owes nothing. */
  get silentMs(): number {
    if (this.#connection.inFlightCount === 0) return 0
    return this.#options.environment.clock.monotonicMs() - this.#owesSinceMs
  }

  /** Proves who we are: at the beginning, and again before the session ends. Nothing else may be sent meanwhile. */
  async authenticate(timeoutMs: number): Promise<void> {
    const { authenticator, name, clientId, host, counts } = this.#options
    if (authenticator === undefined) return
    const isAgain = this.session !== undefined
    try {
      this.session = await authenticator.authenticate({
        host,
        name,
        ranges: this.ranges,
        timeoutMs,
        exchange: (api, version, request, options) =>
          exchange(this.#connection, { api, version, clientId, request, counts }, options),
      })
    } catch (error) {
      counts.notAuthenticated++
      throw error
    }
    if (isAgain) counts.authenticatedAgain++
    else counts.authenticated++
  }

  async request<A extends Api>(
    api: A,
    version: number,
    request: RequestInput<A>,
    options: { readonly timeoutMs: number; readonly signal?: AbortSignal },
  ): Promise<ResponseOf<A>> {
    const { clientId, name, authenticator, counts, environment } = this.#options
    const sentAtMs = environment.clock.monotonicMs()
    if (this.#connection.inFlightCount === 0) this.#owesSinceMs = sentAtMs
    try {
      const answer = await exchange(this.#connection, { api, version, clientId, request, counts }, options)
      const nowMs = environment.clock.monotonicMs()
      this.#owesSinceMs = nowMs
      counts.answered(nowMs - sentAtMs)
      this.#hasAnswered = true
      return answer
    } catch (error) {
      if (this.#hasAnswered || authenticator !== undefined) throw error
      throw anonymousFailure(name, error)
    }
  }

  sendOnly<A extends Api>(api: A, version: number, request: RequestInput<A>): void {
    const { clientId, counts } = this.#options
    sendWithoutAnswer(this.#connection, { api, version, clientId, request, counts })
  }

  close(): Promise<void> {
    return this.#connection.close()
  }
}

async function connected(
  options: NodeConnectionOptions,
  onClosed: (reason: Error | undefined) => void,
): Promise<ClientConnection> {
  const { environment, host, port, resources, setupTimeoutMs, tls } = options
  try {
    return await ClientConnection.open({
      environment,
      host,
      port,
      resources,
      connectTimeoutMs: setupTimeoutMs,
      onClosed,
      frameBytesMax: firstFrameBytesMax,
      ...(tls === undefined ? {} : { tls }),
    })
  } catch (cause) {
    if (!(cause instanceof NetworkError)) throw cause
    throw connectFailure(options.name, setupTimeoutMs, cause)
  }
}

/** Asks in the newest version; a node that does not know that one says which it knows, or answers as in version 0. */
async function versionsOf(
  connection: ClientConnection,
  options: NodeConnectionOptions,
  remainingMs: () => number,
): Promise<ApiVersionsResponse> {
  const { name, clientId, tls } = options
  for (let version = ApiVersions.versions.max; ;) {
    const given = { api: ApiVersions, version, clientId, request: version >= 3 ? software : {} }
    let answer: Buffer
    try {
      answer = await connection.request((id) => encoded(given, id), { timeoutMs: remainingMs() })
    } catch (cause) {
      throw firstAnswerFailure(name, tls !== undefined, cause)
    }
    const error = answer.length < 2 ? 'NONE' : errorName(answer.readInt16BE(0))
    const response = decoded(ApiVersions, error === 'UNSUPPORTED_VERSION' ? 0 : version, answer)
    if (error === 'NONE') return response
    const known = response.apiKeys.find(({ apiKey }) => apiKey === ApiVersions.key)?.maxVersion ?? 0
    if (error !== 'UNSUPPORTED_VERSION' || version === 0) throw new KafkaError({ code: error, about: name })
    version = Math.min(known, version - 1)
  }
}
