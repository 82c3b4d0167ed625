/**
 * Records bound for one partition, from the first append to the answer. Records are written once, straight into the
 * memory that is sent; compressed once, and checksummed once for each set of numbers it is sent under.
 *
 * Invariant: bytes that were handed to a connection are never written to again. Under other numbers a batch is another
 * buffer, and memory goes back to the pool only after a first attempt that was answered.
 */
import { assert } from '@gregor/base'
import {
  BATCH_HEADER_BYTES,
  type CompressionType,
  RecordCursor,
  attributesFrom,
  compress,
  writeBatchHeader,
} from '@gregor/protocol'
import type { BufferPool } from './buffer-pool.ts'
import type { Receipt } from './receipt.ts'
import { type RecordHeaders, type RecordParts, type RecordSizes, recordSize, writeRecord } from './record-encoding.ts'
import type { NumberedBatch } from './sequences.ts'

export interface Compression {
  readonly type: CompressionType
  readonly level: number | undefined
}

export interface BatchBirth {
  /** Counts up over all batches of a producer. */
  readonly ordinal: number
  /** Monotonic. */
  readonly createdAtMs: number
  /** What it will hold, as far as one can guess. */
  readonly expectedBytes: number
  readonly pool: BufferPool
}

/** Where a batch landed. */
export interface Landing {
  readonly baseOffset: number
  /** -1: records keep their own time. */
  readonly logAppendTimeMs: number
}

/** Why single records were refused (KIP-467): by their number in the batch. `other` is for those that were not. */
export interface RecordFailures {
  readonly errors: ReadonlyMap<number, Error>
  readonly other: Error
}

type Numbers = Pick<NumberedBatch, 'producerId' | 'producerEpoch' | 'baseSequence'>

const sizes: RecordSizes = { keyBytes: 0, valueBytes: 0, bodyBytes: 0 }
const unpackedBytesMax = 2 ** 31

export class ProducerBatch {
  readonly birth: BatchBirth
  /** While records may still join. */
  isOpen = true
  /** It need not wait for more records. */
  isDue = false
  /** Acknowledged or given up: what comes of it is of no interest. */
  isOver = false
  recordCount = 0
  /** Of those that somebody waits for, in order. */
  receipts: Receipt[] = []
  /** Requests it was in. */
  attempts = 0
  /** How the last attempt ended. */
  lastError: Error | undefined
  /** Since it was sent first. */
  numbers: NumberedBatch | undefined
  /** What it counts in `buffer.memory`. */
  heldBytes = BATCH_HEADER_BYTES
  #buffer: Buffer
  #position = BATCH_HEADER_BYTES
  #baseTimestamp = -1
  #maxTimestamp = -1
  /** As it was sent last, and under which numbers. */
  #sealed: (Numbers & { readonly bytes: Buffer }) | undefined
  #compression: CompressionType = 'none'

  constructor(birth: BatchBirth) {
    this.birth = birth
    this.#buffer = birth.pool.take(birth.expectedBytes)
  }

  /** Before compression. */
  get byteLength(): number {
    return this.#position
  }

