/**
 * What the parts of one `PartitionLog` share. Owned by it; each field says who else writes it.
 */
import type { LogConfig } from '@gregor/config'
import type { DiskError, Environment, Logger } from '@gregor/platform'
import type { DerivedState } from './derived-state.ts'
import { isDiskFull } from './disk-full.ts'
import type { LeaderEpochs } from './leader-epochs.ts'
import type { ProducerState } from './producer-state.ts'
import type { Segment, SegmentSurroundings } from './segment.ts'
import type { SegmentList } from './segment-list.ts'
import type { AbortedTransaction } from './transaction-index.ts'

export class LogState {
  readonly environment: Pick<Environment, 'clock' | 'disk' | 'random'>
  readonly surroundings: SegmentSurroundings
  readonly segments: SegmentList
  readonly derived: DerivedState
  readonly logger: Logger
  config: LogConfig
  directory: string
  /** `LogCutting` writes it. */
  logStartOffset: number
  /** `LogWriter` and `LogCutting` write it. */
  logEndOffset: number
  highWatermark: number
  /** Why nothing is written any more. */
  failure: DiskError | undefined
  isClosed = false
  /** Names were created, renamed or removed in the directory since it was last synced. `LogSync` takes it back. */
  isDirectoryDirty = true
  /** The last append was refused for want of space. */
  isFull = false
  readonly #onStorageError: (error: DiskError) => void
  /** Aborts that a full disk keeps out of their index. */
  #pendingAborts: { readonly segment: Segment; readonly transaction: AbortedTransaction }[] = []

  constructor(given: {
    readonly environment: Pick<Environment, 'clock' | 'disk' | 'random'>
    readonly surroundings: SegmentSurroundings
    readonly segments: SegmentList
    readonly derived: DerivedState
    readonly config: LogConfig
    readonly directory: string
    readonly logStartOffset: number
    readonly logEndOffset: number
    readonly onStorageError: (error: DiskError) => void
  }) {
    this.environment = given.environment
    this.surroundings = given.surroundings
    this.segments = given.segments
    this.derived = given.derived
    this.logger = given.surroundings.logger
    this.config = given.config
    this.directory = given.directory
    this.logStartOffset = given.logStartOffset
    this.logEndOffset = given.logEndOffset
    this.highWatermark = given.logStartOffset
    this.#onStorageError = given.onStorageError
  }

  get epochs(): LeaderEpochs {
    return this.derived.epochs
  }

  get producers(): ProducerState {
    return this.derived.producers
  }

  get nowMs(): number {
    return this.environment.clock.wallMs()
  }

  get isWritable(): boolean {
    return this.failure === undefined && !this.isClosed
  }

  /** The disk failed. Of a log that is closed nobody needs to know. */
  fail(error: DiskError): void {
    if (!this.isWritable) return
    this.failure = error
    this.logger.error('the disk failed, this log takes nothing more until it is opened again', { error })
    this.#onStorageError(error)
  }

  /** Said once, however often clients try again. */
  refusedForSpace(error: DiskError): void {
    if (this.isFull) return
    this.isFull = true
    this.logger.error('the disk is full: appends are refused until there is room', { error })
  }

  tookAppend(): void {
    if (!this.isFull) return
    this.isFull = false
    this.logger.info('there is room again: appends are taken')
  }

  setHighWatermark(offset: number): void {
    this.highWatermark = Math.max(this.logStartOffset, Math.min(offset, this.logEndOffset))
    this.producers.highWatermarkAdvanced(this.highWatermark)
  }

  /** Writes what is derived from the log, and would be rebuilt: where space is short it is left for later. */
  unlessDiskFull(what: string, write: () => void): void {
    try {
      write()
    } catch (error) {
      if (!isDiskFull(error)) throw error
      this.logger.warn('no space for what can be rebuilt', { what, error })
    }
  }

  // ----------------------------------------------------------------------------------------- aborted transactions

  /** An abort marker was written to `segment`. Its index hears of it with `writePendingAborts`. */
  aborted(segment: Segment, transaction: AbortedTransaction): void {
    const { producerId, firstOffset, lastOffset, lastStableOffset } = transaction
    this.#pendingAborts.push({ segment, transaction: { producerId, firstOffset, lastOffset, lastStableOffset } })
  }

  /** @throws DiskError; what could not be written waits for the next time. */
  writePendingAborts(): void {
    for (let next = this.#pendingAborts[0]; next !== undefined; next = this.#pendingAborts[0]) {
      // The first entry makes the file.
      if (next.segment.transactionIndex.entryCount === 0) this.isDirectoryDirty = true
      next.segment.transactionIndex.append(next.transaction)
      this.#pendingAborts.shift()
    }
  }

  dropPendingAbortsFrom(offset: number): void {
    this.#pendingAborts = this.#pendingAborts.filter(({ transaction }) => transaction.lastOffset < offset)
  }

  /** Of those that overlap offsets from `fromOffset` up to, not including, `toOffset`. @throws DiskError */
  abortedTransactions(fromOffset: number, toOffset: number): readonly AbortedTransaction[] {
    const found: AbortedTransaction[] = []
    for (const segment of this.segments.from(fromOffset)) {
      const { transactions, isComplete } = segment.transactionIndex.collect(fromOffset, toOffset)
      found.push(...transactions)
      if (isComplete) return found
    }
    for (const { transaction } of this.#pendingAborts) {
      if (transaction.firstOffset < toOffset && transaction.lastOffset >= fromOffset) found.push(transaction)
    }
    return found
  }
}
