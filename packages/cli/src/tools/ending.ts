/** Signals, for tools that read or wait until somebody ends them. */

/** As a shell counts it, and a JVM ends: 128 and the number of the signal. */
export function exitCodeOfSignal(ending: AbortSignal): number {
  const numbers: Readonly<Record<string, number | undefined>> = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 }
  return 128 + (numbers[String(ending.reason)] ?? 15)
}

/** What `items` gives, until a signal comes: what is under way then is left. */
export async function* untilEnding<T>(items: AsyncGenerator<T>, ending: AbortSignal): AsyncGenerator<T> {
  const ended = new Promise<'ended'>((resolve) => {
    if (ending.aborted) resolve('ended')
    else ending.addEventListener('abort', () => resolve('ended'), { once: true })
  })
  for (;;) {
    const next = await Promise.race([items.next(), ended])
    if (next === 'ended' || next.done === true) return
    yield next.value
  }
}
