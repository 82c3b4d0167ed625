/**
 * Removes the directories of deleted logs some time after they got their `-delete` name. What still waits when the
 * node stops is found, and waits again, when it starts.
 */

import { background } from '@gregor/base'
import type { Clock, Disk, Logger, Timer } from '@gregor/platform'

export class DirectoryRemoval {
  readonly #environment: {
    readonly clock: Pick<Clock, 'schedule'>
    readonly disk: Pick<Disk, 'removeDirectory'>
    readonly logger: Logger
  }
  readonly #timers = new Set<Timer>()

  constructor(environment: {
    readonly clock: Pick<Clock, 'schedule'>
    readonly disk: Pick<Disk, 'removeDirectory'>
    readonly logger: Logger
  }) {
    this.#environment = environment
  }

  removeLater(path: string, delayMs: number): void {
    const { clock, disk, logger } = this.#environment
    const timer = clock.schedule(delayMs, () => {
      this.#timers.delete(timer)
      const removed = disk
        .removeDirectory(path)
        .then(() => logger.info('removed the directory of a deleted log', { directory: path }))
      background('removing the directory of a deleted log', removed, (name, error) => {
        logger.warn(`${name} did not succeed: it is tried again at the next start`, {
          directory: path,
          error: error instanceof Error ? error : String(error),
        })
      })
    })
    this.#timers.add(timer)
  }

  close(): void {
    for (const timer of this.#timers) timer.cancel()
    this.#timers.clear()
  }
}
