/**
 * Looks for rot: reads all closed segments again, slowly, and checks every batch against its checksum. What it finds is
 * told in one line and counted; nothing is ever changed. Readers of such a range get CORRUPT_MESSAGE: reads that do not
 * come from what was just written are checked, too, and the segment is not taken for just written any more.
 *
 * A round goes over all logs and is followed by a day’s rest. It reads 4 MiB a second at most, so as not to be felt.
 */

import { background } from '@gregor/base'
import { DiskError, type Environment, type Timer } from '@gregor/platform'
import { scanLog } from './log-scan.ts'
import type { PartitionLog } from './partition-log.ts'
import { SegmentDamage, WorkStopped, visitSegment } from './segment-reader.ts'
import type { Segment } from './segment.ts'
import type { StoredProblem } from './stored-batch.ts'
import { Throttle } from './throttle.ts'
import { TimeSlices } from './time-slices.ts'
import { partitionName } from './topic-partition.ts'

const FIRST_DELAY_MS = 600_000
const PAUSE_MS = 86_400_000
const BYTES_PER_SECOND = 4 * 1024 * 1024
const CHUNK_BYTES = 256 * 1024
/** Of each what is told in the log; beyond that only the count goes on. */
const TOLD_MAX = 1000

export interface ScrubOptions {
  readonly environment: Pick<Environment, 'clock' | 'logger'>
  readonly logs: () => Iterable<PartitionLog>
}

export class Scrub {
  /** Bytes checked since the start. */
  checkedBytes = 0
  readonly #options: ScrubOptions
  readonly #throttle: Throttle
  readonly #stop = new AbortController()
  /** `path:position` of each damage that was found. */
  readonly #known = new Set<string>()
  #timer: Timer | undefined
  #round: Promise<void> | undefined

  constructor(options: ScrubOptions) {
    this.#options = options
    this.#throttle = new Throttle(options.environment.clock, () => BYTES_PER_SECOND)
  }

  /** Places found since the start where a log is not what was written. */
  get damageCount(): number {
    return this.#known.size
  }

  start(): void {
    this.#schedule(FIRST_DELAY_MS)
  }

  /** Stops for good; resolves once nothing is read any more. Idempotent. */
  async close(): Promise<void> {
    this.#stop.abort()
    this.#timer?.cancel()
    await this.#round?.catch(() => undefined)
  }

  /** Somebody else found it: told and counted once. */
  noteDamage(log: PartitionLog, { path, position, problem }: SegmentDamage): void {
    const segment = log.segments.all.find((one) => one.path === path)
    if (segment !== undefined) this.#note(log, segment, { position, problem })
  }

  /** Checks every closed segment of every log once. Ends early when closed. */
  async checkAll(): Promise<void> {
    try {
      for (const log of this.#options.logs()) {
        for (const segment of log.segments.all) await this.#checkSegment(log, segment)
      }
    } catch (error) {
      if (!(error instanceof WorkStopped)) throw error
    }
  }

  #schedule(delayMs: number): void {
    if (this.#stop.signal.aborted) return
    this.#timer = this.#options.environment.clock.schedule(delayMs, () => {
      this.#round = this.checkAll().finally(() => this.#schedule(PAUSE_MS))
      background('the check of closed segments', this.#round, (name, error) => {
        this.#options.environment.logger.error(`${name} has stopped`, {
          error: error instanceof Error ? error : String(error),
        })
      })
    })
  }

  async #checkSegment(log: PartitionLog, segment: Segment): Promise<void> {
    const reading = {
      chunkBytes: CHUNK_BYTES,
      throttle: this.#throttle,
      slices: new TimeSlices(this.#options.environment.clock),
      signal: this.#stop.signal,
    }
    // Deleted or replaced meanwhile; or being written, and then it is in memory still.
    if (segment.isActive || !log.segments.all.includes(segment)) return
    try {
      await visitSegment({ segment, endOffset: endOf(log, segment) }, reading, { batch: () => true })
      this.checkedBytes += segment.size
    } catch (error) {
      // One that was cut meanwhile only looks damaged.
      if (segment.isActive || !log.segments.all.includes(segment)) return
      if (error instanceof SegmentDamage) await this.#findAllDamage(log, segment, error.position)
      // Whatever it is, a reader will meet it, too, and take the directory offline: that is not for a check to do.
      else if (error instanceof DiskError)
        this.#options.environment.logger.warn('a segment could not be checked', { file: segment.path, error })
      else throw error
    }
  }

  async #findAllDamage(log: PartitionLog, segment: Segment, from: number): Promise<void> {
    const { size: end, baseOffset } = segment
    const range = { from, end, baseOffset, endOffset: endOf(log, segment), checksums: true }
    await segment.pinned((file) =>
      scanLog(file, range, {
        batch: () => undefined,
        damage: (position, end, problem) => {
          this.#note(log, segment, { position, end, problem })
          return true
        },
      }),
    )
  }

  #note(
    log: PartitionLog,
    segment: Segment,
    found: { readonly position: number; readonly end?: number; readonly problem: StoredProblem },
  ): void {
    const key = `${segment.path}:${found.position}`
    if (this.#known.has(key)) return
    this.#known.add(key)
    segment.distrust()
    if (this.#known.size > TOLD_MAX) return
    this.#options.environment.logger.error('a closed segment is damaged: readers of this range get CORRUPT_MESSAGE', {
      partition: partitionName(log.topicPartition),
      file: segment.path,
      ...found,
    })
  }
}

function endOf(log: PartitionLog, segment: Segment): number {
  return log.segments.after(segment)?.baseOffset ?? log.logEndOffset
}
