/**
 * A message of magic 0 or 1 in a file, as a dump shows it: a batch of one, or of those that it wraps. Unlike readers, a
 * dump shows a message whose checksum is wrong, too.
 */
import {
  type LegacyMessage,
  checkLegacyMessage,
  compressionOf,
  legacyMessagesAt,
  timestampTypeOf,
} from '@gregor/protocol'
import { crc32 } from 'node:zlib'
import { DumpFailure } from './findings.ts'

export interface LegacyRecord extends Omit<LegacyMessage, 'magic' | 'timestampType'> {
  readonly isValid: boolean
}

export interface LegacyBatch {
  /** NoTimestampType with magic 0. */
  readonly timestampType: string
  readonly timestamp: number
  readonly codec: string
  readonly crc: number
  readonly isValid: boolean
  /** @throws MalformedMessageError, CompressionError */
  readonly records: () => readonly LegacyRecord[]
}

const CRC = 12
const MAGIC = 16
const ATTRIBUTES = 17
const TIMESTAMP = 18
const UNPACKED_BYTES_MAX = 2 ** 31 - 1

/** @param bytes - of the whole message, with offset and size. They may be gone once its records are asked for. */
export function legacyBatch(bytes: Buffer): LegacyBatch {
  const magic = bytes.readInt8(MAGIC)
  const attributes = bytes.readInt8(ATTRIBUTES)
  const codec = compressionOf(attributes)
  if (codec === undefined) throw new DumpFailure(`Unknown compression type id: ${attributes & 7}`)
  const problem = checkLegacyMessage(bytes, 0, bytes.length)
  const isValid = problem === undefined
  const crc = bytes.readUInt32BE(CRC)
  return {
    timestampType: magic === 0 ? 'NoTimestampType' : timestampTypeOf(attributes),
    timestamp: magic === 0 ? -1 : Number(bytes.readBigInt64BE(TIMESTAMP)),
    codec,
    crc,
    isValid,
    records: () => {
      const messages = legacyMessagesAt(problem === 'badCrc' ? withRightCrc(bytes) : bytes, 0, UNPACKED_BYTES_MAX)
      const isWrapped = codec !== 'none'
      return messages.map((message) => ({
        ...message,
        isValid: isWrapped || isValid,
        crc: isWrapped ? message.crc : crc,
      }))
    },
  }
}

function withRightCrc(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes)
  copy.writeUInt32BE(crc32(copy.subarray(MAGIC)), CRC)
  return copy
}
