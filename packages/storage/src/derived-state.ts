/**
 * What is derived from the batches of a log and kept beside it: leader epochs, producers, aborted transactions. All
 * that is lost or behind is brought up to the log’s end by showing the batches again, in order.
 */
import { MalformedMessageError } from '@gregor/base'
import type { Logger } from '@gregor/platform'
import type { LeaderEpochs } from './leader-epochs.ts'
import { type ScanVisitor, scanLog } from './log-scan.ts'
import type { CompletedTransaction } from './open-transactions.ts'
import type { ProducerState } from './producer-state.ts'
import type { Segment } from './segment.ts'
import type { StoredHeader } from './stored-batch.ts'

/** As much of a log is read again, after a crash, rather than that a producer’s older batches are not known. */
const replayedBytesMax = 1024 * 1024 * 1024

export class DerivedState {
  readonly epochs: LeaderEpochs
  readonly producers: ProducerState
  readonly #logger: Logger
  #areEpochsLost: boolean
  #epochsFrom = 0
  #producersFrom = 0
  #abortsFrom = 0

  constructor(given: { epochs: LeaderEpochs; producers: ProducerState; logger: Logger }) {
    this.epochs = given.epochs
    this.#areEpochsLost = given.epochs.problem !== undefined
    this.producers = given.producers
    this.#logger = given.logger
  }

  /**
   * Goes back to what was durable with the batches below `soundUpTo`, or further where a file is lost or damaged.
   * Returns the offset from which batches must be shown now.
   */
  restart(given: {
    readonly segments: readonly Segment[]
    readonly logStartOffset: number
    readonly soundUpTo: number
    readonly nowMs: number
    /** After a crash: what is beside the log may have lost a part. */
    readonly isTorn: boolean
  }): number {
    const { logStartOffset, soundUpTo, segments, nowMs } = given
    const { epochs, producers } = this
    if (this.#areEpochsLost && segments.some((segment) => segment.size > 0)) {
      this.#logger.warn('rebuilding the leader epochs', { file: epochs.path, reason: epochs.problem })
      epochs.clear()
      this.#epochsFrom = logStartOffset
    } else {
      epochs.truncateFromEnd(soundUpTo)
      this.#epochsFrom = soundUpTo
    }
    this.#areEpochsLost = false
    this.#abortsFrom = Math.min(soundUpTo, this.#firstDamagedAborts(segments))
    for (const segment of segments) {
      if (segment.baseOffset >= this.#abortsFrom) segment.transactionIndex.reset()
      else segment.transactionIndex.truncateTo(this.#abortsFrom)
    }
    const logBytes = segments.reduce((sum, { size }) => sum + size, 0)
    const powerCut = given.isTorn ? { isLogTooLong: logBytes > replayedBytesMax } : undefined
    producers.truncateAndReload({ logStartOffset, logEndOffset: this.#abortsFrom, nowMs, powerCut })
    producers.removeStraySnapshots(segments.map(({ baseOffset }) => baseOffset))
    producers.logStartAdvanced(logStartOffset)
    this.#producersFrom = producers.endOffset
    return Math.min(this.#epochsFrom, this.#producersFrom)
  }

  /** Of a log that is empty and begins at `offset`. */
  startAnew(offset: number): void {
    this.#areEpochsLost = false
    this.epochs.clear()
    this.producers.truncateFullyAndStartAt(offset)
  }

  /** Takes in a batch of `segment`; those that are known already are passed by. */
  visit(
    segment: Segment,
    header: Parameters<ScanVisitor['batch']>[0],
    place: Parameters<ScanVisitor['batch']>[1],
  ): void {
    const { firstOffset, lastOffset, leaderEpoch, producerId } = header
    if (leaderEpoch > (this.epochs.latestEpoch ?? -1) && lastOffset >= this.#epochsFrom) {
      this.epochs.assign(leaderEpoch, firstOffset)
    }
    if (producerId < 0 || lastOffset < this.#producersFrom) return
    const completed = this.#apply(place.buffer, place.at, header)
    if (completed?.isAborted === true && completed.lastOffset >= this.#abortsFrom) {
      segment.transactionIndex.append(completed)
    }
  }

  /** Shows the batches of `segments` from `fromOffset` on. @throws DiskError */
  async visitFrom(segments: readonly Segment[], fromOffset: number): Promise<void> {
    const first = segments.findLastIndex(({ baseOffset }) => baseOffset <= fromOffset)
    for (const segment of segments.slice(Math.max(0, first))) await this.#visitSegment(segment, fromOffset)
  }

  async #visitSegment(segment: Segment, fromOffset: number): Promise<void> {
    await segment.prepare()
    const from = segment.positionFor(fromOffset)
    const { baseOffset, size: end } = segment
    await segment.pinned((file) =>
      scanLog(
        file,
        { from, end, baseOffset, checksums: false },
        {
          batch: (header, place) => this.visit(segment, header, place),
          damage: () => true,
        },
      ),
    )
  }

  /** All batches have been shown. */
  finish(given: { readonly logStartOffset: number; readonly logEndOffset: number }): void {
    this.epochs.truncateFromEnd(given.logEndOffset)
    this.epochs.truncateFromStart(given.logStartOffset)
    this.producers.advanceTo(given.logEndOffset)
  }

  /** Below the recovery point checksums are not looked at: a damaged marker is passed by, as all damage there is. */
  #apply(buffer: Buffer, at: number, header: StoredHeader): CompletedTransaction | undefined {
    try {
      return this.producers.apply(buffer, at, header)
    } catch (error) {
      if (!(error instanceof MalformedMessageError)) throw error
      this.#logger.warn('passing by a transaction marker that cannot be read', { error })
      return undefined
    }
  }

  /** Where the transaction indexes must be written anew from, because one of them is damaged. */
  #firstDamagedAborts(segments: readonly Segment[]): number {
    for (const { transactionIndex, baseOffset } of segments) {
      const reason = transactionIndex.check()
      if (reason === undefined) continue
      this.#logger.warn('rebuilding a transaction index', { file: transactionIndex.path, reason })
      return baseOffset
    }
    return Infinity
  }
}
