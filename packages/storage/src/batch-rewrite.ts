/** What a broker changes in a batch it takes: the timestamps of the header, and the codec where the topic names one. */
import type { LogConfig } from '@gregor/config'
import {
  BATCH_HEADER_BYTES,
  type CompressionType,
  attributesAt,
  attributesFrom,
  baseOffsetAt,
  baseSequenceAt,
  baseTimestampAt,
  compress,
  isControl,
  isTransactional,
  lastOffsetDeltaAt,
  partitionLeaderEpochAt,
  maxTimestampAt,
  producerEpochAt,
  producerIdAt,
  recordCountAt,
  stampTimestamp,
  writeBatchHeader,
} from '@gregor/protocol'

/** The codec it will have. Control batches are not compressed for a topic’s sake. */
export function targetCompression(batch: Buffer, source: CompressionType, config: LogConfig): CompressionType {
  if (config.compressionType === 'producer') return source
  if (source === 'none' && isControl(attributesAt(batch, 0))) return 'none'
  return config.compressionType === 'uncompressed' ? 'none' : config.compressionType
}

/** In place. */
export function stampBatch(batch: Buffer, config: LogConfig, given: { maxTimestamp: number; nowMs: number }): void {
  const { messageTimestampType } = config
  const timestampMs = messageTimestampType === 'LogAppendTime' ? given.nowMs : given.maxTimestamp
  stampTimestamp(batch, 0, messageTimestampType, timestampMs)
}

/** The same records and header, with another codec. */
export function recompress(batch: Buffer, records: Buffer, target: CompressionType, config: LogConfig): Buffer {
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
