/**
 * A hook for tracing: the channel `gregor:client:request` of `node:diagnostics_channel`, which OpenTelemetry and other
 * tools subscribe to. Each request that is handed to a connection is one trace: `start` and `end` around the handing over,
 * then `asyncStart` and `asyncEnd` around its answer, with `error` before where it failed. While nobody listens, a request
 * pays one question.
 */
import { tracingChannel } from 'node:diagnostics_channel'

export interface RequestTrace {
  /** `Produce`, `Fetch` … */
  readonly api: string
  readonly apiVersion: number
  readonly clientId: string
  readonly node: string
  readonly nodeId: number
  /** Set before `error` is told. */
  error?: unknown
}

export const requestTraces = tracingChannel<unknown, RequestTrace>('gregor:client:request')

/** Sends, and tells who listens. */
export function traced<T>(trace: () => RequestTrace, send: () => Promise<T>): Promise<T> {
  return requestTraces.hasSubscribers ? requestTraces.tracePromise(send, trace()) : send()
}
