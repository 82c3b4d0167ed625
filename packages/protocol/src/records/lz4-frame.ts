/**
 * LZ4 frames under Kafka's rules: version 1, blocks independent of each other (Java's reader refuses linked ones), no
 * dictionary, and the end mark is where the bytes end. Written in blocks of 64 KiB, because every reader allocates as
 * much as the frame announces. The library does the blocks; the frame around them is read and written here, as the
 * library's own frame reader bounds nothing, takes frames that Java does not, and cannot choose the block size.
 */

import { asError } from '@gregor/base'
import { createRequire } from 'node:module'

import { CompressionError } from './compression-error.ts'
import { xxHash32 } from './xx-hash32.ts'

const require = createRequire(import.meta.url)

const FRAME_MAGIC = 0x184d2204

// The flags byte, and the one behind it, which holds the block size.
const VERSION_BITS = 0xc0
const VERSION_1 = 0x40
const INDEPENDENT_BLOCKS = 0x20
const BLOCK_CHECKSUMS = 0x10
const CONTENT_SIZE = 0x08
const CONTENT_CHECKSUM = 0x04
const RESERVED_OR_DICTIONARY = 0x03
const RESERVED_IN_BLOCK_DESCRIPTOR = 0x8f

/** In the length of a block: it is stored as it was. */
const STORED = 0x8000_0000
const BLOCK_BYTES = 64 * 1024
/** A packed block unpacks to at most this many times its length. */
const RATIO_MAX = 255
/** Version 1, independent blocks of 64 KiB, nothing optional; the last byte checks the two before it. */
const FRAME_HEADER = Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82])
const END_MARK = Buffer.alloc(4)

interface Lz4 {
  /** A block behind its unpacked length, little endian. */
  compressSync(input: Uint8Array): Buffer
  /** Takes that. The length is what it allocates; a block that unpacks to less is fine, to more an error. */
  uncompressSync(input: Uint8Array): Buffer
}

export function compressLz4(bytes: Buffer): Buffer {
  const parts: Buffer[] = [FRAME_HEADER]
  for (let position = 0; position < bytes.length; position += BLOCK_BYTES) {
    const block = bytes.subarray(position, position + BLOCK_BYTES)
    const packed = library().compressSync(block)
    // The four bytes in front are the unpacked length; the frame wants the packed one there.
    const packedBytes = packed.length - 4
    if (packedBytes < block.length) {
      packed.writeUInt32LE(packedBytes, 0)
      parts.push(packed)
    } else {
      const length = Buffer.allocUnsafe(4)
      length.writeUInt32LE(block.length + STORED, 0)
      parts.push(length, block)
    }
  }
  parts.push(END_MARK)
  return Buffer.concat(parts)
}

/** @param ignoreHeaderChecksum - for messages of magic 0, whose writers computed it over the wrong bytes. */
export function decompressLz4(
  bytes: Buffer,
  maxBytes: number,
  { ignoreHeaderChecksum = false }: { ignoreHeaderChecksum?: boolean } = {},
): Buffer {
  const { flags, blockBytesMax, headerBytes } = readHeader(bytes, ignoreHeaderChecksum)
  const hasBlockChecksums = (flags & BLOCK_CHECKSUMS) !== 0
  const parts: Buffer[] = []
  let unpackedBytes = 0
  let position = headerBytes
  for (;;) {
    const length = uint32(bytes, position)
    position += 4
    if (length === 0) break
    const isStored = length >= STORED
    const end = position + (isStored ? length - STORED : length)
    if (end > bytes.length) throw corrupt('a block is cut off')
    const block = bytes.subarray(position, end)
    const part = isStored
      ? storedBlock(block, { blockBytesMax, allowedBytes: maxBytes - unpackedBytes })
      : unpackBlock(block, { blockBytesMax, allowedBytes: maxBytes - unpackedBytes })
    parts.push(part)
    unpackedBytes += part.length
    position = end
    if (hasBlockChecksums) {
      if (xxHash32(block) !== uint32(bytes, position)) throw corrupt('the checksum of a block')
      position += 4
    }
  }
  const unpacked = parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts, unpackedBytes)
  if ((flags & CONTENT_CHECKSUM) !== 0) {
    if (xxHash32(unpacked) !== uint32(bytes, position)) throw corrupt('the checksum of the content')
    position += 4
  }
  if (position !== bytes.length) throw corrupt('bytes behind the end mark')
  return unpacked
}

interface FrameHeader {
  readonly flags: number
  readonly blockBytesMax: number
  readonly headerBytes: number
}