  /** False, and nothing happens, where the batch would outgrow `byteLengthMax`; the first record always fits. */
  append(record: RecordParts, timestamp: number, byteLengthMax: number): boolean {
    const isFirst = this.recordCount === 0
    const timestampDelta = isFirst ? 0 : timestamp - this.#baseTimestamp
    const size = recordSize(record, timestampDelta, this.recordCount, sizes)
    const end = this.#position + size
    if (end > byteLengthMax && !isFirst) return false
    if (isFirst) this.#baseTimestamp = timestamp
    if (end > this.#buffer.length) this.#grow(end)
    this.#position = writeRecord(this.#buffer, this.#position, record, timestampDelta, this.recordCount, sizes)
    if (timestamp > this.#maxTimestamp) this.#maxTimestamp = timestamp
    this.recordCount++
    return true
  }

  /** Of the record appended last. */
  addReceipt(receipt: Receipt, timestamp: number): void {
    receipt.recordIndex = this.recordCount - 1
    receipt.timestamp = timestamp
    this.receipts.push(receipt)
  }

  /**
   * The bytes to send, under the numbers it has now.
   * @param toRatio - told the size of the records after compression over that before.
   */
  seal(compression: Compression, isTransactional: boolean, toRatio?: (ratio: number) => void): Buffer {
    const { numbers } = this
    assert(numbers !== undefined, 'a batch is numbered before it is sent')
    const { producerId, producerEpoch, baseSequence } = numbers
    const sealed = this.#sealed
    if (sealed !== undefined && isSame(sealed, numbers)) return sealed.bytes
    const bytes = sealed === undefined ? this.#pack(compression, toRatio) : Buffer.from(sealed.bytes)
    writeBatchHeader(bytes, 0, {
      baseOffset: 0,
      batchSize: bytes.length,
      partitionLeaderEpoch: -1,
      attributes: attributesFrom({ compression: this.#compression, isTransactional }),
      lastOffsetDelta: this.recordCount - 1,
      baseTimestamp: this.#baseTimestamp,
      maxTimestamp: this.#maxTimestamp,
      producerId,
      producerEpoch,
      baseSequence,
      recordCount: this.recordCount,
    })
    this.#sealed = { bytes, producerId, producerEpoch, baseSequence }
    return bytes
  }

  /** Two batches with its records and receipts, in order, each about half as large. Of a batch that was sent. */
  split(): readonly [ProducerBatch, ProducerBatch] {
    const bytes = this.#sealed?.bytes
    assert(bytes !== undefined && this.recordCount > 1, 'a batch of several records that was sent is split')
    const cursor = new RecordCursor()
    cursor.resetToBatch(bytes, 0, unpackedBytesMax)
    const half = (this.#position - BATCH_HEADER_BYTES) / 2
    const [first, second] = [this.#part(half), this.#part(half)]
    let receiptIndex = 0
    for (let index = 0; cursor.next(); index++) {
      const isFirst = index === 0 || (index < this.recordCount - 1 && first.#position - BATCH_HEADER_BYTES < half)
      const part = isFirst && second.recordCount === 0 ? first : second
      part.#copy(cursor)
      const receipt = this.receipts[receiptIndex]
      if (receipt?.recordIndex !== index) continue
      part.addReceipt(receipt, receipt.timestamp)
      receiptIndex++
    }
    this.receipts = []
    return [first, second]
  }

  delivered(topic: string, partition: number, { baseOffset, logAppendTimeMs }: Landing): void {
    for (const receipt of this.receipts) {
      receipt.delivered({
        topic,
        partition,
        offset: baseOffset < 0 ? -1 : baseOffset + receipt.recordIndex,
        timestamp: logAppendTimeMs < 0 ? receipt.timestamp : logAppendTimeMs,
      })
    }
    // Without an answer the connection may still hold what it was given.
    if (this.attempts === 1 && baseOffset >= 0) this.#recycle()
  }

  failed(error: Error, records?: RecordFailures): void {
    for (const receipt of this.receipts) {
      receipt.failed(records === undefined ? error : (records.errors.get(receipt.recordIndex) ?? records.other))
    }
  }

  #grow(byteLength: number): void {
    const larger = this.birth.pool.take(byteLength)
    this.#buffer.copy(larger, 0, 0, this.#position)
    this.birth.pool.give(this.#buffer)
    this.#buffer = larger
  }

  #pack({ type, level }: Compression, toRatio?: (ratio: number) => void): Buffer {
    this.isOpen = false
    if (type === 'none') return this.#buffer.subarray(0, this.#position)
    this.#compression = type
    const records = this.#buffer.subarray(BATCH_HEADER_BYTES, this.#position)
    const packed = compress(type, records, level)
    toRatio?.(packed.length / records.length)
    const bytes = Buffer.allocUnsafe(BATCH_HEADER_BYTES + packed.length)
    packed.copy(bytes, BATCH_HEADER_BYTES)
    this.#recycle()
    return bytes
  }

  /** Nobody reads the memory that records were written to any more. */
  #recycle(): void {
    if (this.#buffer.length > 0) this.birth.pool.give(this.#buffer)
    this.#buffer = noBytes
  }

  #part(recordBytes: number): ProducerBatch {
    const part = new ProducerBatch({ ...this.birth, expectedBytes: BATCH_HEADER_BYTES + recordBytes })
    part.isOpen = false
    return part
  }

  #copy(cursor: RecordCursor): void {
    this.append({ key: cursor.key(), value: cursor.value(), headers: headersOf(cursor) }, cursor.timestamp, Infinity)
  }
}

const noBytes = Buffer.alloc(0)

function isSame(a: Numbers, b: Numbers): boolean {
  return a.producerId === b.producerId && a.producerEpoch === b.producerEpoch && a.baseSequence === b.baseSequence
}

function headersOf(cursor: RecordCursor): RecordHeaders | undefined {
  if (cursor.headerCount === 0) return undefined
  const headers: [string, Buffer | null][] = []
  while (cursor.nextHeader()) headers.push([cursor.headerKey(), cursor.headerValue()])
  return headers
}
