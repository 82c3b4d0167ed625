/**
 * A refusal, as it goes over the wire: an error of the protocol and, where it says more than the error itself, a
 * message. Null lets the client show the error's own text. Messages are worded as Kafka's tools show them.
 */
import type { ProtocolError } from '@gregor/protocol'
import { errorCode, errorMessage } from '@gregor/protocol'

export interface ApiProblem {
  readonly error: ProtocolError
  readonly message: string | null
}

export function problem(error: ProtocolError, message: string | null = null): ApiProblem {
  return { error, message }
}

/** A refusal that says what the error itself says. */
export function plainProblem(error: ProtocolError): ApiProblem {
  return problem(error, errorMessage(error))
}

/** The two fields by which most responses say how it went; without a problem: that it went well. */
export function errorFields(found: ApiProblem | undefined): { errorCode: number; errorMessage: string | null } {
  return found === undefined
    ? { errorCode: 0, errorMessage: null }
    : { errorCode: errorCode(found.error), errorMessage: found.message }
}

/** Tells a refusal from a result. */
export function isProblem(value: object): value is ApiProblem {
  return 'error' in value && 'message' in value
}
