/**
 * How the calls of Admin reach the cluster: tried again as a whole (`call`), or, where they are about many things, in
 * rounds (`inRounds`) in which only those are asked about again that failed with what may pass.
 */
import { asError } from '@gregor/base'
import type { Clock, Random } from '@gregor/platform'
import { type ProtocolError, errorName } from '@gregor/protocol'
import type { Cluster, SendOptions } from '../cluster/cluster.ts'
import { ClosedError, KafkaError, TimeoutError, isRetriable } from '../errors.ts'
import { type Attempt, retrying } from '../retrying.ts'
import { type Result, Results } from './results.ts'

/** What every call takes. */
export interface CallOptions {
  /** For all attempts and the pauses between them. Default: `default.api.timeout.ms`. */
  readonly timeoutMs?: number | undefined
  /** Ends the call: it throws the signal's reason. What was sent may be done all the same. */
  readonly signal?: AbortSignal | undefined
}

export interface AdminSettings {
  /** `default.api.timeout.ms` */
  readonly defaultApiTimeoutMs: number
  /** `request.timeout.ms`: the longest time for one attempt. */
  readonly requestTimeoutMs: number
  /** `retry.backoff.ms` */
  readonly retryBackoffMs: number
  /** `retry.backoff.max.ms` */
  readonly retryBackoffMaxMs: number
}

/** What calls work with. */
export interface AdminContext {
  readonly cluster: Cluster
  readonly environment: { readonly clock: Pick<Clock, 'monotonicMs' | 'schedule'>; readonly random: Random }
  readonly settings: AdminSettings
}

/** What is told of one attempt: how long a request may take. */
export interface Try extends SendOptions {
  /** 1 for the first. */
  readonly number: number
}

/** Where a round says what came of each thing. The first word about a thing counts. */
export interface Report<Item, Value> {
  done(item: Item, value: Value): void
  /** Asked about again where the error may pass. */
  failed(item: Item, error: Error): void
  /** As `failed`, but never asked about again. */
  refused(item: Item, error: Error): void
  /** Runs a part of a round; what it throws is the failure of those of its items that nothing was said about. */
  part(items: readonly Item[], run: () => Promise<void>): Promise<void>
}

export interface RoundsOptions<Item> extends CallOptions {
  /** The name of the call, for messages. */
  readonly name: string
  readonly keyOf: (item: Item) => string
  /** Of the protocol's errors only these are tried again. Default: all that may pass. */
  readonly passing?: ReadonlySet<ProtocolError>
}

/** What is tried again of what a coordinator says; all else is final. */
export const passingAtCoordinators: ReadonlySet<ProtocolError> = new Set<ProtocolError>([
  'COORDINATOR_LOAD_IN_PROGRESS',
  'COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR',
  'REBALANCE_IN_PROGRESS',
  'UNSTABLE_OFFSET_COMMIT',
])

/** What is tried again of what the controller says; all else is final. */
export const passingAtController: ReadonlySet<ProtocolError> = new Set<ProtocolError>(['NOT_CONTROLLER'])

/** One answer for all: tried again while errors may pass. @throws as `retrying` */
export function call<T>(
  context: AdminContext,
  name: string,
  options: CallOptions & { readonly passing?: ReadonlySet<ProtocolError> },
  attempt: (given: Try) => Promise<T>,
): Promise<T> {
  return retrying(retryOptions(context, { ...options, name }), (given) => attempt(tryOf(context, given, options)))
}

/**
 * One answer per item. A round is told which are still open and sends what is needed for them; those that fail with what
 * may pass are in the next one, after a pause, until the time is up. An item that nothing was said about has failed.
 *
 * @throws the signal's reason when that aborts; ClosedError when the client is closed. Nothing else.
 */
