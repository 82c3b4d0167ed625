/**
 * Trying again, in one place: pauses that double from `retry.backoff.ms` to `retry.backoff.max.ms` with a fifth of jitter
 * (KIP-580), until it succeeds, the error is final, time is up, or the caller gives up.
 */
import type { Clock, Random } from '@gregor/platform'
import { isRetriable } from './errors.ts'
import { ClosedError, TimeoutError } from '@gregor/transport'

export interface Backoff {
  /** Before the second attempt. Default: 100 ms. */
  readonly backoffMs: number
  /** The longest pause, before jitter. Default: 1 s. */
  readonly backoffMaxMs: number
}

export interface RetryOptions extends Backoff {
  readonly environment: { readonly clock: Pick<Clock, 'monotonicMs' | 'schedule'>; readonly random: Random }
  /** What is tried, for messages: `finding the coordinator of group g`. */
  readonly name: string
  /** For all attempts and pauses. */
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
  /** Default: `isRetriable`. */
  readonly retriable?: (error: unknown) => boolean
  /** Called before each pause, to forget a coordinator or ask for metadata. */
  readonly onRetry?: (error: unknown, attempt: number) => void
}

export interface Attempt {
  /** 1 for the first. */
  readonly number: number
  /** Until the time of all attempts is up: never below 1. */
  readonly remainingMs: number
}

/**
 * @returns what the first attempt that succeeds returns.
 * @throws what is not retriable, as it is; TimeoutError when the time is up, with the last error as its cause; the
 *   signal's reason when that aborts.
 */
export async function retrying<T>(options: RetryOptions, attempt: (given: Attempt) => Promise<T>): Promise<T> {
  const { clock, random } = options.environment
  const retriable = options.retriable ?? isRetriable
  const deadlineMs = clock.monotonicMs() + options.timeoutMs
  let telling: unknown
  for (let number = 1; ; number++) {
    options.signal?.throwIfAborted()
    try {
      return await attempt({ number, remainingMs: Math.max(1, deadlineMs - clock.monotonicMs()) })
    } catch (error) {
      options.signal?.throwIfAborted()
      if (!retriable(error)) throw error
      // That the last attempt had no time left says less than why the one before failed.
      if (telling === undefined || !(error instanceof TimeoutError)) telling = error
      const pauseMs = backoffPauseMs(options, number, random)
      if (clock.monotonicMs() + pauseMs >= deadlineMs) throw timeUp(options, number, telling)
      options.onRetry?.(error, number)
      await pause(clock, pauseMs, options.signal)
    }
  }
}

/** Before attempt `failures + 1`. */
export function backoffPauseMs({ backoffMs, backoffMaxMs }: Backoff, failures: number, random: Random): number {
  const plainMs = Math.min(backoffMs * 2 ** Math.max(0, failures - 1), Math.max(backoffMs, backoffMaxMs))
  return plainMs * (0.8 + 0.4 * random.fraction())
}

/** @throws the signal's reason when that aborts. */
export function pause(clock: Pick<Clock, 'schedule'>, delayMs: number, signal?: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  if (signal?.aborted === true) return Promise.reject(reasonOf(signal))
  const timer = clock.schedule(delayMs, resolve)
  if (signal === undefined) return promise
  const aborted = (): void => {
    timer.cancel()
    reject(reasonOf(signal))
  }
  signal.addEventListener('abort', aborted, { once: true })
  return promise.finally(() => signal.removeEventListener('abort', aborted))
}

/** Why a signal was aborted, as an Error. */
export function reasonOf(signal: AbortSignal): Error {
  const reason: unknown = signal.reason
  return reason instanceof Error ? reason : new ClosedError('aborted', { cause: reason })
}

function timeUp({ name, timeoutMs }: RetryOptions, attempts: number, cause: unknown): TimeoutError {
  const tried = attempts === 1 ? 'one attempt' : `${attempts} attempts`
  const last = cause instanceof Error ? cause.message : String(cause)
  return new TimeoutError(`${name} was not done within ${timeoutMs} ms (${tried}); last: ${last}`, { cause })
}

/**
 * Waits for what others may wait for as well: only this waiting ends, not the work.
 *
 * @throws TimeoutError when the time is up; the signal's reason when that aborts.
 */
export function withinTime<T>(
  clock: Pick<Clock, 'schedule'>,
  promise: Promise<T>,
  options: { readonly name: string; readonly timeoutMs: number; readonly signal?: AbortSignal | undefined },
): Promise<T> {
  const { name, timeoutMs, signal } = options
  const { promise: patient, resolve, reject } = Promise.withResolvers<T>()
  const timer = clock.schedule(timeoutMs, () => {
    reject(new TimeoutError(`${name} was not done within ${Math.round(timeoutMs)} ms`))
  })
  const aborted = (): void => {
    if (signal !== undefined) reject(reasonOf(signal))
  }
  if (signal?.aborted === true) aborted()
  signal?.addEventListener('abort', aborted, { once: true })
  promise.then(resolve, reject)
  return patient.finally(() => {
    timer.cancel()
    signal?.removeEventListener('abort', aborted)
  })
}
