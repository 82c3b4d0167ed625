/**
 * The quotas of this broker’s clients (KIP-13, KIP-55, KIP-124, KIP-599, KIP-612), as the metadata has them: bytes in
 * and out, time of threads, changes of topics, new connections. Counting costs one comparison while nobody has a quota.
 */
import type { MetadataChange, MetadataImage } from '@gregor/metadata'
import type { Clock, Timer } from '@gregor/platform'
import { ClientQuotas, ConnectionRates, MutationQuotas, type QuotaClient } from '@gregor/security'
import type { RequestContext } from './request-context.ts'

export interface RequestQuotasOptions {
  readonly clock: Pick<Clock, 'monotonicMs' | 'schedule'>
  /** `quota.window.num` */
  readonly sampleCount: number
  /** `quota.window.size.seconds` */
  readonly sampleMs: number
}

type Asking = Pick<RequestContext, 'principal' | 'clientId'>

const forgetIntervalMs = 600_000

export class RequestQuotas {
  readonly mutations: MutationQuotas
  readonly connections: ConnectionRates
  readonly #clock: RequestQuotasOptions['clock']
  readonly #produced: ClientQuotas
  readonly #fetched: ClientQuotas
  readonly #time: ClientQuotas
  #timer: Timer | undefined

  constructor({ clock, ...window }: RequestQuotasOptions) {
    this.#clock = clock
    this.mutations = new MutationQuotas(window)
    this.connections = new ConnectionRates(window)
    this.#produced = new ClientQuotas({ key: 'producer_byte_rate', window })
    this.#fetched = new ClientQuotas({ key: 'consumer_byte_rate', window })
    this.#time = new ClientQuotas({ key: 'request_percentage', window })
  }

  /** From now on clients that are gone are forgotten after a while. */
  start(): void {
    this.#timer = this.#clock.schedule(forgetIntervalMs, () => {
      const nowMs = this.#clock.monotonicMs()
      for (const quotas of this.#all()) quotas.forgetIdle(nowMs)
      this.start()
    })
  }

  close(): void {
    this.#timer?.cancel()
  }

  publish({ image, delta }: MetadataChange): void {
    if (delta.quotas.changes.size > 0) this.#load(image)
  }

  /** Whether anybody’s time is limited, and so has to be measured. */
  get limitsTime(): boolean {
    return !this.#time.isEmpty
  }

  /** Counts what a client has sent to be stored. @returns for how long it is to be left alone, in ms. */
  produced(asking: Asking, byteCount: number): number {
    if (this.#produced.isEmpty) return 0
    return this.#produced.record(clientOf(asking), byteCount, this.#clock.monotonicMs())
  }

  /** The most that may be read for a client at once. */
  fetchBytesMax(asking: Asking): number {
    return this.#fetched.isEmpty ? Infinity : this.#fetched.mostAtOnce(clientOf(asking))
  }

  /**
   * Counts what a client is about to be sent.
   * @returns for how long it is to be left alone, in ms. If for any time at all, it must not be sent these bytes, and
   * they were not counted.
   */
  fetched(asking: Asking, byteCount: number): number {
    if (this.#fetched.isEmpty) return 0
    const [client, nowMs] = [clientOf(asking), this.#clock.monotonicMs()]
    const throttleMs = this.#fetched.record(client, byteCount, nowMs)
    if (throttleMs > 0) this.#fetched.adjust(client, -byteCount, nowMs)
    return throttleMs
  }

  /** Counts the time that a request took of this thread. @returns for how long its client is to be left alone, in ms. */
  spent(asking: Asking, spentMs: number): number {
    // Per cent of a second: a rate of 100 is one thread, always.
    return this.#time.record(clientOf(asking), spentMs / 10, this.#clock.monotonicMs())
  }

  #load(image: MetadataImage): void {
    for (const quotas of this.#all()) quotas.load(image.quotas.values())
  }

  #all(): readonly (ClientQuotas | MutationQuotas | ConnectionRates)[] {
    return [this.#produced, this.#fetched, this.#time, this.mutations, this.connections]
  }
}

export function clientOf({ principal, clientId }: Asking): QuotaClient {
  return { user: principal.name, clientId }
}
