/**
 * How much was counted lately, per second: a few samples of equal length, the oldest of which drops out when a new one
 * begins. The same arithmetic as Kafka's sampled `Rate`, so that the same traffic is throttled for the same time.
 */

export interface RateWindowOptions {
  /** Samples that are kept, the current one included: `quota.window.num`. */
  readonly sampleCount: number
  /** How long one is: `quota.window.size.seconds`. */
  readonly sampleMs: number
}

export class RateWindow {
  readonly #sampleMs: number
  readonly #sampleCount: number
  // One more than is kept: a sample that began before the window and overlaps it still counts.
  readonly #startMs: Float64Array
  readonly #lastMs: Float64Array
  readonly #value: Float64Array
  #used = 0
  #current = 0

  constructor({ sampleCount, sampleMs }: RateWindowOptions) {
    this.#sampleCount = sampleCount
    this.#sampleMs = sampleMs
    this.#startMs = new Float64Array(sampleCount + 1)
    this.#lastMs = new Float64Array(sampleCount + 1)
    this.#value = new Float64Array(sampleCount + 1)
  }

  /** A negative amount takes back what was counted before. */
  record(amount: number, nowMs: number): void {
    if (this.#used === 0) this.#begin(0, nowMs)
    else if (nowMs - at(this.#startMs, this.#current) >= this.#sampleMs) {
      this.#begin((this.#current + 1) % this.#value.length, nowMs)
    }
    this.#value[this.#current] = at(this.#value, this.#current) + amount
    this.#lastMs[this.#current] = nowMs
  }

  perSecond(nowMs: number): number {
    this.#forget(nowMs)
    let sum = 0
    for (let i = 0; i < this.#used; i++) sum += at(this.#value, i)
    return sum / (this.spanMs(nowMs) / 1000)
  }

  /**
   * The time that the rate is taken over: since the oldest sample began, but at least all samples but the current one,
   * so that the first request of a client does not look like a flood.
   */
  spanMs(nowMs: number): number {
    this.#forget(nowMs)
    if (this.#used === 0) this.#begin(0, nowMs)
    let oldestMs = Infinity
    for (let i = 0; i < this.#used; i++) oldestMs = Math.min(oldestMs, at(this.#startMs, i))
    const elapsedMs = nowMs - oldestMs
    const missing = this.#sampleCount - 1 - Math.trunc(elapsedMs / this.#sampleMs)
    return Math.max(elapsedMs + Math.max(missing, 0) * this.#sampleMs, 1)
  }

  /**
   * How much longer the window would have to be for its rate to be at `limit` per second; 0 if it is not above. In whole
   * ms, at most 2^31-1. Kafka throttles for this long, though a rate that is sampled may still be above the limit then.
   */
  throttleMs(limit: number, nowMs: number): number {
    const rate = this.perSecond(nowMs)
    if (rate <= limit) return 0
    return Math.min(Math.round(((rate - limit) / limit) * this.spanMs(nowMs)), 2_147_483_647)
  }

  #begin(index: number, nowMs: number): void {
    this.#current = index
    this.#used = Math.max(this.#used, index + 1)
    this.#startMs[index] = nowMs
    this.#lastMs[index] = nowMs
    this.#value[index] = 0
  }

  /** Samples in which nothing was counted within the window start anew. */
  #forget(nowMs: number): void {
    const expiryMs = this.#sampleCount * this.#sampleMs
    for (let i = 0; i < this.#used; i++) {
      if (nowMs - at(this.#lastMs, i) < expiryMs) continue
      this.#startMs[i] = nowMs
      this.#lastMs[i] = nowMs
      this.#value[i] = 0
    }
  }
}

/** The index is always in bounds. */
function at(array: Float64Array, index: number): number {
  return array[index] ?? 0
}
