/** Waits on the clock that was passed in. */
import type { Clock } from '@gregor/platform'

/** Ends early when `ending` is aborted. */
export function sleep(clock: Clock, ms: number, ending: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (ending.aborted) return resolve()
    const done = (): void => {
      timer?.cancel()
      ending.removeEventListener('abort', done)
      resolve()
    }
    const timer = Number.isFinite(ms) ? clock.schedule(ms, done) : undefined
    ending.addEventListener('abort', done, { once: true })
  })
}
