/**
 * Messages of magic 0 and 1, which Kafka wrote until 0.10: read only, from old segments. A message stands alone or is
 * a wrapper: its value is a compressed set of messages, one level deep. In a wrapper of magic 0 the offsets are those
 * of the log; of magic 1 they count from the wrapper's first, and the wrapper has the offset of its last (KIP-31).
 * Times came with magic 1 (KIP-32). The checksum is the IEEE polynomial, not that of batches.
 *
 * `batchSizeAt` and `magicAt` work on them, too.
 */

import { crc32 } from 'node:zlib'

import { MalformedMessageError, int64At } from '@gregor/base'

import { BatchBuilder } from './batch-builder.ts'
import { decompress } from './compression.ts'
import { decompressLz4 } from './lz4-frame.ts'
import {
  type BatchProblem,
  type CompressionType,
  type TimestampType,
  baseOffsetAt,
  batchSizeAt,
  compressionOf,
  magicAt,
  timestampTypeOf,
} from './record-batch.ts'

export interface LegacyMessage {
  readonly offset: number
  readonly magic: 0 | 1
  /** -1 with magic 0. */
  readonly timestamp: number
  readonly timestampType: TimestampType
  /** Of the message itself, within a wrapper too. */
  readonly crc: number
  /** A view. */
  readonly key: Buffer | null
  /** A view. */
  readonly value: Buffer | null
}

const CRC = 12
const MAGIC = 16
const ATTRIBUTES = 17
const TIMESTAMP = 18
/** To the end of the fixed fields, that is, to the length of the key. */
const FIXED_BYTES = { 0: 18, 1: 26 } as const

/** What is wrong with the message at `position`, as `checkBatch` says it of a batch. `badMagic`: neither 0 nor 1. */
export function checkLegacyMessage(buffer: Buffer, position: number, end: number): BatchProblem | undefined {
  if (end - position <= MAGIC) return 'truncated'
  const magic = magicAt(buffer, position)
  if (magic !== 0 && magic !== 1) return 'badMagic'
  const size = batchSizeAt(buffer, position)
  // Two lengths, of key and value, are the least that follows.
  if (size < FIXED_BYTES[magic] + 8) return 'badSize'
  if (size > end - position) return 'truncated'
  const crc = crc32(buffer.subarray(position + MAGIC, position + size))
  return crc === buffer.readUInt32BE(position + CRC) ? undefined : 'badCrc'
}

/**
 * The messages that the one at `position` stands for: itself, or those it wraps. It has passed `checkLegacyMessage`.
 * @throws MalformedMessageError, CompressionError; `maxBytes` bounds what a wrapper may unpack to.
 */
export function legacyMessagesAt(buffer: Buffer, position: number, maxBytes: number): readonly LegacyMessage[] {
  const outer = parse(buffer, position, buffer.length)
  if (outer.compression === 'none') return [outer]
  if (outer.value === null) throw new MalformedMessageError('a wrapper message without a value')
  const set =
    outer.compression === 'lz4'
      ? decompressLz4(outer.value, maxBytes, { ignoreHeaderChecksum: outer.magic === 0 })
      : decompress(outer.compression, outer.value, maxBytes)
  return unwrap(outer, parseSet(set))
}

/**
 * The batch of magic 2 that holds the same: codec, offsets, times, keys and values. Leader epoch and producer were not
 * known then.
 */
export function batchFromLegacyMessage(buffer: Buffer, position: number, maxBytes: number): Buffer {
  const { compression, timestampType, timestamp } = parse(buffer, position, buffer.length)
  const messages = legacyMessagesAt(buffer, position, maxBytes)
  const builder = new BatchBuilder({
    baseOffset: messages[0]?.offset ?? 0,
    compression,
    logAppendTimeMs: timestampType === 'LogAppendTime' ? timestamp : undefined,
  })
  for (const message of messages) builder.appendAt(message.offset, message)
  return builder.build()
}

interface ParsedMessage extends LegacyMessage {
  readonly compression: CompressionType
}

function parse(buffer: Buffer, position: number, end: number): ParsedMessage {
  const problem = checkLegacyMessage(buffer, position, end)
  if (problem !== undefined) throw new MalformedMessageError(`a message of an old format: ${problem}`)
  const magic = magicAt(buffer, position) === 0 ? 0 : 1
  const attributes = buffer.readInt8(position + ATTRIBUTES)
  const compression = compressionOf(attributes)
  if (compression === undefined || compression === 'zstd') {
    throw new MalformedMessageError('a message of an old format with a codec that came later')
  }
  const messageEnd = position + batchSizeAt(buffer, position)
  const keyAt = position + FIXED_BYTES[magic]
  const key = bytesAt(buffer, keyAt, messageEnd)
  const valueAt = keyAt + 4 + (key?.length ?? 0)
  const value = bytesAt(buffer, valueAt, messageEnd)
  return {
    offset: baseOffsetAt(buffer, position),
    magic,
    timestamp: magic === 0 ? -1 : int64At(buffer, position + TIMESTAMP),
    timestampType: magic === 0 ? 'CreateTime' : timestampTypeOf(attributes),
    crc: buffer.readUInt32BE(position + CRC),
    key,
    value,
    compression,
  }
}

function bytesAt(buffer: Buffer, position: number, end: number): Buffer | null {
  if (end - position < 4) throw new MalformedMessageError('a message of an old format is too short for its parts')
  const length = buffer.readInt32BE(position)
  if (length < 0) return null
  if (length > end - position - 4) throw new MalformedMessageError('a key or value reaches beyond its message')
  return buffer.subarray(position + 4, position + 4 + length)
}

function parseSet(set: Buffer): readonly ParsedMessage[] {
  const messages: ParsedMessage[] = []
  for (let position = 0; position < set.length; position += batchSizeAt(set, position)) {
    messages.push(parse(set, position, set.length))
  }
  return messages
}

function unwrap(wrapper: ParsedMessage, messages: readonly ParsedMessage[]): readonly LegacyMessage[] {
  const last = messages.at(-1)
  if (last === undefined) throw new MalformedMessageError('a wrapper message around nothing')
  // Early versions of librdkafka left the wrapper at offset 0.
  const base = wrapper.magic === 0 || wrapper.offset === 0 ? 0 : wrapper.offset - last.offset
  if (base < 0) throw new MalformedMessageError('a wrapper message with an offset below its last message')
  return messages.map((message) => {
    if (message.compression !== 'none') throw new MalformedMessageError('a wrapper message in a wrapper message')
    if (message.magic !== wrapper.magic) throw new MalformedMessageError('a wrapper message around another format')
    const isStamped = wrapper.timestampType === 'LogAppendTime'
    return {
      ...message,
      offset: base + message.offset,
      timestamp: isStamped ? wrapper.timestamp : message.timestamp,
      timestampType: isStamped ? wrapper.timestampType : message.timestampType,
    }
  })
}
