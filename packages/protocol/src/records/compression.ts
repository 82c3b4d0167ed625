/**
 * The codecs of record batches: one blob of records in, one out. What a blob may unpack to is always bounded, before
 * memory is asked for. Which bytes each codec takes and writes: `lz4-frame`, `snappy-framing`; gzip and zstd are plain
 * streams of one or more members. Bytes behind the end of a stream are an error: nobody would ever read them.
 *
 * Synchronous: a batch of some 10 KiB costs less than the way to a thread and back.
 */

import { constants, gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib'

import { CompressionError } from './compression-error.ts'
import { compressLz4, decompressLz4 } from './lz4-frame.ts'
import type { CompressionType } from './record-batch.ts'
import { compressSnappy, decompressSnappy } from './snappy-framing.ts'

/**
 * @param level - gzip 1 to 9 (default 6), zstd -131072 to 22 (default 3); the other codecs have one only and ignore it.
 * @returns `bytes` itself for `none`.
 */
export function compress(compression: CompressionType, bytes: Buffer, level?: number): Buffer {
  switch (compression) {
    case 'none':
      return bytes
    case 'gzip':
      return gzipSync(bytes, level === undefined ? {} : { level })
    case 'snappy':
      return compressSnappy(bytes)
    case 'lz4':
      return compressLz4(bytes)
    case 'zstd':
      return zstdCompressSync(
        bytes,
        level === undefined ? {} : { params: { [constants.ZSTD_c_compressionLevel]: level } },
      )
  }
}

/**
 * @returns `bytes` itself for `none`, which is not bounded: it is there already.
 * @throws CompressionError `corrupt` or `tooLarge`.
 */
export function decompress(compression: CompressionType, bytes: Buffer, maxBytes: number): Buffer {
  switch (compression) {
    case 'none':
      return bytes
    case 'gzip':
      return decompressMembers('gzip', bytes, maxBytes)
    case 'snappy':
      return decompressSnappy(bytes, maxBytes)
    case 'lz4':
      return decompressLz4(bytes, maxBytes)
    case 'zstd':
      return decompressMembers('zstd', bytes, maxBytes)
  }
}

/** What Node answers when asked for `info`; its types leave this out. */
interface Unpacked {
  readonly buffer: Buffer
  readonly engine: { readonly bytesWritten: number }
}

/** Node 24 stops behind the first zstd frame, and tells only by the bytes it took: go on until all are taken. */
function decompressMembers(compression: 'gzip' | 'zstd', bytes: Buffer, maxBytes: number): Buffer {
  const members: Buffer[] = []
  let unpackedBytes = 0
  let position = 0
  do {
    const { buffer, engine } = decompressMember(compression, bytes.subarray(position), maxBytes - unpackedBytes)
    if (engine.bytesWritten === 0) throw new CompressionError(compression, 'corrupt', 'nothing was read')
    members.push(buffer)
    unpackedBytes += buffer.length
    position += engine.bytesWritten
  } while (position < bytes.length)
  return members.length === 1 && members[0] !== undefined ? members[0] : Buffer.concat(members, unpackedBytes)
}

function decompressMember(compression: 'gzip' | 'zstd', bytes: Buffer, maxBytes: number): Unpacked {
  // Node wants a limit of at least 1, so an empty member may follow when all that is allowed has been unpacked.
  const options = { info: true, maxOutputLength: Math.max(1, maxBytes) }
  try {
    const unpacked: unknown = compression === 'gzip' ? gunzipSync(bytes, options) : zstdDecompressSync(bytes, options)
    const result = unpacked as Unpacked
    if (result.buffer.length > maxBytes) throw new CompressionError(compression, 'tooLarge', `over ${maxBytes} bytes`)
    return result
  } catch (error) {
    if (error instanceof CompressionError) throw error
    const isTooLarge = error instanceof RangeError && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE'
    if (isTooLarge) throw new CompressionError(compression, 'tooLarge', `over ${maxBytes} bytes`, { cause: error })
    throw new CompressionError(compression, 'corrupt', String(error), { cause: error })
  }
}
