/**
 * Big-endian numbers at a place in bytes. For code that knows that they are there: what is not there reads as 0.
 * Put together from single bytes, which V8 loads inline; a Buffer's own methods check their arguments first, and a
 * DataView must be made for each piece of memory, which costs as much as a hundred such reads.
 */

const TWO_TO_32 = 0x1_0000_0000

export function int16At(bytes: Uint8Array, at: number): number {
  return ((((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)) << 16) >> 16
}

export function int32At(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)
}

export function uint32At(bytes: Uint8Array, at: number): number {
  return int32At(bytes, at) >>> 0
}

/** Rounded beyond 2^53. */
export function int64At(bytes: Uint8Array, at: number): number {
  return int32At(bytes, at) * TWO_TO_32 + uint32At(bytes, at + 4)
}

/** Where it does not fit, the low bits are written. */
export function setInt32At(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24
  bytes[at + 1] = value >>> 16
  bytes[at + 2] = value >>> 8
  bytes[at + 3] = value
}

/** Of a whole number between -2^63 and 2^63. */
export function setInt64At(bytes: Uint8Array, at: number, value: number): void {
  const high = Math.floor(value / TWO_TO_32)
  setInt32At(bytes, at, high)
  setInt32At(bytes, at + 4, value - high * TWO_TO_32)
}
