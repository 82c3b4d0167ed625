/**
 * The header of a record batch (magic 2, KIP-98), read and stamped where it lies: every function takes a Buffer and
 * the position of the batch in it, and makes no object. Records are not looked at: see `record-cursor`.
 *
 * Whoever reads a header has run `checkBatch` on it, or knows otherwise that its 61 bytes are there.
 * The checksum covers what follows it, so base offset and leader epoch may change without a new one; all else needs
 * `refreshCrc`. 64-bit fields are numbers, rounded beyond 2^53.
 */

import { int16At, int32At, int64At, setInt32At, setInt64At, uint32At } from '@gregor/base'
import { crc32c, crc32cInView } from './crc32c.ts'

/** Base offset and batch length: what stands before the bytes that the length counts. */
export const LOG_OVERHEAD_BYTES = 12
export const BATCH_HEADER_BYTES = 61
export const CURRENT_MAGIC = 2

export type CompressionType = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'
export type TimestampType = 'CreateTime' | 'LogAppendTime'

/**
 * `truncated`: its end is not there yet. `badMagic`: not magic 2, see `legacy-message-set`. `badSize`: shorter than
 * its own header. `badCrc`: the bytes are not those that were written.
 */
export type BatchProblem = 'truncated' | 'badMagic' | 'badSize' | 'badCrc'

const LENGTH = 8
const PARTITION_LEADER_EPOCH = 12
const MAGIC = 16
const CRC = 17
const ATTRIBUTES = 21
const LAST_OFFSET_DELTA = 23
const BASE_TIMESTAMP = 27
const MAX_TIMESTAMP = 35
const PRODUCER_ID = 43
const PRODUCER_EPOCH = 51
const BASE_SEQUENCE = 53
const RECORD_COUNT = 57
const SEQUENCE_COUNT = 0x8000_0000

// -------------------------------------------------------------------------------------------------------- checking

/** What is wrong with the bytes from `position`, as far as the header and its checksum can tell. */
export function checkBatch(buffer: Buffer, position: number, end: number): BatchProblem | undefined {
  if (end - position <= MAGIC) return 'truncated'
  if (magicAt(buffer, position) !== CURRENT_MAGIC) return 'badMagic'
  const size = batchSizeAt(buffer, position)
  if (size < BATCH_HEADER_BYTES) return 'badSize'
  if (size > end - position) return 'truncated'
  return computeCrc(buffer, position) === crcAt(buffer, position) ? undefined : 'badCrc'
}

/** Of a batch that is whole and has a good header, in a buffer that `view` is of. */
export function hasRightCrc(buffer: Buffer, view: DataView, position: number, size: number): boolean {
  return crc32cInView(buffer, view, position + ATTRIBUTES, position + size) === view.getUint32(position + CRC)
}

function computeCrc(buffer: Buffer, position: number): number {
  return crc32c(buffer, position + ATTRIBUTES, position + batchSizeAt(buffer, position))
}

// --------------------------------------------------------------------------------------------------------- reading

/** Of the whole batch, with the 12 bytes that its length field leaves out. Needs 12 bytes only. */
export function batchSizeAt(buffer: Buffer, position: number): number {
  return LOG_OVERHEAD_BYTES + int32At(buffer, position + LENGTH)
}

export function baseOffsetAt(buffer: Buffer, position: number): number {
  return int64At(buffer, position)
}

export function partitionLeaderEpochAt(buffer: Buffer, position: number): number {
  return int32At(buffer, position + PARTITION_LEADER_EPOCH)
}

/** At the same place in messages of magic 0 and 1. */
export function magicAt(buffer: Buffer, position: number): number {
  return ((buffer[position + MAGIC] ?? 0) << 24) >> 24
}

export function crcAt(buffer: Buffer, position: number): number {
  return uint32At(buffer, position + CRC)
}

export function attributesAt(buffer: Buffer, position: number): number {
  return int16At(buffer, position + ATTRIBUTES)
}

export function lastOffsetDeltaAt(buffer: Buffer, position: number): number {
  return int32At(buffer, position + LAST_OFFSET_DELTA)
}

/** Stays the batch's own after compaction has taken its last records away. */
export function lastOffsetAt(buffer: Buffer, position: number): number {
  return baseOffsetAt(buffer, position) + lastOffsetDeltaAt(buffer, position)
}

/** What record timestamps are relative to; the delete horizon where the attributes say so. */
export function baseTimestampAt(buffer: Buffer, position: number): number {
  return int64At(buffer, position + BASE_TIMESTAMP)
}

export function maxTimestampAt(buffer: Buffer, position: number): number {
  return int64At(buffer, position + MAX_TIMESTAMP)
}

/** -1: none. */
export function producerIdAt(buffer: Buffer, position: number): number {
  return int64At(buffer, position + PRODUCER_ID)
}

export function producerEpochAt(buffer: Buffer, position: number): number {
  return int16At(buffer, position + PRODUCER_EPOCH)
}

export function baseSequenceAt(buffer: Buffer, position: number): number {
  return int32At(buffer, position + BASE_SEQUENCE)
}

/** Sequences go on at 0 after 2^31 - 1. -1 where the batch has none. */
export function lastSequenceAt(buffer: Buffer, position: number): number {
  const baseSequence = baseSequenceAt(buffer, position)
  if (baseSequence < 0) return baseSequence
  const sequence = baseSequence + lastOffsetDeltaAt(buffer, position)
  return sequence < SEQUENCE_COUNT ? sequence : sequence - SEQUENCE_COUNT
}

