/**
 * From a frame to its answer: header, version, body, handler, response. One per listener; knows no API by name but
 * ApiVersions, whose rules differ (KIP-511).
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
  decodeResponse,
  encodeResponse,
  encodeResponseHeader,
} from '@gregor/protocol'
import type { Answer } from '@gregor/transport'
import { ForwardedResponse, type AnyHandler, type HandlerAnswer } from './handler.ts'
import type { ConnectionContext, RequestContext } from './request-context.ts'
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
  readonly counts: ApiCounts
  readonly countErrors: ReturnType<typeof errorCounter>
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
    for (const handler of handlers) {
      const advertised = advertisedVersions(handler.api)
      assert(advertised !== undefined, 'what is served has a stable version')
      // Advertised versions without a schema are refused (Produce 0 to 2).
      const versionMin = Math.max(advertised.min, handler.api.versions.min)
      served[handler.api.key] = {
        handler,
        versionMin,
        versionMax: advertised.max,
        counts: metrics.of(handler.api.name),
        countErrors: errorCounter(handler.api.response.fields),
      }
    }
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
    return this.#isOpen
      ? this.#handle(frame, connection)
      : this.#ready.promise.then(() => this.#handle(frame, connection))
  }

  #handle(frame: Buffer, connection: ConnectionContext): Answer {
    const startMs = this.#clock.monotonicMs()
    try {
      const reader = new ByteReader(frame)
      const header = decodeRequestHeader(reader)
      const served = this.#served[header.apiKey]
      if (served === undefined) return this.#reject(connection, `unknown API key ${header.apiKey}`)
      const version = this.#versionOf(served, header.apiVersion)
      if (version === undefined) {
        return this.#reject(connection, `${served.handler.api.name} version ${header.apiVersion} is not served`)
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
        body: frame.subarray(reader.position),
      }
      return this.#answer(served, version, reader, context, { startMs, requestBytes: frame.length })
    } catch (error) {
      if (error instanceof MalformedMessageError) return this.#reject(connection, error.message)
      throw error
    }
  }

  /** The version to answer in. ApiVersions answers any version, the ones it does not know in version 0. */
  #versionOf({ handler, versionMin, versionMax }: Served, version: number): number | undefined {
    if (version >= versionMin && version <= versionMax) return version
    return handler.api.key === ApiVersions.key ? 0 : undefined
  }

  #answer(
    served: Served,
    version: number,
    reader: ByteReader,
    context: RequestContext,
    measured: { startMs: number; requestBytes: number },
  ): Answer {
    const { handler, counts } = served
    const isUnknownVersion = version !== context.apiVersion
    // A body in a version from the future is not looked at.
    const request = isUnknownVersion ? undefined : decodeRequest(handler.api, version, reader)
    const finish = (response: HandlerAnswer<unknown>): Exclude<Answer, Promise<unknown>> => {
      const buffers =
        response === null || response === 'close' ? undefined : this.#encode(served, version, response, context)
      this.#metrics.count(counts, {
        requestBytes: measured.requestBytes,
        responseBytes: buffers?.byteLength ?? 0,
        tookMs: this.#clock.monotonicMs() - measured.startMs,
      })
      return buffers === undefined ? (response as null | 'close') : buffers.finish()
    }
    const fail = (error: unknown): Exclude<Answer, Promise<unknown>> => {
      if (error instanceof MalformedMessageError) return this.#reject(context.connection, error.message)
      this.#logger.error(`${handler.api.name} failed`, {
        client: context.clientId,
        address: context.clientAddress,
        error: error instanceof Error ? error : new Error(String(error)),
      })
      return finish(handler.refuse(request, 'UNKNOWN_SERVER_ERROR', context))
    }
    try {
      const response = isUnknownVersion
        ? handler.refuse(request, 'UNSUPPORTED_VERSION', context)
        : handler.handle(request, context, this.#services)
      return response instanceof Promise ? response.then(finish).catch(fail) : finish(response)
    } catch (error) {
      return fail(error)
    }
  }

  #encode(served: Served, version: number, response: unknown, { correlationId }: RequestContext): ByteWriter {
    const { api } = served.handler
    const { errors } = served.counts
    const writer = new ByteWriter()
    encodeResponseHeader(api, version, correlationId, writer)
    if (response instanceof ForwardedResponse) {
      served.countErrors(decodeResponse(api, version, new ByteReader(response.body)), errors)
      writer.append(response.body)
    } else {
      served.countErrors(response, errors)
      encodeResponse(api, version, response as never, writer)
    }
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
