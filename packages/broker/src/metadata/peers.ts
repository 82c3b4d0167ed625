/**
 * Calls of other brokers, over the listener that brokers use among themselves: one connection to each, opened when it
 * is first needed, in a version that both ends know. A node that is gone is no exception but the absence of an answer:
 * whoever calls must live with that anyway.
 *
 * Bounded: requests that wait for one node; over the bound they are not sent.
 */
import { ByteReader, ByteWriter } from '@gregor/base'
import { NetworkError, type Environment, type Logger } from '@gregor/platform'
import {
  advertisedVersions,
  ApiVersions,
  decodeResponse,
  encodeRequest,
  encodeRequestHeader,
  responseHeaderVersion,
  type Api,
  type RequestInput,
  type ResponseOf,
} from '@gregor/protocol'
import { ClientConnection, ClosedError, ConnectionError, ConnectionResources, TimeoutError } from '@gregor/transport'
import type { MetadataView } from '../server/services.ts'

export interface PeersOptions {
  readonly environment: Pick<Environment, 'clock' | 'network'> & { readonly logger: Logger }
  readonly metadata: MetadataView
  /** Of the listener for brokers. */
  readonly listenerName: string
  readonly clientId: string
}

interface Peer {
  readonly connection: ClientConnection
  /** The newest version of each API that the peer knows. */
  readonly newest: ReadonlyMap<number, number>
}

const connectTimeoutMs = 10_000
const inFlightMax = 1_000
const versionsRequest = { clientSoftwareName: '', clientSoftwareVersion: '' }

export class Peers {
  readonly #options: PeersOptions
  readonly #resources = new ConnectionResources()
  readonly #peers = new Map<number, Promise<Peer>>()
  #isClosed = false

  constructor(options: PeersOptions) {
    this.#options = options
  }

  /** `undefined`: the node cannot be reached, or did not answer in time. The request may have been done. */
  async call<A extends Api>(
    nodeId: number,
    api: A,
    request: RequestInput<A>,
    timeoutMs: number,
  ): Promise<ResponseOf<A> | undefined> {
    try {
      const { connection, newest } = await this.#peer(nodeId)
      const known = newest.get(api.key)
      const version = Math.min(advertisedVersions(api)?.max ?? api.versions.max, known ?? -1)
      if (version < api.versions.min || connection.inFlightCount >= inFlightMax) return undefined
      return await this.#exchange(connection, api, { version, request, timeoutMs })
    } catch (error) {
      if (!isOfNetwork(error)) throw error
      this.#options.environment.logger.info('Another broker could not be asked', { nodeId, api: api.name, error })
      return undefined
    }
  }

  /** Idempotent. */
  async close(): Promise<void> {
    this.#isClosed = true
    const peers = [...this.#peers.values()]
    this.#peers.clear()
    for (const peer of await Promise.allSettled(peers)) {
      if (peer.status === 'fulfilled') await peer.value.connection.close()
    }
  }

  #peer(nodeId: number): Promise<Peer> {
    const known = this.#peers.get(nodeId)
    if (known !== undefined) return known
    const opening = this.#open(nodeId)
    this.#peers.set(nodeId, opening)
    opening.catch(() => this.#forget(nodeId, opening))
    return opening
  }

  #forget(nodeId: number, peer: Promise<Peer>): void {
    if (this.#peers.get(nodeId) === peer) this.#peers.delete(nodeId)
  }

  async #open(nodeId: number): Promise<Peer> {
    const { environment, metadata, listenerName } = this.#options
    const endpoint = metadata.image.brokers.get(nodeId)?.listeners.get(listenerName)
    if (endpoint === undefined || this.#isClosed) throw new ConnectionError(`broker ${nodeId} is not there`)
    const { host, port } = endpoint
    const connection = await ClientConnection.open({
      environment,
      host,
      port,
      resources: this.#resources,
      connectTimeoutMs,
      onClosed: () => this.#peers.delete(nodeId),
    })
    const asked = { version: 0, request: versionsRequest, timeoutMs: connectTimeoutMs }
    const { apiKeys } = await this.#exchange(connection, ApiVersions, asked)
    return { connection, newest: new Map(apiKeys.map(({ apiKey, maxVersion }) => [apiKey, maxVersion])) }
  }

  async #exchange<A extends Api>(
    connection: ClientConnection,
    api: A,
    asked: { readonly version: number; readonly request: RequestInput<A>; readonly timeoutMs: number },
  ): Promise<ResponseOf<A>> {
    const { version, request, timeoutMs } = asked
    const { clientId } = this.#options
    const answer = await connection.request(
      (correlationId) => {
        const writer = new ByteWriter()
        encodeRequestHeader(api, { apiVersion: version, correlationId, clientId }, writer)
        encodeRequest(api, version, request as never, writer)
        return writer.finish()
      },
      { timeoutMs },
    )
    const reader = new ByteReader(answer)
    if (responseHeaderVersion(api, version) === 1) reader.skip(1)
    return decodeResponse(api, version, reader) as ResponseOf<A>
  }
}

function isOfNetwork(error: unknown): error is Error {
  return (
    error instanceof ConnectionError ||
    error instanceof ClosedError ||
    error instanceof TimeoutError ||
    error instanceof NetworkError
  )
}
