/**
 * What becomes of one batch when its log is compacted: it goes, stays as it is, or is written anew with fewer records.
 * Its offsets, sequences and producer stay in any case, and the last batch of a producer stays as an empty header, so
 * that the next sequence is known.
 *
 * Tombstones and the markers of emptied transactions get a delete horizon first (attributes bit 6, KIP-534): the time
 * from which on a later run may drop them, so that a reader who began before can see them.
 */

import {
  BatchBuilder,
  type BatchOptions,
  RecordCursor,
  attributesAt,
  baseOffsetAt,
  baseSequenceAt,
  baseTimestampAt,
  batchFromLegacyMessage,
  compressionOf,
  hasDeleteHorizon,
  isControl,
  isTransactional,
  lastOffsetAt,
  lastOffsetDeltaAt,
  maxTimestampAt,
  partitionLeaderEpochAt,
  producerEpochAt,
  producerIdAt,
  recordCountAt,
  timestampTypeOf,
} from '@gregor/protocol'
import type { CleanedTransactions } from './cleaned-transactions.ts'
import { isLegacy } from './stored-batch.ts'

/** Nobody’s batch is that large; one that claims to be is a bomb, and stays as it is. */
export const UNPACKED_BATCH_BYTES_MAX = 256 * 1024 * 1024

export interface BatchCompactionGiven {
  /** The latest offset of a key, -1 where it is not in the map. */
  readonly latestOffsets: { get(bytes: Buffer, start: number, length: number): number }
  /** Of the last batch that is in the map: records behind it stay. */
  readonly latestOffset: number
  readonly transactions: CleanedTransactions
  readonly isLastBatchOfProducer: (batch: Buffer, position: number) => boolean
  readonly nowMs: number
  readonly deleteRetentionMs: number
}

export interface CompactedSegment {
  /** The batch that ends here is kept, as an empty one if need be. */
  readonly lastKeptOffset: number
  /** For messages of magic 0 and 1, which have no delete horizon. */
  readonly keepsLegacyTombstones: boolean
}

/** `gone`, `unchanged`, or the batch to write in its place. */
export type CompactedBatch = 'gone' | 'unchanged' | Buffer

export class BatchCompaction {
  recordsRead = 0
  recordsKept = 0
  /** Records without a key: they have no place in a compacted topic, and go. */
  keylessRecords = 0
  readonly #given: BatchCompactionGiven
  readonly #cursor = new RecordCursor()
  #segment: CompactedSegment = { lastKeptOffset: -1, keepsLegacyTombstones: true }
  /** Of the records of one batch: whether it stays. */
  #stays = new Uint8Array(1024)

  constructor(given: BatchCompactionGiven) {
    this.#given = given
  }

  /**
   * The next batch of the log; its checksum has been checked. @throws MalformedMessageError, CompressionError
   */
  compact(batch: Buffer, position: number, segment: CompactedSegment): CompactedBatch {
    this.#segment = segment
    if (isLegacy(batch, position)) return this.#compactLegacy(batch, position)
    if (isControl(attributesAt(batch, position))) return this.#compactControl(batch, position)
    const isAborted = this.#given.transactions.isAborted(batch, position)
    if (isAborted) {
      this.recordsRead += recordCountAt(batch, position)
      return this.#emptyOrGone(batch, position)
    }
    return this.#compactData(batch, position, this.#keepsTombstones(batch, position))
  }

