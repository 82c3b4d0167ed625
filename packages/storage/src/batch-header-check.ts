/** What a batch’s 61 bytes of header are held to, and the bytes around it: Apache Kafka’s rules, in its order. */
import type { LogConfig } from '@gregor/config'
import {
  BATCH_HEADER_BYTES,
  CURRENT_MAGIC,
  attributesAt,
  baseOffsetAt,
  baseSequenceAt,
  baseTimestampAt,
  batchSizeAt,
  checkBatch,
  compressionOf,
  isControl,
  lastOffsetDeltaAt,
  magicAt,
  maxTimestampAt,
  producerIdAt,
  recordCountAt,
} from '@gregor/protocol'
import { type BatchRefusal, refuse } from './batch-refusal.ts'

const firstProduceVersionWithZstd = 7
/** Base offset and length; with leader epoch and magic. */
const lengthEnd = 12
const magicEnd = 17
/** Of a batch that is not told at once to be none: the least that any magic took. */
const batchBytesMin = 26

/** One whole batch of magic 2, with a codec that this version of Produce may bring. */
export function checkShape(buffer: Buffer, produceVersion: number): BatchRefusal | undefined {
  const first = batchAt(buffer, 0)
  if (typeof first !== 'number') return first ?? refuse('INVALID_RECORD', 'There is no whole record batch.')
  if (magicAt(buffer, 0) !== CURRENT_MAGIC) return refuse('INVALID_RECORD', 'Only record batches of magic 2 are taken.')
  if (produceVersion < firstProduceVersionWithZstd && compressionOf(attributesAt(buffer, 0)) === 'zstd') {
    return refuse('UNSUPPORTED_COMPRESSION_TYPE', 'Produce takes zstd from version 7 on.')
  }
  const second = batchAt(buffer, first)
  return typeof second === 'number' ? refuse('INVALID_RECORD', 'There is more than one batch.') : second
}

/** The size of the batch at `position`; `undefined` where the bytes end before it does. */
function batchAt(buffer: Buffer, position: number): number | BatchRefusal | undefined {
  const left = buffer.length - position
  if (left < lengthEnd) return undefined
  const size = batchSizeAt(buffer, position)
  if (size < batchBytesMin) return refuse('CORRUPT_MESSAGE', `A batch says that it has ${size} bytes.`)
  if (left < magicEnd) return undefined
  const magic = magicAt(buffer, position)
  if (magic < 0 || magic > CURRENT_MAGIC) return refuse('CORRUPT_MESSAGE', `There is no magic ${magic}.`)
  return size > left ? undefined : size
}

export function checkClientHeader(buffer: Buffer, config: LogConfig): BatchRefusal | undefined {
  if (baseOffsetAt(buffer, 0) !== 0) return refuse('INVALID_RECORD', 'The base offset is not 0.')
  const tooLarge = checkSize(buffer, config)
  if (tooLarge !== undefined) return tooLarge
  const size = batchSizeAt(buffer, 0)
  if (size < BATCH_HEADER_BYTES) return refuse('CORRUPT_MESSAGE', 'The batch is shorter than its header.')
  if (checkBatch(buffer, 0, size) !== undefined) {
    return refuse('CORRUPT_MESSAGE', 'The checksum of the batch is wrong.')
  }
  const count = recordCountAt(buffer, 0)
  if (count <= 0) return refuse('INVALID_RECORD', `The batch declares ${count} records.`)
  if (count !== lastOffsetDeltaAt(buffer, 0) + 1) {
    return refuse('INVALID_RECORD', `The batch declares ${count} records and an offset range of another size.`)
  }
  if (isControl(attributesAt(buffer, 0))) return refuse('INVALID_RECORD', 'Clients do not write control records.')
  if (producerIdAt(buffer, 0) >= 0 && baseSequenceAt(buffer, 0) < 0) {
    return refuse('INVALID_RECORD', 'The batch has a producer id and no sequence.')
  }
  return undefined
}

/** Numbers that a double cannot hold exactly are refused, not rounded. */
export function checkRange(buffer: Buffer): BatchRefusal | undefined {
  if (!Number.isSafeInteger(producerIdAt(buffer, 0))) {
    return refuse('INVALID_RECORD', 'Producer ids beyond 2^53 are not supported.')
  }
  if (!Number.isSafeInteger(baseTimestampAt(buffer, 0)) || !Number.isSafeInteger(maxTimestampAt(buffer, 0))) {
    return refuse('INVALID_TIMESTAMP', 'Timestamps beyond 2^53 are not supported.')
  }
  return undefined
}

export function checkSize(batch: Buffer, config: LogConfig): BatchRefusal | undefined {
  const size = batchSizeAt(batch, 0)
  if (size <= config.maxMessageBytes) return undefined
  return refuse('MESSAGE_TOO_LARGE', `The batch has ${size} bytes, max.message.bytes allows ${config.maxMessageBytes}.`)
}
