/**
 * From a frame to its answer: header, version, body, handler, quotas, response. One per kind of listener; knows no API
 * by name but ApiVersions, whose rules differ (KIP-511).
 *
 * What is no message, or asks for an API or version that is not served here, closes the connection without an
 * answer, as in Apache Kafka. What a handler throws is logged once, here, and answered with UNKNOWN_SERVER_ERROR.
 */
import { asError, ByteReader, ByteWriter, MalformedMessageError } from '@gregor/base'
import { type Clock, type Logger, RationedLog } from '@gregor/platform'
import { decodeRequestHeader, encodeResponseHeader } from '@gregor/protocol'
import { PendingAnswer, type Answer, type SettledAnswer } from '@gregor/transport'
import { LateResponse, type AnyHandler, type HandlerAnswer } from './handler.ts'
import { smallFrameBytesMax } from '../replication/append-queue.ts'
import { Handling } from './handling.ts'
import { PassClock } from './pass-clock.ts'
import type { ConnectionContext } from './request-context.ts'
import { elementCountMax } from './request-bounds.ts'
import type { RequestMetrics } from './request-metrics.ts'
import {
  hasThrottleTime,
  requestCodecOf,
  responseCodecOf,
  servedBy,
  versionToAnswer,
  type Served,
} from './served-api.ts'
import type { Services } from './services.ts'

export interface DispatchOptions {
  readonly handlers: readonly AnyHandler[]
  readonly services: Services
  readonly metrics: RequestMetrics
}

export class Dispatcher {
  readonly #served: readonly (Served | undefined)[]
  readonly #services: Services
  readonly #metrics: RequestMetrics
  readonly #clock: Clock
  readonly #passClock: PassClock
  /** For every request and response: one is read, and one written, to the end before the next. */
  readonly #reader = new ByteReader(Buffer.alloc(0))
  readonly #writer = new ByteWriter()
  readonly #logger: Logger
  readonly #rationedLog: RationedLog
  readonly #ready = Promise.withResolvers<void>()
  #isOpen = false
  #isFlushScheduled = false

  constructor({ handlers, services, metrics }: DispatchOptions) {
    const served: (Served | undefined)[] = []
    for (const handler of handlers) served[handler.api.key] = servedBy(handler, metrics)
    this.#served = served
    this.#services = services
    this.#metrics = metrics
    this.#clock = services.clock
    this.#passClock = new PassClock(services.clock)
    this.#logger = services.logger
    this.#rationedLog = new RationedLog(services)
  }

  /** The node is ready: what has come before, and all that comes, is answered. */
  open(): void {
    this.#isOpen = true
    this.#ready.resolve()
  }

  /** @param frame - without its length; a view that stays valid until the answer is given. */
  handle(frame: Buffer, connection: ConnectionContext): Answer {
    return this.#isOpen ? this.#handle(frame, connection) : this.exchange(frame, connection)
  }

  /** Whether such a request needs its bytes no longer than until `passEnded`. */
  readsAtOnce(apiKey: number, byteCount: number): boolean {
    const handler = this.#served[apiKey]?.handler
    if (!this.#isOpen || handler?.readsAtOnce !== true) return false
    return handler.gathers !== 'bytes' || byteCount > smallFrameBytesMax
  }

  /** All that came with one read was given to `handle`. */
  passEnded(): void {
    const { appends } = this.#services
    if (appends.isPassDue) return this.#flush()
    this.#passClock.end()
    if (appends.isEmpty || this.#isFlushScheduled) return
    this.#isFlushScheduled = true
    this.#clock.afterTurn(this.#flushAfterTurn)
  }

  readonly #flushAfterTurn = (): void => {
    this.#isFlushScheduled = false
    this.#flush()
  }

  #flush(): void {
    this.#passClock.turn()
    try {
      this.#services.appends.flush()
    } finally {
      this.#passClock.end()
    }
  }

  /** For who brings one request and waits for its answer: the pass is over with it. */
  async exchange(frame: Buffer, connection: ConnectionContext): Promise<SettledAnswer> {
    if (!this.#isOpen) await this.#ready.promise
    const answer = this.#handle(frame, connection)
    this.passEnded()
    return answer instanceof PendingAnswer ? answer.promise() : answer
  }

  #handle(frame: Buffer, connection: ConnectionContext): Answer {
    try {
      const reader = this.#reader
      reader.reset(frame)
      const header = decodeRequestHeader(reader)
      const served = this.#served[header.apiKey]
      if (served === undefined) return this.#reject(connection, `unknown API key ${header.apiKey}`)
      const { api } = served.handler
      const version = versionToAnswer(served, header.apiVersion)
      if (version === undefined) {
        return this.#reject(connection, `${api.name} version ${header.apiVersion} is not served`)
      }
      if (frame.length > served.requestBytesMax) {
        return this.#reject(connection, `${api.name} of ${frame.length} bytes, ${served.requestBytesMax} are allowed`)
      }
      const { startMs, wallMs: nowMs } = this.#passClock
      const handling = new Handling(served, version, header, {
        connection,
        frame,
        bodyStart: reader.position,
        startMs,
        nowMs,
      })
      // A body in a version from the future is not looked at.
      reader.elementsLeft = elementCountMax
      if (version === header.apiVersion) handling.request = requestCodecOf(served, version).read(reader)
      // One after the other, as far as a client can tell: a read sees what was appended before it.
      if (served.handler.gathers !== undefined) this.#services.appends.gather(frame.length)
      else this.#services.appends.flush()
      return this.#answer(handling)
    } catch (error) {
      if (error instanceof MalformedMessageError) return this.#reject(connection, error.message)
      throw error
    }
  }

