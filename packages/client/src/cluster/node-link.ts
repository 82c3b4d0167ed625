/**
 * The way to one node, over one connection at a time. Requests wait in line while there is none and leave in the order of
 * the calls; the connection is made when the first one wants it, and closed when none came for long. A node that cannot
 * be reached is left alone for a while that doubles with each failure (KIP-601 does the same with the set-up time).
 *
 * Invariant: what waits in line is either handed to a connection, or told why not. Nobody waits for a failed attempt's
 * successor: whoever asked decides whether to ask again.
 */
import { asError, background } from '@gregor/base'
import type { Clock, Logger, Random, Timer } from '@gregor/platform'
import { ClosedError, ConnectionError } from '@gregor/transport'
import { backoffPauseMs } from '../retrying.ts'
import type { NodeEndpoint } from './cluster.ts'
import type { NodeConnection } from './node-connection.ts'

/** Something that wants a connection. Exactly one of the two is called, once. */
export interface LinkJob {
  start(connection: NodeConnection): void
  fail(error: Error): void
}

export interface NodeLinkOptions {
  readonly environment: {
    readonly clock: Pick<Clock, 'monotonicMs' | 'schedule'>
    readonly random: Random
    readonly logger: Logger
  }
  readonly timing: LinkTiming
  /** Where it goes at the moment; `undefined`: nobody knows. */
  readonly endpointOf: (nodeId: number) => NodeEndpoint | undefined
  readonly open: (given: LinkOpening) => Promise<NodeConnection>
  /** A connection that was up broke, not from here; or an attempt failed. */
  readonly onTrouble: (link: NodeLink, error: Error, wasUp: boolean) => void
  readonly onReady: (connection: NodeConnection) => void
}

export interface LinkOpening {
  readonly endpoint: NodeEndpoint
  /** For messages: `node 1 (kafka:9092)`. */
  readonly name: string
  readonly setupTimeoutMs: number
  /** Called once after it was opened, when it is gone. */
  readonly onClosed: (reason: Error | undefined) => void
}

export interface LinkTiming {
  readonly reconnectBackoffMs: number
  readonly reconnectBackoffMaxMs: number
  readonly socketConnectionSetupTimeoutMs: number
  readonly socketConnectionSetupTimeoutMaxMs: number
  /** Below 0: never. */
  readonly connectionsMaxIdleMs: number
}

/** How long requests wait for a node that was there and does not come back: their partition may have another leader by now. */
const patienceMs = 3000

export class NodeLink {
  /** Negative: a bootstrap server whose id is not known. It becomes that of the node once metadata name its address. */
  nodeId: number
  readonly #options: NodeLinkOptions
  readonly #clock: Pick<Clock, 'monotonicMs' | 'schedule'>
  #connection: NodeConnection | undefined
  #openedTo: NodeEndpoint | undefined
  #isOpening = false
  /** While it is set, requests wait though there is a connection: throttled, or authenticating again. */
  #isHeld = false
  #line: LinkJob[] = []
  #failures = 0
  /** The connection before broke, or could not be made. */
  #isSuspect = false
  #patience: Timer | undefined
  #retryAtMs = 0
  #retry: Timer | undefined
  #idle: Timer | undefined
  #hold: Timer | undefined
  #renewal: Timer | undefined
  #lastUsedMs = 0
  #isClosed = false

  constructor(nodeId: number, options: NodeLinkOptions) {
    this.nodeId = nodeId
    this.#options = options
    this.#clock = options.environment.clock
  }

