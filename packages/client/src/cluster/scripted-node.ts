/**
 * A node for tests, in whatever network it is given: answers each request as the test says, keeps what it was asked, and
 * can be made to say nothing, to close connections, or to go away. It knows ApiVersions by itself.
 */
import { ByteReader, ByteWriter } from '@gregor/base'
import type { Listener, Network, Socket } from '@gregor/platform'
import {
  type Api,
  ApiVersions,
  type RequestHeader,
  type RequestOf,
  type ResponseInput,
  advertisedVersions,
  apiByKey,
  apis,
  decodeRequest,
  decodeRequestHeader,
  encodeResponse,
  encodeResponseHeader,
} from '@gregor/protocol'

export interface ScriptedRequest {
  readonly api: Api
  readonly version: number
  readonly clientId: string | null
  readonly request: unknown
  readonly connection: number
}

/** `silence`: no answer ever. `close`: the connection ends. */
export type ScriptedAnswer<A> = ResponseInput<A> | 'silence' | 'close'

type AnyAnswer = (request: unknown, version: number, connection: number) => unknown

export interface ScriptedNodeOptions {
  readonly network: Pick<Network, 'listen'>
  readonly port: number
  /** Newest version of an API, by its name; default: as we have it. -1: it is not served. */
  readonly versionMax?: Readonly<Record<string, number>>
  /** What becomes of each answer on its way, length in front. Default: nothing. */
  readonly harm?: (frame: Buffer) => Buffer | 'silence' | 'close'
}

export class ScriptedNode {
  readonly requests: ScriptedRequest[] = []
  readonly #options: ScriptedNodeOptions
  readonly #answers = new Map<number, AnyAnswer>()
  readonly #sockets = new Set<Socket>()
  #listener: Listener | undefined
  #connectionCount = 0

  private constructor(options: ScriptedNodeOptions) {
    this.#options = options
    this.on(ApiVersions, (_, version) => this.#versions(version))
  }

  static async listen(options: ScriptedNodeOptions): Promise<ScriptedNode> {
    const node = new ScriptedNode(options)
    await node.start()
    return node
  }

  get connectionCount(): number {
    return this.#connectionCount
  }

  get openCount(): number {
    return this.#sockets.size
  }

  /** From now on. */
  on<A extends Api>(
    api: A,
    answer: (
      request: RequestOf<A>,
      version: number,
      connection: number,
    ) => ScriptedAnswer<A> | Promise<ScriptedAnswer<A>>,
  ): this {
    // Kept by the key of the API that it is typed for.
    this.#answers.set(api.key, answer as AnyAnswer)
    return this
  }

  asked(api: Api): readonly ScriptedRequest[] {
    return this.requests.filter((request) => request.api.key === api.key)
  }

  async start(): Promise<void> {
    const { network, port } = this.#options
    this.#listener = await network.listen({ host: '0.0.0.0', port }, (socket) => this.#accept(socket))
  }

  /** Listens no more; open connections end. */
  async stop(): Promise<void> {
    await this.#listener?.close()
    this.closeConnections()
  }

  closeConnections(): void {
    for (const socket of this.#sockets) socket.destroy()
    this.#sockets.clear()
  }

  #versions(version: number): ScriptedAnswer<typeof ApiVersions> {
    const { versionMax = {} } = this.#options
    const apiKeys = apis.flatMap((api) => {
      const max = versionMax[api.name] ?? advertisedVersions(api)?.max ?? -1
      return max < 0 ? [] : [{ apiKey: api.key, minVersion: api.versions.min, maxVersion: max }]
    })
    const isKnown = version <= (versionMax[ApiVersions.name] ?? ApiVersions.versions.max)
    return { errorCode: isKnown ? 0 : 35, apiKeys }
  }

  #accept(socket: Socket): void {
    const connection = ++this.#connectionCount
    this.#sockets.add(socket)
    const target = Buffer.alloc(64 * 1024)
    let received = Buffer.alloc(0)
    let last: Promise<void> = Promise.resolve()
    socket.start({
      target: () => target,
      received: (byteCount) => {
        received = Buffer.concat([received, target.subarray(0, byteCount)])
        while (received.length >= 4 && received.length >= 4 + received.readInt32BE(0)) {
          const frame = Buffer.from(received.subarray(4, 4 + received.readInt32BE(0)))
          received = received.subarray(4 + frame.length)
          last = last.then(() => this.#answer(socket, frame, connection))
        }
      },
      drained: () => undefined,
      ended: () => socket.destroy(),
      closed: () => void this.#sockets.delete(socket),
    })
  }

  async #answer(socket: Socket, frame: Buffer, connection: number): Promise<void> {
    const reader = new ByteReader(frame)
    const header = decodeRequestHeader(reader)
    const api = apiByKey(header.apiKey)
    if (api === undefined) throw new Error(`there is no API ${header.apiKey}`)
    const version = header.apiVersion
    const isKnown = version <= (this.#options.versionMax?.[api.name] ?? api.versions.max)
    const request = isKnown ? decodeRequest(api, version, reader) : {}
    this.requests.push({ api, version, clientId: header.clientId, request, connection })
    const answer = this.#answers.get(api.key)
    if (answer === undefined) throw new Error(`nobody said how to answer ${api.name}`)
    const response = await answer(request, version, connection)
    // As at a node: what comes behind has to wait.
    if (response === 'silence') await new Promise(() => undefined)
    else if (response === 'close') socket.destroy()
    else this.#send(socket, encoded(api, header, isKnown, response))
  }

  #send(socket: Socket, frame: Buffer): void {
    if (!this.#sockets.has(socket)) return
    const harmed = this.#options.harm?.(frame) ?? frame
    if (harmed === 'close') socket.destroy()
    else if (harmed !== 'silence') socket.write([harmed])
  }
}

function encoded(api: Api, header: RequestHeader, isKnown: boolean, response: unknown): Buffer {
  const writer = new ByteWriter()
  const version = isKnown ? header.apiVersion : 0
  encodeResponseHeader(api, version, header.correlationId, writer)
  // `on` has checked it against the API.
  encodeResponse(api, version, response as never, writer)
  const body = writer.toBuffer()
  const length = Buffer.alloc(4)
  length.writeInt32BE(body.length)
  return Buffer.concat([length, body])
}
