/**
 * From a frame to its answer: header, version, body, handler, quotas, response. One per kind of listener; knows no API
 * by name but ApiVersions, whose rules differ (KIP-511).
 *
 * What is no message, or asks for an API or version that is not served here, closes the connection without an
 * answer, as in Apache Kafka. What a handler throws is logged once, here, and answered with UNKNOWN_SERVER_ERROR.
 */
import { assert, ByteReader, ByteWriter, MalformedMessageError } from '@gregor/base'
import type { Clock, Logger } from '@gregor/platform'
import {
  advertisedVersions,
  ApiVersions,
  decodeRequest,
  decodeRequestHeader,
  encodeResponse,
  encodeResponseHeader,
  hasVersion,
} from '@gregor/protocol'
import { PendingAnswer, type Answer, type SettledAnswer } from '@gregor/transport'
import { LateResponse, type AnyHandler, type HandlerAnswer } from './handler.ts'
import type { ConnectionContext, RequestContext } from './request-context.ts'
import { elementCountMax, requestBytesMax } from './request-bounds.ts'
import type { ApiCounts, RequestMetrics } from './request-metrics.ts'
import { errorCounter } from './response-errors.ts'
import type { Services } from './services.ts'

export interface DispatchOptions {
  readonly handlers: readonly AnyHandler[]
  readonly services: Services
  readonly metrics: RequestMetrics
}

interface Served {
  readonly handler: AnyHandler
  readonly versionMin: number
  readonly versionMax: number
  readonly requestBytesMax: number
  readonly counts: ApiCounts
  readonly countErrors: ReturnType<typeof errorCounter>
}

/** A request on its way to its answer. */
interface Handling {
  readonly served: Served
  /** To answer in. */
  readonly version: number
  readonly context: RequestContext
  /** `undefined`: its version is not known here. */
  readonly request: unknown
  readonly startMs: number
  /** When this thread took it up again, and what it had spent before: what lies between was waiting. */
  resumedMs: number
  spentMs: number
}

export class Dispatcher {
  readonly #served: readonly (Served | undefined)[]
  readonly #services: Services
  readonly #metrics: RequestMetrics
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #ready = Promise.withResolvers<void>()
  #isOpen = false

  constructor({ handlers, services, metrics }: DispatchOptions) {
    const served: (Served | undefined)[] = []
    for (const handler of handlers) served[handler.api.key] = servedBy(handler, metrics)
    this.#served = served
    this.#services = services
    this.#metrics = metrics
    this.#clock = services.clock
    this.#logger = services.logger
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

  /** Whether requests of this API need their bytes no longer than until `passEnded`. */
  readsAtOnce(apiKey: number): boolean {
    return this.#isOpen && this.#served[apiKey]?.handler.readsAtOnce === true
  }

  /** All that came with one read was given to `handle`. */
  passEnded(): void {
    this.#services.appends.flush()
  }

  /** For who brings one request and waits for its answer: the pass is over with it. */
  async exchange(frame: Buffer, connection: ConnectionContext): Promise<SettledAnswer> {
    if (!this.#isOpen) await this.#ready.promise
    const answer = this.#handle(frame, connection)
    this.passEnded()
    return answer instanceof PendingAnswer ? answer.promise() : answer
  }

  #handle(frame: Buffer, connection: ConnectionContext): Answer {
    const startMs = this.#clock.monotonicMs()
    try {
      const reader = new ByteReader(frame)
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
      const context: RequestContext = {
        apiKey: header.apiKey,
        apiVersion: header.apiVersion,
        correlationId: header.correlationId,
        clientId: header.clientId ?? '',
        connection,
        principal: connection.principal,
        clientAddress: connection.clientAddress,
        nowMs: this.#clock.wallMs(),
        requestBytes: frame.length,
        body: frame.subarray(reader.position),
        throttleMs: 0,
        whenSent: undefined,
      }
      // A body in a version from the future is not looked at.
      reader.elementsLeft = elementCountMax
      const request = version === header.apiVersion ? decodeRequest(api, version, reader) : undefined
      // One after the other, as far as a client can tell: a read sees what was appended before it.
      if (served.handler.gathers !== true) this.#services.appends.flush()
      return this.#answer({ served, version, context, request, startMs, resumedMs: startMs, spentMs: 0 })
    } catch (error) {
      if (error instanceof MalformedMessageError) return this.#reject(connection, error.message)
      throw error
    }
  }

  #answer(handling: Handling): Answer {
    const { served, version, context, request } = handling
    const { handler } = served
    try {
      const response =
        version === context.apiVersion
          ? handler.handle(request, context, this.#services)
          : handler.refuse(request, 'UNSUPPORTED_VERSION', context)
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
    const { served, context, request } = handling
    const { connection, clientId, clientAddress } = context
    if (error instanceof MalformedMessageError) return this.#reject(connection, error.message)
    this.#logger.error(`${served.handler.api.name} failed`, {
      client: clientId,
      address: clientAddress,
      error: error instanceof Error ? error : new Error(String(error)),
    })
    return this.#finish(handling, served.handler.refuse(request, 'UNKNOWN_SERVER_ERROR', context))
  }

