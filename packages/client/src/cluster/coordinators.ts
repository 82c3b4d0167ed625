/**
 * Who coordinates a group, a transactional id or a share partition: asked once and remembered. Questions of one moment
 * about several keys of a kind go in one request, where the node knows that (KIP-699).
 */
import { asError, background } from '@gregor/base'
import type { Clock, Logger } from '@gregor/platform'
import { type FindCoordinator, type FindCoordinatorResponse, type RequestInput, errorName } from '@gregor/protocol'
import { ClosedError } from '@gregor/transport'
import { KafkaError } from '../errors.ts'
import { withinTime } from '../retrying.ts'
import type { CoordinatorKind, NodeEndpoint, SendOptions } from './cluster.ts'

type Request = RequestInput<typeof FindCoordinator>

export interface CoordinatorsOptions {
  readonly environment: { readonly clock: Clock; readonly logger: Logger }
  /** Asks any node. */
  readonly ask: (
    request: (version: number) => Request,
  ) => Promise<{ readonly version: number; readonly response: FindCoordinatorResponse }>
  /** The newest version that a node knows. */
  readonly version: () => Promise<number>
  /** Where a coordinator can be reached, which metadata may not know yet. */
  readonly onEndpoint: (endpoint: NodeEndpoint) => void
}

const kindCodes = { group: 0, transaction: 1, share: 2 } as const
const manyKeysVersion = 4

export class Coordinators {
  readonly #options: CoordinatorsOptions
  readonly #known = new Map<string, number>()
  readonly #pending = new Map<string, PromiseWithResolvers<number>>()
  readonly #next = new Map<CoordinatorKind, Set<string>>()
  #isClosed = false

  constructor(options: CoordinatorsOptions) {
    this.#options = options
  }

  /** @throws KafkaError with what the node said, mostly retriable. */
  find(kind: CoordinatorKind, key: string, options: SendOptions): Promise<number> {
    const id = `${kind}:${key}`
    const known = this.#known.get(id)
    if (known !== undefined) return Promise.resolve(known)
    if (this.#isClosed) return Promise.reject(new ClosedError('the client was closed'))
    let pending = this.#pending.get(id)
    if (pending === undefined) {
      pending = Promise.withResolvers()
      // Who asked may have gone meanwhile.
      pending.promise.catch(() => undefined)
      this.#pending.set(id, pending)
      this.#want(kind, key)
    }
    const { timeoutMs, signal } = options
    const name = `finding the coordinator of ${kind} ${key}`
    return withinTime(this.#options.environment.clock, pending.promise, { name, timeoutMs, signal })
  }

  forget(kind: CoordinatorKind, key: string): void {
    this.#known.delete(`${kind}:${key}`)
  }

  /** The connection to it broke: what it coordinated may have moved. */
  forgetNode(nodeId: number): void {
    for (const [id, known] of this.#known) if (known === nodeId) this.#known.delete(id)
  }

  close(): void {
    this.#isClosed = true
    for (const { reject } of this.#pending.values()) reject(new ClosedError('the client was closed'))
    this.#pending.clear()
  }

  #want(kind: CoordinatorKind, key: string): void {
    const keys = this.#next.get(kind)
    if (keys !== undefined) {
      keys.add(key)
      return
    }
    this.#next.set(kind, new Set([key]))
    const { clock, logger } = this.#options.environment
    clock.afterTurn(() => {
      const wanted = [...(this.#next.get(kind) ?? [])]
      this.#next.delete(kind)
      background('finding coordinators', this.#ask(kind, wanted), (name, error) =>
        logger.error(name, { error: asError(error) }),
      )
    })
  }

  async #ask(kind: CoordinatorKind, keys: readonly string[]): Promise<void> {
    try {
      const isTogether = keys.length > 1 && (await this.#options.version()) >= manyKeysVersion
      if (isTogether) await this.#askFor(kind, keys)
      else await Promise.all(keys.map((key) => this.#askFor(kind, [key])))
    } catch (error) {
      for (const key of keys) this.#settle(kind, key, asError(error))
    }
  }

  async #askFor(kind: CoordinatorKind, keys: readonly string[]): Promise<void> {
    const keyType = kindCodes[kind]
    const [first = ''] = keys
    const { version, response } = await this.#options.ask((newest) => {
      if (newest >= manyKeysVersion) return { keyType, coordinatorKeys: keys }
      return newest >= 1 ? { keyType, key: first } : { key: first }
    })
    const answers = version >= manyKeysVersion ? response.coordinators : [{ ...response, key: first }]
    for (const { key, nodeId, host, port, errorCode, errorMessage } of answers) {
      const error = errorName(errorCode)
      if (error === 'NONE') {
        this.#options.onEndpoint({ nodeId, host, port, rack: null })
        this.#settle(kind, key, nodeId)
      } else {
        const about = `coordinator of ${kind} ${key}${errorMessage === null || errorMessage === '' ? '' : ` (${errorMessage})`}`
        this.#settle(kind, key, new KafkaError({ code: error, about }))
      }
    }
    for (const key of keys) {
      this.#settle(kind, key, new KafkaError({ code: 'COORDINATOR_NOT_AVAILABLE', about: `${kind} ${key}` }))
    }
  }

  /** The first outcome of a key counts. */
  #settle(kind: CoordinatorKind, key: string, outcome: number | Error): void {
    const id = `${kind}:${key}`
    const pending = this.#pending.get(id)
    if (pending === undefined) return
    this.#pending.delete(id)
    if (outcome instanceof Error) {
      pending.reject(outcome)
      return
    }
    this.#known.set(id, outcome)
    pending.resolve(outcome)
  }
}
