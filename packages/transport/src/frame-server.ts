/**
 * One listener: accepts connections within the limits, serves their frames, closes those whose peers are gone. What a
 * frame means is the business of the handler it makes for each connection.
 */
import { BoundedQueue } from '@gregor/base'
import type { Clock, Listener, Logger, Network, Socket, Timer } from '@gregor/platform'
import type { Admission, ConnectionLimits, ListenerLimits } from './connection-limits.ts'
import type { ConnectionResources } from './connection-resources.ts'
import { type FrameHandler, ServerConnection, type ServerConnectionLimits } from './server-connection.ts'

export interface FrameServerOptions {
  readonly environment: {
    readonly clock: Pick<Clock, 'monotonicMs' | 'schedule' | 'afterTurn'>
    readonly network: Pick<Network, 'listen'>
    readonly logger: Logger
  }
  readonly host: string
  /** 0 picks a free one. */
  readonly port: number
  readonly resources: ConnectionResources
  /** Of the number of connections. May be shared with other listeners. */
  readonly connectionLimits: ConnectionLimits
  /** Of this listener; asked for each new connection. Default: none. */
  readonly listenerLimits?: () => ListenerLimits
  /** Of each connection. */
  readonly limits: ServerConnectionLimits
  /** `connections.max.idle.ms`. */
  readonly idleMsMax: number
  /** Makes the handler of a new connection; called before its first frame. */
  readonly handlerFor: (connection: ConnectionIdentity) => FrameHandler
}

/** What is known of a connection before its first frame. */
export interface ConnectionIdentity {
  readonly remoteAddress: string
  readonly remotePort: number
  readonly localPort: number
}

/** Connections that wait for another to end, or for their turn, or to be refused; more than that are closed. */
const waitingSocketCountMax = 1_024
const atOnce: Admission = { outcome: 'accept', delayMs: 0 }
/** How often connections are looked at. */
const looksPerIdleTime = 10
const lookIntervalMsMax = 5_000

export class FrameServer {
  readonly host: string
  readonly port: number
  readonly #options: FrameServerOptions
  readonly #listener: Listener
  /** Each with the number of looks at which it was not alive. */
  readonly #connections = new Map<ServerConnection, number>()
  readonly #waiting = new BoundedQueue<Socket>(waitingSocketCountMax)
  readonly #lookIntervalMs: number
  readonly #forgetRoom: () => void
  #lookTimer: Timer | undefined
  /** Accepted: begun, or about to begin. */
  #enteredCount = 0
  #refusingCount = 0
  /** A connection has its turn and waits for its begin: nobody overtakes it. */
  #isDelayed = false
  #isClosing = false
  #whenEmpty: (() => void)[] = []
  #refusedCount = 0

  private constructor(options: FrameServerOptions, listener: Listener) {
    this.#options = options
    this.#listener = listener
    this.host = listener.host
    this.port = listener.port
    this.#lookIntervalMs = Math.min(options.idleMsMax / looksPerIdleTime, lookIntervalMsMax)
    this.#forgetRoom = options.connectionLimits.onRoom(() => this.#admitWaiting())
  }

  /** @throws NetworkError where the address cannot be bound. */
  static async open(options: FrameServerOptions): Promise<FrameServer> {
    const accepted: Socket[] = []
    let accept = (socket: Socket): void => void accepted.push(socket)
    const address = { host: options.host, port: options.port }
    const listener = await options.environment.network.listen(address, (socket) => accept(socket))
    const server = new FrameServer(options, listener)
    accept = (socket) => server.#accept(socket)
    for (const socket of accepted) server.#accept(socket)
    return server
  }

  get connectionCount(): number {
    return this.#connections.size
  }

  /** Connections that a limit refused, so far. */
  get refusedCount(): number {
    return this.#refusedCount
  }

  get connections(): Iterable<ServerConnection> {
    return this.#connections.keys()
  }

  /**
   * Accepts no more, and lets each connection answer what it was asked; those that have not done so after `graceMs`
   * are closed all the same. Idempotent.
   */
  async close(graceMs: number = 0): Promise<void> {
    if (!this.#isClosing) {
      this.#isClosing = true
      this.#forgetRoom()
      await this.#listener.close()
      for (let socket = this.#waiting.shift(); socket !== undefined; socket = this.#waiting.shift()) socket.destroy()
      for (const connection of this.#connections.keys()) {
        if (graceMs > 0) connection.close()
        else connection.destroy()
      }
    }
    if (this.#connections.size === 0) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#whenEmpty.push(resolve)
    const timer = this.#options.environment.clock.schedule(graceMs, () => {
      for (const connection of this.#connections.keys()) connection.destroy()
    })
    await promise
    timer.cancel()
  }

  #accept(socket: Socket): void {
    if (this.#isClosing || !this.#options.connectionLimits.allowsAddress(socket.remoteAddress)) {
      this.#refuse(socket, 'max.connections.per.ip')
    } else if (this.#waiting.push(socket)) {
      this.#admitWaiting()
    } else {
      this.#refuse(socket, 'max.connections')
    }
  }

