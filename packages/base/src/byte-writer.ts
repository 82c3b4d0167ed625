/**
 * Writes big-endian values into memory that grows in pieces: nothing written is ever moved. Large buffers are
 * appended as they are, so the result is a list of buffers, ready for one `writev`.
 *
 * A value that does not fit its width is a RangeError: a bug of the caller, never cut off silently.
 */

import { bytesFromUuid, ZERO_UUID } from './uuid.ts'
import { writeUvarint, writeVarlong } from './varint.ts'

const TWO_TO_32 = 0x1_0000_0000
const TWO_TO_63 = 2 ** 63
/** Below this, copying is cheaper than one more buffer to send. */
const COPY_BELOW_BYTES = 512
const SLAB_BYTES = 64 * 1024
/** Room that a writer has at least when it begins anew. */
const SMALL_MESSAGE_BYTES = 128

/**
 * Memory that writers take pieces of, one behind the other, as Buffer.allocUnsafe does: with the view made once.
 * A piece lives as long as somebody holds a result, and its slab with it: copy what is kept for long.
 */
class Slab {
  readonly buffer: Buffer
  readonly view: DataView
  used = 0

  constructor(size: number) {
    this.buffer = Buffer.allocUnsafeSlow(size)
    this.view = new DataView(this.buffer.buffer)
  }
}

let sharedSlab = new Slab(SLAB_BYTES)

/** One id is often written many times in a row, such as that of a topic with each of its partitions. */
let lastUuid = { text: ZERO_UUID, bytes: bytesFromUuid(ZERO_UUID) }

export class ByteWriter {
  #finished: Buffer[] = []
  #finishedBytes = 0
  #slab: Slab = sharedSlab
  #chunk: Buffer = sharedSlab.buffer
  #view: DataView = sharedSlab.view
  /** Where the bytes begin that are not yet in `#finished`, where the next one goes, and where the piece ends. */
  #start = 0
  #position = 0
  #limit = 0

  /** @param expectedBytes - a good guess saves memory and a second chunk. */
  constructor(expectedBytes = 256) {
    this.#open(expectedBytes)
  }

  get byteLength(): number {
    return this.#finishedBytes + this.#position - this.#start
  }

  boolean(value: boolean): void {
    const at = this.#take(1)
    this.#chunk[at] = value ? 1 : 0
  }

  int8(value: number): void {
    if ((value << 24) >> 24 !== value) throw outOfRange('int8', value)
    const at = this.#take(1)
    this.#view.setInt8(at, value)
  }

  uint8(value: number): void {
    if ((value & 0xff) !== value) throw outOfRange('uint8', value)
    const at = this.#take(1)
    this.#view.setUint8(at, value)
  }

  int16(value: number): void {
    if ((value << 16) >> 16 !== value) throw outOfRange('int16', value)
    const at = this.#take(2)
    this.#view.setInt16(at, value)
  }

  uint16(value: number): void {
    if ((value & 0xffff) !== value) throw outOfRange('uint16', value)
    const at = this.#take(2)
    this.#view.setUint16(at, value)
  }

  int32(value: number): void {
    if ((value | 0) !== value) throw outOfRange('int32', value)
    const at = this.#take(4)
    this.#view.setInt32(at, value)
  }

  uint32(value: number): void {
    if (value >>> 0 !== value) throw outOfRange('uint32', value)
    const at = this.#take(4)
    this.#view.setUint32(at, value)
  }

  /** 2^63 and above (Infinity, too) are written as the largest value, -Infinity as the smallest. */
  int64(value: number): void {
    const at = this.#take(8)
    const high = Math.floor(value / TWO_TO_32)
    const low = value - high * TWO_TO_32
    // `low` is NaN for infinite values and not whole for fractions.
    if (low >>> 0 === low && high >= -0x8000_0000 && high <= 0x7fff_ffff) {
      this.#view.setInt32(at, high)
      this.#view.setUint32(at + 4, low)
    } else if (value >= TWO_TO_63) {
      this.#view.setInt32(at, 0x7fff_ffff)
      this.#view.setInt32(at + 4, -1)
    } else if (value <= -TWO_TO_63) {
      this.#view.setInt32(at, -0x8000_0000)
      this.#view.setInt32(at + 4, 0)
    } else throw outOfRange('int64', value)
  }

  int64Big(value: bigint): void {
    if (BigInt.asIntN(64, value) !== value) throw outOfRange('int64', value)
    const at = this.#take(8)
    this.#view.setBigInt64(at, value)
  }

  float64(value: number): void {
    const at = this.#take(8)
    this.#view.setFloat64(at, value)
  }

  uvarint(value: number): void {
    if (value >>> 0 !== value) throw outOfRange('uvarint', value)
    if (value < 0x80) {
      const at = this.#take(1)
      this.#chunk[at] = value
      return
    }
    this.#reserve(5)
    this.#position = writeUvarint(this.#chunk, this.#position, value)
  }

  varint(value: number): void {
    if ((value | 0) !== value) throw outOfRange('varint', value)
    this.uvarint(((value << 1) ^ (value >> 31)) >>> 0)
  }

