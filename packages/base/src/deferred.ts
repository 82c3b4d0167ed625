/**
 * A promise that whoever holds it settles later, once. Not for control flow that `async` can say: it is for answers
 * that arrive as somebody else's event, such as a response, a sync or a timer.
 */

export class Deferred<T = void> {
  readonly promise: Promise<T>
  readonly #settlers: Pick<PromiseWithResolvers<T>, 'resolve' | 'reject'>
  #isSettled = false

  constructor() {
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    this.promise = promise
    this.#settlers = { resolve, reject }
  }

  get isSettled(): boolean {
    return this.#isSettled
  }

  /** False, and nothing happens, when it was settled before. */
  resolve(value: T | PromiseLike<T>): boolean {
    if (this.#isSettled) return false
    this.#isSettled = true
    this.#settlers.resolve(value)
    return true
  }

  /** False, and nothing happens, when it was settled before. */
  reject(reason: Error): boolean {
    if (this.#isSettled) return false
    this.#isSettled = true
    this.#settlers.reject(reason)
    return true
  }
}
