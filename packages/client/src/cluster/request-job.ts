/**
 * One request on its way: first in the line of a link, then in flight on a connection. Its time runs from the call on; it
 * may be given up at any moment, and then only the caller's waiting ends: the connection lives on and drops the answer.
 *
 * A connection is given up only where a request had no answer for `request.timeout.ms` (or longer, where the caller waits
 * longer): a short patience here breaks nobody else's requests.
 */
import { asError } from '@gregor/base'
import type { Clock, Timer } from '@gregor/platform'
import type { Api } from '@gregor/protocol'
import { ClosedError, ConnectionError, TimeoutError } from '@gregor/transport'
import { reasonOf } from '../retrying.ts'
import type { Answer, SendOptions, Versioned } from './cluster.ts'
import type { NodeConnection } from './node-connection.ts'
import type { LinkJob, NodeLink } from './node-link.ts'
import { type RequestTrace, traced } from './request-trace.ts'

export interface RequestJobOptions<A extends Api> {
  readonly clock: Pick<Clock, 'monotonicMs' | 'schedule'>
  readonly clientId: string
  /** That long a connection may owe an answer. */
  readonly requestTimeoutMs: number
  readonly api: A
  readonly request: Versioned<A>
  readonly options: SendOptions
  /** False: nothing comes back (Produce with acks 0), `done` is without an answer. */
  readonly isAnswered: boolean
}

export class RequestJob<A extends Api> implements LinkJob {
  readonly #given: RequestJobOptions<A>
  readonly #deadlineMs: number
  readonly #done = Promise.withResolvers<Answer<A> | undefined>()
  #link: NodeLink | undefined
  #timer: Timer | undefined
  #isSent = false
  #isOver = false

  constructor(given: RequestJobOptions<A>) {
    this.#given = given
    const { clock, options } = given
    this.#deadlineMs = clock.monotonicMs() + options.timeoutMs
    this.#timer = clock.schedule(options.timeoutMs, () => this.#timeUp())
    if (options.signal?.aborted === true) this.#aborted()
    else options.signal?.addEventListener('abort', this.#aborted, { once: true })
  }

  /** Settles once. Whoever makes a job waits for it. */
  get done(): Promise<Answer<A> | undefined> {
    return this.#done.promise
  }

  get remainingMs(): number {
    return Math.max(1, this.#deadlineMs - this.#given.clock.monotonicMs())
  }

  /** Takes its place in the line. */
  enter(link: NodeLink): void {
    if (this.#isOver) return
    this.#link = link
    link.perform(this)
  }

  start(connection: NodeConnection): void {
    const { api, request, options, isAnswered, requestTimeoutMs } = this.#given
    this.#isSent = true
    try {
      const version = connection.ranges.newest(api, options.versionMax)
      const message = typeof request === 'function' ? request(version) : request
      if (!isAnswered) {
        connection.sendOnly(api, version, message)
        this.#settle(() => this.#done.resolve(undefined))
        return
      }
      const { remainingMs } = this
      const timeoutMs = Math.max(requestTimeoutMs, remainingMs)
      // As long as the connection waits, it keeps the time.
      if (timeoutMs === remainingMs) this.#timer?.cancel()
      const sent = traced(
        () => this.#trace(version),
        () => connection.request(api, version, message, { timeoutMs }),
      )
      sent.then(
        (response) => {
          const { throttleTimeMs } = response as { readonly throttleTimeMs?: unknown }
          if (typeof throttleTimeMs === 'number' && throttleTimeMs > 0) this.#link?.throttle(throttleTimeMs)
          this.#settle(() => this.#done.resolve({ version, nodeId: this.#link?.nodeId ?? -1, response }))
        },
        (error: unknown) => this.fail(this.#broken(asError(error))),
      )
    } catch (error) {
      this.fail(asError(error))
    }
  }

  fail(error: Error): void {
    this.#settle(() => this.#done.reject(error))
  }

  #trace(apiVersion: number): RequestTrace {
    const { api, clientId } = this.#given
    const link = this.#link
    return { api: api.name, apiVersion, clientId, node: link?.name ?? '', nodeId: link?.nodeId ?? -1 }
  }

  /** A connection that was given up, though nobody closed the client: it may be tried again. */
  #broken(error: Error): Error {
    if (!(error instanceof ClosedError) || this.#link === undefined || this.#link.isClosed) return error
    return new ConnectionError(`The connection to ${this.#link.name} was given up.`, { cause: error })
  }

  #settle(settle: () => void): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#timer?.cancel()
    this.#given.options.signal?.removeEventListener('abort', this.#aborted)
    settle()
  }

  readonly #aborted = (): void => {
    const { signal } = this.#given.options
    this.#link?.forget(this)
    if (signal !== undefined) this.fail(reasonOf(signal))
  }

  #timeUp(): void {
    const { api, options } = this.#given
    this.#link?.forget(this)
    const where = this.#link === undefined ? 'a node' : this.#link.name
    const step = this.#isSent ? `no answer from ${where}` : `no connection to ${where}`
    this.fail(new TimeoutError(`${api.name}: ${step} within ${options.timeoutMs} ms.`))
  }
}
