/**
 * Makes what was appended durable in the background, and so moves the recovery points: at the latest a second after it
 * was appended, or at once when 64 MiB are waiting, or as a topic’s `flush.ms` asks. This is what the default durability
 * is; topics with `flush.messages=1` are synced before each answer and find nothing to do here.
 *
 * A restart after a crash reads from the recovery points that are on the disk: these are noted again after each 64 MiB,
 * and not each minute only, so that it never has minutes of appends to check.
 */

import { background } from '@gregor/base'
import type { Clock, Logger, Timer } from '@gregor/platform'
import type { PartitionLog } from './partition-log.ts'

const TICK_MS = 250
/** Seen unsynced for that long, a log is synced: with the ticks before and after it, within a second. */
const UNSYNCED_MS_MAX = 500
export const UNSYNCED_BYTES_MAX = 64 * 1024 * 1024
/** The thread pool has four threads, and others need them, too. */
const CONCURRENT_SYNCS = 2

export interface FlushScheduleOptions {
  readonly clock: Pick<Clock, 'monotonicMs' | 'schedule'>
  readonly logger: Logger
  readonly logs: () => Iterable<PartitionLog>
  /** How many bytes were ever appended, to any log. */
  readonly appendedBytes: () => number
  /** Writes the recovery points to the disk, of all logs. */
  readonly noteRecoveryPoints: () => Promise<void>
}

export class FlushSchedule {
  readonly #options: FlushScheduleOptions
  /** Since when a log has been seen unsynced. */
  readonly #dirtySinceMs = new Map<PartitionLog, number>()
  /** When much was last found to be waiting. */
  #appendedBytes: number
  /** Of these the recovery points on the disk know, or will with the next note. */
  #notedBytes: number
  #timer: Timer | undefined
  #syncing: Promise<void> | undefined
  #isClosed = false

  constructor(options: FlushScheduleOptions) {
    this.#options = options
    this.#appendedBytes = options.appendedBytes()
    this.#notedBytes = this.#appendedBytes
  }

  start(): void {
    this.#timer = this.#options.clock.schedule(TICK_MS, () => {
      this.tick()
      if (!this.#isClosed) this.start()
    })
  }

  /** Looks what is due, and begins to sync it unless the last syncs are still under way. */
  tick(): void {
    const nowMs = this.#options.clock.monotonicMs()
    const appendedBytes = this.#options.appendedBytes()
    const isMuch = appendedBytes - this.#appendedBytes >= UNSYNCED_BYTES_MAX
    const due: PartitionLog[] = []
    for (const log of this.#options.logs()) {
      if (log.logEndOffset === log.syncedOffset || log.failure !== undefined) {
        this.#dirtySinceMs.delete(log)
        continue
      }
      const sinceMs = this.#dirtySinceMs.get(log) ?? nowMs
      this.#dirtySinceMs.set(log, sinceMs)
      if (isMuch || nowMs - sinceMs >= Math.min(UNSYNCED_MS_MAX, log.config.flushMs)) due.push(log)
    }
    const isNoteDue = appendedBytes - this.#notedBytes >= UNSYNCED_BYTES_MAX
    if ((due.length === 0 && !isNoteDue) || this.#syncing !== undefined) return
    if (isMuch) this.#appendedBytes = appendedBytes
    if (isNoteDue) this.#notedBytes = appendedBytes
    this.#syncing = this.#syncAll(due, isNoteDue).finally(() => {
      this.#syncing = undefined
    })
    background('sync in the background', this.#syncing, (name, error) => {
      this.#options.logger.warn(`${name} did not succeed`, { error: error instanceof Error ? error : String(error) })
    })
  }

  /** Resolves once no sync is under way. Idempotent. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#timer?.cancel()
    await this.#syncing?.catch(() => undefined)
  }

  async #syncAll(due: readonly PartitionLog[], isNoteDue: boolean): Promise<void> {
    const waiting = [...due]
    const syncSome = async (): Promise<void> => {
      for (let log = waiting.pop(); log !== undefined; log = waiting.pop()) {
        this.#dirtySinceMs.delete(log)
        // A log that failed has said so itself, and its directory with it.
        await log.sync().catch(() => undefined)
      }
    }
    await Promise.all(Array.from({ length: CONCURRENT_SYNCS }, syncSome))
    if (isNoteDue) await this.#options.noteRecoveryPoints()
  }
}
