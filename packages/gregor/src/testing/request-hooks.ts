/**
 * What a test does to requests: delay them, hold them back, lose them or their answers, break the connection, answer with
 * an error. Each request meets the first hook that fits it; hooks are asked in the order in which they were made.
 */
import type { HandlerAnswer, InterceptedRequest, RequestInterceptor } from '@gregor/broker'
import type { Clock } from '@gregor/platform'
import { type ProtocolError, protocolErrors } from '@gregor/protocol'
import { matcher, type RequestMatch, type TopicNames } from './request-match.ts'

export interface HookOptions extends RequestMatch {
  /** How many requests it is for; Infinity: all until `remove`. Default: 1. */
  readonly times?: number
}

export interface DamageOptions extends HookOptions {
  /** `before`: the request is not carried out. `after`: it is, and the client is not told. Default: `before`. */
  readonly when?: 'before' | 'after'
}

export interface RequestHook extends Disposable {
  /** How many requests it has met. */
  readonly count: number
  /** Resolves once it has met that many, at once where it has. */
  reached(count?: number): Promise<void>
  /** It meets no more requests. Idempotent; `using` does it at the end of the block. */
  remove(): void
}

export interface HoldingHook extends RequestHook {
  /** Lets those that it holds go on, and removes it. */
  release(): void
}

type Act = (request: InterceptedRequest) => Promise<HandlerAnswer<unknown>>

export class RequestHooks {
  readonly #clock: Clock
  readonly #topicNames: TopicNames
  readonly #exemptClientId: string
  readonly #hooks = new Set<Hook>()
  /** Ends what is never answered, when the node stops. */
  #closed = Promise.withResolvers<'close'>()

  /** @internal */
  constructor(given: { readonly clock: Clock; readonly topicNames: TopicNames; readonly exemptClientId: string }) {
    this.#clock = given.clock
    this.#topicNames = given.topicNames
    this.#exemptClientId = given.exemptClientId
  }

  /** Requests are carried out that much later, on the test’s clock. What comes behind on the connection waits, too. */
  delay(match: HookOptions, delayMs: number): RequestHook {
    return this.#add(match, async (request) => {
      const { promise, resolve } = Promise.withResolvers<undefined>()
      this.#clock.schedule(delayMs, () => resolve(undefined))
      return (await Promise.race([promise, this.#closed.promise])) ?? request.handle()
    })
  }

  /** Requests wait until `release`. */
  hold(match: HookOptions): HoldingHook {
    const { promise, resolve } = Promise.withResolvers<undefined>()
    const hook = this.#add(
      match,
      async (request) => (await Promise.race([promise, this.#closed.promise])) ?? request.handle(),
    )
    hook.release = () => {
      hook.remove()
      resolve(undefined)
    }
    return hook
  }

  /** Requests are never answered, nor is what comes behind them on the connection. Clients find out by their timeouts. */
  drop(match: DamageOptions): RequestHook {
    return this.#damage(match, () => this.#closed.promise)
  }

  /** The connection closes instead of an answer. */
  disconnect(match: DamageOptions): RequestHook {
    return this.#damage(match, () => Promise.resolve('close'))
  }

  /**
   * Requests are answered with an error, for everything that they ask.
   * @throws TypeError for an error that is none of Kafka’s.
   */
  fail(match: DamageOptions, error: ProtocolError): RequestHook {
    if (!Object.hasOwn(protocolErrors, error)) throw new TypeError(`${JSON.stringify(error)} is no error of Kafka`)
    return this.#damage(match, (request) => Promise.resolve(request.refuse(error)))
  }

  /** Removes all. What is held goes on. */
  clear(): void {
    for (const hook of this.#hooks) hook.release()
  }

  /** @internal */
  readonly intercept: RequestInterceptor = (request) => {
    if (this.#hooks.size === 0 || request.clientId === this.#exemptClientId) return undefined
    for (const hook of this.#hooks) if (hook.matches(request)) return hook.meet(request)
    return undefined
  }

  /** The connections of what is not answered close. @internal */
  nodeStops(): void {
    this.#closed.resolve('close')
    this.#closed = Promise.withResolvers()
  }

  #damage({ when = 'before', ...match }: DamageOptions, answer: Act): RequestHook {
    return this.#add(match, async (request) => {
      if (when === 'after') await request.handle()
      return answer(request)
    })
  }

  #add({ times = 1, ...match }: HookOptions, act: Act): Hook {
    if (!(times >= 1)) throw new TypeError(`times is ${times}: at least 1 makes sense`)
    const matches = matcher(match, this.#topicNames)
    const hook = new Hook({ matches, act, times, remove: () => void this.#hooks.delete(hook) })
    this.#hooks.add(hook)
    return hook
  }
}

interface HookParts {
  readonly matches: (request: InterceptedRequest) => boolean
  readonly act: Act
  readonly times: number
  readonly remove: () => void
}

class Hook implements HoldingHook {
  readonly matches: (request: InterceptedRequest) => boolean
  readonly remove: () => void
  release: () => void
  readonly #act: Act
  readonly #times: number
  readonly #waiting = new Set<{ readonly count: number; readonly resolve: () => void }>()
  #count = 0

  constructor({ matches, act, times, remove }: HookParts) {
    this.matches = matches
    this.remove = remove
    this.release = remove
    this.#act = act
    this.#times = times
  }

  get count(): number {
    return this.#count
  }

  meet(request: InterceptedRequest): Promise<HandlerAnswer<unknown>> {
    this.#count++
    if (this.#count >= this.#times) this.remove()
    for (const one of this.#waiting) {
      if (one.count > this.#count) continue
      this.#waiting.delete(one)
      one.resolve()
    }
    return this.#act(request)
  }

  reached(count = 1): Promise<void> {
    if (this.#count >= count) return Promise.resolve()
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#waiting.add({ count, resolve })
    return promise
  }

  [Symbol.dispose](): void {
    this.release()
  }
}
