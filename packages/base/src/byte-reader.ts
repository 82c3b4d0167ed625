/**
 * Reads big-endian values from a part of a Buffer and moves on. Nothing is copied but strings: `bytes` are views.
 * What is not there is never read: every method throws `MalformedMessageError` at under-run, before allocating.
 *
 * 64-bit integers are numbers, rounded beyond 2^53; `int64Big` is exact.
 */

import { int16At, int32At, int64At, uint32At } from './byte-order.ts'
import { MalformedMessageError } from './malformed-message-error.ts'
import { uuidFromBytes } from './uuid.ts'

const TWO_TO_32 = 0x1_0000_0000
/** No message has as many, and V8 would keep a larger array as a hash table. */
const elementCountMax = 2 ** 25

/**
 * Short text, of the kind that comes again and again (names of topics and clients), is compared with what came before
 * instead of being made anew: half the time, no garbage, and a hash that lookups need not compute again.
 */
const knownTextBytesMax = 40
const knownTexts = Array.from({ length: 1024 }, () => '')

function knownText(buffer: Buffer, at: number, length: number): string {
  const slot = (length * 64 + (buffer[at] ?? 0) + 8 * (buffer[at + length - 1] ?? 0)) & 1023
  const known = knownTexts[slot] ?? ''
  if (isText(known, buffer, at, length)) return known
  const text = buffer.toString('utf8', at, at + length)
  knownTexts[slot] = text
  return text
}

/** False, too, where the text is not plain ASCII. */
function isText(text: string, buffer: Buffer, at: number, length: number): boolean {
  if (text.length !== length) return false
  for (let index = 0; index < length; index++) {
    const byte = buffer[at + index] ?? 0
    if (byte >= 0x80 || text.charCodeAt(index) !== byte) return false
  }
  return true
}

export class ByteReader {
  /** Of the next byte, in `buffer`. May be set to go elsewhere, up to `end`. */
  position: number
  /** How many elements of arrays may still be read: bounds what the bytes unpack to. For whoever reads arrays to count. */
  elementsLeft = elementCountMax
  buffer: Buffer
  #end: number

  constructor(buffer: Buffer, start = 0, end: number = buffer.length) {
    this.buffer = buffer
    this.position = start
    this.#end = end
    this.moveTo(start, end)
  }

  get end(): number {
    return this.#end
  }

  /** Reads another buffer from now on: cheaper than a new reader. */
  reset(buffer: Buffer): void {
    this.buffer = buffer
    this.moveTo(0, buffer.length)
  }

  /** Reads another part of the same buffer from now on: cheaper than a new reader where frames lie side by side. */
  moveTo(start: number, end: number): void {
    if (!(start >= 0 && start <= end && end <= this.buffer.length)) {
      throw new MalformedMessageError(`bytes ${start} to ${end} of a buffer of ${this.buffer.length}`)
    }
    this.position = start
    this.#end = end
    this.elementsLeft = elementCountMax
  }

  get remaining(): number {
    return this.#end - this.position
  }

  /** Any byte but 0 is true. */
  boolean(): boolean {
    return this.int8() !== 0
  }

  int8(): number {
    return (this.uint8() << 24) >> 24
  }

  uint8(): number {
    return this.buffer[this.#take(1)] ?? 0
  }

  int16(): number {
    return int16At(this.buffer, this.#take(2))
  }

  uint16(): number {
    return int16At(this.buffer, this.#take(2)) & 0xffff
  }

  int32(): number {
    return int32At(this.buffer, this.#take(4))
  }

  uint32(): number {
    return uint32At(this.buffer, this.#take(4))
  }

  int64(): number {
    return int64At(this.buffer, this.#take(8))
  }

  int64Big(): bigint {
    return this.buffer.readBigInt64BE(this.#take(8))
  }

  float64(): number {
    return this.buffer.readDoubleBE(this.#take(8))
  }

  /** LEB128 of at most 32 bits. */
  uvarint(): number {
    let value = this.uint8()
    if (value < 0x80) return value
    value &= 0x7f
    for (let shift = 7; shift < 28; shift += 7) {
      const byte = this.uint8()
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
    const last = this.uint8()
    if (last > 0x0f) throw new MalformedMessageError('a varint of more than 32 bits')
    return (value | (last << 28)) >>> 0
  }

  /** Zigzag: small negative numbers are short. */
  varint(): number {
    const zigzag = this.uvarint()
    return (zigzag >>> 1) ^ -(zigzag & 1)
  }

  /** Zigzag of at most 64 bits, rounded beyond 2^53. */
  varlong(): number {
    let low = 0
    let high = 0
    for (let shift = 0; ; shift += 7) {
      const byte = this.uint8()
      const bits = byte & 0x7f
      if (shift < 28) low |= bits << shift
      else if (shift === 28) {
        low |= bits << 28
        high = bits >>> 4
      } else high |= bits << (shift - 32)
      if (byte < 0x80) break
      if (shift === 63) throw new MalformedMessageError('a varint of more than 64 bits')
    }
    const sign = -(low & 1)
    const shiftedLow = ((low >>> 1) | (high << 31)) ^ sign
    const shiftedHigh = (high >>> 1) ^ sign
    return shiftedHigh * TWO_TO_32 + (shiftedLow >>> 0)
  }

  /** In text form: see `uuid`. */
  uuid(): string {
    return uuidFromBytes(this.buffer, this.#take(16))
  }

  /** A view, not a copy. */
  bytes(length: number): Buffer {
    const at = this.#take(length)
    return this.buffer.subarray(at, at + length)
  }

  /** `length` is in bytes. What is not UTF-8 becomes U+FFFD. */
  utf8(length: number): string {
    const at = this.#take(length)
    if (length <= knownTextBytesMax) return knownText(this.buffer, at, length)
    return this.buffer.toString('utf8', at, at + length)
  }

  skip(length: number): void {
    this.#take(length)
  }

  /** Moves on and returns where it was. */
  #take(length: number): number {
    const at = this.position
    // Written so that NaN and negative lengths fail, too.
    if (!(length >= 0 && length <= this.#end - at)) {
      throw new MalformedMessageError(`${length} bytes wanted at ${at}, ${this.#end - at} are left`)
    }
    this.position = at + length
    return at
  }
}
