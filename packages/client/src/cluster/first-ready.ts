/**
 * The first of several nodes that a connection to is ready: tried one after the other, each with a head start before the
 * next, so that one that does not answer at all holds nobody up, and one that does is mostly the only one connected to.
 */
import type { Clock } from '@gregor/platform'
import { ConnectionError, TimeoutError } from '@gregor/transport'
import { AuthenticationError } from '../errors.ts'
import { reasonOf } from '../retrying.ts'
import type { LinkJob, NodeLink } from './node-link.ts'

/** Longer than it takes to connect to a node that is there, with TLS and SASL. */
const headStartMs = 1000

export interface FirstReadyOptions {
  readonly clock: Pick<Clock, 'schedule'>
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
}

/**
 * @param links - in the order of preference, one at least.
 * @throws AuthenticationError where one node refused who we are; ConnectionError when all have failed, with each reason;
 *   TimeoutError when the time is up; the signal's reason when that aborts.
 */
export async function firstReady(links: readonly NodeLink[], options: FirstReadyOptions): Promise<NodeLink> {
  const { clock, timeoutMs, signal } = options
  const { promise, resolve, reject } = Promise.withResolvers<NodeLink>()
  const failures: Error[] = []
  const probes = new Map<NodeLink, LinkJob>()
  const waiting = [...links]
  let headStart = clock.schedule(headStartMs, () => next())
  const next = (): void => {
    const link = waiting.shift()
    if (link === undefined) return
    headStart.cancel()
    headStart = clock.schedule(headStartMs, next)
    const probe: LinkJob = {
      start: () => resolve(link),
      fail: (error) => {
        failures.push(error)
        probes.delete(link)
        if (failures.length === links.length) reject(allFailed(failures))
        else next()
      },
    }
    probes.set(link, probe)
    link.perform(probe)
  }
  const timer = clock.schedule(timeoutMs, () => reject(timeUp(timeoutMs, links, failures)))
  const aborted = (): void => {
    if (signal !== undefined) reject(reasonOf(signal))
  }
  if (signal?.aborted === true) aborted()
  signal?.addEventListener('abort', aborted, { once: true })
  next()
  try {
    return await promise
  } finally {
    signal?.removeEventListener('abort', aborted)
    timer.cancel()
    headStart.cancel()
    waiting.length = 0
    for (const [link, probe] of probes) link.forget(probe)
  }
}

function allFailed(failures: readonly Error[]): Error {
  const [first] = failures
  const refusal = failures.find((error) => error instanceof AuthenticationError)
  if (refusal !== undefined) return refusal
  if (failures.length === 1 && first !== undefined) return first
  const reasons = failures.map(({ message }) => message).join(' ')
  return new ConnectionError(`None of ${failures.length} nodes could be reached. ${reasons}`, {
    cause: new AggregateError(failures),
  })
}

function timeUp(timeoutMs: number, links: readonly NodeLink[], failures: readonly Error[]): Error {
  const names = links.map(({ name }) => name).join(', ')
  const reasons = failures.map(({ message }) => ` ${message}`).join('')
  const message = `No connection to ${names} was ready within ${Math.round(timeoutMs)} ms.${reasons}`
  return new TimeoutError(message, failures.length === 0 ? undefined : { cause: new AggregateError(failures) })
}
