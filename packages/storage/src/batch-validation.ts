/**
 * Whether a batch may be appended, as far as the batch and the topic’s config can tell: no state, no I/O. Order, errors
 * and limits are Apache Kafka’s (`LogValidator`), with one exception: a compressed batch is unpacked only where a rule
 * cannot be checked otherwise; else its header and its checksum are believed.
 *
 * The batch is stamped in place with what follows from the rules (timestamps, checksum), and built anew where the
 * topic wants another codec. Offsets and leader epoch are stamped by `PartitionLog`.
 */
import { MalformedMessageError } from '@gregor/base'
import type { LogConfig } from '@gregor/config'
import {
  BATCH_HEADER_BYTES,
  CURRENT_MAGIC,
  CompressionError,
  type CompressionType,
  type ProtocolError,
  RecordCursor,
  attributesAt,
  attributesFrom,
  baseOffsetAt,
  baseSequenceAt,
  baseTimestampAt,
  batchSizeAt,
  checkBatch,
  compress,
  compressionOf,
  decompress,
  isControl,
  isTransactional,
  lastOffsetDeltaAt,
  magicAt,
  maxTimestampAt,
  partitionLeaderEpochAt,
  producerEpochAt,
  producerIdAt,
  recordCountAt,
  refreshCrc,
  setMaxTimestamp,
  stampLogAppendTime,
  timestampTypeOf,
  writeBatchHeader,
} from '@gregor/protocol'
import type { AppendOrigin } from './producer-check.ts'
import { checkRecords } from './record-check.ts'

export interface RecordError {
  /** Of the record in its batch. */
  readonly batchIndex: number
  readonly message: string
}

export interface BatchRefusal {
  readonly error: Exclude<ProtocolError, 'NONE'>
  readonly message: string
  /** Which records are to blame (KIP-467); empty where it is the batch. */
  readonly recordErrors: readonly RecordError[]
}

export type BatchVerdict = { readonly error: 'NONE'; readonly batch: Buffer } | BatchRefusal

export interface ValidationContext {
  readonly origin: AppendOrigin
  readonly nowMs: number
  /** Of the Produce request; below 7 it cannot bring zstd. Default: the newest. */
  readonly produceVersion?: number | undefined
}

/** What a batch may unpack to where it must be unpacked: over 100 times the default `max.message.bytes`. */
const unpackedBytesMax = 128 * 1024 * 1024
const recordErrorsMax = 1000
const firstProduceVersionWithZstd = 7

const cursor = new RecordCursor()

/**
 * Judges the one batch in `buffer`. Bytes behind it that are less than a batch are cut off, as Apache Kafka does.
 * @returns the batch to be appended: a view of `buffer`, stamped, or a new one.
 */
export function validateBatch(buffer: Buffer, config: LogConfig, context: ValidationContext): BatchVerdict {
  const refusal =
    checkShape(buffer) ??
    (context.origin === 'client' ? checkClientHeader(buffer, config, context) : undefined) ??
    checkRange(buffer)
  if (refusal !== undefined) return refusal
  const size = batchSizeAt(buffer, 0)
  const batch = size === buffer.length ? buffer : buffer.subarray(0, size)
  const source = compressionOf(attributesAt(batch, 0))
  if (source === undefined) return refuse('INVALID_RECORD', 'The batch names a codec that does not exist.')
  const target = targetCompression(batch, source, config)
  try {
    if (source !== 'none' && source === target && !mustUnpack(batch, config, context)) {
      stampTimestamps(batch, config, { maxTimestamp: maxTimestampAt(batch, 0), nowMs: context.nowMs })
      return { error: 'NONE', batch }
    }
    const records = decompress(source, batch.subarray(BATCH_HEADER_BYTES), unpackedBytesMax)
    const maxTimestamp = judgeRecords(batch, records, config, context)
    if (typeof maxTimestamp !== 'number') return maxTimestamp
    const result = source === target ? batch : recompress(batch, records, target, config)
    stampTimestamps(result, config, { maxTimestamp, nowMs: context.nowMs })
    return result === batch ? { error: 'NONE', batch } : (checkSize(result, config) ?? { error: 'NONE', batch: result })
  } catch (error) {
    return refusalFrom(error)
  }
}

