/**
 * What the clients of one broker have used of their quotas, and for how long each must be left unread. One of these
 * for each kind of quota. The answer to a request goes out at once and carries the time; the connection is not read
 * for that long (KIP-219).
 */
import { QuotaTable } from './quota-table.ts'
import type { QuotaBucket, QuotaClient, QuotaKey, StoredQuota } from './quota-table.ts'
import { RateWindow } from './rate-window.ts'
import type { RateWindowOptions } from './rate-window.ts'

/** A client that does nothing for this long is forgotten. */
const IDLE_MS = 3_600_000
/** Above this many clients the one that was quiet longest is forgotten. */
const BUCKETS_MAX = 100_000

export interface ClientQuotasOptions {
  readonly key: Exclude<QuotaKey, 'controller_mutation_rate' | 'connection_creation_rate'>
  readonly window: RateWindowOptions
}

interface Used {
  readonly window: RateWindow
  lastMs: number
}

export class ClientQuotas {
  readonly #options: ClientQuotasOptions
  #table: QuotaTable
  /** In the order of last use. */
  readonly #used = new Map<string, Used>()

  constructor(options: ClientQuotasOptions) {
    this.#options = options
    this.#table = new QuotaTable(options.key, [])
  }

  /** These are all quotas from now on; what was used stays known. */
  load(quotas: Iterable<StoredQuota>): void {
    this.#table = new QuotaTable(this.#options.key, quotas)
    if (this.#table.isEmpty) this.#used.clear()
  }

  /** Nobody is limited. */
  get isEmpty(): boolean {
    return this.#table.isEmpty
  }

  /**
   * Counts `amount`: bytes, or per cent of a thread's time.
   *
   * @returns how long the client is to be throttled, in ms. Time of requests is throttled by at most one sample.
   */
  record(client: QuotaClient, amount: number, nowMs: number): number {
    if (this.#table.isEmpty) return 0
    const bucket = this.#table.bucketOf(client)
    const { window } = this.#usedOf(bucket, nowMs)
    window.record(amount, nowMs)
    const throttleMs = window.throttleMs(this.#table.limitOf(bucket), nowMs)
    const isBounded = this.#options.key === 'request_percentage'
    return isBounded ? Math.min(throttleMs, this.#options.window.sampleMs) : throttleMs
  }

  /**
   * Counts without asking for the consequences: what is known only after the answer is out (a positive amount), or a
   * fetch that was counted and then answered empty (a negative one).
   */
  adjust(client: QuotaClient, amount: number, nowMs: number): void {
    if (this.#table.isEmpty) return
    this.#usedOf(this.#table.bucketOf(client), nowMs).window.record(amount, nowMs)
  }

  /** The most that can be counted at once without being throttled for sure; `Infinity` without a limit. */
  mostAtOnce(client: QuotaClient): number {
    if (this.#table.isEmpty) return Infinity
    const { sampleCount, sampleMs } = this.#options.window
    return (this.#table.limitOf(this.#table.bucketOf(client)) * (sampleCount - 1) * sampleMs) / 1000
  }

  /** Forgets who has been idle; to be called now and then. */
  forgetIdle(nowMs: number): void {
    for (const [key, { lastMs }] of this.#used) {
      if (nowMs - lastMs < IDLE_MS) return
      this.#used.delete(key)
    }
  }

  #usedOf({ user, clientId }: QuotaBucket, nowMs: number): Used {
    const key = JSON.stringify([user, clientId])
    const used = this.#used.get(key) ?? { window: new RateWindow(this.#options.window), lastMs: nowMs }
    used.lastMs = nowMs
    this.#used.delete(key)
    this.#used.set(key, used)
    if (this.#used.size > BUCKETS_MAX) {
      const [first] = this.#used.keys()
      if (first !== undefined) this.#used.delete(first)
    }
    return used
  }
}