  #compactControl(batch: Buffer, position: number): CompactedBatch {
    const { nowMs, deleteRetentionMs, transactions } = this.#given
    const isEmptied = transactions.isEmptied(batch, position)
    const count = recordCountAt(batch, position)
    this.recordsRead += count
    if (count === 0) return this.#emptyOrGone(batch, position)
    const horizonMs = horizonAt(batch, position)
    const mayGo = isEmptied && horizonMs !== undefined && horizonMs <= nowMs
    // The last a producer is known by stays whole: an empty control batch would not bring its epoch back.
    if (mayGo && !this.#given.isLastBatchOfProducer(batch, position)) return this.#emptyOrGone(batch, position)
    this.recordsKept += count
    if (!isEmptied || horizonMs !== undefined) return 'unchanged'
    this.#cursor.resetToBatch(batch, position, UNPACKED_BATCH_BYTES_MAX)
    const builder = new BatchBuilder(optionsOf(batch, position, nowMs + deleteRetentionMs))
    while (this.#cursor.next()) builder.appendFrom(this.#cursor)
    return builder.build({ lastOffsetDelta: lastOffsetDeltaAt(batch, position) })
  }

  #compactData(batch: Buffer, position: number, keepsTombstones: boolean): CompactedBatch {
    const cursor = this.#cursor
    const count = recordCountAt(batch, position)
    if (count > this.#stays.length) this.#stays = new Uint8Array(count * 2)
    cursor.resetToBatch(batch, position, UNPACKED_BATCH_BYTES_MAX)
    let kept = 0
    let hasTombstone = false
    for (let index = 0; cursor.next(); index++) {
      const stays = this.#staysInLog(cursor, keepsTombstones)
      this.#stays[index] = stays ? 1 : 0
      if (!stays) continue
      kept++
      if (cursor.valueLength < 0) hasTombstone = true
    }
    this.recordsRead += count
    this.recordsKept += kept
    if (kept === 0) return this.#emptyOrGone(batch, position)
    const horizonMs = horizonAt(batch, position)
    const needsHorizon = hasTombstone && horizonMs === undefined
    if (kept === count && !needsHorizon) return 'unchanged'
    return this.#rebuild(batch, position, needsHorizon ? this.#given.nowMs + this.#given.deleteRetentionMs : horizonMs)
  }

  #staysInLog(cursor: RecordCursor, keepsTombstones: boolean): boolean {
    if (cursor.offset > this.#given.latestOffset) return true
    if (cursor.keyLength < 0) {
      this.keylessRecords++
      return false
    }
    if (cursor.valueLength < 0 && !keepsTombstones) return false
    return cursor.offset >= this.#given.latestOffsets.get(cursor.buffer, cursor.keyStart, cursor.keyLength)
  }

  #rebuild(batch: Buffer, position: number, deleteHorizonMs: number | undefined): Buffer {
    const builder = new BatchBuilder(optionsOf(batch, position, deleteHorizonMs))
    this.#rewind(batch, position)
    for (let index = 0; this.#cursor.next(); index++) {
      if (this.#stays[index] === 1) builder.appendFrom(this.#cursor)
    }
    return builder.build({ lastOffsetDelta: lastOffsetDeltaAt(batch, position) })
  }

  /** Back to the first record; what was unpacked need not be again, unless the records take their time from the batch. */
  #rewind(batch: Buffer, position: number): void {
    const cursor = this.#cursor
    if (cursor.buffer === batch || timestampTypeOf(attributesAt(batch, position)) === 'LogAppendTime') {
      cursor.resetToBatch(batch, position, UNPACKED_BATCH_BYTES_MAX)
      return
    }
    const count = recordCountAt(batch, position)
    cursor.reset(cursor.buffer, count, baseOffsetAt(batch, position), baseTimestampAt(batch, position))
  }

  /** An old message is converted, and then treated like a batch. */
  #compactLegacy(message: Buffer, position: number): CompactedBatch {
    const batch = batchFromLegacyMessage(message, position, UNPACKED_BATCH_BYTES_MAX)
    const compacted = this.#compactData(batch, 0, this.#segment.keepsLegacyTombstones)
    return compacted === 'unchanged' ? batch : compacted
  }

  #keepsTombstones(batch: Buffer, position: number): boolean {
    const horizonMs = horizonAt(batch, position)
    return horizonMs === undefined || this.#given.nowMs < horizonMs
  }

  #emptyOrGone(batch: Buffer, position: number): CompactedBatch {
    const isLast = producerIdAt(batch, position) >= 0 && this.#given.isLastBatchOfProducer(batch, position)
    if (!isLast && lastOffsetAt(batch, position) !== this.#segment.lastKeptOffset) return 'gone'
    if (recordCountAt(batch, position) === 0) return 'unchanged'
    const builder = new BatchBuilder(optionsOf(batch, position, undefined))
    const maxTimestamp = maxTimestampAt(batch, position)
    return builder.build({ lastOffsetDelta: lastOffsetDeltaAt(batch, position), maxTimestamp })
  }
}

function horizonAt(batch: Buffer, position: number): number | undefined {
  return hasDeleteHorizon(attributesAt(batch, position)) ? baseTimestampAt(batch, position) : undefined
}

function optionsOf(batch: Buffer, position: number, deleteHorizonMs: number | undefined): BatchOptions {
  const attributes = attributesAt(batch, position)
  return {
    baseOffset: baseOffsetAt(batch, position),
    partitionLeaderEpoch: partitionLeaderEpochAt(batch, position),
    compression: compressionOf(attributes) ?? 'none',
    producerId: producerIdAt(batch, position),
    producerEpoch: producerEpochAt(batch, position),
    baseSequence: baseSequenceAt(batch, position),
    isTransactional: isTransactional(attributes),
    isControl: isControl(attributes),
    logAppendTimeMs: timestampTypeOf(attributes) === 'LogAppendTime' ? maxTimestampAt(batch, position) : undefined,
    deleteHorizonMs,
  }
}