function readHeader(bytes: Buffer, ignoreHeaderChecksum: boolean): FrameHeader {
  if (uint32(bytes, 0) !== FRAME_MAGIC) throw corrupt('not a frame')
  const flags = bytes[4] ?? 0
  const blockDescriptor = bytes[5] ?? 0
  const checksumAt = (flags & CONTENT_SIZE) === 0 ? 6 : 14
  if (checksumAt >= bytes.length) throw corrupt('the frame header is cut off')
  if ((flags & VERSION_BITS) !== VERSION_1) throw corrupt('a frame version other than 1')
  if ((flags & RESERVED_OR_DICTIONARY) !== 0) throw corrupt('a reserved bit, or a dictionary')
  if ((flags & INDEPENDENT_BLOCKS) === 0) throw corrupt('linked blocks, which Kafka does not read')
  const sizeId = blockDescriptor >> 4
  if ((blockDescriptor & RESERVED_IN_BLOCK_DESCRIPTOR) !== 0 || sizeId < 4) throw corrupt('the block size')
  if (!ignoreHeaderChecksum) {
    const checksum = (xxHash32(bytes.subarray(4, checksumAt)) >>> 8) & 0xff
    if (checksum !== bytes[checksumAt]) throw corrupt('the checksum of the frame header')
  }
  // 4: 64 KiB, 5: 256 KiB, 6: 1 MiB, 7: 4 MiB
  return { flags, blockBytesMax: 1 << (8 + 2 * sizeId), headerBytes: checksumAt + 1 }
}

interface BlockBounds {
  readonly blockBytesMax: number
  readonly allowedBytes: number
}

function storedBlock(block: Buffer, { blockBytesMax, allowedBytes }: BlockBounds): Buffer {
  if (block.length > blockBytesMax) throw corrupt('a block larger than the frame announces')
  if (block.length > allowedBytes) throw tooLarge(allowedBytes)
  return block
}

/** The library allocates what it is told, so it is told the least of the three bounds. */
function unpackBlock(block: Buffer, { blockBytesMax, allowedBytes }: BlockBounds): Buffer {
  const possibleBytes = Math.min(blockBytesMax, block.length * RATIO_MAX)
  const boundBytes = Math.min(possibleBytes, allowedBytes)
  const sized = Buffer.allocUnsafe(4 + block.length)
  block.copy(sized, 4)
  const likelyBytes = Math.ceil(block.length * likelyRatio)
  const likely = likelyBytes < boundBytes ? unpackedInto(likelyBytes, sized) : undefined
  const whole = Buffer.isBuffer(likely) ? likely : unpackedInto(boundBytes, sized)
  if (Buffer.isBuffer(whole)) {
    likelyRatio = Math.max(LIKELY_RATIO_MIN, likelyRatio * LIKELY_DECAY, (whole.length / block.length) * LIKELY_SLACK)
    return whole
  }
  // It failed in a space smaller than the frame may claim: the space is the likelier reason.
  if (allowedBytes < possibleBytes) throw tooLarge(allowedBytes, { cause: whole })
  throw new CompressionError('lz4', 'corrupt', String(whole), { cause: whole })
}

/**
 * The library allocates and clears as much as it is told, and frames of many clients announce blocks of 4 MiB. A block
 * does not say what it unpacks to; so space is made first for as much as those before it took, then for what may be.
 */
let likelyRatio = 4
const LIKELY_RATIO_MIN = 4
const LIKELY_SLACK = 1.25
const LIKELY_DECAY = 0.99

/** The block that `sized` has behind its first four bytes, or why it cannot be unpacked into so much space. */
function unpackedInto(byteCount: number, sized: Buffer): Buffer | Error {
  sized.writeUInt32LE(byteCount, 0)
  try {
    return library().uncompressSync(sized)
  } catch (error) {
    return asError(error)
  }
}

function uint32(bytes: Buffer, position: number): number {
  if (position + 4 > bytes.length) throw corrupt('the frame is cut off')
  return bytes.readUInt32LE(position)
}

function corrupt(detail: string): CompressionError {
  return new CompressionError('lz4', 'corrupt', detail)
}

function tooLarge(allowedBytes: number, options?: ErrorOptions): CompressionError {
  return new CompressionError('lz4', 'tooLarge', `over the ${allowedBytes} bytes that were left`, options)
}

let loaded: Lz4 | undefined

/** Loaded at first use: a native library costs start-up time, and many nodes never need it. */
function library(): Lz4 {
  if (loaded === undefined) {
    loaded = require('lz4-napi') as Lz4
  }
  return loaded
}
