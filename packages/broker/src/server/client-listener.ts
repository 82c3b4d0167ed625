/**
 * One listener of the broker: connections come in within the limits, each frame goes to the dispatcher. What the
 * limits and the frames mean on the wire is the transport’s business.
 */
import type { Environment } from '@gregor/platform'
import { anonymous } from '@gregor/security'
import { FrameServer } from '@gregor/transport'
import type {
  Answer,
  ConnectionLimits,
  ConnectionResources,
  FrameHandler,
  ListenerLimits,
  ServerConnection,
} from '@gregor/transport'
import type { Dispatcher } from './dispatch.ts'
import type { NodeConfig } from './node-config.ts'
import type { ConnectionContext, ListenerIdentity } from './request-context.ts'

export interface ClientListenerOptions {
  readonly environment: Pick<Environment, 'clock' | 'network' | 'logger'>
  readonly listener: ListenerIdentity
  /** Empty: all interfaces. */
  readonly host: string
  /** 0 picks a free one. */
  readonly port: number
  readonly config: NodeConfig
  readonly resources: ConnectionResources
  readonly connectionLimits: ConnectionLimits
  readonly listenerLimits: () => ListenerLimits
  readonly dispatcher: Dispatcher
}

/** Requests of one connection that may wait for their answers at once. Clients rarely have more than five. */
const framesInFlightMax = 1_000
/**
 * One that waits for more than an append holds up those behind it, as every request does in Apache Kafka: a Fetch that
 * waits for records, a JoinGroup for other members. What they will be answered is not known before.
 */
const lateAnswersMax = 1
const requestBytesPerConnectionMax = 16 * 1_048_576
/** More is only begun below it; the system takes some megabytes beside it. */
const responseBytesPerConnectionMax = 2 * 1_048_576

export class ClientListener {
  readonly identity: ListenerIdentity
  readonly #server: FrameServer

  private constructor(identity: ListenerIdentity, server: FrameServer) {
    this.identity = identity
    this.#server = server
  }

  /** @throws NetworkError where the address cannot be bound. */
  static async open(options: ClientListenerOptions): Promise<ClientListener> {
    const { environment, listener, config } = options
    const frameBytesMax = config.get('socket.request.max.bytes')
    const server = await FrameServer.open({
      environment,
      host: options.host,
      port: options.port,
      resources: options.resources,
      connectionLimits: options.connectionLimits,
      listenerLimits: options.listenerLimits,
      limits: {
        frameBytesMax,
        framesInFlightMax,
        lateAnswersMax,
        requestBytesMax: requestBytesPerConnectionMax,
        responseBytesMax: responseBytesPerConnectionMax,
      },
      idleMsMax: config.get('connections.max.idle.ms'),
      handlerFor: (socket) => new ConnectionHandler(options.dispatcher, listener, socket),
    })
    return new ClientListener(listener, server)
  }

  get host(): string {
    return this.#server.host
  }

  get port(): number {
    return this.#server.port
  }

  get connectionCount(): number {
    return this.#server.connectionCount
  }

  get refusedCount(): number {
    return this.#server.refusedCount
  }

  /** Accepts no more; connections may finish what they asked within `graceMs`. */
  close(graceMs: number): Promise<void> {
    return this.#server.close(graceMs)
  }
}

class ConnectionHandler implements FrameHandler, ConnectionContext {
  readonly id: string
  readonly listener: ListenerIdentity
  readonly clientAddress: string
  readonly principal = anonymous
  clientSoftwareName = ''
  clientSoftwareVersion = ''
  readonly #dispatcher: Dispatcher
  readonly #onClose = new Set<() => void>()
  #connection: ServerConnection | undefined

  constructor(
    dispatcher: Dispatcher,
    listener: ListenerIdentity,
    socket: { readonly remoteAddress: string; readonly remotePort: number; readonly localPort: number },
  ) {
    this.#dispatcher = dispatcher
    this.listener = listener
    this.clientAddress = socket.remoteAddress
    this.id = `${listener.name}:${socket.localPort}-${socket.remoteAddress}:${socket.remotePort}`
  }

  frame(frame: Buffer, connection: ServerConnection): Answer {
    this.#connection = connection
    return this.#dispatcher.handle(frame, this)
  }

  readsAtOnce(apiKey: number, byteCount: number): boolean {
    return this.#dispatcher.readsAtOnce(apiKey, byteCount)
  }

  passEnded(): void {
    this.#dispatcher.passEnded()
  }

  closed(): void {
    for (const cancel of this.#onClose) cancel()
    this.#onClose.clear()
  }

  onClose(cancel: () => void): () => void {
    this.#onClose.add(cancel)
    return () => this.#onClose.delete(cancel)
  }

  throttle(durationMs: number): void {
    this.#connection?.throttle(durationMs)
  }
}
