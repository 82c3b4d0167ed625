/**
 * A client that says exactly what it is told to: one request frame, one answer decoded with every field, or the closing
 * of the connection. Knows nothing of retries or of what clients leave out.
 */

import { connect, type Socket } from 'node:net'

import { ByteReader, ByteWriter } from '@gregor/base'
import {
  advertisedVersions,
  decodeResponse,
  encodeRequest,
  encodeRequestHeader,
  responseHeaderVersion,
  type Api,
  type RequestInput,
  type ResponseOf,
} from '@gregor/protocol'

interface RawClientOptions {
  readonly clientId?: string
  readonly answerTimeoutMs?: number
}

export class RawClient {
  readonly #port: number
  readonly #clientId: string
  readonly #answerTimeoutMs: number
  #correlationId = 0
  #socket: Socket | undefined

  constructor(port: number, { clientId = 'raw', answerTimeoutMs = 20_000 }: RawClientOptions = {}) {
    this.#port = port
    this.#clientId = clientId
    this.#answerTimeoutMs = answerTimeoutMs
  }

  /** Resolves to the answer, or to 'closed' where the server closed the connection instead. */
  async call<A extends Api>(
    api: A,
    request: RequestInput<A>,
    version: number = advertisedVersions(api)?.max ?? api.versions.max,
  ): Promise<ResponseOf<A> | 'closed'> {
    const writer = new ByteWriter()
    const header = { apiVersion: version, correlationId: ++this.#correlationId, clientId: this.#clientId }
    encodeRequestHeader(api, header, writer)
    encodeRequest(api, version, request as never, writer)
    const frame = await this.exchange(writer.toBuffer())
    if (frame === undefined) return 'closed'
    const reader = new ByteReader(frame)
    reader.skip(4 + responseHeaderVersion(api, version))
    return decodeResponse(api, version, reader) as ResponseOf<A>
  }

  /** Sends one frame, without its length, and reads one; `undefined`: the server closed the connection. */
  async exchange(frame: Buffer): Promise<Buffer | undefined> {
    const socket = (this.#socket ??= connect(this.#port, '127.0.0.1'))
    const answer = readFrame(socket, this.#answerTimeoutMs)
    const length = Buffer.alloc(4)
    length.writeInt32BE(frame.length)
    socket.write(Buffer.concat([length, frame]))
    const answered = await answer
    if (answered === undefined) this.close()
    return answered
  }

  close(): void {
    this.#socket?.destroy()
    this.#socket = undefined
  }
}

function readFrame(socket: Socket, timeoutMs: number): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    let bytes = Buffer.alloc(0)
    const timer = setTimeout(() => end(() => reject(new Error('no answer in time'))), timeoutMs)
    const onData = (chunk: Buffer): void => {
      bytes = Buffer.concat([bytes, chunk])
      const size = bytes.length < 4 ? Infinity : bytes.readInt32BE(0)
      if (bytes.length >= 4 + size) end(() => resolve(bytes.subarray(4)))
    }
    const onClose = (): void => end(() => resolve(undefined))
    function end(settle: () => void): void {
      clearTimeout(timer)
      socket.off('data', onData).off('close', onClose).off('error', onClose)
      settle()
    }
    socket.on('data', onData).on('close', onClose).on('error', onClose)
  })
}
