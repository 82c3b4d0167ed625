/**
 * The numbers of a producer that is idempotent without transactions: asks any node for a producer id when there is none,
 * and again until one is given. Batches wait meanwhile, each until its delivery timeout.
 */
import { InitProducerId, errorName } from '@gregor/protocol'
import type { Cluster } from '../cluster/cluster.ts'
import { ClosedError, KafkaError, isRetriable } from '../errors.ts'
import { backoffPauseMs, pause } from '../retrying.ts'
import type { ProducerEnvironment, ProducerSettings } from './producer-options.ts'
import type { Sequences } from './sequences.ts'

export interface ProducerIdentityOptions {
  readonly cluster: Pick<Cluster, 'send'>
  readonly environment: ProducerEnvironment
  readonly settings: ProducerSettings
  readonly sequences: Sequences
  /** There are numbers. */
  readonly onIdentified: () => void
  /** There never will be any: not allowed, or the server is too old. */
  readonly onFatal: (error: Error) => void
}

export class ProducerIdentitySource {
  readonly #options: ProducerIdentityOptions
  #isAsking = false
  #isClosed = false

  constructor(options: ProducerIdentityOptions) {
    this.#options = options
  }

  /** Sees to it that there are numbers; true where there are. */
  identify(): boolean {
    if (this.#options.sequences.identity !== undefined) return true
    if (!this.#isAsking && !this.#isClosed) {
      this.#isAsking = true
      void this.#ask().finally(() => {
        this.#isAsking = false
      })
    }
    return false
  }

  close(): void {
    this.#isClosed = true
  }

  /** Never fails: who waits is told by `onFatal`. */
  async #ask(): Promise<void> {
    const { cluster, environment, settings, sequences } = this.#options
    for (let attempt = 1; !this.#isClosed; attempt++) {
      try {
        const request = { transactionalId: null, transactionTimeoutMs: 2 ** 31 - 1 }
        const { response } = await cluster.send('any', InitProducerId, request, {
          timeoutMs: settings.requestTimeoutMs,
        })
        const error = errorName(response.errorCode)
        if (error !== 'NONE') throw new KafkaError({ code: error, about: 'asking for a producer id' })
        sequences.identify(response)
        return this.#options.onIdentified()
      } catch (error) {
        if (!isRetriable(error)) {
          const isOver = error instanceof ClosedError && this.#isClosed
          return isOver ? undefined : this.#options.onFatal(error instanceof Error ? error : new Error(String(error)))
        }
        environment.logger.debug('no producer id yet', { error: error instanceof Error ? error : undefined })
        await pause(environment.clock, backoffPauseMs(settings.backoff, attempt, environment.random))
      }
    }
  }
}
