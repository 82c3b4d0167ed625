/** The pure machines that coordinate groups and transactions. This file is the package’s public interface. */
export { resolveRegexes } from './group/consumer/regexes.ts'
export { groupCoordinatorConfigFrom } from './group/group-config.ts'
export type { GroupCoordinatorConfig } from './group/group-config.ts'
export { GroupCoordinatorMachine } from './group/group-coordinator-machine.ts'
export type {
  AnswerEffect,
  GroupEffect,
  GroupEvent,
  GroupEventOf,
  GroupReplies,
  GroupReply,
  GroupRequestType,
  JoinGroupReply,
  MachineEvent,
  OffsetFetchGroup,
  RegexesResolved,
  RequestContext,
  ResolveRegexes,
  SyncGroupReply,
  Waiter,
} from './group/group-event.ts'
export type { GroupEventKind, GroupHistoryEvent } from './group/group-history.ts'
export {
  decodeGroupBatches,
  encodeGroupBatch,
  encodeGroupRecord,
  groupBatchBytesMax,
} from './group/group-log-record.ts'
export type {
  GroupLogRecord,
  ReadGroupRecord,
  StoredGroupRecord,
  TransactionMarkerRecord,
} from './group/group-log-record.ts'
export { transactionCoordinatorConfigFrom } from './transaction/transaction-config.ts'
export type { TransactionCoordinatorConfig, TransactionVersion } from './transaction/transaction-config.ts'
export { TransactionCoordinatorMachine } from './transaction/transaction-coordinator-machine.ts'
export { needsProducerId } from './transaction/transaction-event.ts'
export type {
  MarkerResult,
  MarkersRefused,
  NeedsProducerId,
  ReserveProducerId,
  TopicPartitions,
  TransactionEffect,
  TransactionEvent,
  TransactionEventOf,
  TransactionReplies,
  TransactionReply,
  TransactionRequestType,
  WriteMarkers,
} from './transaction/transaction-event.ts'
export { undescribed } from './transaction/transaction-listing.ts'
export { decodeTransactionBatches, encodeTransactionBatch } from './transaction/transaction-log-record.ts'
export type { TransactionLogRecord } from './transaction/transaction-log-record.ts'
