/**
 * The small HTTP server on Node.js, and what asks one. `node:http` is loaded at the first `listen`, and not by an import, which would also
 * evaluate its lazy exports: a WebSocket client with all it needs, some 20 ms.
 */
import { asError } from '@gregor/base'
import type http from 'node:http'
import type { Http, HttpAnswer, HttpRequest, Listener, Logger } from '../environment.ts'
import { listen } from './listen.ts'
import { networkError } from './network-error.ts'

/** Scrapers and probes are few; more connections than this are dropped. */
const connectionCountMax = 64
const requestTimeoutMs = 10_000
const answerBytesMax = 16 * 1_048_576

type Answer = (request: HttpRequest) => HttpAnswer | Promise<HttpAnswer>

export class NodeHttp implements Http {
  readonly #logger: Logger

  constructor(options: { readonly logger: Logger }) {
    this.#logger = options.logger
  }

  async listen(address: { readonly host: string; readonly port: number }, answer: Answer): Promise<Listener> {
    const { createServer } = process.getBuiltinModule('node:http')
    const server = createServer({ requestTimeout: requestTimeoutMs, headersTimeout: requestTimeoutMs })
    server.maxConnections = connectionCountMax
    server.on('request', (request, response) => void this.#respond(request, response, answer))
    const { host, port } = await listen(server, address)
    server.on('error', (error) => this.#logger.warn('An HTTP connection could not be accepted', { error }))
    return { host, port, close: () => closed(server) }
  }

  async request(address: { readonly host: string; readonly port: number }, target: string): Promise<HttpAnswer> {
    const { request } = process.getBuiltinModule('node:http')
    const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>()
    const signal = AbortSignal.timeout(requestTimeoutMs)
    const asking = request({ ...address, path: target, agent: false, signal }, (response) => {
      received(response).then(resolve, (error: unknown) => reject(networkError('connect', address, error)))
    })
    asking.on('error', (error) => reject(networkError('connect', address, error)))
    asking.end()
    return promise
  }

  /** Never rejects. */
  async #respond(request: http.IncomingMessage, response: http.ServerResponse, answer: Answer): Promise<void> {
    const { method } = request
    if (method !== 'GET' && method !== 'HEAD') {
      request.resume()
      response.writeHead(405, { allow: 'GET, HEAD', connection: 'close' }).end()
      return
    }
    const { status, contentType, body } = await this.#answered(method, request.url ?? '/', answer)
    response.writeHead(status, { 'content-type': contentType, 'content-length': Buffer.byteLength(body) })
    response.end(method === 'HEAD' ? undefined : body)
  }

  async #answered(method: 'GET' | 'HEAD', target: string, answer: Answer): Promise<HttpAnswer> {
    const url = URL.parse(target, 'http://local')
    const path = url === null ? undefined : decoded(url.pathname)
    if (url === null || path === undefined) return plain(400, 'Not a path.\n')
    try {
      return await answer({ method, path, query: url.searchParams })
    } catch (error) {
      const reason = asError(error)
      this.#logger.error('An HTTP request failed', { path, error: reason })
      return plain(500, 'Internal error.\n')
    }
  }
}

async function received(response: http.IncomingMessage): Promise<HttpAnswer> {
  const parts: Buffer[] = []
  let byteCount = 0
  for await (const part of response as AsyncIterable<Buffer>) {
    byteCount += part.length
    if (byteCount > answerBytesMax) throw new Error(`the answer is larger than ${answerBytesMax} bytes`)
    parts.push(part)
  }
  const { statusCode = 0, headers } = response
  return { status: statusCode, contentType: headers['content-type'] ?? '', body: Buffer.concat(parts) }
}

function plain(status: number, body: string): HttpAnswer {
  return { status, contentType: 'text/plain; charset=utf-8', body }
}

/** `undefined` where the percent signs make no sense. */
function decoded(path: string): string | undefined {
  try {
    return decodeURIComponent(path)
  } catch {
    return undefined
  }
}

/** Idempotent. */
async function closed(server: http.Server): Promise<void> {
  if (!server.listening) return
  const { promise, resolve } = Promise.withResolvers<void>()
  server.close(() => resolve())
  server.closeAllConnections()
  await promise
}
