/**
 * Unlinks files some time after they were taken out of use: readers that are under way end in peace, and who deleted
 * the wrong topic has a minute. What is still waiting at the end is unlinked at the next opening (`.deleted`).
 */
import { background } from '@gregor/base'
import type { Clock, Disk, Logger, Timer } from '@gregor/platform'

export class DelayedRemoval {
  readonly #clock: Pick<Clock, 'schedule'>
  readonly #disk: Pick<Disk, 'remove'>
  readonly #logger: Logger
  readonly #timers = new Set<Timer>()

  constructor(given: { clock: Pick<Clock, 'schedule'>; disk: Pick<Disk, 'remove'>; logger: Logger }) {
    this.#clock = given.clock
    this.#disk = given.disk
    this.#logger = given.logger
  }

  removeLater(paths: readonly string[], delayMs: number): void {
    if (paths.length === 0) return
    const timer = this.#clock.schedule(delayMs, () => {
      this.#timers.delete(timer)
      background('removing files', this.#remove(paths), (name, error) =>
        this.#logger.warn(name, { error: error instanceof Error ? error : String(error) }),
      )
    })
    this.#timers.add(timer)
  }

  /** What waits stays where it is. */
  close(): void {
    for (const timer of this.#timers) timer.cancel()
    this.#timers.clear()
  }

  async #remove(paths: readonly string[]): Promise<void> {
    for (const path of paths) await this.#disk.remove(path)
  }
}
