/**
 * Whether a batch may be appended, as far as the batch and the topic’s config can tell: no state, no I/O. Order, errors
 * and limits are Apache Kafka’s (`LogValidator`); docs/decisions/0008 says where we are stricter. Every batch is
 * unpacked, and every record looked at: what is taken here, consumers can read.
 *
 * The batch is stamped in place with what follows from the rules (timestamps, checksum), and built anew where the
 * topic wants another codec. Offsets and leader epoch are stamped by `LogWriter`.
 */
import type { LogConfig } from '@gregor/config'
import { BATCH_HEADER_BYTES, attributesAt, batchSizeAt, compressionOf, decompress } from '@gregor/protocol'
import { checkClientHeader, checkRange, checkShape, checkSize } from './batch-header-check.ts'
import { judgeRecords } from './batch-records-check.ts'
import { type BatchRefusal, refusalFrom, refuse } from './batch-refusal.ts'
import { recompress, stampBatch, targetCompression } from './batch-rewrite.ts'
import type { AppendOrigin } from './producer-check.ts'

export type BatchVerdict = { readonly error: 'NONE'; readonly batch: Buffer } | BatchRefusal

export interface ValidationContext {
  readonly origin: AppendOrigin
  readonly nowMs: number
  /** Of the Produce request; below 7 it cannot bring zstd. Default: the newest. */
  readonly produceVersion?: number | undefined
}

/** What any batch may unpack to, and what none may: over 100 times the default `max.message.bytes`. */
const unpackedBytesFloor = 16 * 1024 * 1024
const unpackedBytesMax = 128 * 1024 * 1024
/** Between the two. Further than gzip ever goes, with nothing but zeros; zstd would go 30 times further still. */
const unpackedRatioMax = 1040

/**
 * Judges the one batch in `buffer`. Bytes behind it that are less than a batch are cut off, as Apache Kafka does.
 * @returns the batch to be appended: a view of `buffer`, stamped, or a new one.
 */
export function validateBatch(buffer: Buffer, config: LogConfig, context: ValidationContext): BatchVerdict {
  const { origin, nowMs, produceVersion = Infinity } = context
  const isClient = origin === 'client'
  const refusal =
    checkShape(buffer, produceVersion) ??
    (isClient ? checkClientHeader(buffer, config) : undefined) ??
    checkRange(buffer)
  if (refusal !== undefined) return refusal
  const size = batchSizeAt(buffer, 0)
  const batch = size === buffer.length ? buffer : buffer.subarray(0, size)
  const source = compressionOf(attributesAt(batch, 0))
  if (source === undefined) return refuse('INVALID_RECORD', 'The batch names a codec that does not exist.')
  const target = targetCompression(batch, source, config)
  try {
    const packed = batch.subarray(BATCH_HEADER_BYTES)
    const records = decompress(source, packed, unpackedBound(packed.length))
    const maxTimestamp = judgeRecords(batch, records, config, { isClient, nowMs })
    if (typeof maxTimestamp !== 'number') return maxTimestamp
    const result = source === target ? batch : recompress(batch, records, target, config)
    stampBatch(result, config, { maxTimestamp, nowMs })
    const tooLarge = result === batch ? undefined : checkSize(result, config)
    return tooLarge ?? { error: 'NONE', batch: result }
  } catch (error) {
    return refusalFrom(error)
  }
}

/** What is unpacked for so many bytes at most: a hostile batch costs time and memory in proportion to its size. */
function unpackedBound(packedBytes: number): number {
  return Math.min(unpackedBytesMax, Math.max(unpackedBytesFloor, packedBytes * unpackedRatioMax))
}
