/** What goes over the wire and onto the disk, as values: message schemas, records, errors. This file is the package’s public interface. */
export { advertisedVersions } from './apis/advertised.ts'
export * from './apis/index.ts'
export { BatchBuilder, type BatchOptions, type RecordHeader } from './records/batch-builder.ts'
export {
  type ProtocolError,
  type ProtocolErrorEntry,
  errorAdvice,
  errorCode,
  errorMessage,
  errorName,
  isRetriable,
  protocolErrors,
} from './errors.ts'
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
  hasRightCrc,
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
  stampTimestamp,
  timestampTypeOf,
  writeBatchHeader,
} from './records/record-batch.ts'
export { RecordCursor } from './records/record-cursor.ts'
export {
  type Codec,
  type CodecOptions,
  UnsupportedVersionError,
  codecOf,
  compile,
  decode,
  decodeRequest,
  decodeResponse,
  encode,
  encodeRequest,
  encodeResponse,
} from './schema/codec.ts'
export {
  type DecodedOf,
  type Field,
  type FieldOptions,
  type FieldType,
  type Fields,
  type InputOf,
  array,
  boolean,
  bytes,
  float64,
  int16,
  int32,
  int64,
  int64Big,
  int8,
  records,
  string,
  struct,
  uint16,
  uint32,
  uuid,
} from './schema/field.ts'
export {
  type RequestHeader,
  type RequestHeaderInput,
  RequestHeaderMessage,
  ResponseHeaderMessage,
  decodeRequestHeader,
  decodeResponseHeader,
  encodeRequestHeader,
  encodeResponseHeader,
  requestHeaderVersion,
  responseHeaderVersion,
} from './schema/header.ts'
export { JavaDouble, type JsonNode, javaDoubleText, jsonText, messageJson } from './schema/message-json.ts'
export { redacted } from './schema/redacted.ts'
export {
  type Api,
  type ListenerKind,
  type Message,
  type MessageInput,
  type MessageOf,
  type RequestInput,
  type RequestOf,
  type ResponseInput,
  type ResponseOf,
  defineApi,
  defineMessage,
  isFlexible,
} from './schema/schema.ts'
export { type VersionRange, type Versions, hasVersion, parseVersions } from './schema/versions.ts'
export {
  type Assignment,
  ConsumerProtocolAssignment,
  ConsumerProtocolSubscription,
  type Subscription,
  decodeAssignment,
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
} from './stored/consumer-protocol.ts'
export type { CoordinatorRecord, CoordinatorRecordCodec } from './stored/coordinator-records.ts'
export { type GroupRecord, type GroupRecordType, groupRecords } from './stored/group-records.ts'
export {
  LATEST_METADATA_VERSION,
  type MetadataRecord,
  type MetadataRecordInput,
  type MetadataRecordType,
  decodeMetadataRecord,
  encodeMetadataRecord,
  metadataRecordTypes,
  metadataRecordVersion,
} from './stored/metadata-records.ts'
export { DefaultPrincipalData } from './stored/principal-data.ts'
export { ProducerSnapshot } from './stored/producer-snapshot.ts'
export { QuorumStateData } from './stored/quorum-state.ts'
export { type RaftRecordType, decodeRaftRecord, encodeRaftRecord, raftRecordMessages } from './stored/raft-records.ts'
export { type ShareStateRecord, shareStateRecords } from './stored/share-state-records.ts'
export { type TransactionRecord, transactionRecords } from './stored/transaction-records.ts'
export { UnknownRecordError } from './stored/unknown-record-error.ts'