  #answer(handling: Handling): Answer {
    const { served, version, request } = handling
    const { handler } = served
    try {
      const response =
        version === handling.apiVersion
          ? handler.handle(request, handling, this.#services)
          : handler.refuse(request, 'UNSUPPORTED_VERSION', handling)
      if (response instanceof LateResponse) return this.#await(handling, response)
      if (!(response instanceof Promise)) return this.#finish(handling, response)
      this.#pause(handling)
      return response.then(
        (late: HandlerAnswer<unknown>) => this.#resume(handling, late),
        (error: unknown) => this.#fail(handling, error),
      )
    } catch (error) {
      return this.#fail(handling, error)
    }
  }

  #await(handling: Handling, response: LateResponse<unknown>): PendingAnswer {
    const answer = new PendingAnswer()
    this.#pause(handling)
    response.whenThere((late) => answer.settle(this.#resume(handling, late)))
    return answer
  }

  #pause(handling: Handling): void {
    if (this.#services.quotas.limitsTime) handling.spentMs = this.#clock.monotonicMs() - handling.startMs
  }

  #resume(handling: Handling, response: HandlerAnswer<unknown>): SettledAnswer {
    if (this.#services.quotas.limitsTime) handling.resumedMs = this.#clock.monotonicMs()
    try {
      return this.#finish(handling, response)
    } catch (error) {
      return this.#fail(handling, error)
    }
  }

  #fail(handling: Handling, error: unknown): SettledAnswer {
    const { served, connection, clientId, clientAddress, request } = handling
    if (error instanceof MalformedMessageError) return this.#reject(connection, error.message)
    this.#logger.error(`${served.handler.api.name} failed`, {
      client: clientId,
      address: clientAddress,
      error: asError(error),
    })
    return this.#finish(handling, served.handler.refuse(request, 'UNKNOWN_SERVER_ERROR', handling))
  }

  #finish(handling: Handling, response: HandlerAnswer<unknown>): SettledAnswer {
    const { served, whenSent } = handling
    // Who wants no answer is not told of a throttle either: only what it sends is limited.
    if (response !== null && response !== 'close') this.#countTime(handling)
    if (handling.throttleMs > 0) handling.connection.throttle(handling.throttleMs)
    const buffers = response === null || response === 'close' ? undefined : this.#encode(handling, response)
    this.#metrics.count(served.counts, {
      version: handling.version,
      requestBytes: handling.requestBytes,
      responseBytes: buffers === undefined ? 0 : byteCountOf(buffers),
      tookMs: this.#passClock.finishMs(served.handler.gathers !== undefined) - handling.startMs,
    })
    if (buffers !== undefined) return whenSent === undefined ? buffers : { buffers, release: whenSent }
    whenSent?.()
    return response as null | 'close'
  }

  #countTime(handling: Handling): void {
    const { quotas } = this.#services
    if (!quotas.limitsTime || handling.served.handler.isExemptFromQuotas === true) return
    const throttleMs = quotas.spent(handling, handling.spentMs + this.#clock.monotonicMs() - handling.resumedMs)
    handling.throttleMs = Math.max(handling.throttleMs, throttleMs)
  }

  #encode({ served, version, correlationId, throttleMs }: Handling, response: unknown): readonly Buffer[] {
    const { api } = served.handler
    const writer = this.#writer
    // What a response that could not be written has left.
    if (writer.byteLength > 0) writer.give()
    encodeResponseHeader(api, version, correlationId, writer)
    served.countErrors(response, served.counts.errors)
    const saysThrottle = throttleMs > 0 && hasThrottleTime(served, version)
    const told = saysThrottle ? { ...(response as object), throttleTimeMs: Math.round(throttleMs) } : response
    responseCodecOf(served, version).write(writer, told)
    return writer.give()
  }

  #reject(connection: ConnectionContext, reason: string): 'close' {
    this.#metrics.rejected++
    this.#rationedLog.info('Closing a connection whose request is not understood', {
      address: connection.clientAddress,
      listener: connection.listener.name,
      reason,
    })
    return 'close'
  }
}

function byteCountOf(buffers: readonly Buffer[]): number {
  let byteCount = 0
  for (const buffer of buffers) byteCount += buffer.length
  return byteCount
}
