/**
 * Resolves when everything that promises had left to do in this turn of the real event loop is done. For the
 * simulator, which runs its events one by one and lets each be worked off before the next.
 */
export function turnEnded(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  setImmediate(resolve)
  return promise
}
