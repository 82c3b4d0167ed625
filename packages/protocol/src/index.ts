/** What goes over the wire and onto the disk, as values: message schemas, records, errors. This file is the package’s public interface. */
export { BatchBuilder, type BatchOptions, type RecordHeader } from './records/batch-builder.ts'
export { CompressionError } from './records/compression-error.ts'
export { compress, decompress } from './records/compression.ts'
export {
  type ControlRecordType,
  type TransactionMarker,
  controlBatch,
  controlRecordKey,
  controlRecordTypeOf,
  coordinatorEpochOf,
  transactionMarkerBatch,
} from './records/control-record.ts'
export { crc32c } from './records/crc32c.ts'
export {
  type LegacyMessage,
  batchFromLegacyMessage,
  checkLegacyMessage,
  legacyMessagesAt,
} from './records/legacy-message-set.ts'
export {
  BATCH_HEADER_BYTES,
  type BatchHeader,
  type BatchProblem,
  CURRENT_MAGIC,
  type CompressionType,
  LOG_OVERHEAD_BYTES,
  type TimestampType,
  attributesAt,
  attributesFrom,
  baseOffsetAt,
  baseSequenceAt,
  baseTimestampAt,
  batchSizeAt,
  checkBatch,
  compressionOf,
  crcAt,
  hasDeleteHorizon,
  isControl,
  isTransactional,
  lastOffsetAt,
  lastOffsetDeltaAt,
  lastSequenceAt,
  magicAt,
  maxTimestampAt,
  partitionLeaderEpochAt,
  producerEpochAt,
  producerIdAt,
  recordCountAt,
  refreshCrc,
  setAttributes,
  setBaseOffset,
  setMaxTimestamp,
  setPartitionLeaderEpoch,
  stampLogAppendTime,
  timestampTypeOf,
  writeBatchHeader,
} from './records/record-batch.ts'
export { RecordCursor } from './records/record-cursor.ts'