  /** As in Kafka: a peer without room is connected, and hears nothing until another one leaves. */
  #admitWaiting(): void {
    const { connectionLimits, environment, listenerLimits } = this.#options
    for (;;) {
      const limits = listenerLimits?.() ?? {}
      const socket = this.#isClosing || this.#isDelayed || !this.#hasRoom(limits) ? undefined : this.#waiting.shift()
      if (socket === undefined) return
      const { remoteAddress } = socket
      const { outcome, delayMs } = limits.admit?.(remoteAddress, environment.clock.monotonicMs()) ?? atOnce
      if (!connectionLimits.allowsAddress(remoteAddress)) {
        this.#refuse(socket, 'max.connections.per.ip')
      } else if (outcome === 'refuse') {
        this.#refuseLater(socket, delayMs)
      } else {
        connectionLimits.entered(remoteAddress)
        this.#enteredCount++
        if (delayMs > 0) this.#beginLater(socket, delayMs)
        else this.#begin(socket)
      }
    }
  }

  #hasRoom({ connectionCountMax = Infinity, isProtected = false }: ListenerLimits): boolean {
    if (this.#enteredCount >= connectionCountMax) return false
    return isProtected || this.#options.connectionLimits.hasRoom
  }

  #beginLater(socket: Socket, delayMs: number): void {
    this.#isDelayed = true
    this.#options.environment.clock.schedule(delayMs, () => {
      this.#isDelayed = false
      this.#begin(socket)
      this.#admitWaiting()
    })
  }

  /** Who comes too often is held for a while, so that it cannot come again at once. */
  #refuseLater(socket: Socket, delayMs: number): void {
    if (this.#refusingCount >= waitingSocketCountMax) {
      this.#refuse(socket, 'connection_creation_rate')
      return
    }
    this.#refusingCount++
    this.#options.environment.clock.schedule(delayMs, () => {
      this.#refusingCount--
      this.#refuse(socket, 'connection_creation_rate')
    })
  }

  #refuse(socket: Socket, limit: string): void {
    this.#refusedCount++
    this.#options.environment.logger.info('Refused a connection', { address: socket.remoteAddress, limit })
    socket.destroy()
  }

  #begin(socket: Socket): void {
    const { environment, resources, limits, handlerFor } = this.#options
    const connection = new ServerConnection(socket, {
      clock: environment.clock,
      logger: environment.logger,
      resources,
      limits,
      handler: handlerFor(socket),
      onClosed: (closed) => this.#left(closed),
    })
    this.#connections.set(connection, 0)
    if (this.#isClosing) connection.destroy()
    else this.#lookLater()
  }

  #left(connection: ServerConnection): void {
    this.#connections.delete(connection)
    this.#enteredCount--
    this.#options.connectionLimits.left(connection.remoteAddress)
    if (this.#connections.size > 0) return
    this.#lookTimer?.cancel()
    this.#lookTimer = undefined
    for (const resolve of this.#whenEmpty.splice(0)) resolve()
  }

  #lookLater(): void {
    this.#lookTimer ??= this.#options.environment.clock.schedule(this.#lookIntervalMs, () => {
      this.#lookTimer = undefined
      this.#look()
      if (this.#connections.size > 0) this.#lookLater()
    })
  }

  /** Closes who was idle for too long; and at once, where answers fill the memory, who does not take his. */
  #look(): void {
    const { environment, resources, idleMsMax } = this.#options
    const looksMax = Math.ceil(idleMsMax / this.#lookIntervalMs)
    const needsMemory = resources.responses.isExhausted
    for (const [connection, idleLooks] of this.#connections) {
      const sign = connection.look()
      const isOver = idleLooks + 1 >= looksMax || (sign === 'stalled' && needsMemory)
      if (sign === 'alive') {
        this.#connections.set(connection, 0)
      } else if (isOver) {
        const fields = {
          address: connection.remoteAddress,
          port: connection.remotePort,
          unsentBytes: connection.responseBytes,
        }
        environment.logger.info(
          sign === 'stalled' ? 'Closing a connection that takes no answers' : 'Closing an idle connection',
          fields,
        )
        connection.destroy()
      } else {
        this.#connections.set(connection, idleLooks + 1)
      }
    }
  }
}