/** One whole batch of magic 2 with a good checksum. */
function checkShape(buffer: Buffer): BatchRefusal | undefined {
  if (buffer.length <= 16) return refuse('INVALID_RECORD', 'There is no record batch.')
  if (magicAt(buffer, 0) !== CURRENT_MAGIC) return refuse('INVALID_RECORD', 'Only record batches of magic 2 are taken.')
  const size = batchSizeAt(buffer, 0)
  if (size < BATCH_HEADER_BYTES) return refuse('CORRUPT_MESSAGE', 'The batch is shorter than its header.')
  if (size > buffer.length) return refuse('INVALID_RECORD', 'The batch is not whole.')
  const rest = buffer.length - size
  if (rest > 16 && batchSizeAt(buffer, size) <= rest) return refuse('INVALID_RECORD', 'There is more than one batch.')
  return undefined
}

function checkClientHeader(buffer: Buffer, config: LogConfig, context: ValidationContext): BatchRefusal | undefined {
  const attributes = attributesAt(buffer, 0)
  if (compressionOf(attributes) === 'zstd' && (context.produceVersion ?? Infinity) < firstProduceVersionWithZstd) {
    return refuse('UNSUPPORTED_COMPRESSION_TYPE', 'Produce takes zstd from version 7 on.')
  }
  if (baseOffsetAt(buffer, 0) !== 0) return refuse('INVALID_RECORD', 'The base offset is not 0.')
  const tooLarge = checkSize(buffer, config)
  if (tooLarge !== undefined) return tooLarge
  if (checkBatch(buffer, 0, batchSizeAt(buffer, 0)) !== undefined) {
    return refuse('CORRUPT_MESSAGE', 'The checksum of the batch is wrong.')
  }
  const count = recordCountAt(buffer, 0)
  if (count <= 0) return refuse('INVALID_RECORD', `The batch declares ${count} records.`)
  if (count !== lastOffsetDeltaAt(buffer, 0) + 1) {
    return refuse('INVALID_RECORD', `The batch declares ${count} records and an offset range of another size.`)
  }
  if (isControl(attributes)) return refuse('INVALID_RECORD', 'Clients do not write control records.')
  if (producerIdAt(buffer, 0) >= 0 && baseSequenceAt(buffer, 0) < 0) {
    return refuse('INVALID_RECORD', 'The batch has a producer id and no sequence.')
  }
  return undefined
}

/** Numbers that a double cannot hold exactly are refused, not rounded. */
function checkRange(buffer: Buffer): BatchRefusal | undefined {
  if (!Number.isSafeInteger(producerIdAt(buffer, 0))) {
    return refuse('INVALID_RECORD', 'Producer ids beyond 2^53 are not supported.')
  }
  if (!Number.isSafeInteger(baseTimestampAt(buffer, 0)) || !Number.isSafeInteger(maxTimestampAt(buffer, 0))) {
    return refuse('INVALID_TIMESTAMP', 'Timestamps beyond 2^53 are not supported.')
  }
  return undefined
}

function checkSize(batch: Buffer, config: LogConfig): BatchRefusal | undefined {
  const size = batchSizeAt(batch, 0)
  if (size <= config.maxMessageBytes) return undefined
  return refuse('MESSAGE_TOO_LARGE', `The batch has ${size} bytes, max.message.bytes allows ${config.maxMessageBytes}.`)
}

