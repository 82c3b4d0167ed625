/** Work that is done again and again, with a pause in between; never twice at the same time. */

import { background } from '@gregor/base'
import type { Clock, Logger, Timer } from '@gregor/platform'

export interface RepeatedWorkOptions {
  readonly clock: Pick<Clock, 'schedule'>
  readonly logger: Logger
  readonly name: string
  readonly firstDelayMs: number
  /** Asked after each time. */
  readonly pauseMs: () => number
  readonly run: () => Promise<void>
}

export class RepeatedWork {
  readonly #options: RepeatedWorkOptions
  #timer: Timer | undefined
  #running: Promise<void> | undefined
  #isClosed = false

  constructor(options: RepeatedWorkOptions) {
    this.#options = options
  }

  start(): void {
    this.#schedule(this.#options.firstDelayMs)
  }

  /** Resolves once nothing is under way. Idempotent. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#timer?.cancel()
    await this.#running
  }

  #schedule(delayMs: number): void {
    if (this.#isClosed || delayMs === Infinity) return
    this.#timer = this.#options.clock.schedule(delayMs, () => {
      this.#running = this.#runOnce()
      background(this.#options.name, this.#running, () => undefined)
    })
  }

  /** A failure is told, and does not end the repetition. */
  async #runOnce(): Promise<void> {
    try {
      await this.#options.run()
    } catch (error) {
      const { logger, name } = this.#options
      logger.error(`${name} did not succeed`, { error: error instanceof Error ? error : String(error) })
    }
    this.#running = undefined
    this.#schedule(this.#options.pauseMs())
  }
}
