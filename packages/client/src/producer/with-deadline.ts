/** Waiting for something that goes on by itself, but not for longer than told. */
import type { Clock } from '@gregor/platform'
import { TimeoutError } from '../errors.ts'

/** @throws TimeoutError after `timeoutMs`; what the promise does afterwards is nobody’s concern. */
export async function withDeadline<T>(
  clock: Pick<Clock, 'schedule'>,
  timeoutMs: number,
  name: string,
  promise: Promise<T>,
): Promise<T> {
  if (timeoutMs === Infinity) return promise
  const late = Promise.withResolvers<never>()
  const timer = clock.schedule(timeoutMs, () =>
    late.reject(new TimeoutError(`${name} was not done within ${timeoutMs} ms`)),
  )
  try {
    return await Promise.race([promise, late.promise])
  } finally {
    timer.cancel()
  }
}
