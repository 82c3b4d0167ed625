/**
 * An answer that may be there before its asker looks: then it costs no promise. A rejection is always a promise, so
 * that askers have one place for it. Settled once, taken once.
 */
import { Deferred } from '@gregor/base'

/** Whoever waits for a reply: told once, by one of the two. */
export interface Answer<T> {
  resolve(value: T): void
  reject(reason: Error): void
}

export class EarlyOrLate<T> implements Answer<T> {
  #early: { readonly value: T } | undefined
  #late: Deferred<T> | undefined

  resolve(value: T): void {
    if (this.#late === undefined) this.#early = { value }
    else this.#late.resolve(value)
  }

  reject(reason: Error): void {
    this.#promised().reject(reason)
  }

  take(): T | Promise<T> {
    return this.#early === undefined ? this.#promised().promise : this.#early.value
  }

  #promised(): Deferred<T> {
    return (this.#late ??= new Deferred())
  }
}
