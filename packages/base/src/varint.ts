/**
 * LEB128 varints at a position of a Buffer, as record batches hold them: for code that walks bytes without a reader.
 * "uvarint" is unsigned, up to 32 bits; "varint" and "varlong" are zigzag, up to 32 and 64 bits (numbers up to 2^53).
 * Reading never passes `end`; a varint that is cut off or too long throws `MalformedMessageError`.
 */

import { MalformedMessageError } from './malformed-message-error.ts'

const TWO_TO_32 = 0x1_0000_0000
const TWO_TO_28 = 0x1000_0000

/** The position behind the varint at `position`, whatever its kind. */
export function skipVarint(buffer: Buffer, position: number, end: number): number {
  for (let at = position; at < end && at < position + 10; at++) {
    if ((buffer[at] ?? 0) < 0x80) return at + 1
  }
  throw new MalformedMessageError(`a varint at ${position} does not end`)
}

export function uvarintAt(buffer: Buffer, position: number, end: number): number {
  let value = 0
  for (let shift = 0, at = position; at < end; shift += 7, at++) {
    const byte = buffer[at] ?? 0
    if (shift === 28 && byte > 0x0f) break
    value |= (byte & 0x7f) << shift
    if (byte < 0x80) return value >>> 0
  }
  throw new MalformedMessageError(`a varint at ${position} does not end`)
}

export function varintAt(buffer: Buffer, position: number, end: number): number {
  const zigzag = uvarintAt(buffer, position, end)
  return (zigzag >>> 1) ^ -(zigzag & 1)
}

export function uvarintSize(value: number): number {
  if (value < 0x80) return 1
  if (value < 0x4000) return 2
  if (value < 0x20_0000) return 3
  return value < TWO_TO_28 ? 4 : 5
}

export function varintSize(value: number): number {
  return uvarintSize(zigzag32(value))
}

export function varlongSize(value: number): number {
  let size = 1
  let zigzag = value < 0 ? -value - 0.5 : value
  for (; zigzag >= 64; zigzag /= 128) size++
  return size
}

/** Returns the position behind it. The caller has made sure that there is room (5 bytes at most). */
export function writeUvarint(buffer: Buffer, position: number, value: number): number {
  let at = position
  let rest = value
  while (rest >= 0x80) {
    buffer[at++] = (rest & 0x7f) | 0x80
    rest >>>= 7
  }
  buffer[at++] = rest
  return at
}

/** Returns the position behind it. The caller has made sure that there is room (5 bytes at most). */
export function writeVarint(buffer: Buffer, position: number, value: number): number {
  return writeUvarint(buffer, position, zigzag32(value))
}

/** Returns the position behind it. The caller has made sure that there is room (10 bytes at most). */
export function writeVarlong(buffer: Buffer, position: number, value: number): number {
  if (value >= -0x4000_0000 && value < 0x4000_0000) return writeVarint(buffer, position, value)
  // Zigzag on two halves: twice the value, with all bits flipped where it is negative.
  const sign = value < 0 ? -1 : 0
  const valueHigh = Math.floor(value / TWO_TO_32)
  const valueLow = value - valueHigh * TWO_TO_32
  let low = ((valueLow << 1) ^ sign) >>> 0
  let high = (((valueHigh << 1) | (valueLow >= 0x8000_0000 ? 1 : 0)) ^ sign) >>> 0
  let at = position
  while (high !== 0 || low >= 0x80) {
    buffer[at++] = (low & 0x7f) | 0x80
    low = ((low >>> 7) | (high << 25)) >>> 0
    high >>>= 7
  }
  buffer[at++] = low
  return at
}

function zigzag32(value: number): number {
  return ((value << 1) ^ (value >> 31)) >>> 0
}
