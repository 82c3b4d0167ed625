/**
 * The first half of a compaction run: walks the dirty part of a log and notes the latest offset of each key, as far as
 * memory goes. What of aborted transactions is there does not count.
 */

import { MalformedMessageError } from '@gregor/base'
import type { Logger, Random } from '@gregor/platform'
import { CompressionError, RecordCursor, attributesAt, isControl, legacyMessagesAt } from '@gregor/protocol'
import { UNPACKED_BATCH_BYTES_MAX } from './batch-compaction.ts'
import { CleanedTransactions } from './cleaned-transactions.ts'
import { OFFSET_MAP_BYTES_PER_SLOT, OffsetMap } from './offset-map.ts'
import type { StoredHeader } from './stored-batch.ts'
import type { AbortedTransaction } from './transaction-index.ts'

export interface DirtyPart {
  readonly firstDirtyOffset: number
  readonly firstUncleanableOffset: number
  readonly aborted: readonly AbortedTransaction[]
}

export class LatestOffsets {
  /** Of the last batch whose keys are all in the map; -1: of none. */
  latestOffset = -1
  readonly map: OffsetMap
  readonly #logger: Logger
  readonly #fromOffset: number
  readonly #transactions = new CleanedTransactions()
  readonly #cursor = new RecordCursor()
  /** Of one batch: where each key is, its length, and its offset. */
  #keys = new Float64Array(3 * 1024)

  constructor(
    dirty: DirtyPart,
    given: {
      readonly dedupeBufferBytes: number
      readonly dedupeLoadFactor: number
      readonly random: Random
      readonly logger: Logger
    },
  ) {
    const { dedupeBufferBytes, dedupeLoadFactor: loadFactor, random } = given
    // A small log needs no large map: there are no more keys than offsets.
    const slotsNeeded = Math.ceil((dirty.firstUncleanableOffset - dirty.firstDirtyOffset) / loadFactor) + 2
    const slotCount = Math.min(Math.floor(dedupeBufferBytes / OFFSET_MAP_BYTES_PER_SLOT), slotsNeeded)
    this.map = new OffsetMap({ slotCount, loadFactor, random })
    this.#logger = given.logger
    this.#fromOffset = dirty.firstDirtyOffset
    this.#transactions.add(dirty.aborted)
  }

  /** The next batch of the log. False: the map is full, the run ends before this batch. */
  add(batch: Buffer, position: number, { lastOffset, isLegacy }: StoredHeader): boolean {
    if (lastOffset < this.#fromOffset) return true
    const counts = isLegacy || this.#counts(batch, position)
    if (counts && !this.#addKeys(batch, position, isLegacy)) return false
    this.latestOffset = lastOffset
    return true
  }

  /** All before `offset` was added: what is missing at the end of a segment was compacted away. */
  reached(offset: number): void {
    this.latestOffset = Math.max(this.latestOffset, offset - 1)
  }

  #counts(batch: Buffer, position: number): boolean {
    if (!isControl(attributesAt(batch, position))) return !this.#transactions.isAborted(batch, position)
    this.#transactions.isEmptied(batch, position)
    return false
  }

  #addKeys(batch: Buffer, position: number, isLegacy: boolean): boolean {
    try {
      return isLegacy ? this.#addLegacyKeys(batch, position) : this.#addRecordKeys(batch, position)
    } catch (error) {
      if (!(error instanceof MalformedMessageError || error instanceof CompressionError)) throw error
      this.#logger.warn('compaction cannot read the records of a batch, and keeps it', { error })
      return true
    }
  }

  /** All or nothing of a batch is noted: one that nobody can read must not take the place of what can be read. */
  #addRecordKeys(batch: Buffer, position: number): boolean {
    const cursor = this.#cursor
    cursor.resetToBatch(batch, position, UNPACKED_BATCH_BYTES_MAX)
    let count = 0
    while (cursor.next()) {
      if (cursor.keyLength < 0 || cursor.offset < this.#fromOffset) continue
      if (count * 3 === this.#keys.length) this.#keys = grown(this.#keys)
      this.#keys[count * 3] = cursor.keyStart
      this.#keys[count * 3 + 1] = cursor.keyLength
      this.#keys[count * 3 + 2] = cursor.offset
      count++
    }
    for (let index = 0; index < count * 3; index += 3) {
      if (!this.map.put(cursor.buffer, at(this.#keys, index), at(this.#keys, index + 1), at(this.#keys, index + 2)))
        return false
    }
    return true
  }

  #addLegacyKeys(message: Buffer, position: number): boolean {
    for (const { key, offset } of legacyMessagesAt(message, position, UNPACKED_BATCH_BYTES_MAX)) {
      if (key === null || offset < this.#fromOffset) continue
      if (!this.map.put(key, 0, key.length, offset)) return false
    }
    return true
  }
}

function grown(keys: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const more = new Float64Array(keys.length * 2)
  more.set(keys)
  return more
}

function at(keys: Float64Array, index: number): number {
  return keys[index] ?? 0
}
