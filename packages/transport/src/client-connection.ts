/**
 * The client's side of one connection: requests go out in the order they are made, those of one turn with one write,
 * without waiting for each other's answers; answers come back in the same order and are told by their correlation id.
 * What a request or an answer means is not known here.
 */
import type { Clock, Network, Receiver, Socket, Timer, TlsOptions } from '@gregor/platform'
import type { ConnectionResources } from './connection-resources.ts'
import { ClosedError, ConnectionError, FrameError, TimeoutError } from './errors.ts'
import { FrameReader, type FrameSpan } from './frame-reader.ts'
import { Outbox } from './outbox.ts'

export interface ClientConnectionOptions {
  readonly environment: {
    readonly clock: Pick<Clock, 'schedule' | 'afterTurn'>
    readonly network: Pick<Network, 'connect'>
  }
  readonly host: string
  readonly port: number
  readonly resources: ConnectionResources
  /** For connecting and, where `tls` is given, the handshake. */
  readonly connectTimeoutMs: number
  /** Default: not encrypted. */
  readonly tls?: TlsOptions
  /** A larger answer breaks the connection. Default: 2^31 - 1, what the protocol can say. */
  readonly frameBytesMax?: number
  /** Called once, when the connection is gone: with the reason, unless it was closed from here. */
  readonly onClosed?: (reason: Error | undefined) => void
}

export interface RequestOptions {
  /** After that long without an answer the connection is closed: its later answers would come no sooner. */
  readonly timeoutMs: number
  readonly signal?: AbortSignal
}

interface InFlight {
  readonly correlationId: number
  readonly resolve: (answer: Buffer) => void
  readonly reject: (reason: Error) => void
  readonly timer: Timer
}

const frameBytesMaxDefault = 2 ** 31 - 1
const correlationIdMax = 2 ** 31 - 1
const correlationIdBytes = 4

export class ClientConnection {
  readonly remoteAddress: string
  readonly #clock: Pick<Clock, 'schedule' | 'afterTurn'>
  readonly #socket: Socket
  readonly #resources: ConnectionResources
  readonly #reader: FrameReader
  readonly #outbox: Outbox
  readonly #onClosed: ((reason: Error | undefined) => void) | undefined
  /** In the order they were sent; a request that was aborted keeps its place until its answer comes. */
  readonly #inFlight = new Map<number, InFlight>()
  #nextCorrelationId = 0
  #isFlushScheduled = false
  /** Why no request can be made any more. */
  #end: Error | undefined
  #whenClosed = Promise.withResolvers<void>()

