/**
 * One API as the controller answers it: decides on a decoded request, and knows how to say the same error for all of
 * it. `defineControllerHandler` ties the schema to the code, so that both types are checked.
 */
import type { Api, Fields, MetadataRecordInput, RequestOf, ResponseInput } from '@gregor/protocol'
import { errorCode } from '@gregor/protocol'
import type { ApiProblem } from './api-problem.ts'
import type { ControllerEffect, Operation, RequestContext } from './controller-options.ts'
import type { Deliberation } from './deliberation.ts'

export interface Asked extends Deliberation {
  readonly context: RequestContext
  readonly apiVersion: number
}

export interface Outcome<Response> {
  readonly response: Response
  readonly records?: readonly MetadataRecordInput[]
  readonly effects?: readonly ControllerEffect[]
  /** In order, and a crash between any two of the records is harmless. Left out: all or none. */
  readonly isSplittable?: boolean
  /** For what is not logged, once the records have their offsets; given the last one written, or that there was before. */
  readonly afterwards?: (lastOffset: number) => void
}

/** For all of the request. */
export type Refusal = ApiProblem & { readonly isRefusal: true }

export function refusal(problem: ApiProblem): Refusal {
  return { ...problem, isRefusal: true }
}

export interface HandlerDefinition<A extends Api> {
  /** What the principal must be allowed to do on the cluster; left out: the handler asks itself. */
  readonly clusterOperation?: Operation
  decide(request: RequestOf<A>, asked: Asked): Outcome<ResponseInput<A>> | Refusal
  /** The same error for everything that was asked for. */
  refuse(
    request: RequestOf<A>,
    problem: { readonly errorCode: number; readonly errorMessage: string | null },
    apiVersion: number,
  ): ResponseInput<A>
}

export interface ControllerHandler {
  readonly api: Api
  readonly clusterOperation: Operation | undefined
  decide(request: unknown, asked: Asked): Outcome<unknown> | Refusal
  refuse(request: unknown, problem: ApiProblem, apiVersion: number): unknown
}

export function defineControllerHandler<Request extends Fields, Response extends Fields>(
  api: Api<Request, Response>,
  definition: HandlerDefinition<Api<Request, Response>>,
): ControllerHandler {
  type Given = RequestOf<Api<Request, Response>>
  return {
    api,
    clusterOperation: definition.clusterOperation,
    // A request is decoded by the schema that its handler is defined with.
    decide: (request, asked) => definition.decide(request as Given, asked),
    refuse: (request, { error, message }, apiVersion) =>
      definition.refuse(request as Given, { errorCode: errorCode(error), errorMessage: message }, apiVersion),
  }
}

export function isRefusal(outcome: Outcome<unknown> | Refusal): outcome is Refusal {
  return 'isRefusal' in outcome
}