/** The codec it will have. Control batches are not compressed for a topic’s sake. */
function targetCompression(batch: Buffer, source: CompressionType, config: LogConfig): CompressionType {
  if (config.compressionType === 'producer') return source
  if (source === 'none' && isControl(attributesAt(batch, 0))) return 'none'
  return config.compressionType === 'uncompressed' ? 'none' : config.compressionType
}

/** A rule that only the records can answer: keys in a compacted topic, timestamps that the header does not bound. */
function mustUnpack(batch: Buffer, config: LogConfig, { nowMs, origin }: ValidationContext): boolean {
  if (config.cleanupPolicy.compact && !isControl(attributesAt(batch, 0))) return true
  if (config.messageTimestampType === 'LogAppendTime') return origin === 'client' && hasForeignStamp(batch)
  if (config.messageTimestampBeforeMaxMs < Infinity || hasForeignStamp(batch)) return true
  const latestMs = nowMs + config.messageTimestampAfterMaxMs
  return maxTimestampAt(batch, 0) > latestMs || baseTimestampAt(batch, 0) > latestMs
}

/** Only brokers stamp a batch with the time of its append. */
function hasForeignStamp(batch: Buffer): boolean {
  return timestampTypeOf(attributesAt(batch, 0)) === 'LogAppendTime'
}

/** What the records are held to. */
interface RecordRules {
  readonly needsKeys: boolean
  readonly earliestMs: number
  readonly latestMs: number
  readonly isForeign: boolean
}

/** The largest timestamp of the records, -1 where none has one. @throws MalformedMessageError */
function judgeRecords(
  batch: Buffer,
  records: Buffer,
  config: LogConfig,
  context: ValidationContext,
): number | BatchRefusal {
  const isCreateTime = config.messageTimestampType === 'CreateTime'
  const rules: RecordRules = {
    needsKeys: config.cleanupPolicy.compact,
    earliestMs: isCreateTime ? context.nowMs - config.messageTimestampBeforeMaxMs : -Infinity,
    latestMs: isCreateTime ? context.nowMs + config.messageTimestampAfterMaxMs : Infinity,
    isForeign: context.origin === 'client' && hasForeignStamp(batch),
  }
  const found = rules.isForeign ? undefined : checkRecords(records, recordCountAt(batch, 0))
  if (found !== undefined) {
    const baseTimestamp = baseTimestampAt(batch, 0)
    const maxTimestamp = baseTimestamp + found.maxTimestampDelta
    const isInTime = baseTimestamp + found.minTimestampDelta >= rules.earliestMs && maxTimestamp <= rules.latestMs
    if (isInTime && !(rules.needsKeys && found.hasNullKey) && maxTimestamp <= Number.MAX_SAFE_INTEGER) {
      return Math.max(-1, maxTimestamp)
    }
  }
  return judgeEachRecord(batch, records, rules)
}

/** The same, record by record: of a batch that is refused in all likelihood. @throws MalformedMessageError */
function judgeEachRecord(batch: Buffer, records: Buffer, rules: RecordRules): number | BatchRefusal {
  const { needsKeys, earliestMs, latestMs, isForeign } = rules
  let maxTimestamp = -1
  let isGood = !isForeign
  cursor.reset(records, recordCountAt(batch, 0), 0, baseTimestampAt(batch, 0))
  while (cursor.next()) {
    const { timestamp } = cursor
    if (timestamp > maxTimestamp) maxTimestamp = timestamp
    if (needsKeys && cursor.keyLength < 0) isGood = false
    if ((timestamp < earliestMs || timestamp > latestMs) && timestamp !== -1) isGood = false
    if (cursor.headerCount > 0) walkHeaders()
  }
  if (!Number.isSafeInteger(maxTimestamp))
    return refuse('INVALID_TIMESTAMP', 'Timestamps beyond 2^53 are not supported.')
  if (isGood) return maxTimestamp
  return blame(batch, records, rules)
}

function walkHeaders(): void {
  let hasNext = cursor.nextHeader()
  while (hasNext) hasNext = cursor.nextHeader()
}

