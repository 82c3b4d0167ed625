/**
 * Walks the records of a batch without making anything per record: one cursor is reused, and says where the parts of
 * the current record lie in `buffer`. `key()` and `value()` make views for those who want them.
 *
 * What the bytes claim is checked before it is believed; bytes that are not the records they should be throw
 * `MalformedMessageError`, bytes behind the last record too. Header fields: `nextHeader`, as far as anybody asks.
 */

import { MalformedMessageError } from '@gregor/base'

import { decompress } from './compression.ts'
import {
  BATCH_HEADER_BYTES,
  attributesAt,
  baseOffsetAt,
  baseTimestampAt,
  batchSizeAt,
  compressionOf,
  maxTimestampAt,
  recordCountAt,
  timestampTypeOf,
} from './record-batch.ts'

const NOTHING = Buffer.alloc(0)
const TWO_TO_27 = 0x800_0000

export class RecordCursor {
  /** Where the positions below point into: the batch's own buffer, or what it unpacked to. */
  buffer: Buffer = NOTHING
  offset = -1
  timestamp = -1
  offsetDelta = 0
  timestampDelta = 0
  /** Of the record with its length field. */
  recordStart = 0
  recordEnd = 0
  /** Of the key's length field: from here to `recordEnd` a record does not depend on its place in a batch. */
  bodyStart = 0
  keyStart = 0
  /** -1: null. */
  keyLength = -1
  valueStart = 0
  /** -1: null, a tombstone. */
  valueLength = -1
  headerCount = 0

  headerKeyStart = 0
  headerKeyLength = 0
  headerValueStart = 0
  /** -1: null. */
  headerValueLength = -1

  private position = 0
  private end = 0
  private recordsLeft = 0
  private headersLeft = 0
  private headersPosition = 0
  private baseOffset = 0
  private baseTimestamp = 0
  private logAppendTime: number | undefined

  /** Starts at the first of `count` records that fill `records`, which is not compressed. */
  reset(records: Buffer, count: number, baseOffset: number, baseTimestamp: number): void {
    this.start(records, 0, records.length, count)
    this.baseOffset = baseOffset
    this.baseTimestamp = baseTimestamp
    this.logAppendTime = undefined
  }

  /**
   * Starts at the first record of a batch that `checkBatch` found whole; unpacks it if need be.
   * @throws CompressionError when it does not unpack, or to more than `maxBytes`.
   */
  resetToBatch(buffer: Buffer, position: number, maxBytes: number): void {
    const attributes = attributesAt(buffer, position)
    const compression = compressionOf(attributes)
    if (compression === undefined) throw new MalformedMessageError(`no codec has the number ${attributes & 7}`)
    const count = recordCountAt(buffer, position)
    const start = position + BATCH_HEADER_BYTES
    const end = position + batchSizeAt(buffer, position)
    if (compression === 'none' || count === 0) {
      this.start(buffer, start, end, count)
    } else {
      const records = decompress(compression, buffer.subarray(start, end), maxBytes)
      this.start(records, 0, records.length, count)
    }
    this.baseOffset = baseOffsetAt(buffer, position)
    this.baseTimestamp = baseTimestampAt(buffer, position)
    this.logAppendTime = timestampTypeOf(attributes) === 'LogAppendTime' ? maxTimestampAt(buffer, position) : undefined
  }

  /** Goes to the next record. False behind the last. */
  next(): boolean {
    if (this.recordsLeft === 0) {
      if (this.position !== this.end) throw new MalformedMessageError('bytes behind the last record of a batch')
      return false
    }
    this.recordsLeft--
    this.recordStart = this.position
    this.recordEnd = this.end
    const length = this.varint()
    if (length < 0 || length > this.end - this.position) {
      throw new MalformedMessageError(`a record of ${length} bytes, ${this.end - this.position} are left`)
    }
    this.recordEnd = this.position + length
    this.position++ // attributes: no bit of them has a meaning yet
    this.timestampDelta = this.varlong()
    this.offsetDelta = this.varint()
    this.offset = this.baseOffset + this.offsetDelta
    this.timestamp = this.logAppendTime ?? this.baseTimestamp + this.timestampDelta
    this.bodyStart = this.position
    this.keyLength = this.length('key')
    this.keyStart = this.position
    if (this.keyLength > 0) this.position += this.keyLength
    this.valueLength = this.length('value')
    this.valueStart = this.position
    if (this.valueLength > 0) this.position += this.valueLength
    this.readHeaderCount()
    this.headersPosition = this.position
    this.position = this.recordEnd
    return true
  }