export async function inRounds<Item, Value>(
  context: AdminContext,
  given: Iterable<Item>,
  options: RoundsOptions<Item>,
  round: (open: readonly Item[], report: Report<Item, Value>, given: Try) => Promise<void>,
): Promise<Results<Item, Value>> {
  const { keyOf } = options
  const items = new Map(Array.from(given, (item) => [keyOf(item), item]))
  const settled = new Map<string, Result<Item, Value>>()
  const passed = new Map<string, Error>()
  const retry = retryOptions(context, options)
  const attempt = async (given: Try): Promise<void> => {
    const report = new RoundReport<Item, Value>(keyOf, settled, retry.retriable)
    const open = [...items.values()].filter((item) => !settled.has(keyOf(item)))
    await report.part(open, () => round(open, report, given))
    passed.clear()
    for (const [key, error] of report.passed) passed.set(key, error)
    const [first] = passed.values()
    if (first !== undefined) throw first
  }
  if (items.size > 0) {
    try {
      await retrying(retry, (given) => attempt(tryOf(context, given, options)))
    } catch (error) {
      options.signal?.throwIfAborted()
      if (!(error instanceof TimeoutError)) throw error
      for (const [key, cause] of passed)
        settled.set(key, failedResult(items, key, timeUp(options, retry.timeoutMs, cause)))
    }
  }
  const inOrder = Array.from(items, ([key, item]) => settled.get(key) ?? silent<Item, Value>(item, options.name))
  return new Results(inOrder, keyOf)
}

/** The error that an answer carries; `undefined` for NONE. `said` is the server's own sentence. */
export function errorOf(code: number, said?: string | null, about?: string): KafkaError | undefined {
  if (code === 0) return undefined
  return failure(errorName(code), said, about)
}

export function failure(code: ProtocolError, said?: string | null, about?: string): KafkaError {
  return new KafkaError({ code, about, message: said === null || said === '' ? undefined : said })
}

/** @throws the error that an answer carries. */
export function check(code: number, said?: string | null): void {
  const error = errorOf(code, said)
  if (error !== undefined) throw error
}

class RoundReport<Item, Value> implements Report<Item, Value> {
  readonly passed = new Map<string, Error>()
  readonly #keyOf: (item: Item) => string
  readonly #settled: Map<string, Result<Item, Value>>
  readonly #retriable: (error: unknown) => boolean

  constructor(
    keyOf: (item: Item) => string,
    settled: Map<string, Result<Item, Value>>,
    retriable: (error: unknown) => boolean,
  ) {
    this.#keyOf = keyOf
    this.#settled = settled
    this.#retriable = retriable
  }

  done(item: Item, value: Value): void {
    if (this.#isOpen(item)) this.#settled.set(this.#keyOf(item), { item, value, error: undefined })
  }

  failed(item: Item, error: Error): void {
    if (!this.#isOpen(item)) return
    if (this.#retriable(error)) this.passed.set(this.#keyOf(item), error)
    else this.refused(item, error)
  }

  refused(item: Item, error: Error): void {
    if (this.#isOpen(item)) this.#settled.set(this.#keyOf(item), { item, value: undefined, error })
  }

  async part(items: readonly Item[], run: () => Promise<void>): Promise<void> {
    try {
      await run()
    } catch (thrown) {
      if (thrown instanceof ClosedError) throw thrown
      for (const item of items) this.failed(item, asError(thrown))
    }
  }

  #isOpen(item: Item): boolean {
    const key = this.#keyOf(item)
    return !this.#settled.has(key) && !this.passed.has(key)
  }
}

function retryOptions(
  context: AdminContext,
  options: CallOptions & { readonly name: string; readonly passing?: ReadonlySet<ProtocolError> },
) {
  const { environment, settings } = context
  const { name, signal, passing } = options
  return {
    environment,
    name,
    signal,
    backoffMs: settings.retryBackoffMs,
    backoffMaxMs: settings.retryBackoffMaxMs,
    timeoutMs: options.timeoutMs ?? settings.defaultApiTimeoutMs,
    retriable: (error: unknown): boolean =>
      passing !== undefined && error instanceof KafkaError ? passing.has(error.code) : isRetriable(error),
  }
}

function tryOf({ settings }: AdminContext, { number, remainingMs }: Attempt, { signal }: CallOptions): Try {
  return { number, timeoutMs: Math.ceil(Math.min(settings.requestTimeoutMs, remainingMs)), signal }
}

function timeUp({ name }: RoundsOptions<never>, timeoutMs: number, cause: Error): TimeoutError {
  return new TimeoutError(`${name} was not done within ${timeoutMs} ms; last: ${cause.message}`, { cause })
}

function failedResult<Item, Value>(items: ReadonlyMap<string, Item>, key: string, error: Error): Result<Item, Value> {
  // Keys of failures come from the same map.
  return { item: items.get(key) as Item, value: undefined, error }
}

function silent<Item, Value>(item: Item, name: string): Result<Item, Value> {
  const error = failure('UNKNOWN_SERVER_ERROR', `the answer to ${name} says nothing of it`)
  return { item, value: undefined, error }
}

/** The key of what is its own key. */
export function asIs(item: string): string {
  return item
}