  #finish(handling: Handling, response: HandlerAnswer<unknown>): SettledAnswer {
    const { served, context, startMs } = handling
    // Who wants no answer is not told of a throttle either: only what it sends is limited.
    if (response !== null && response !== 'close') this.#countTime(handling)
    if (context.throttleMs > 0) context.connection.throttle(context.throttleMs)
    const writer = response === null || response === 'close' ? undefined : this.#encode(handling, response)
    this.#metrics.count(served.counts, {
      requestBytes: context.requestBytes,
      responseBytes: writer?.byteLength ?? 0,
      tookMs: this.#clock.monotonicMs() - startMs,
    })
    const { whenSent } = context
    if (writer !== undefined)
      return whenSent === undefined ? writer.finish() : { buffers: writer.finish(), release: whenSent }
    whenSent?.()
    return response as null | 'close'
  }

  #countTime({ served, context, resumedMs, spentMs }: Handling): void {
    const { quotas } = this.#services
    if (!quotas.limitsTime || served.handler.isExemptFromQuotas === true) return
    const throttleMs = quotas.spent(context, spentMs + this.#clock.monotonicMs() - resumedMs)
    context.throttleMs = Math.max(context.throttleMs, throttleMs)
  }

  #encode({ served, version, context }: Handling, response: unknown): ByteWriter {
    const { api } = served.handler
    const writer = new ByteWriter()
    encodeResponseHeader(api, version, context.correlationId, writer)
    served.countErrors(response, served.counts.errors)
    const { throttleMs } = context
    const saysThrottle = throttleMs > 0 && hasThrottleTime(served, version)
    const told = saysThrottle ? { ...(response as object), throttleTimeMs: Math.round(throttleMs) } : response
    encodeResponse(api, version, told as never, writer)
    return writer
  }

  #reject(connection: ConnectionContext, reason: string): 'close' {
    this.#metrics.rejected++
    this.#logger.info('Closing a connection whose request is not understood', {
      address: connection.clientAddress,
      listener: connection.listener.name,
      reason,
    })
    return 'close'
  }
}

function servedBy(handler: AnyHandler, metrics: RequestMetrics): Served {
  const { api } = handler
  const advertised = advertisedVersions(api)
  assert(advertised !== undefined, 'what is served has a stable version')
  return {
    handler,
    // Advertised versions without a schema are refused (Produce 0 to 2).
    versionMin: Math.max(advertised.min, api.versions.min),
    versionMax: advertised.max,
    requestBytesMax: requestBytesMax(api),
    counts: metrics.of(api.name),
    countErrors: errorCounter(api.response.fields),
  }
}

/** ApiVersions answers any version, the ones it does not know in version 0. */
function versionToAnswer({ handler, versionMin, versionMax }: Served, version: number): number | undefined {
  if (version >= versionMin && version <= versionMax) return version
  return handler.api.key === ApiVersions.key ? 0 : undefined
}

function hasThrottleTime({ handler }: Served, version: number): boolean {
  const field = handler.api.response.fields['throttleTimeMs']
  return field !== undefined && (field.versions === undefined || hasVersion(field.versions, version))
}