  varlong(value: number): void {
    if (!Number.isSafeInteger(value)) throw outOfRange('varlong', value)
    this.#reserve(10)
    this.#position = writeVarlong(this.#chunk, this.#position, value)
  }

  /** @throws RangeError when `text` is not an id in text form: see `uuid`. */
  uuid(text: string): void {
    if (text !== lastUuid.text) lastUuid = { text, bytes: bytesFromUuid(text) }
    this.bytes(lastUuid.bytes)
  }

  /** Copies. */
  bytes(view: Uint8Array): void {
    const at = this.#take(view.length)
    this.#chunk.set(view, at)
  }

  /** Without copying when it is large: then leave it alone until what was written has been sent. */
  append(view: Uint8Array): void {
    if (view.length < COPY_BELOW_BYTES) {
      this.bytes(view)
      return
    }
    this.#finishPart()
    this.#finished.push(Buffer.isBuffer(view) ? view : Buffer.from(view.buffer, view.byteOffset, view.byteLength))
    this.#finishedBytes += view.length
  }

  /** All that another writer holds. That one must not be written to afterwards. */
  appendAll(other: ByteWriter): void {
    for (const part of other.finish()) this.append(part)
  }

  /** The bytes of the text alone: write its length, `utf8Length(text)`, before. */
  utf8(text: string, byteLength: number = utf8Length(text)): void {
    const at = this.#take(byteLength)
    if (byteLength === text.length && byteLength < SHORT_TEXT) {
      for (let index = 0; index < byteLength; index++) this.#chunk[at + index] = text.charCodeAt(index)
    } else this.#chunk.write(text, at, byteLength, 'utf8')
  }

  /** Leaves room for `length` bytes and returns it, to be filled in before the result is used. */
  slot(length: number): Buffer {
    const at = this.#take(length)
    return this.#chunk.subarray(at, at + length)
  }

  /** What was written, in order. Further writing goes behind it. */
  finish(): Buffer[] {
    this.#finishPart()
    if (this.#limit === this.#slab.used) {
      this.#slab.used = this.#position
      this.#limit = this.#position
    }
    return this.#finished.slice()
  }

  /** What was written, in order; the writer begins anew, for who writes one message after the other. */
  give(): Buffer[] {
    this.#finishPart()
    const parts = this.#finished
    this.#finished = []
    this.#finishedBytes = 0
    if (this.#limit - this.#position < SMALL_MESSAGE_BYTES) this.#open(2 * SMALL_MESSAGE_BYTES)
    return parts
  }

  /** What was written, in one piece. */
  toBuffer(): Buffer {
    const parts = this.finish()
    const [only] = parts
    return parts.length === 1 && only !== undefined ? only : Buffer.concat(parts, this.#finishedBytes)
  }

  /** Call it before naming `#chunk` or `#view`: it may replace them. */
  #take(length: number): number {
    this.#reserve(length)
    const at = this.#position
    this.#position = at + length
    return at
  }

  #reserve(length: number): void {
    if (this.#limit - this.#position < length) this.#grow(length)
  }

  /** The piece at the end of its slab is made longer, any other is followed by a new one. */
  #grow(length: number): void {
    const size = Math.max(length, Math.min(SLAB_BYTES / 2, 2 * (this.#limit - this.#start)))
    const end = this.#position + length
    if (this.#limit === this.#slab.used && end <= this.#chunk.length) {
      this.#limit = Math.max(end, Math.min(this.#start + size, this.#chunk.length))
      this.#slab.used = this.#limit
    } else {
      this.#finishPart()
      this.#open(size)
    }
  }

  #open(size: number): void {
    if (size > SLAB_BYTES / 2) this.#slab = new Slab(size)
    else {
      if (SLAB_BYTES - sharedSlab.used < size) sharedSlab = new Slab(SLAB_BYTES)
      this.#slab = sharedSlab
    }
    this.#chunk = this.#slab.buffer
    this.#view = this.#slab.view
    this.#start = this.#slab.used
    this.#position = this.#start
    this.#limit = this.#start + size
    this.#slab.used = this.#limit
  }

  #finishPart(): void {
    if (this.#position === this.#start) return
    const part = this.#chunk.subarray(this.#start, this.#position)
    // Of one part mostly: an array that is pushed to has room for sixteen more.
    if (this.#finished.length === 0) this.#finished = [part]
    else this.#finished.push(part)
    this.#finishedBytes += this.#position - this.#start
    this.#start = this.#position
  }
}

const SHORT_TEXT = 40

/** How many bytes `text` takes as UTF-8. */
export function utf8Length(text: string): number {
  if (text.length < SHORT_TEXT) {
    let index = 0
    while (index < text.length && text.charCodeAt(index) < 0x80) index++
    if (index === text.length) return index
  }
  return Buffer.byteLength(text, 'utf8')
}

function outOfRange(kind: string, value: number | bigint): RangeError {
  return new RangeError(`${value} is not an ${kind}`)
}
