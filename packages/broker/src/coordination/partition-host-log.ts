/**
 * A partition as the host of a machine wants it: records instead of bytes. What requests of one turn decide is gathered
 * and written as one batch when the turn ends, with what others append (see `append-queue`); anything else is written at
 * once, behind what is gathered by then.
 *
 * Invariant: what is gathered follows the end of the log, so that its offsets are certain. Should somebody else have
 * written there meanwhile (a client that may write to internal topics), that counts as a failed append.
 */
import { asError } from '@gregor/base'
import { BatchRefusedError, BatchTooLargeError, type HostBatch, type HostLog } from '@gregor/machine'
import type { Clock } from '@gregor/platform'
import type { ProtocolError } from '@gregor/protocol'
import type { Appending, AppendQueue } from '../replication/append-queue.ts'
import type { CoordinatorAppend, Partition } from '../replication/partition.ts'

/** What the log must know of the machine. */
export interface LogKind<LogRecord> {
  encode(batch: HostBatch<LogRecord>, nowMs: number): Buffer
  /** What the log asks to know of a batch besides its bytes. */
  givenWith?(batch: HostBatch<LogRecord>): CoordinatorAppend
  /** What these records take in a batch at most; Infinity: they must not share one. Left out: none may. */
  gatheredBytesMax?(batch: HostBatch<LogRecord>): number
}

/** What the log says of a batch that is not what it takes: of a producer that is fenced, mostly. */
export class LogRefusal extends BatchRefusedError {
  override readonly name = 'LogRefusal'
  readonly error: ProtocolError

  constructor(error: ProtocolError, message: string | undefined) {
    super(`the log refused a batch: ${error} ${message ?? ''}`)
    this.error = error
  }
}

/** It is the batch, not the log: the next one may be taken. */
const refusalsOfBatches: ReadonlySet<ProtocolError> = new Set([
  'INVALID_PRODUCER_EPOCH',
  'INVALID_RECORD',
  'INVALID_TXN_STATE',
  'TRANSACTION_COORDINATOR_FENCED',
])

/** Enough for a write to cost little for each, and little to be lost at once. */
const gatheredBytesMax = 256 * 1024
/** Its header, and what compression may add. */
const batchOverheadBytes = 1_024

interface PartitionHostLogOptions<LogRecord> {
  readonly partition: Partition
  readonly kind: LogKind<LogRecord>
  readonly clock: Pick<Clock, 'wallMs'>
  readonly appends: AppendQueue
  /** What was gathered could not be written. */
  readonly onFailed: (cause: Error) => void
}

export class PartitionHostLog<LogRecord> implements HostLog<LogRecord>, Appending {
  readonly epoch: number
  readonly #options: PartitionHostLogOptions<LogRecord>
  readonly #partition: Partition
  #gathers = false
  #gathered: LogRecord[] = []
  /** Where the first of them will be, and what all of them take at most. */
  #gatheredAt = -1
  #gatheredBytes = 0

  constructor(options: PartitionHostLogOptions<LogRecord>) {
    this.#options = options
    this.#partition = options.partition
    this.epoch = options.partition.leadership.leaderEpoch
  }

  get endOffset(): number {
    return this.#partition.log.logEndOffset + this.#gathered.length
  }

  /** Never past what is gathered: what others may have written in its place is not it. */
  get committedOffset(): number {
    const { highWatermark } = this.#partition.log
    return this.#gathered.length === 0 ? highWatermark : Math.min(highWatermark, this.#gatheredAt)
  }

  /** What is appended meanwhile may be gathered: whoever calls sees to it that the queue of appends is flushed. */
  gathering(decide: () => void): void {
    this.#gathers = true
    try {
      decide()
    } finally {
      this.#gathers = false
    }
  }

  append(batch: HostBatch<LogRecord>): { readonly baseOffset: number; readonly lastOffset: number } {
    const bytesMax = this.#gathers ? (this.#options.kind.gatheredBytesMax?.(batch) ?? Infinity) : Infinity
    if (this.#gatheredBytes + bytesMax > this.#bytesMax) this.#writeGathered()
    if (bytesMax > this.#bytesMax) return this.#write(batch)
    const { records } = batch
    if (this.#gathered.length === 0) {
      this.#gatheredAt = this.#partition.log.logEndOffset
      this.#options.appends.add(this)
    }
    const baseOffset = this.endOffset
    for (const record of records) this.#gathered.push(record)
    this.#gatheredBytes += bytesMax
    return { baseOffset, lastOffset: baseOffset + records.length - 1 }
  }

  /** The turn ends. */
  flushAppends(): void {
    try {
      this.#writeGathered()
    } catch (error) {
      this.#options.onFailed(asError(error))
    }
  }

  /** Forgets what is gathered: nobody was told of it. */
  discard(): void {
    this.#gathered = []
    this.#gatheredBytes = 0
  }

  get #bytesMax(): number {
    const { maxMessageBytes, segmentBytes } = this.#partition.config
    return Math.min(gatheredBytesMax, maxMessageBytes, segmentBytes) - batchOverheadBytes
  }

  #writeGathered(): void {
    if (this.#gathered.length === 0) return
    const records = this.#gathered
    this.discard()
    if (this.#partition.log.logEndOffset !== this.#gatheredAt)
      throw new Error(`somebody else has written to ${this.#partition.topic}-${this.#partition.index}`)
    this.#write({ records })
  }

  #write(batch: HostBatch<LogRecord>): { readonly baseOffset: number; readonly lastOffset: number } {
    const { kind, clock } = this.#options
    const nowMs = clock.wallMs()
    const bytes = kind.encode(batch, nowMs)
    const result = this.#partition.appendAsCoordinator(bytes, { nowMs, ...kind.givenWith?.(batch) })
    if (result.error === 'NONE') return result
    const { error, message } = result
    if (refusalsOfBatches.has(error)) throw new LogRefusal(error, message)
    if (error === 'MESSAGE_TOO_LARGE' || error === 'RECORD_LIST_TOO_LARGE') {
      const { maxMessageBytes, segmentBytes } = this.#partition.config
      const sizeMax = Math.min(maxMessageBytes, segmentBytes)
      throw new BatchTooLargeError({ size: bytes.length, sizeMax, unit: 'bytes' })
    }
    throw new Error(`the log refused a batch: ${error} ${message ?? ''}`)
  }
}
