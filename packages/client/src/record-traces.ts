/**
 * Hooks for tracing records, as channels of `node:diagnostics_channel` that OpenTelemetry and other tools subscribe to:
 *
 * - `gregor:client:send`: a record that `send` was given, until it is acknowledged or failed. Who listens to `start` may add
 *   headers, so that a trace goes on where the record is read.
 * - `gregor:client:process`: a record that the handler of `each` works on, until its promise settles.
 *
 * Requests have a channel of their own (`cluster/request-trace`). While nobody listens, a record pays one question.
 */
import { tracingChannel } from 'node:diagnostics_channel'
import type { ConsumerRecord } from './consumer/consumer-record.ts'
import type { RecordHandler } from './consumer/processing/record-processor.ts'
import type { ProducerRecord } from './producer/producer-record.ts'
import type { SentRecord } from './producer/receipt.ts'

export interface SendTrace {
  readonly topic: string
  readonly record: ProducerRecord<unknown, unknown>
  /** Sent with the record, behind its own. */
  readonly headers: [name: string, value: Uint8Array | string | null][]
  /** Set before `asyncEnd` is told, or `error` before `error` is. */
  result?: SentRecord
  error?: unknown
}

export interface ProcessTrace {
  readonly record: ConsumerRecord<unknown, unknown>
  /** Set before `error` is told. */
  error?: unknown
}

export const sendTraces = tracingChannel<unknown, SendTrace>('gregor:client:send')
export const processTraces = tracingChannel<unknown, ProcessTrace>('gregor:client:process')

/** Sends, and tells who listens: to be called only where somebody does. */
export function tracedSend<R extends ProducerRecord<unknown, unknown>>(
  topic: string,
  record: R,
  send: (record: R) => Promise<SentRecord>,
): Promise<SentRecord> {
  const trace: SendTrace = { topic, record, headers: [] }
  return sendTraces.tracePromise(() => {
    const { headers } = trace
    return send(headers.length === 0 ? record : { ...record, headers: [...(record.headers ?? []), ...headers] })
  }, trace)
}

/** The handler, which tells who listens. */
export function tracedHandler<K, V>(handler: RecordHandler<K, V>): RecordHandler<K, V> {
  return (record, context) => {
    if (!processTraces.hasSubscribers) return handler(record, context)
    return processTraces.tracePromise(async () => await handler(record, context), { record })
  }
}
