/**
 * How many partitions clients may create and delete in a second (KIP-599). Newer requests are refused item by item
 * once the bucket is empty; older ones are carried out whole, and their client is throttled afterwards.
 */
import { QuotaTable } from './quota-table.ts'
import type { QuotaBucket, QuotaClient, StoredQuota } from './quota-table.ts'
import type { RateWindowOptions } from './rate-window.ts'
import { TokenBucket } from './token-bucket.ts'
import type { TokenBucketOptions } from './token-bucket.ts'

/** A client that does nothing for this long is forgotten. */
const IDLE_MS = 3_600_000
/** Above this many clients the one that was quiet longest is forgotten. */
const BUCKETS_MAX = 100_000

interface Used {
  readonly bucket: TokenBucket
  lastMs: number
}

/** The share of one request in the quota of its client. */
export interface MutationCharge {
  /**
   * Asks to create or delete `partitions`. False: not now, answer THROTTLING_QUOTA_EXCEEDED. A charge that is not
   * strict always takes them.
   */
  take(partitions: number, nowMs: number): boolean
  /** For the answer, and for how long the client is not read. */
  readonly throttleMs: number
}

const unlimited: MutationCharge = { take: () => true, throttleMs: 0 }

export class MutationQuotas {
  /** Samples and their length, which say how large a burst may be: all of them, filled at the limit. */
  readonly #window: RateWindowOptions
  #table = new QuotaTable('controller_mutation_rate', [])
  readonly #used = new Map<string, Used>()

  constructor(window: RateWindowOptions) {
    this.#window = window
  }

  /** These are all quotas from now on; what was used stays known. */
  load(quotas: Iterable<StoredQuota>): void {
    this.#table = new QuotaTable('controller_mutation_rate', quotas)
    if (this.#table.isEmpty) this.#used.clear()
  }

  /** @param isStrict - whether the request's version knows THROTTLING_QUOTA_EXCEEDED. */
  charge(client: QuotaClient, isStrict: boolean, nowMs: number): MutationCharge {
    if (this.#table.isEmpty) return unlimited
    const of = this.#table.bucketOf(client)
    const perSecond = this.#table.limitOf(of)
    if (perSecond === Infinity) return unlimited
    const bucket = this.#bucketOf(of, this.#optionsOf(perSecond), nowMs)
    let throttleMs = 0
    return {
      take(partitions, atMs) {
        if (isStrict) throttleMs = bucket.throttleMs(atMs)
        if (isStrict && throttleMs > 0) return false
        bucket.take(partitions, atMs)
        if (!isStrict) throttleMs = bucket.throttleMs(atMs)
        return true
      },
      get throttleMs() {
        return throttleMs
      },
    }
  }

  /** Forgets who has been idle; to be called now and then. */
  forgetIdle(nowMs: number): void {
    for (const [key, { lastMs }] of this.#used) {
      if (nowMs - lastMs < IDLE_MS) return
      this.#used.delete(key)
    }
  }

  #optionsOf(perSecond: number): TokenBucketOptions {
    return { perSecond, burst: (perSecond * this.#window.sampleCount * this.#window.sampleMs) / 1000 }
  }

  #bucketOf({ user, clientId }: QuotaBucket, options: TokenBucketOptions, nowMs: number): TokenBucket {
    const key = JSON.stringify([user, clientId])
    const used = this.#used.get(key) ?? { bucket: new TokenBucket(options, nowMs), lastMs: nowMs }
    used.bucket.configure(options)
    used.lastMs = nowMs
    this.#used.delete(key)
    this.#used.set(key, used)
    const [first] = this.#used.keys()
    if (this.#used.size > BUCKETS_MAX && first !== undefined) this.#used.delete(first)
    return used.bucket
  }
}
