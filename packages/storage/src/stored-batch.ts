/**
 * Headers of what a log file holds, whatever its magic: batches of magic 2, and single messages of magic 0 and 1
 * (a compressed one wraps others), which brokers wrote before 2017. All open with offset, length and, at byte 16, magic;
 * an old message’s offset is its last, and its first is known only to who unpacks it.
 *
 * Logs are walked by the million batches: one `StoredHeader` is used again and again.
 */
import { int32At, int64At } from '@gregor/base'
import {
  BATCH_HEADER_BYTES,
  CURRENT_MAGIC,
  LOG_OVERHEAD_BYTES,
  checkBatch,
  checkLegacyMessage,
  magicAt,
} from '@gregor/protocol'

export type StoredProblem = 'truncated' | 'badMagic' | 'badSize' | 'badCrc' | 'badOffset'

/** Offset, length, and the bytes up to and with the magic: enough to tell how to read on. */
const prologueBytes = 17
const legacyHeaderBytes = [26, 34] as const

export class StoredHeader {
  magic = 0
  /** Of the whole batch. */
  size = 0
  /** Of an old message: its last offset. */
  firstOffset = 0
  lastOffset = 0
  /** -1: none. */
  maxTimestamp = -1
  /** -1: none. */
  producerId = -1
  /** -1: none. */
  leaderEpoch = -1

  get isLegacy(): boolean {
    return this.magic < CURRENT_MAGIC
  }

  /**
   * Reads the header at `at`, of which all is in `bytes` that is in the file: `remaining` bytes from `at` on. Returns
   * what is wrong with it, as far as the header can tell; then the fields say nothing.
   */
  read(bytes: Buffer, at: number, remaining: number): StoredProblem | undefined {
    if (remaining < prologueBytes) return 'truncated'
    this.magic = magicAt(bytes, at)
    if (this.magic < 0 || this.magic > CURRENT_MAGIC) return 'badMagic'
    this.size = LOG_OVERHEAD_BYTES + int32At(bytes, at + 8)
    if (this.size < (legacyHeaderBytes[this.magic] ?? BATCH_HEADER_BYTES)) return 'badSize'
    if (this.size > remaining) return 'truncated'
    this.firstOffset = int64At(bytes, at)
    if (this.magic < CURRENT_MAGIC) return this.#readLegacy(bytes, at)
    this.leaderEpoch = int32At(bytes, at + 12)
    this.lastOffset = this.firstOffset + int32At(bytes, at + 23)
    this.maxTimestamp = int64At(bytes, at + 35)
    this.producerId = int64At(bytes, at + 43)
    return this.firstOffset < 0 || this.lastOffset < this.firstOffset ? 'badOffset' : undefined
  }

  #readLegacy(bytes: Buffer, at: number): StoredProblem | undefined {
    this.lastOffset = this.firstOffset
    this.maxTimestamp = this.magic === 1 ? int64At(bytes, at + 18) : -1
    this.producerId = -1
    this.leaderEpoch = -1
    return this.firstOffset < 0 ? 'badOffset' : undefined
  }
}

export function isLegacy(buffer: Buffer, position: number): boolean {
  return magicAt(buffer, position) < CURRENT_MAGIC
}

/** The checksum of a batch whose header is good and which is whole in `buffer`. */
export function checkStoredContent(buffer: Buffer, at: number, header: StoredHeader): StoredProblem | undefined {
  const end = at + header.size
  return header.isLegacy ? checkLegacyMessage(buffer, at, end) : checkBatch(buffer, at, end)
}
