/**
 * Ties a wire schema to the code that answers it, so that both ends of a handler are checked by the compiler.
 * A handler says what it can per partition, topic or resource; what it throws becomes `refuse` with UNKNOWN_SERVER_ERROR.
 */
import { ByteReader } from '@gregor/base'
import { decodeResponse } from '@gregor/protocol'
import type { Api, ProtocolError, RequestOf, ResponseInput, ResponseOf } from '@gregor/protocol'
import type { RequestContext } from './request-context.ts'
import type { Services } from './services.ts'

/** `null`: nothing is sent (Produce with acks=0). `'close'`: nothing is sent and the connection ends. */
export type HandlerAnswer<Response> = Response | null | 'close'

/**
 * A response that comes later without a promise, for the hot path: mostly when the pass ends that brought the request.
 * Whoever makes one gives the response once; dispatch is told at once or when it is there.
 */
export class LateResponse<Response> {
  #response: HandlerAnswer<Response> | undefined
  #deliver: ((response: HandlerAnswer<Response>) => void) | undefined

  respond(response: HandlerAnswer<Response>): void {
    if (this.#deliver === undefined) this.#response = response
    else this.#deliver(response)
  }

  whenThere(deliver: (response: HandlerAnswer<Response>) => void): void {
    this.#deliver = deliver
    if (this.#response !== undefined) deliver(this.#response)
  }
}

export interface HandlerParts<A extends Api> {
  readonly handle: (
    request: RequestOf<A>,
    context: RequestContext,
    services: Services,
  ) => HandlerAnswer<ResponseInput<A>> | LateResponse<ResponseInput<A>> | Promise<HandlerAnswer<ResponseInput<A>>>
  /** The same error for everything that was asked. */
  readonly refuse: (request: RequestOf<A>, error: ProtocolError, context: RequestContext) => ResponseInput<A>
  /** Only the controller decides: clients are offered the versions that it answers, too. */
  readonly isForwarded?: boolean
  /** Of nodes among themselves: their time is not limited. */
  readonly isExemptFromQuotas?: boolean
  /** It needs the bytes of a request no longer than until the pass ends that brought it. */
  readonly readsAtOnce?: boolean
  /**
   * What it begins is done together with that of other requests, when the turn ends: appends of the very bytes of the
   * request, which are kept until then, or decisions of a coordinator, which has taken from them what it needs.
   */
  readonly gathers?: Gathers
}

type Gathers = 'bytes' | 'decisions'

/** A handler whose types are forgotten: dispatch gives it what its own schema decoded. */
export interface AnyHandler {
  readonly api: Api
  readonly handle: (request: unknown, context: RequestContext, services: Services) => unknown
  /** The request is `undefined` where its version could not be read (ApiVersions only). */
  readonly refuse: (request: unknown, error: ProtocolError, context: RequestContext) => unknown
  readonly isForwarded?: boolean
  readonly isExemptFromQuotas?: boolean
  readonly readsAtOnce?: boolean
  readonly gathers?: Gathers
}

export function defineHandler<A extends Api>(api: A, parts: HandlerParts<A>): AnyHandler {
  // The one place where a handler meets its schema: from here on only that schema's requests reach it.
  return { api, ...(parts as unknown as Omit<AnyHandler, 'api'>) }
}

/** A handler for what only the controller decides: the request goes there as the client encoded it (KIP-590). */
export function defineForwarded<A extends Api>(
  api: A,
  parts: Pick<HandlerParts<A>, 'refuse' | 'isExemptFromQuotas'>,
): AnyHandler {
  return defineHandler(api, {
    ...parts,
    isForwarded: true,
    async handle(request, context, services) {
      const answer = await services.forwarder.forward(context)
      if (typeof answer === 'string') return parts.refuse(request, answer, context)
      // What was read can be written: it has every field.
      return controllerAnswer(api, answer, context) as ResponseInput<A>
    },
  })
}

/** What the controller answered, which may find the client over its quota. */
export function controllerAnswer<A extends Api>(api: A, body: Buffer, context: RequestContext): ResponseOf<A> {
  const response = decodeResponse(api, context.apiVersion, new ByteReader(body)) as ResponseOf<A>
  const { throttleTimeMs } = response as { readonly throttleTimeMs?: number }
  if (typeof throttleTimeMs === 'number') context.throttleMs = Math.max(context.throttleMs, throttleTimeMs)
  return response
}
