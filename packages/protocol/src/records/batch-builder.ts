/**
 * Builds one record batch (magic 2): for clients, coordinators, the metadata log, compaction and tests. Records are
 * written at once into a growing buffer behind room for the header; `build` compresses, fills in the header and gives
 * the buffer away. What the batch may weigh is for the caller to watch: `byteLength` is its size before compression.
 */

import { assert, uvarintSize, varintSize, varlongSize, writeVarint, writeVarlong } from '@gregor/base'

import { compress } from './compression.ts'
import { BATCH_HEADER_BYTES, type CompressionType, attributesFrom, writeBatchHeader } from './record-batch.ts'
import type { RecordCursor } from './record-cursor.ts'

export interface RecordHeader {
  readonly key: string
  readonly value: Buffer | null
}

export interface BatchOptions {
  /** Default 0, what clients send: the broker stamps the real one. */
  readonly baseOffset?: number
  readonly partitionLeaderEpoch?: number
  readonly compression?: CompressionType
  readonly compressionLevel?: number | undefined
  readonly producerId?: number
  readonly producerEpoch?: number
  readonly baseSequence?: number
  readonly isTransactional?: boolean
  readonly isControl?: boolean
  /** Makes the timestamp type LogAppendTime and this the time of all records. */
  readonly logAppendTimeMs?: number | undefined
  /** Takes the place of the first record's time as base (KIP-534): for compaction. */
  readonly deleteHorizonMs?: number | undefined
}

const INITIAL_BYTES = 1024
/** The most that the numbers in front of a record's key take: length, attributes, time, offset. */
const RECORD_PREFIX_BYTES_MAX = 5 + 1 + 10 + 5

export class BatchBuilder {
  private readonly options: BatchOptions
  private readonly baseOffset: number
  private buffer: Buffer
  private position = BATCH_HEADER_BYTES
  private count = 0
  private nextOffset: number
  private baseTimestamp: number | undefined
  private maxTimestamp = -1
  private isBuilt = false

  constructor(options: BatchOptions = {}) {
    this.options = options
    this.baseOffset = options.baseOffset ?? 0
    this.nextOffset = this.baseOffset
    this.baseTimestamp = options.deleteHorizonMs
    this.buffer = Buffer.allocUnsafe(INITIAL_BYTES)
  }

  get recordCount(): number {
    return this.count
  }

  /** Of the batch as it is now, before compression. */
  get byteLength(): number {
    return this.position
  }

  /** What `append` would add for a record of such parts, at most. */
  static recordBytesMax(keyLength: number, valueLength: number, headers: readonly RecordHeader[] = []): number {
    let bytes = RECORD_PREFIX_BYTES_MAX + 15 + keyLength + valueLength
    for (const { key, value } of headers) bytes += 10 + Buffer.byteLength(key) + (value?.length ?? 0)
    return bytes
  }

  /** Adds a record at the next offset. The bytes are copied. */
  append(
    key: Buffer | null,
    value: Buffer | null,
    headers: readonly RecordHeader[] | undefined,
    timestamp: number,
  ): this {
    return this.appendAt(this.nextOffset, { key, value, headers, timestamp })
  }

  /** Adds a record at an offset of its own, above those before it: compaction leaves gaps. */
  appendAt(
    offset: number,
    record: {
      readonly key: Buffer | null
      readonly value: Buffer | null
      readonly headers?: readonly RecordHeader[] | undefined
      readonly timestamp: number
    },
  ): this {
    const { key, value, headers = [] } = record
    let bodyBytes = bytesSize(key) + bytesSize(value) + varintSize(headers.length)
    for (const header of headers) {
      const keyBytes = Buffer.byteLength(header.key)
      bodyBytes += varintSize(keyBytes) + keyBytes + bytesSize(header.value)
    }
    this.begin(offset, record.timestamp, bodyBytes)
    this.writeBytes(key)
    this.writeBytes(value)
    this.position = writeVarint(this.buffer, this.position, headers.length)
    for (const header of headers) {
      this.position = writeVarint(this.buffer, this.position, Buffer.byteLength(header.key))
      this.position += this.buffer.write(header.key, this.position)
      this.writeBytes(header.value)
    }
    return this
  }

