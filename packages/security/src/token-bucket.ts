/**
 * A bucket that fills at a steady rate and may be overdrawn once: how changes of the cluster's topics are limited
 * (KIP-599). Unlike a rate over a window, a burst is paid off in exactly the time it is worth.
 */

export interface TokenBucketOptions {
  /** Tokens that come in each second. */
  readonly perSecond: number
  /** Most tokens that gather. */
  readonly burst: number
}

export class TokenBucket {
  #perSecond: number
  #burst: number
  #tokens: number
  #updatedMs: number

  /** Full at first. */
  constructor({ perSecond, burst }: TokenBucketOptions, nowMs: number) {
    this.#perSecond = perSecond
    this.#burst = burst
    this.#tokens = burst
    this.#updatedMs = nowMs
  }

  /** Fewer than 0 when it is overdrawn. */
  tokens(nowMs: number): number {
    this.#tokens = Math.min(this.#burst, this.#tokens + this.#perSecond * ((nowMs - this.#updatedMs) / 1000))
    this.#updatedMs = nowMs
    return this.#tokens
  }

  take(count: number, nowMs: number): void {
    this.#tokens = Math.min(this.#burst, this.tokens(nowMs) - count)
  }

  /** How long until it is no longer overdrawn, in whole ms; 0 if it is not. */
  throttleMs(nowMs: number): number {
    const tokens = this.tokens(nowMs)
    return tokens >= 0 ? 0 : Math.min(Math.round((-tokens / this.#perSecond) * 1000), 2_147_483_647)
  }

  /** Keeps what is in it, up to the new burst. */
  configure({ perSecond, burst }: TokenBucketOptions): void {
    this.#perSecond = perSecond
    this.#burst = burst
    this.#tokens = Math.min(this.#tokens, burst)
  }
}
