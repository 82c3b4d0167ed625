/**
 * CRC-32C (Castagnoli), the checksum of record batches; not the IEEE polynomial that `zlib.crc32` and old messages use.
 * Native code where the bytes are many enough to pay for the call, tables in JavaScript below that, and everywhere
 * if the native library has no build for this machine. Always unsigned, as the batch header holds it.
 */

import { createRequire } from 'node:module'

/** The native call costs as much as the tables take for about this many bytes (measured: 300 to 380). */
const NATIVE_FROM_BYTES = 350

type Crc32c = (bytes: Uint8Array, previous?: number) => number

const require = createRequire(import.meta.url)
// The package types its main entry only, which is the other polynomial. The result is signed.
const tables = require('crc-32/crc32c') as { buf: Crc32c }
let native: Crc32c | undefined

/** The checksum of `buffer[start, end)`; `previous` is that of the bytes before, where they lie in another buffer. */
export function crc32c(buffer: Buffer, start = 0, end: number = buffer.length, previous = 0): number {
  const bytes = start === 0 && end === buffer.length ? buffer : buffer.subarray(start, end)
  if (end - start < NATIVE_FROM_BYTES) return tables.buf(bytes, previous) >>> 0
  native ??= loadNative()
  return native(bytes, previous)
}

/** Loaded at first use: a process that only prints its version need not open a native library. */
function loadNative(): Crc32c {
  try {
    const library = require('@node-rs/crc32') as { crc32c: Crc32c }
    return library.crc32c
  } catch {
    // No build for this platform: slower, and the same result.
    return (bytes, previous = 0) => tables.buf(bytes, previous) >>> 0
  }
}
