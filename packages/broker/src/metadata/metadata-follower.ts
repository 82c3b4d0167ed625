/**
 * Follows the metadata log for this broker: batches in, images out, one after the other. An image becomes the one
 * that requests see only after all publishers (replicas first) have done what it asks for.
 *
 * After a fault in replaying nothing more is published and no snapshot is written: the node is stopped by whoever
 * opened this.
 */
import { asError, background } from '@gregor/base'
import { emptyImage, MetadataReplay, recordsFromImage } from '@gregor/metadata'
import type { CommittedBatch, MetadataChange, MetadataImage, MetadataLog, SnapshotReader } from '@gregor/metadata'
import type { Clock, Logger } from '@gregor/platform'
import { decodeMetadataRecord, encodeMetadataRecord } from '@gregor/protocol'
import type { MetadataView } from '../server/services.ts'

/** Does what a change asks for. Rejecting is a fault: publishers handle what may go wrong in the ordinary way. */
export type MetadataPublisher = (change: MetadataChange) => Promise<void> | void

export interface FollowerOptions {
  readonly clock: Pick<Clock, 'monotonicMs' | 'schedule'>
  readonly logger: Logger
  readonly onFault: (cause: unknown) => void
  readonly snapshotEvery: { readonly bytes: number; readonly intervalMs: number }
}

/** What to publish, and how far the log is seen then. Control batches move the offset and nothing else. */
interface Step {
  readonly change: MetadataChange | undefined
  readonly offset: number
}

interface Waiter {
  readonly offset: number
  readonly resolve: () => void
}

const recordsPerAppend = 1_000

export class MetadataFollower implements MetadataView {
  readonly #options: FollowerOptions
  readonly #replay = new MetadataReplay()
  #image: MetadataImage = emptyImage
  #queue: Step[] = []
  #replayedOffset = -1
  #publishedOffset = -1
  #isPublishing = false
  /** `undefined`: there is nobody yet to publish to; what is replayed is told when there is. */
  #publishers: readonly MetadataPublisher[] | undefined
  #waiters: Waiter[] = []
  #bytesSinceSnapshot = 0
  #snapshotAtMs: number
  #isSnapshotting = false
  #log: MetadataLog | undefined

  constructor(options: FollowerOptions) {
    this.#options = options
    this.#snapshotAtMs = options.clock.monotonicMs()
  }

  /** What requests see. */
  get image(): MetadataImage {
    return this.#image
  }

  /** What is committed, published or not. */
  get replayed(): MetadataImage {
    return this.#replay.image
  }

  /** Where snapshots go. Without it none are written. */
  snapshotTo(log: MetadataLog): void {
    this.#log = log
  }

  /**
   * Publishes what there is, as one change, and from now on each change that comes, to all of these in their order.
   * What came and went before is nobody’s business any more.
   */
  startPublishing(publishers: readonly MetadataPublisher[]): void {
    this.#publishers = publishers
    const { image } = this.#replay
    const whole = new MetadataReplay().replaySnapshot(recordsFromImage(image), image)
    this.#publish([{ change: whole, offset: this.#replayedOffset }])
  }

  onBatch(batch: CommittedBatch): void {
    for (const record of batch.records) this.#bytesSinceSnapshot += record.length
    this.#replayedOffset = batch.lastOffset
    if (batch.records.length === 0) {
      this.#publish([{ change: undefined, offset: batch.lastOffset }])
      return
    }
    try {
      const changes = this.#replay.replayBatch({
        baseOffset: batch.baseOffset,
        epoch: batch.epoch,
        appendTimeMs: batch.appendTimeMs,
        records: batch.records.map((record) => decodeMetadataRecord(record)),
      })
      this.#publish(changes.map((change) => ({ change, offset: change.image.offset })))
    } catch (error) {
      this.#options.onFault(error)
    }
  }

  onSnapshot(snapshot: SnapshotReader): void {
    this.#replayedOffset = snapshot.id.offset - 1
    try {
      const records = [...snapshot.records()].map((record) => decodeMetadataRecord(record))
      const change = this.#replay.replaySnapshot(records, {
        offset: snapshot.id.offset - 1,
        epoch: snapshot.id.epoch,
        appendTimeMs: snapshot.lastContainedTimeMs,
      })
      this.#publish([{ change, offset: change.image.offset }])
    } catch (error) {
      this.#options.onFault(error)
    }
  }

  /** The last offset of the log whose effect requests see; -1: nothing yet. */
  get publishedOffset(): number {
    return this.#publishedOffset
  }

  /** Resolves when requests see everything up to this offset. */
  whenPublished(offset: number): Promise<void> {
    if (this.#publishedOffset >= offset) return Promise.resolve()
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#waiters.push({ offset, resolve })
    return promise
  }

  #publish(steps: readonly Step[]): void {
    if (this.#publishers === undefined) return
    this.#queue.push(...steps)
    if (this.#isPublishing) return
    this.#isPublishing = true
    background('publishing metadata', this.#publishAll(this.#publishers), (_name, error) =>
      this.#options.onFault(error),
    )
  }

  async #publishAll(publishers: readonly MetadataPublisher[]): Promise<void> {
    try {
      for (let step = this.#queue.shift(); step !== undefined; step = this.#queue.shift()) {
        if (step.change !== undefined) {
          for (const publish of publishers) {
            const done = publish(step.change)
            if (done instanceof Promise) await done
          }
          this.#image = step.change.image
        }
        this.#publishedOffset = step.offset
        this.#release(step.offset)
      }
    } finally {
      this.#isPublishing = false
    }
    this.#snapshotWhenDue()
  }

  #release(offset: number): void {
    if (this.#waiters.length === 0) return
    const due = this.#waiters.filter((waiter) => waiter.offset <= offset)
    this.#waiters = this.#waiters.filter((waiter) => waiter.offset > offset)
    for (const { resolve } of due) resolve()
  }

  #snapshotWhenDue(): void {
    const { clock, snapshotEvery, logger } = this.#options
    const log = this.#log
    const isDue =
      this.#bytesSinceSnapshot >= snapshotEvery.bytes ||
      (snapshotEvery.intervalMs > 0 &&
        this.#bytesSinceSnapshot > 0 &&
        clock.monotonicMs() - this.#snapshotAtMs >= snapshotEvery.intervalMs)
    if (!isDue || log === undefined || this.#isSnapshotting || this.#replay.fault !== undefined) return
    this.#isSnapshotting = true
    this.#bytesSinceSnapshot = 0
    this.#snapshotAtMs = clock.monotonicMs()
    background('writing a metadata snapshot', this.#writeSnapshot(log, this.#image), (name, error) =>
      logger.error(name, { error: asError(error) }),
    )
  }

  async #writeSnapshot(log: MetadataLog, image: MetadataImage): Promise<void> {
    try {
      const writer = log.createSnapshot({ offset: image.offset + 1, epoch: image.epoch })
      if (writer === undefined) return
      let records: Buffer[] = []
      for (const record of recordsFromImage(image)) {
        records.push(encodeMetadataRecord(record))
        if (records.length < recordsPerAppend) continue
        writer.append(records)
        records = []
      }
      writer.append(records)
      await writer.finish()
      this.#options.logger.info('Wrote a snapshot of the metadata', { offset: image.offset + 1, epoch: image.epoch })
    } finally {
      this.#isSnapshotting = false
    }
  }
}
