/**
 * Ties a wire schema to the code that answers it, so that both ends of a handler are checked by the compiler.
 * A handler says what it can per partition, topic or resource; what it throws becomes `refuse` with UNKNOWN_SERVER_ERROR.
 */
import type { Api, ProtocolError, RequestOf, ResponseInput } from '@gregor/protocol'
import type { RequestContext } from './request-context.ts'
import type { Services } from './services.ts'

/**
 * `null`: nothing is sent (Produce with acks=0). `'close'`: nothing is sent and the connection ends. A
 * `ForwardedResponse` is the controller’s own answer, already encoded.
 */
export type HandlerAnswer<Response> = Response | ForwardedResponse | null | 'close'

export class ForwardedResponse {
  readonly body: Buffer

  constructor(body: Buffer) {
    this.body = body
  }
}

export interface HandlerParts<A extends Api> {
  readonly handle: (
    request: RequestOf<A>,
    context: RequestContext,
    services: Services,
  ) => HandlerAnswer<ResponseInput<A>> | Promise<HandlerAnswer<ResponseInput<A>>>
  /** The same error for everything that was asked. */
  readonly refuse: (request: RequestOf<A>, error: ProtocolError, context: RequestContext) => ResponseInput<A>
}

/** A handler whose types are forgotten: dispatch gives it what its own schema decoded. */
export interface AnyHandler {
  readonly api: Api
  readonly handle: (
    request: unknown,
    context: RequestContext,
    services: Services,
  ) => HandlerAnswer<unknown> | Promise<HandlerAnswer<unknown>>
  /** The request is `undefined` where its version could not be read (ApiVersions only). */
  readonly refuse: (request: unknown, error: ProtocolError, context: RequestContext) => unknown
}

export function defineHandler<A extends Api>(api: A, parts: HandlerParts<A>): AnyHandler {
  // The one place where a handler meets its schema: from here on only that schema's requests reach it.
  return { api, ...(parts as unknown as Omit<AnyHandler, 'api'>) }
}

/** A handler for what only the controller decides: the request goes there as the client encoded it (KIP-590). */
export function defineForwarded<A extends Api>(api: A, parts: Pick<HandlerParts<A>, 'refuse'>): AnyHandler {
  return defineHandler(api, {
    ...parts,
    async handle(_request, context, { forwarder }) {
      const { apiKey, apiVersion, body, principal, clientAddress } = context
      return new ForwardedResponse(await forwarder.forward({ apiKey, apiVersion, body, principal, clientAddress }))
    },
  })
}
