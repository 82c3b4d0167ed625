/**
 * One listener: accepts connections within the limits, serves their frames, closes those whose peers are gone. What a
 * frame means is the business of the handler it makes for each connection.
 */
import { BoundedQueue } from '@gregor/base'
import {
  type Clock,
  type Listener,
  type Logger,
  type Network,
  RationedLog,
  type Socket,
  type Timer,
} from '@gregor/platform'
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
/** The same while memory is short, and how long somebody may do nothing then with what he holds of it. */
const lookIntervalMsWhenShort = 500
const patienceMsWhenShort = 2_000
/** For how long a large frame may come in while others wait to send theirs: less than clients wait for an answer. */
const turnMsMax = 10_000

const closingTexts = {
  alive: 'Closing an idle connection',
  silent: 'Closing an idle connection',
  stalled: 'Closing a connection that takes no answers',
  slow: 'Closing a connection whose request comes in too slowly for those that wait to send theirs',
}

export class FrameServer {
  readonly host: string
  readonly port: number
  readonly #options: FrameServerOptions
  readonly #listener: Listener
  /** Each with the time at which it was alive last. */
  readonly #connections = new Map<ServerConnection, number>()
  readonly #waiting = new BoundedQueue<Socket>(waitingSocketCountMax)
  readonly #lookIntervalMs: number
  readonly #rationedLog: RationedLog
  readonly #forget: readonly (() => void)[]
  #lookTimer: Timer | undefined
  /** Of a connection that others wait for, as far as it was seen. */
  #turn: { readonly number: number; readonly sinceMs: number } | undefined
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
    this.#rationedLog = new RationedLog(options.environment)
    const { requests, responses } = options.resources
    this.#forget = [
      options.connectionLimits.onRoom(() => this.#admitWaiting()),
      ...[requests, responses].map((budget) => budget.onExhausted(() => this.#lookSooner())),
    ]
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
      for (const forget of this.#forget) forget()
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
    this.#rationedLog.info('Refused a connection', { address: socket.remoteAddress, limit })
    socket.destroy()
  }

  #begin(socket: Socket): void {
    const { environment, resources, limits, handlerFor } = this.#options
    const connection = new ServerConnection(socket, {
      clock: environment.clock,
      logger: environment.logger,
      rationedLog: this.#rationedLog,
      resources,
      limits,
      handler: handlerFor(socket),
      onClosed: (closed) => this.#left(closed),
    })
    this.#connections.set(connection, environment.clock.monotonicMs())
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
    const intervalMs = this.#isMemoryShort ? lookIntervalMsWhenShort : this.#lookIntervalMs
    this.#lookTimer ??= this.#options.environment.clock.schedule(intervalMs, () => {
      this.#lookTimer = undefined
      this.#look()
      if (this.#connections.size > 0) this.#lookLater()
    })
  }

  #lookSooner(): void {
    if (this.#connections.size === 0) return
    this.#lookTimer?.cancel()
    this.#lookTimer = undefined
    this.#lookLater()
  }

  get #isMemoryShort(): boolean {
    const { requests, responses } = this.#options.resources
    return requests.isExhausted || responses.isExhausted
  }

  /**
   * Closes who was idle for too long; and soon, where memory is short, who holds some and does nothing, or does so little
   * that those who wait for its turn to end would wait for too long.
   */
  #look(): void {
    const { environment, idleMsMax } = this.#options
    const nowMs = environment.clock.monotonicMs()
    const isMemoryShort = this.#isMemoryShort
    for (const [connection, aliveAtMs] of this.#connections) {
      const sign = connection.look()
      const isTooSlow = this.#isTooSlow(connection, nowMs)
      if (sign === 'alive' && !isTooSlow) {
        this.#connections.set(connection, nowMs)
        continue
      }
      const holdsSome = connection.responseBytes > 0 || connection.waitingBytes > 0
      const patienceMs = isMemoryShort && holdsSome ? Math.min(patienceMsWhenShort, idleMsMax) : idleMsMax
      if (nowMs - aliveAtMs < patienceMs && !isTooSlow) continue
      this.#rationedLog.info(isTooSlow ? closingTexts.slow : closingTexts[sign], {
        address: connection.remoteAddress,
        port: connection.remotePort,
        unsentBytes: connection.responseBytes,
        unreadBytes: connection.waitingBytes,
        isMemoryShort,
      })
      connection.destroy()
    }
  }

  #isTooSlow({ turn }: ServerConnection, nowMs: number): boolean {
    if (turn === undefined) return false
    if (this.#turn?.number !== turn) this.#turn = { number: turn, sinceMs: nowMs }
    return nowMs - this.#turn.sinceMs >= turnMsMax
  }
}
