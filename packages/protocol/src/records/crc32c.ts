/**
 * CRC-32C (Castagnoli), the checksum of record batches; not the IEEE polynomial that `zlib.crc32` and old messages use.
 * Native code where the bytes are many enough to pay for the call, tables in JavaScript below that, and everywhere
 * if the native library has no build for this machine. Always unsigned, as the batch header holds it.
 */

import { createRequire } from 'node:module'

/** The native call costs as much as the tables take for about this many bytes (measured: 300 to 380). */
const NATIVE_FROM_BYTES = 350
const REVERSED_POLYNOMIAL = 0x82f63b78

type Crc32c = (bytes: Uint8Array, previous?: number) => number

const require = createRequire(import.meta.url)
let native: Crc32c | undefined
let slices: Int32Array | undefined

/** The checksum of `buffer[start, end)`; `previous` is that of the bytes before, where they lie in another buffer. */
export function crc32c(buffer: Buffer, start = 0, end: number = buffer.length, previous = 0): number {
  if (end - start < NATIVE_FROM_BYTES) return byTables(buffer, start, end, previous)
  native ??= loadNative()
  return native(start === 0 && end === buffer.length ? buffer : buffer.subarray(start, end), previous)
}

/** The native call costs as much as the tables below take for about this many bytes. */
const NATIVE_FROM_BYTES_IN_VIEW = 450

/**
 * The checksum of `buffer[start, end)`, seen through a view of the whole buffer: for who walks over many small pieces
 * of one buffer, without an object for each of them.
 */
export function crc32cInView(buffer: Buffer, view: DataView, start: number, end: number): number {
  if (end - start >= NATIVE_FROM_BYTES_IN_VIEW) return crc32c(buffer, start, end)
  const table = (slices ??= makeSlices())
  let crc = -1
  let at = start
  for (const whole = end - 15; at < whole; at += 16) {
    const a = view.getInt32(at, true) ^ crc
    const b = view.getInt32(at + 4, true)
    const c = view.getInt32(at + 8, true)
    const d = view.getInt32(at + 12, true)
    crc = fourBytes(table, 0, d) ^ fourBytes(table, 1024, c) ^ fourBytes(table, 2048, b) ^ fourBytes(table, 3072, a)
  }
  for (; at < end; at++) crc = (crc >>> 8) ^ (table[(crc ^ view.getUint8(at)) & 0xff] ?? 0)
  return ~crc >>> 0
}

function byTables(bytes: Uint8Array, start: number, end: number, previous: number): number {
  const table = (slices ??= makeSlices())
  let crc = ~previous
  let at = start
  for (const whole = end - 15; at < whole; at += 16) {
    const a = wordAt(bytes, at) ^ crc
    const b = wordAt(bytes, at + 4)
    const c = wordAt(bytes, at + 8)
    const d = wordAt(bytes, at + 12)
    crc = fourBytes(table, 0, d) ^ fourBytes(table, 1024, c) ^ fourBytes(table, 2048, b) ^ fourBytes(table, 3072, a)
  }
  for (; at < end; at++) crc = (crc >>> 8) ^ (table[(crc ^ (bytes[at] ?? 0)) & 0xff] ?? 0)
  return ~crc >>> 0
}

function wordAt(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)
}

/** What the four bytes of `word` add, the last first; `from` is where the tables begin for a last byte in that place. */
function fourBytes(table: Int32Array, from: number, word: number): number {
  return (
    (table[from + (word >>> 24)] ?? 0) ^
    (table[from + 256 + ((word >>> 16) & 0xff)] ?? 0) ^
    (table[from + 512 + ((word >>> 8) & 0xff)] ?? 0) ^
    (table[from + 768 + (word & 0xff)] ?? 0)
  )
}

/** Sixteen tables: the checksum of a byte that has none to fifteen zero bytes behind it. */
function makeSlices(): Int32Array {
  const table = new Int32Array(16 * 256)
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? REVERSED_POLYNOMIAL ^ (crc >>> 1) : crc >>> 1
    table[byte] = crc
  }
  for (let index = 256; index < table.length; index++) {
    const before = table[index - 256] ?? 0
    table[index] = (before >>> 8) ^ (table[before & 0xff] ?? 0)
  }
  return table
}

/** Loaded at first use: a process that only prints its version need not open a native library. */
function loadNative(): Crc32c {
  try {
    const library = require('@node-rs/crc32') as { crc32c: Crc32c }
    return library.crc32c
  } catch {
    // No build for this platform: slower, and the same result.
    return (bytes, previous = 0) => byTables(bytes, 0, bytes.length, previous)
  }
}