  /** Goes to the next header of this record. False behind the last. */
  nextHeader(): boolean {
    if (this.headersLeft === 0) return false
    const resume = this.position
    this.position = this.headersPosition
    this.headersLeft--
    this.headerKeyLength = this.length('header key')
    if (this.headerKeyLength < 0) throw new MalformedMessageError('a header without a key')
    this.headerKeyStart = this.position
    this.position += this.headerKeyLength
    this.headerValueLength = this.length('header value')
    this.headerValueStart = this.position
    if (this.headerValueLength > 0) this.position += this.headerValueLength
    if (this.headersLeft === 0 && this.position !== this.recordEnd) throw behindHeaders()
    this.headersPosition = this.position
    this.position = resume
    return true
  }

  /** A view. */
  key(): Buffer | null {
    return this.view(this.keyStart, this.keyLength)
  }

  /** A view. */
  value(): Buffer | null {
    return this.view(this.valueStart, this.valueLength)
  }

  headerKey(): string {
    return this.buffer.toString('utf8', this.headerKeyStart, this.headerKeyStart + this.headerKeyLength)
  }

  /** A view. */
  headerValue(): Buffer | null {
    return this.view(this.headerValueStart, this.headerValueLength)
  }

  private start(buffer: Buffer, start: number, end: number, count: number): void {
    if (count < 0) throw new MalformedMessageError(`a batch of ${count} records`)
    this.buffer = buffer
    this.position = start
    this.end = end
    this.recordEnd = end
    this.recordsLeft = count
    this.headersLeft = 0
  }

  private view(start: number, length: number): Buffer | null {
    return length < 0 ? null : this.buffer.subarray(start, start + length)
  }

  private readHeaderCount(): void {
    const count = this.varint()
    // A header takes two bytes at least.
    if (count < 0 || count * 2 > this.recordEnd - this.position) {
      throw new MalformedMessageError(`${count} headers in ${this.recordEnd - this.position} bytes`)
    }
    if (count === 0 && this.position !== this.recordEnd) throw behindHeaders()
    this.headerCount = count
    this.headersLeft = count
  }

  /** A length that fits into the record, or -1. */
  private length(what: string): number {
    const length = this.varint()
    if (length < -1 || length > this.recordEnd - this.position) {
      throw new MalformedMessageError(`a ${what} of ${length} bytes, ${this.recordEnd - this.position} are left`)
    }
    return length
  }

  private byte(): number {
    if (this.position >= this.recordEnd) throw new MalformedMessageError('a varint that its record cuts off')
    return this.buffer[this.position++] ?? 0
  }

  private varint(): number {
    let zigzag = this.byte()
    if (zigzag >= 0x80) {
      zigzag &= 0x7f
      for (let shift = 7; ; shift += 7) {
        const byte = this.byte()
        zigzag |= (byte & 0x7f) << shift
        if (byte < 0x80) break
        if (shift === 28) throw new MalformedMessageError('a varint of more than 32 bits')
      }
    }
    return (zigzag >>> 1) ^ -(zigzag & 1)
  }

  private varlong(): number {
    let low = this.byte()
    if (low < 0x80) return (low >>> 1) ^ -(low & 1)
    low &= 0x7f
    for (let shift = 7; shift < 28; shift += 7) {
      const byte = this.byte()
      low |= (byte & 0x7f) << shift
      if (byte < 0x80) return (low >>> 1) ^ -(low & 1)
    }
    return this.longVarlong(low)
  }

  /** The rest of a varlong after its first four bytes: `low` has 28 bits. */
  private longVarlong(low: number): number {
    let high = 0
    let scale = 1
    for (let count = 0; ; count++, scale *= 128) {
      const byte = this.byte()
      high += (byte & 0x7f) * scale
      if (byte < 0x80) break
      if (count === 5) throw new MalformedMessageError('a varint of more than 64 bits')
    }
    // Zigzag: the lowest bit is the sign, and it sits in `low`, which is exact.
    const magnitude = high * TWO_TO_27 + (low >>> 1)
    return (low & 1) === 0 ? magnitude : -magnitude - 1
  }
}

function behindHeaders(): MalformedMessageError {
  return new MalformedMessageError('bytes behind the last header of a record')
}