  /** For messages. */
  get name(): string {
    const endpoint = this.#options.endpointOf(this.nodeId)
    const address = endpoint === undefined ? '' : addressText(endpoint)
    if (this.nodeId < 0) return address
    return address === '' ? `node ${this.nodeId}` : `node ${this.nodeId} (${address})`
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  get isReady(): boolean {
    return this.#connection !== undefined && !this.#isHeld
  }

  get isConnecting(): boolean {
    return this.#isOpening
  }

  /** In a row. */
  get failures(): number {
    return this.#failures
  }

  /** Nothing is there and nothing is wanted. */
  get isUnused(): boolean {
    return this.#connection === undefined && !this.#isOpening && this.#line.length === 0
  }

  /** Requests without an answer, and those that wait in line. */
  get load(): number {
    return (this.#connection?.inFlightCount ?? 0) + this.#line.length
  }

  /** How long the node owes an answer. */
  get silentMs(): number {
    return this.#connection?.silentMs ?? 0
  }

  /** How long nobody should try to connect, where there is a choice. */
  get backoffMs(): number {
    return Math.max(0, this.#retryAtMs - this.#clock.monotonicMs())
  }

  /** In the order of the calls. */
  perform(job: LinkJob): void {
    if (this.#isClosed) {
      job.fail(new ClosedError('the client was closed'))
      return
    }
    const connection = this.#connection
    this.#lastUsedMs = this.#clock.monotonicMs()
    if (connection !== undefined && !this.#isHeld && this.#line.length === 0) {
      job.start(connection)
      return
    }
    this.#line.push(job)
    if (connection === undefined) this.#wantConnection()
  }

  /** It is not wanted any more: nothing is called for it. */
  forget(job: LinkJob): void {
    const at = this.#line.indexOf(job)
    if (at >= 0) this.#line.splice(at, 1)
  }

  /** The node asked for a pause (KIP-219). */
  throttle(delayMs: number): void {
    if (this.#connection === undefined || this.#isHeld) return
    this.#isHeld = true
    this.#hold = this.#clock.schedule(delayMs, () => this.#release())
  }

  /** Where the node is elsewhere by now, the next request connects to it there. */
  endpointChanged(): void {
    const endpoint = this.#options.endpointOf(this.nodeId)
    const before = this.#openedTo
    if (endpoint === undefined || before === undefined || this.#connection === undefined) return
    if (endpoint.host !== before.host || endpoint.port !== before.port) this.drop()
  }

  /** The next request connects anew. What is in flight fails. */
  drop(): void {
    const connection = this.#connection
    this.#lost()
    if (connection !== undefined) this.#background('closing', connection.close())
    if (this.#line.length > 0) this.#wantConnection()
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#retry?.cancel()
    this.#patience?.cancel()
    const connection = this.#connection
    this.#lost()
    this.#failLine(new ClosedError('the client was closed'))
    await connection?.close()
  }

  // ---------------------------------------------------------------------------------------------------- connecting

  #wantConnection(): void {
    if (this.#isOpening || this.#retry !== undefined || this.#isClosed) return
    const delayMs = this.backoffMs
    if (delayMs <= 0) {
      this.#open()
      return
    }
    this.#retry = this.#clock.schedule(delayMs, () => {
      this.#retry = undefined
      if (this.#line.length > 0 && this.#connection === undefined && !this.#isClosed) this.#open()
    })
  }

  #open(): void {
    const { name } = this
    const endpoint = this.#options.endpointOf(this.nodeId)
    if (endpoint === undefined) {
      this.#failed(new ConnectionError(`${name} is none of those that the cluster names.`))
      return
    }
    this.#isOpening = true
    this.#openedTo = endpoint
    if (this.#isSuspect) this.#limitPatience()
    let opened: NodeConnection | undefined
    const onClosed = (reason: Error | undefined): void => {
      if (opened !== undefined && opened === this.#connection) this.#broke(reason)
    }
    this.#options.open({ endpoint, name, setupTimeoutMs: this.#setupTimeoutMs(), onClosed }).then(
      (connection) => {
        opened = connection
        this.#opened(connection)
      },
      (error: unknown) => this.#failed(asError(error)),
    )
  }

  /** The attempt goes on; who waits for it asks again, perhaps another node. */
  #limitPatience(): void {
    this.#patience = this.#clock.schedule(patienceMs, () => {
      this.#failLine(new ConnectionError(`${this.name} does not come back: no connection for ${patienceMs} ms.`))
      this.#limitPatience()
    })
  }

  /** It grows with each failure in a row (KIP-601). */
  #setupTimeoutMs(): number {
    const { timing, environment } = this.#options
    const backoffMs = timing.socketConnectionSetupTimeoutMs
    const backoffMaxMs = timing.socketConnectionSetupTimeoutMaxMs
    return backoffPauseMs({ backoffMs, backoffMaxMs }, this.#failures + 1, environment.random)
  }

  #opened(connection: NodeConnection): void {
    this.#isOpening = false
    this.#isSuspect = false
    this.#patience?.cancel()
    if (this.#isClosed) {
      this.#background('closing', connection.close())
      return
    }
    this.#connection = connection
    this.#failures = 0
    this.#retryAtMs = 0
    this.#lastUsedMs = this.#clock.monotonicMs()
    this.#watchIdle()
    this.#planRenewal(connection)
    this.#options.onReady(connection)
    this.#startLine()
  }

  #failed(error: Error): void {
    this.#isOpening = false
    this.#patience?.cancel()
    this.#backOff()
    this.#failLine(this.#isClosed ? new ClosedError('the client was closed') : error)
    if (!this.#isClosed) this.#options.onTrouble(this, error, false)
  }

  /** The connection that was up is gone. */
  #broke(reason: Error | undefined): void {
    this.#lost()
    if (reason === undefined || this.#isClosed) return
    this.#backOff()
    if (this.#line.length > 0) this.#wantConnection()
    this.#options.onTrouble(this, reason, true)
  }

  #lost(): void {
    this.#connection = undefined
    this.#isHeld = false
    for (const timer of [this.#idle, this.#hold, this.#renewal]) timer?.cancel()
  }

  #backOff(): void {
    this.#isSuspect = true
    this.#failures++
    const { reconnectBackoffMs, reconnectBackoffMaxMs } = this.#options.timing
    const backoff = { backoffMs: reconnectBackoffMs, backoffMaxMs: reconnectBackoffMaxMs }
    const pauseMs = backoffPauseMs(backoff, this.#failures, this.#options.environment.random)
    this.#retryAtMs = this.#clock.monotonicMs() + pauseMs
  }

  #startLine(): void {
    while (this.#connection !== undefined && !this.#isHeld) {
      const job = this.#line.shift()
      if (job === undefined) return
      job.start(this.#connection)
    }
  }

  #failLine(error: Error): void {
    const line = this.#line
    this.#line = []
    for (const job of line) job.fail(error)
  }

  #release(): void {
    this.#isHeld = false
    this.#startLine()
  }

  // -------------------------------------------------------------------------------------- while a connection is up

  #watchIdle(): void {
    const idleMs = this.#options.timing.connectionsMaxIdleMs
    if (idleMs < 0) return
    const leftMs = (): number => this.#lastUsedMs + idleMs - this.#clock.monotonicMs()
    // Used long ago, and still waiting for an answer: the request's own time decides.
    this.#idle = this.#clock.schedule(leftMs() > 0 ? leftMs() : idleMs, () => {
      if (this.load === 0 && leftMs() <= 0) this.drop()
      else this.#watchIdle()
    })
  }

  /** Proves again who we are, before the node ends the session (KIP-368). */
  #planRenewal(connection: NodeConnection): void {
    const { session } = connection
    if (session === undefined) return
    this.#renewal = this.#clock.schedule(session.renewAfterMs, () => {
      if (this.#connection !== connection) return
      this.#hold?.cancel()
      this.#isHeld = true
      this.#background('authenticating again', this.#renew(connection))
    })
  }

  async #renew(connection: NodeConnection): Promise<void> {
    try {
      await connection.authenticate(this.#options.timing.socketConnectionSetupTimeoutMaxMs)
    } catch (error) {
      if (this.#connection !== connection) return
      this.drop()
      this.#failed(asError(error))
      return
    }
    if (this.#connection !== connection) return
    this.#planRenewal(connection)
    this.#release()
  }

  #background(name: string, promise: Promise<unknown>): void {
    background(name, promise, (what, error) => {
      this.#options.environment.logger.warn(`${what}: ${this.name}`, { error: asError(error) })
    })
  }
}

function addressText({ host, port }: NodeEndpoint): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
