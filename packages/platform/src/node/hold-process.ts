/** Keeps the process alive for whoever works without a socket that would: a client that tries to connect, say. */

/** About twelve days: it only has to be there. */
const intervalMs = 2 ** 30

/** Until the returned function is called, which may be called twice. */
export function holdProcess(): () => void {
  const timer = setInterval(() => undefined, intervalMs)
  return () => clearInterval(timer)
}
