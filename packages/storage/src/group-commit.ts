/**
 * Many waiters, one sync: while a commit runs everybody else waits for the next one, which starts when it ends. So the
 * disk is never idle while somebody waits, and no commit is for one waiter only where there are many.
 */
import { asError, Deferred } from '@gregor/base'
import type { Clock } from '@gregor/platform'

export class GroupCommit {
  readonly #clock: Pick<Clock, 'afterTurn'>
  readonly #commit: () => Promise<void>
  #next: Deferred | undefined
  #isRunning = false

  /** `commit` makes durable what was written before it is called. */
  constructor(clock: Pick<Clock, 'afterTurn'>, commit: () => Promise<void>) {
    this.#clock = clock
    this.#commit = commit
  }

  /** Resolves when a commit that starts after this call has ended; rejects as it does. */
  request(): Promise<void> {
    if (this.#next === undefined) {
      this.#next = new Deferred()
      // What else arrives in this turn is to be in the same commit.
      if (!this.#isRunning) this.#clock.afterTurn(() => void this.#run())
    }
    return this.#next.promise
  }

  /** Never rejects: each failure goes to those who wait for that commit. */
  async #run(): Promise<void> {
    if (this.#isRunning) return
    this.#isRunning = true
    while (this.#next !== undefined) {
      const waiting = this.#next
      this.#next = undefined
      try {
        await this.#commit()
        waiting.resolve()
      } catch (error) {
        waiting.reject(asError(error))
      }
    }
    this.#isRunning = false
  }
}
