/**
 * A detour for requests, given when a node is built: for tests that delay, lose or refuse them. Without one, dispatch has
 * the handlers themselves and pays nothing.
 */
import type { Api, ProtocolError } from '@gregor/protocol'
import { LateResponse, type AnyHandler, type HandlerAnswer } from './handler.ts'
import type { RequestContext } from './request-context.ts'
import type { Services } from './services.ts'

/** Asked for each request of a client. `undefined`: it goes its way. Else the answer is what is promised. */
export type RequestInterceptor = (request: InterceptedRequest) => Promise<HandlerAnswer<unknown>> | undefined

export interface InterceptedRequest {
  readonly api: Api
  readonly version: number
  readonly clientId: string
  /** As decoded; its buffers are views until the answer is given. */
  readonly body: unknown
  /** Handles it, late; once at most. */
  handle(): Promise<HandlerAnswer<unknown>>
  /** The answer that says this error for everything that was asked. */
  refuse(error: ProtocolError): HandlerAnswer<unknown>
}

export function intercepted(
  handlers: readonly AnyHandler[],
  interceptor: RequestInterceptor | undefined,
): readonly AnyHandler[] {
  if (interceptor === undefined) return handlers
  return handlers.map((handler) => ({
    ...handler,
    // Who waits needs the bytes for longer.
    readsAtOnce: false,
    handle: (body, context, services) =>
      interceptor(requestOf(handler, { body, context, services })) ?? handler.handle(body, context, services),
  }))
}

function requestOf(
  handler: AnyHandler,
  given: { readonly body: unknown; readonly context: RequestContext; readonly services: Services },
): InterceptedRequest {
  const { body, context } = given
  return {
    api: handler.api,
    version: context.apiVersion,
    clientId: context.clientId,
    body,
    handle: () => handleLate(handler, given),
    refuse: (error) => handler.refuse(body, error, context),
  }
}

async function handleLate(
  handler: AnyHandler,
  {
    body,
    context,
    services,
  }: { readonly body: unknown; readonly context: RequestContext; readonly services: Services },
): Promise<HandlerAnswer<unknown>> {
  const response = handler.handle(body, context, services)
  // The pass that would have done it is over.
  services.appends.flush()
  if (!(response instanceof LateResponse)) return response
  const { promise, resolve } = Promise.withResolvers<HandlerAnswer<unknown>>()
  response.whenThere(resolve)
  return promise
}
