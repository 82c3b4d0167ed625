/**
 * Headers of what a log file holds, whatever its magic: batches of magic 2, and single messages of magic 0 and 1
 * (a compressed one wraps others), which brokers wrote before 2017. All open with offset, length and, at byte 16, magic;
 * an old message’s offset is its last, and its first is known only to who unpacks it.
 */
import {
  BATCH_HEADER_BYTES,
  CURRENT_MAGIC,
  baseOffsetAt,
  batchSizeAt,
  checkBatch,
  checkLegacyMessage,
  lastOffsetAt,
  magicAt,
  maxTimestampAt,
} from '@gregor/protocol'
import { readInt64 } from './int64.ts'

/** Offset, length, and the bytes up to and with the magic: enough to tell how to read on. */
export const storedPrologueBytes = 17

const legacyHeaderBytes = [26, 34] as const
const legacyTimestampPosition = 18

export type StoredProblem = 'truncated' | 'badMagic' | 'badSize' | 'badCrc' | 'badOffset'

export function isLegacy(buffer: Buffer, position: number): boolean {
  return magicAt(buffer, position) < CURRENT_MAGIC
}

/** How many bytes must be there before the functions below may be called; `undefined`: no magic that exists. */
export function storedHeaderBytes(buffer: Buffer, position: number): number | undefined {
  const magic = magicAt(buffer, position)
  return magic === CURRENT_MAGIC ? BATCH_HEADER_BYTES : legacyHeaderBytes[magic]
}

/** The size says more than the header needs, and no more than `remaining`. */
export function checkStoredHeader(buffer: Buffer, position: number, remaining: number): StoredProblem | undefined {
  if (remaining < storedPrologueBytes) return 'truncated'
  const headerBytes = storedHeaderBytes(buffer, position)
  if (headerBytes === undefined) return 'badMagic'
  const size = batchSizeAt(buffer, position)
  if (size < headerBytes) return 'badSize'
  if (size > remaining) return 'truncated'
  return storedLastOffset(buffer, position) < storedFirstOffset(buffer, position) ? 'badOffset' : undefined
}

/** The header and the checksum of what is whole in `buffer` up to `end`. */
export function checkStored(buffer: Buffer, position: number, end: number): StoredProblem | undefined {
  const problem = checkStoredHeader(buffer, position, end - position)
  if (problem !== undefined) return problem
  return isLegacy(buffer, position) ? checkLegacyMessage(buffer, position, end) : checkBatch(buffer, position, end)
}

/** Of an old message: its last offset, since the first is inside. */
export function storedFirstOffset(buffer: Buffer, position: number): number {
  return baseOffsetAt(buffer, position)
}

export function storedLastOffset(buffer: Buffer, position: number): number {
  return isLegacy(buffer, position) ? baseOffsetAt(buffer, position) : lastOffsetAt(buffer, position)
}

/** -1: none. */
export function storedMaxTimestamp(buffer: Buffer, position: number): number {
  const magic = magicAt(buffer, position)
  if (magic === CURRENT_MAGIC) return maxTimestampAt(buffer, position)
  return magic === 1 ? readInt64(buffer, position + legacyTimestampPosition) : -1
}