  private constructor(socket: Socket, options: ClientConnectionOptions) {
    this.#socket = socket
    this.#clock = options.environment.clock
    this.#resources = options.resources
    this.#onClosed = options.onClosed
    this.remoteAddress = socket.remoteAddress
    this.#outbox = new Outbox(socket, options.resources.slabs)
    this.#reader = new FrameReader({
      sink: {
        frame: (span) => this.#answered(span),
        emptied: (slab) => this.#resources.slabs.give(slab),
      },
      frameBytesMax: options.frameBytesMax ?? frameBytesMaxDefault,
      slabs: options.resources.slabs,
      shared: options.resources.shared,
    })
    socket.start(this.#receiver())
  }

  /** @throws NetworkError where the address cannot be reached in time. */
  static async open(options: ClientConnectionOptions): Promise<ClientConnection> {
    const { environment, host, port, connectTimeoutMs, tls } = options
    const address = { host, port, timeoutMs: connectTimeoutMs, ...(tls === undefined ? {} : { tls }) }
    return new ClientConnection(await environment.network.connect(address), options)
  }

  get isOpen(): boolean {
    return this.#end === undefined
  }

  /** Requests without an answer. */
  get inFlightCount(): number {
    return this.#inFlight.size
  }

  /** From now on. A limit for what comes first finds out soon that the peer speaks something else. */
  set frameBytesMax(frameBytesMax: number) {
    this.#reader.frameBytesMax = frameBytesMax
  }

  /** Bytes of requests that the system has not taken. */
  get waitingBytes(): number {
    return this.#outbox.waitingBytes
  }

  /**
   * Sends a request and resolves to its answer: header and body, without length and correlation id. It is the caller's
   * to keep.
   *
   * @param encode - makes the request, header first, without its length. The parts are left alone until they are sent.
   * @throws TimeoutError after `timeoutMs`, and then ConnectionError for all others in flight.
   * @throws ConnectionError when the connection breaks before the answer. The request may have been done.
   * @throws ClosedError after `close`.
   * @throws the signal's reason when that aborts; the connection lives on, and the answer is ignored.
   */
  request(encode: (correlationId: number) => readonly Uint8Array[], options: RequestOptions): Promise<Buffer> {
    const refusal = this.#end ?? abortReason(options.signal)
    if (refusal !== undefined) return Promise.reject(refusal)
    const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
    const correlationId = this.#send(encode)
    const timer = this.#clock.schedule(options.timeoutMs, () => {
      reject(new TimeoutError(`no answer from ${this.remoteAddress} within ${options.timeoutMs} ms`))
      this.#breakOff(new ConnectionError(`an earlier request to ${this.remoteAddress} was not answered in time`))
    })
    this.#inFlight.set(correlationId, { correlationId, resolve, reject, timer })
    const { signal } = options
    if (signal === undefined) return promise
    const aborted = (): void => reject(abortReason(signal) ?? new ClosedError('aborted'))
    signal.addEventListener('abort', aborted, { once: true })
    return promise.finally(() => signal.removeEventListener('abort', aborted))
  }

  /** Sends a request that will not be answered (produce without acknowledgement). */
  sendOnly(encode: (correlationId: number) => readonly Uint8Array[]): void {
    if (this.#end !== undefined) throw this.#end
    this.#send(encode)
  }

  /** Idempotent. Requests in flight fail with `ClosedError`. */
  close(): Promise<void> {
    this.#breakOff(new ClosedError(`the connection to ${this.remoteAddress} was closed`))
    return this.#whenClosed.promise
  }

  #send(encode: (correlationId: number) => readonly Uint8Array[]): number {
    const correlationId = this.#nextCorrelationId
    this.#nextCorrelationId = correlationId === correlationIdMax ? 0 : correlationId + 1
    this.#outbox.put(encode(correlationId))
    if (!this.#isFlushScheduled) {
      this.#isFlushScheduled = true
      this.#clock.afterTurn(() => {
        this.#isFlushScheduled = false
        if (this.#end === undefined) this.#outbox.flush()
      })
    }
    return correlationId
  }

  #receiver(): Receiver {
    return {
      target: () => this.#reader.target(),
      received: (byteCount) => {
        try {
          this.#reader.received(byteCount)
        } catch (cause) {
          const detail = cause instanceof FrameError ? `: ${cause.message}` : ''
          this.#breakOff(new ConnectionError(`${this.remoteAddress} sent what is no answer${detail}`, { cause }))
        }
      },
      drained: () => this.#outbox.sent(),
      ended: () => this.#breakOff(new ConnectionError(`${this.remoteAddress} closed the connection`)),
      closed: (cause) => {
        this.#breakOff(new ConnectionError(`the connection to ${this.remoteAddress} broke`, { cause }))
        this.#reader.release()
        this.#outbox.discard()
        this.#whenClosed.resolve()
        this.#onClosed?.(this.#end instanceof ClosedError ? undefined : this.#end)
      },
    }
  }

  #answered({ buffer, start, end, slab }: FrameSpan): boolean {
    const first = this.#inFlight.values().next().value
    const correlationId = end - start < correlationIdBytes ? undefined : buffer.readInt32BE(start)
    if (first === undefined || correlationId !== first.correlationId) {
      const expected = first === undefined ? 'none' : `${first.correlationId}`
      const cause = new Error(`an answer with correlation id ${correlationId}, expected was ${expected}`)
      if (slab !== undefined) this.#resources.slabs.give(slab)
      this.#breakOff(new ConnectionError(`${this.remoteAddress} sent an answer to nothing`, { cause }))
      return false
    }
    this.#inFlight.delete(first.correlationId)
    first.timer.cancel()
    // Memory of its own stays with the answer.
    if (slab !== undefined) this.#resources.slabs.forget(slab)
    const answer = buffer.subarray(start + correlationIdBytes, end)
    first.resolve(slab === undefined ? Buffer.from(answer) : answer)
    return true
  }

  #breakOff(reason: Error): void {
    if (this.#end !== undefined) return
    this.#end = reason
    for (const { timer, reject } of this.#inFlight.values()) {
      timer.cancel()
      reject(reason)
    }
    this.#inFlight.clear()
    this.#reader.stop()
    this.#socket.destroy()
  }
}

function abortReason(signal: AbortSignal | undefined): Error | undefined {
  if (signal?.aborted !== true) return undefined
  const reason: unknown = signal.reason
  return reason instanceof Error ? reason : new ClosedError('aborted', { cause: reason })
}
