/**
 * TCP on Node.js. `net.Server` cannot be told to read into memory of ours, so its handle, which is not documented, is
 * asked for the raw connections: this is the only file that knows about it. Where the handle does not look as expected
 * the documented 'connection' event serves, and bytes are copied (see `socket`).
 */
import net from 'node:net'
import type { Listener, Logger, Network, Socket, TlsOptions } from '../environment.ts'
import { listen } from './listen.ts'
import { networkError } from './network-error.ts'
import { NodeSocket, ReadTarget } from './socket.ts'
import { secured } from './tls.ts'

/** What we rely on of the handle of a listening `net.Server`: it calls `onconnection` for each accepted connection. */
interface ServerHandle {
  onconnection: (status: number, connection: unknown) => void
}

interface RawSocketOptions extends Omit<net.SocketConstructorOpts, 'handle'> {
  readonly handle: unknown
  /** Do not read before we say so. */
  readonly manualStart: boolean
}

export interface NodeNetworkOptions {
  readonly logger: Logger
  /** False: do not use the undocumented handle. Its absence is noticed without being told. */
  readonly readsInPlace?: boolean
}

export class NodeNetwork implements Network {
  readonly #logger: Logger
  readonly #readsInPlace: boolean

  constructor(options: NodeNetworkOptions) {
    this.#logger = options.logger
    this.#readsInPlace = options.readsInPlace ?? true
  }

  async listen(
    address: { host: string; port: number; backlog?: number },
    accept: (socket: Socket) => void,
  ): Promise<Listener> {
    const server = net.createServer({ allowHalfOpen: true, pauseOnConnect: true })
    server.on('connection', (socket) => accept(new NodeSocket(socket, new ReadTarget())))
    const { host, port } = await listen(server, address)
    server.on('error', (error) => this.#logger.warn('A connection could not be accepted', { error }))
    const handle = this.#readsInPlace ? serverHandle(server) : undefined
    if (handle !== undefined) acceptRaw(handle, accept)
    return { host, port, close: () => closed(server) }
  }

  async connect(address: { host: string; port: number; timeoutMs: number; tls?: TlsOptions }): Promise<Socket> {
    const target = new ReadTarget()
    const socket = new net.Socket({
      allowHalfOpen: true,
      ...(this.#readsInPlace && address.tls === undefined ? { onread: target.options } : {}),
    })
    socket.pause()
    let operation: 'connect' | 'secure' = 'connect'
    const { promise, resolve, reject } = Promise.withResolvers<net.Socket>()
    const timeout = setTimeout(
      () => reject(Object.assign(new Error('timed out'), { code: 'ETIMEDOUT' })),
      address.timeoutMs,
    )
    socket.once('error', reject)
    socket.connect({ host: address.host, port: address.port }, () => {
      if (address.tls === undefined) {
        resolve(socket)
        return
      }
      operation = 'secure'
      secured(socket, address.host, address.tls).then(resolve, reject)
    })
    try {
      const connected = await promise
      socket.off('error', reject)
      return new NodeSocket(connected, target)
    } catch (cause) {
      socket.destroy()
      throw networkError(operation, address, cause)
    } finally {
      clearTimeout(timeout)
    }
  }
}

function serverHandle(server: net.Server): ServerHandle | undefined {
  const handle: unknown = '_handle' in server ? server._handle : undefined
  const isKnown =
    typeof handle === 'object' &&
    handle !== null &&
    'onconnection' in handle &&
    typeof handle.onconnection === 'function'
  return isKnown ? (handle as ServerHandle) : undefined
}

/** Builds the sockets from the raw connections, with `onread`. One that looks unfamiliar goes the documented way. */
function acceptRaw(handle: ServerHandle, accept: (socket: Socket) => void): void {
  const documented = handle.onconnection.bind(handle)
  handle.onconnection = (status, connection) => {
    if (status !== 0 || !readsIntoOurMemory(connection)) {
      documented(status, connection)
      return
    }
    const target = new ReadTarget()
    const options: RawSocketOptions = {
      handle: connection,
      manualStart: true,
      allowHalfOpen: true,
      readable: true,
      writable: true,
      onread: target.options,
    }
    // `handle` is typed for another use; the check above is what makes this a connection.
    accept(new NodeSocket(new net.Socket(options as net.SocketConstructorOpts), target))
  }
}

function readsIntoOurMemory(connection: unknown): boolean {
  return (
    typeof connection === 'object' &&
    connection !== null &&
    'useUserBuffer' in connection &&
    typeof connection.useUserBuffer === 'function'
  )
}

/** Idempotent. Accepted connections live on, so the server's own 'close' event is not waited for. */
function closed(server: net.Server): Promise<void> {
  if (server.listening) server.close()
  return Promise.resolve()
}
