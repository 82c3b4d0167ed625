/**
 * What logs need with time: syncs and checkpoints, retention, compaction, forgetting idle producers, looking for rot.
 * Each has its own pace, none runs twice at once, all of them stop at `close`.
 */

import type { BrokerConfig } from '@gregor/config'
import { DiskError, type Environment } from '@gregor/platform'
import { Cleaner } from './cleaner.ts'
import { isDiskFull } from './disk-full.ts'
import { FlushSchedule } from './flush-schedule.ts'
import type { LogDirectory } from './log-directory.ts'
import type { PartitionLog } from './partition-log.ts'
import { RepeatedWork } from './repeated-work.ts'
import { Scrub } from './scrub.ts'
import { TimeSlices } from './time-slices.ts'

export interface LogUpkeepOptions {
  readonly environment: Pick<Environment, 'clock' | 'disk' | 'logger' | 'random'>
  readonly config: () => BrokerConfig
  readonly directories: () => Iterable<LogDirectory>
  readonly appendedBytes: () => number
  readonly onStorageError: (directory: LogDirectory, error: DiskError) => void
}

export class LogUpkeep {
  readonly cleaner: Cleaner
  readonly scrub: Scrub
  readonly #options: LogUpkeepOptions
  readonly #flushes: FlushSchedule
  readonly #repeated: readonly RepeatedWork[]

  constructor(options: LogUpkeepOptions) {
    this.#options = options
    const { environment, config } = options
    this.scrub = new Scrub({ environment, logs: () => this.#logs() })
    this.cleaner = new Cleaner({
      environment,
      config,
      logs: () => this.#cleanerLogs(),
      onDamage: (log, damage) => this.scrub.noteDamage(log, damage),
      onStorageError: (log, error) => this.#failed(log, error),
    })
    this.#flushes = new FlushSchedule({
      clock: environment.clock,
      logger: environment.logger,
      logs: () => this.#logs(),
      appendedBytes: options.appendedBytes,
      noteRecoveryPoints: () => this.#checkpoint('recoveryPoint'),
    })
    this.#repeated = [
      this.#repeat('retention', 'log.retention.check.interval.ms', () => this.applyRetention()),
      this.#repeat('checkpoint of recovery points', 'log.flush.offset.checkpoint.interval.ms', () =>
        this.#checkpoint('recoveryPoint'),
      ),
      this.#repeat('checkpoint of log starts', 'log.flush.start.offset.checkpoint.interval.ms', () =>
        this.#checkpoint('logStartOffset'),
      ),
      this.#repeat('checkpoint of high watermarks', 'replica.high.watermark.checkpoint.interval.ms', () =>
        this.#checkpoint('highWatermark'),
      ),
      this.#repeat('expiry of producer ids', 'producer.id.expiration.check.interval.ms', () =>
        this.forgetIdleProducers(),
      ),
    ]
  }

  start(): void {
    this.#flushes.start()
    this.cleaner.start()
    this.scrub.start()
    for (const work of this.#repeated) work.start()
  }

  /** Resolves once nothing is under way. Idempotent. */
  async close(): Promise<void> {
    await Promise.all([this.#flushes.close(), this.cleaner.close(), this.scrub.close()])
    await Promise.all(this.#repeated.map((work) => work.close()))
  }

  /** Deletes what is too old or too much, log by log. One that is being compacted waits for the next time. */
  async applyRetention(): Promise<void> {
    const { clock } = this.#options.environment
    const slices = new TimeSlices(clock)
    for (const log of this.#logs()) {
      if (log.failure !== undefined || this.cleaner.isCleaning(log)) continue
      await this.#guarded(log, () => log.applyRetention(clock.wallMs()))
      if (slices.isOver()) await slices.rest()
    }
  }

  async forgetIdleProducers(): Promise<void> {
    const { clock } = this.#options.environment
    const slices = new TimeSlices(clock)
    for (const log of this.#logs()) {
      log.producers.removeExpired(clock.wallMs())
      if (slices.isOver()) await slices.rest()
    }
  }

  async #checkpoint(which: 'recoveryPoint' | 'logStartOffset' | 'highWatermark'): Promise<void> {
    for (const directory of this.#options.directories()) {
      if (!directory.isOnline) continue
      try {
        await directory.checkpoint([which])
      } catch (error) {
        // Where space is short the last one holds: it says less, and nothing wrong.
        if (!(error instanceof DiskError) || isDiskFull(error)) throw error
        this.#options.onStorageError(directory, error)
      }
    }
  }

  async #guarded(log: PartitionLog, work: () => Promise<unknown>): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (!(error instanceof DiskError)) throw error
      if (!isDiskFull(error)) this.#failed(log, error)
      else
        this.#options.environment.logger.warn('no space for the upkeep of a log', { directory: log.directory, error })
    }
  }

  #failed(log: PartitionLog, error: DiskError): void {
    const directory = [...this.#options.directories()].find((one) => [...one.allLogs()].includes(log))
    if (directory !== undefined) this.#options.onStorageError(directory, error)
  }

  *#logs(): Generator<PartitionLog> {
    for (const directory of this.#options.directories()) if (directory.isOnline) yield* directory.allLogs()
  }

  *#cleanerLogs() {
    for (const directory of this.#options.directories()) {
      if (!directory.isOnline) continue
      for (const log of directory.logs.values()) yield { log, checkpoint: directory.checkpoints.cleaner }
    }
  }

  #repeat(name: string, interval: IntervalConfig, run: () => Promise<void>): RepeatedWork {
    const { environment, config } = this.#options
    const firstDelayMs = Math.min(config().get('log.initial.task.delay.ms'), config().get(interval))
    return new RepeatedWork({ ...environment, name, firstDelayMs, pauseMs: () => config().get(interval), run })
  }
}

type IntervalConfig =
  | 'log.retention.check.interval.ms'
  | 'log.flush.offset.checkpoint.interval.ms'
  | 'log.flush.start.offset.checkpoint.interval.ms'
  | 'replica.high.watermark.checkpoint.interval.ms'
  | 'producer.id.expiration.check.interval.ms'
