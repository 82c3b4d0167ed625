/**
 * A driver’s way to the node: one connection in the simulated network, opened when it is needed and again after it
 * broke. It knows no retries and no rules: who calls decides what comes next.
 */
import { ByteReader, ByteWriter } from '@gregor/base'
import {
  type Api,
  type RequestInput,
  type ResponseOf,
  advertisedVersions,
  decodeResponse,
  encodeRequest,
  encodeRequestHeader,
  responseHeaderVersion,
} from '@gregor/protocol'
import { ClientConnection, type ConnectionResources } from '@gregor/transport'
import type { SimulatedEnvironment } from '../simulation/simulated-world.ts'
import type { Tamper } from './tamper.ts'

export interface DriverConnectionOptions {
  readonly environment: SimulatedEnvironment
  readonly client: string
  readonly host: string
  readonly port: number
  readonly resources: ConnectionResources
  readonly tamper?: Tamper | undefined
}

/** There is no answer: the request may have been done, or may be done yet. */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError'
}

export const callTimeoutMs = 3_000
const connectTimeoutMs = 500

export class DriverConnection {
  readonly #options: DriverConnectionOptions
  #connection: Promise<ClientConnection> | undefined

  constructor(options: DriverConnectionOptions) {
    this.#options = options
  }

  /** @throws NoAnswerError */
  async call<A extends Api>(
    api: A,
    request: RequestInput<A>,
    given: { readonly timeoutMs?: number; readonly version?: number } = {},
  ): Promise<ResponseOf<A>> {
    const { client, tamper } = this.#options
    // Schemas say what these are.
    const call = { api: api.name, client, request: request as Record<string, unknown> }
    const instead = tamper?.instead?.(call)
    if (instead !== undefined) return instead as ResponseOf<A>
    const version = given.version ?? advertisedVersions(api)?.max ?? api.versions.max
    const sent = tamper?.request?.(call) ?? call.request
    const answer = await this.#exchange(api, version, { request: sent, timeoutMs: given.timeoutMs ?? callTimeoutMs })
    const reader = new ByteReader(answer)
    if (responseHeaderVersion(api, version) === 1) reader.skip(1)
    const response = decodeResponse(api, version, reader) as ResponseOf<A>
    const told = tamper?.answer?.(call, response)
    return told === undefined ? response : (told as ResponseOf<A>)
  }

  /** As the program on the other side sees it: the connection breaks. */
  close(): void {
    const connection = this.#connection
    this.#connection = undefined
    void connection?.then(
      (one) => one.close(),
      () => undefined,
    )
  }

  async #exchange(
    api: Api,
    version: number,
    { request, timeoutMs }: { readonly request: Record<string, unknown>; readonly timeoutMs: number },
  ): Promise<Buffer> {
    try {
      const connection = await this.#open()
      return await connection.request(
        (correlationId) => {
          const writer = new ByteWriter()
          encodeRequestHeader(api, { apiVersion: version, correlationId, clientId: this.#options.client }, writer)
          encodeRequest(api, version, request as never, writer)
          return writer.finish()
        },
        { timeoutMs },
      )
    } catch (cause) {
      throw new NoAnswerError(`no answer to ${api.name}`, { cause })
    }
  }

  #open(): Promise<ClientConnection> {
    if (this.#connection !== undefined) return this.#connection
    const { environment, host, port, resources } = this.#options
    const opening = ClientConnection.open({
      environment,
      host,
      port,
      resources,
      connectTimeoutMs,
      onClosed: () => this.#forget(opening),
    })
    this.#connection = opening
    opening.catch(() => this.#forget(opening))
    return opening
  }

  #forget(connection: Promise<ClientConnection>): void {
    if (this.#connection === connection) this.#connection = undefined
  }
}