/** The same walk again for a batch that is refused, saying which records are to blame. */
function blame(batch: Buffer, records: Buffer, rules: RecordRules): BatchRefusal {
  const recordErrors: RecordError[] = []
  let isTime = false
  cursor.reset(records, recordCountAt(batch, 0), 0, baseTimestampAt(batch, 0))
  for (let batchIndex = 0; cursor.next(); batchIndex++) {
    const { timestamp } = cursor
    let message: string | undefined
    if (rules.needsKeys && cursor.keyLength < 0) {
      message = 'A compacted topic takes no record without a key.'
    } else if (rules.isForeign) {
      isTime = true
      message = 'A producer does not set the timestamp type LogAppendTime.'
    } else if ((timestamp < rules.earliestMs || timestamp > rules.latestMs) && timestamp !== -1) {
      isTime = true
      message = `The timestamp ${timestamp} is not within ${rules.earliestMs} and ${rules.latestMs}.`
    }
    if (message !== undefined && recordErrors.length < recordErrorsMax) recordErrors.push({ batchIndex, message })
  }
  return isTime
    ? { error: 'INVALID_TIMESTAMP', message: 'Records were refused for their timestamps.', recordErrors }
    : { error: 'INVALID_RECORD', message: 'Records were refused, none of the batch was written.', recordErrors }
}

function stampTimestamps(batch: Buffer, config: LogConfig, given: { maxTimestamp: number; nowMs: number }): void {
  if (config.messageTimestampType === 'LogAppendTime') {
    stampLogAppendTime(batch, 0, given.nowMs)
  } else if (maxTimestampAt(batch, 0) !== given.maxTimestamp) {
    setMaxTimestamp(batch, 0, given.maxTimestamp)
    refreshCrc(batch, 0)
  }
}

/** The same records and header, with another codec. */
function recompress(batch: Buffer, records: Buffer, target: CompressionType, config: LogConfig): Buffer {
  const packed = compress(target, records, compressionLevel(target, config))
  const result = Buffer.allocUnsafe(BATCH_HEADER_BYTES + packed.length)
  packed.copy(result, BATCH_HEADER_BYTES)
  const attributes = attributesAt(batch, 0)
  writeBatchHeader(result, 0, {
    baseOffset: baseOffsetAt(batch, 0),
    batchSize: result.length,
    partitionLeaderEpoch: partitionLeaderEpochAt(batch, 0),
    attributes: attributesFrom({
      compression: target,
      isTransactional: isTransactional(attributes),
      isControl: isControl(attributes),
    }),
    lastOffsetDelta: lastOffsetDeltaAt(batch, 0),
    baseTimestamp: baseTimestampAt(batch, 0),
    maxTimestamp: maxTimestampAt(batch, 0),
    producerId: producerIdAt(batch, 0),
    producerEpoch: producerEpochAt(batch, 0),
    baseSequence: baseSequenceAt(batch, 0),
    recordCount: recordCountAt(batch, 0),
  })
  return result
}

function compressionLevel(target: CompressionType, config: LogConfig): number | undefined {
  switch (target) {
    case 'gzip':
      return config.compressionGzipLevel
    case 'zstd':
      return config.compressionZstdLevel
    default:
      return undefined
  }
}

function refusalFrom(error: unknown): BatchRefusal {
  if (error instanceof MalformedMessageError) return refuse('INVALID_RECORD', `Malformed records: ${error.message}.`)
  if (!(error instanceof CompressionError)) throw error
  if (error.problem === 'tooLarge') return refuse('MESSAGE_TOO_LARGE', `The batch unpacks to ${error.message}.`)
  return refuse('CORRUPT_MESSAGE', `The batch does not unpack: ${error.message}.`)
}

function refuse(error: BatchRefusal['error'], message: string): BatchRefusal {
  return { error, message, recordErrors: [] }
}