  /** Adds the record a cursor stands on, with its offset and time, without taking it apart. */
  appendFrom(cursor: RecordCursor): this {
    this.begin(cursor.offset, cursor.timestamp, cursor.recordEnd - cursor.bodyStart)
    cursor.buffer.copy(this.buffer, this.position, cursor.bodyStart, cursor.recordEnd)
    this.position += cursor.recordEnd - cursor.bodyStart
    return this
  }

  /**
   * The finished batch; the builder is done then. For a batch that lost records to compaction, or all of them:
   * @param lastOffsetDelta - when it is not that of the last record: batches keep it, for sequences hang on it.
   * @param maxTimestamp - when it is not that of the records.
   */
  build({ lastOffsetDelta, maxTimestamp }: { lastOffsetDelta?: number; maxTimestamp?: number } = {}): Buffer {
    assert(!this.isBuilt, 'a batch is built once')
    this.isBuilt = true
    const { options } = this
    const compression = this.count === 0 ? 'none' : (options.compression ?? 'none')
    const batch = compression === 'none' ? this.buffer.subarray(0, this.position) : this.compressed(compression)
    writeBatchHeader(batch, 0, {
      baseOffset: this.baseOffset,
      batchSize: batch.length,
      partitionLeaderEpoch: options.partitionLeaderEpoch ?? -1,
      attributes: attributesFrom({
        compression,
        timestampType: options.logAppendTimeMs === undefined ? 'CreateTime' : 'LogAppendTime',
        isTransactional: options.isTransactional,
        isControl: options.isControl,
        hasDeleteHorizon: options.deleteHorizonMs !== undefined,
      }),
      lastOffsetDelta: lastOffsetDelta ?? this.nextOffset - 1 - this.baseOffset,
      baseTimestamp: this.baseTimestamp ?? -1,
      maxTimestamp: maxTimestamp ?? options.logAppendTimeMs ?? this.maxTimestamp,
      producerId: options.producerId ?? -1,
      producerEpoch: options.producerEpoch ?? -1,
      baseSequence: options.baseSequence ?? -1,
      recordCount: this.count,
    })
    return batch
  }

  private compressed(compression: CompressionType): Buffer {
    const records = this.buffer.subarray(BATCH_HEADER_BYTES, this.position)
    const packed = compress(compression, records, this.options.compressionLevel)
    const batch = Buffer.allocUnsafe(BATCH_HEADER_BYTES + packed.length)
    packed.copy(batch, BATCH_HEADER_BYTES)
    return batch
  }

  /** Writes what stands in front of the key, and makes room for `bodyBytes` behind it. */
  private begin(offset: number, timestamp: number, bodyBytes: number): void {
    assert(!this.isBuilt, 'a batch that is built takes no more records')
    assert(offset >= this.nextOffset, 'offsets grow')
    this.baseTimestamp ??= timestamp
    const offsetDelta = offset - this.baseOffset
    const timestampDelta = timestamp - this.baseTimestamp
    const length = 1 + varlongSize(timestampDelta) + varintSize(offsetDelta) + bodyBytes
    this.makeRoom(uvarintSize(length * 2) + length)
    this.position = writeVarint(this.buffer, this.position, length)
    this.buffer[this.position++] = 0
    this.position = writeVarlong(this.buffer, this.position, timestampDelta)
    this.position = writeVarint(this.buffer, this.position, offsetDelta)
    this.nextOffset = offset + 1
    this.count++
    if (timestamp > this.maxTimestamp) this.maxTimestamp = timestamp
  }

  private makeRoom(bytes: number): void {
    if (this.position + bytes <= this.buffer.length) return
    const larger = Buffer.allocUnsafe(Math.max(this.buffer.length * 2, this.position + bytes))
    this.buffer.copy(larger, 0, 0, this.position)
    this.buffer = larger
  }

  private writeBytes(bytes: Buffer | null): void {
    this.position = writeVarint(this.buffer, this.position, bytes?.length ?? -1)
    if (bytes === null) return
    this.buffer.set(bytes, this.position)
    this.position += bytes.length
  }
}

function bytesSize(bytes: Buffer | null): number {
  return bytes === null ? 1 : varintSize(bytes.length) + bytes.length
}