/** 0 is legal: compaction keeps the header of a producer's last batch. */
export function recordCountAt(buffer: Buffer, position: number): number {
  return int32At(buffer, position + RECORD_COUNT)
}

// ------------------------------------------------------------------------------------------------------ attributes

const compressionTypes: readonly CompressionType[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd']
const COMPRESSION_BITS = 0x07
const LOG_APPEND_TIME_BIT = 0x08
const TRANSACTIONAL_BIT = 0x10
const CONTROL_BIT = 0x20
const DELETE_HORIZON_BIT = 0x40

/** `undefined` for the numbers that name no codec. */
export function compressionOf(attributes: number): CompressionType | undefined {
  return compressionTypes[attributes & COMPRESSION_BITS]
}

export function timestampTypeOf(attributes: number): TimestampType {
  return (attributes & LOG_APPEND_TIME_BIT) === 0 ? 'CreateTime' : 'LogAppendTime'
}

export function isTransactional(attributes: number): boolean {
  return (attributes & TRANSACTIONAL_BIT) !== 0
}

/** Its records are markers for readers of the log, not data. */
export function isControl(attributes: number): boolean {
  return (attributes & CONTROL_BIT) !== 0
}

/** The base timestamp is the time from which compaction may drop tombstones and markers (KIP-534). */
export function hasDeleteHorizon(attributes: number): boolean {
  return (attributes & DELETE_HORIZON_BIT) !== 0
}

export function attributesFrom(given: {
  readonly compression?: CompressionType | undefined
  readonly timestampType?: TimestampType | undefined
  readonly isTransactional?: boolean | undefined
  readonly isControl?: boolean | undefined
  readonly hasDeleteHorizon?: boolean | undefined
}): number {
  return (
    compressionTypes.indexOf(given.compression ?? 'none') |
    (given.timestampType === 'LogAppendTime' ? LOG_APPEND_TIME_BIT : 0) |
    (given.isTransactional === true ? TRANSACTIONAL_BIT : 0) |
    (given.isControl === true ? CONTROL_BIT : 0) |
    (given.hasDeleteHorizon === true ? DELETE_HORIZON_BIT : 0)
  )
}

// --------------------------------------------------------------------------------------------------------- writing

export function setBaseOffset(buffer: Buffer, position: number, offset: number): void {
  setInt64At(buffer, position, offset)
}

export function setPartitionLeaderEpoch(buffer: Buffer, position: number, leaderEpoch: number): void {
  setInt32At(buffer, position + PARTITION_LEADER_EPOCH, leaderEpoch)
}

/** Needs `refreshCrc`. */
export function setAttributes(buffer: Buffer, position: number, attributes: number): void {
  buffer.writeInt16BE(attributes, position + ATTRIBUTES)
}

/** Needs `refreshCrc`. */
export function setMaxTimestamp(buffer: Buffer, position: number, timestampMs: number): void {
  setInt64At(buffer, position + MAX_TIMESTAMP, timestampMs)
}

/**
 * As the broker stamps a batch it appends. In a LogAppendTime topic the records keep their deltas, readers ignore them.
 * Attributes without a meaning do not outlive a change.
 */
export function stampTimestamp(buffer: Buffer, position: number, type: TimestampType, timestampMs: number): void {
  const attributes = attributesAt(buffer, position)
  if (timestampTypeOf(attributes) === type && maxTimestampAt(buffer, position) === timestampMs) return
  const known = attributes & (COMPRESSION_BITS | TRANSACTIONAL_BIT | CONTROL_BIT | DELETE_HORIZON_BIT)
  setAttributes(buffer, position, type === 'LogAppendTime' ? known | LOG_APPEND_TIME_BIT : known)
  setMaxTimestamp(buffer, position, timestampMs)
  refreshCrc(buffer, position)
}

export function refreshCrc(buffer: Buffer, position: number): void {
  buffer.writeUInt32BE(computeCrc(buffer, position), position + CRC)
}

export interface BatchHeader {
  readonly baseOffset: number
  /** Of the whole batch. */
  readonly batchSize: number
  readonly partitionLeaderEpoch: number
  readonly attributes: number
  readonly lastOffsetDelta: number
  readonly baseTimestamp: number
  readonly maxTimestamp: number
  readonly producerId: number
  readonly producerEpoch: number
  readonly baseSequence: number
  readonly recordCount: number
}

/** Writes the 61 bytes in front of records that are there already, with their checksum. */
export function writeBatchHeader(buffer: Buffer, position: number, header: BatchHeader): void {
  setBaseOffset(buffer, position, header.baseOffset)
  buffer.writeInt32BE(header.batchSize - LOG_OVERHEAD_BYTES, position + LENGTH)
  setPartitionLeaderEpoch(buffer, position, header.partitionLeaderEpoch)
  buffer.writeInt8(CURRENT_MAGIC, position + MAGIC)
  setAttributes(buffer, position, header.attributes)
  buffer.writeInt32BE(header.lastOffsetDelta, position + LAST_OFFSET_DELTA)
  setInt64At(buffer, position + BASE_TIMESTAMP, header.baseTimestamp)
  setMaxTimestamp(buffer, position, header.maxTimestamp)
  setInt64At(buffer, position + PRODUCER_ID, header.producerId)
  buffer.writeInt16BE(header.producerEpoch, position + PRODUCER_EPOCH)
  buffer.writeInt32BE(header.baseSequence, position + BASE_SEQUENCE)
  buffer.writeInt32BE(header.recordCount, position + RECORD_COUNT)
  refreshCrc(buffer, position)
}
