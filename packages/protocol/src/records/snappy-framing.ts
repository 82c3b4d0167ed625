/**
 * Snappy as Kafka has it: Java writes the framing of snappy-java ("xerial": a magic, then blocks of 32 KiB with their
 * lengths), other clients one bare block. Both are read, the framing is written. Snappy's own framing format, which
 * the library's streams speak, is neither.
 */

import { createRequire } from 'node:module'

import { MalformedMessageError, uvarintAt } from '@gregor/base'

import { CompressionError } from './compression-error.ts'

const require = createRequire(import.meta.url)

const MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00])
/** As the length of a block it would be negative: so a second stream can follow the first. */
const MAGIC_HEAD = MAGIC.readInt32BE(0)
/** The magic, and the version and the lowest version that can read it, both 1. */
const HEADER = Buffer.concat([MAGIC, Buffer.from([0, 0, 0, 1, 0, 0, 0, 1])])
const BLOCK_BYTES = 32 * 1024

/**
 * Into memory of Node’s. Else it is the library’s, which gives it back some turns of the event loop later: a request with
 * many batches would have it all at once.
 */
const copied = { copyOutputData: true }

interface Snappy {
  compressSync(input: Uint8Array, options: typeof copied): Buffer
  uncompressSync(input: Uint8Array, options: typeof copied): Buffer | string
}

export function compressSnappy(bytes: Buffer): Buffer {
  const parts: Buffer[] = [HEADER]
  for (let position = 0; position < bytes.length; position += BLOCK_BYTES) {
    const block = library().compressSync(bytes.subarray(position, position + BLOCK_BYTES), copied)
    const length = Buffer.allocUnsafe(4)
    length.writeInt32BE(block.length)
    parts.push(length, block)
  }
  return Buffer.concat(parts)
}

export function decompressSnappy(bytes: Buffer, maxBytes: number): Buffer {
  const isFramed = bytes.length >= MAGIC.length && bytes.compare(MAGIC, 0, MAGIC.length, 0, MAGIC.length) === 0
  if (!isFramed) return decompressBlock(bytes, maxBytes)
  const parts: Buffer[] = []
  let unpackedBytes = 0
  let position = 0
  while (position < bytes.length) {
    if (bytes.length - position < 4) throw corrupt('a block is cut off')
    const length = bytes.readInt32BE(position)
    if (length === MAGIC_HEAD) {
      if (bytes.length - position < HEADER.length) throw corrupt('a header is cut off')
      position += HEADER.length
      continue
    }
    position += 4
    if (length < 0 || length > bytes.length - position) throw corrupt(`a block of ${length} bytes`)
    const part = decompressBlock(bytes.subarray(position, position + length), maxBytes - unpackedBytes)
    parts.push(part)
    unpackedBytes += part.length
    position += length
  }
  return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts, unpackedBytes)
}

/** A block says first how much it unpacks to, and the library would believe it. */
function decompressBlock(block: Buffer, maxBytes: number): Buffer {
  try {
    const unpackedBytes = uvarintAt(block, 0, block.length)
    if (unpackedBytes > maxBytes) throw new CompressionError('snappy', 'tooLarge', `over ${maxBytes} bytes`)
    // A copy of three bytes makes 64 at most: a block that promises more lies, and is not worth the memory.
    if (unpackedBytes > block.length * 22) throw corrupt(`${unpackedBytes} bytes from ${block.length}`)
    const unpacked = library().uncompressSync(block, copied)
    if (typeof unpacked === 'string') throw corrupt('text instead of bytes')
    return unpacked
  } catch (error) {
    if (error instanceof CompressionError) throw error
    if (error instanceof MalformedMessageError) throw corrupt('a block without its length')
    throw new CompressionError('snappy', 'corrupt', String(error), { cause: error })
  }
}

function corrupt(detail: string): CompressionError {
  return new CompressionError('snappy', 'corrupt', detail)
}

let loaded: Snappy | undefined

/** Loaded at first use: a native library costs start-up time, and many nodes never need it. */
function library(): Snappy {
  if (loaded === undefined) {
    loaded = require('snappy') as Snappy
  }
  return loaded
}
