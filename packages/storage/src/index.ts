/** A partition’s bytes on disk, in Apache Kafka’s formats. This file is the package’s public interface. */
export type { AppendGiven, AppendRefused, AppendResult, Appended } from './append-result.ts'
export type { RecordError } from './batch-validation.ts'
export { OffsetCheckpoint, offsetCheckpointNames } from './checkpoint-file.ts'
export type { CleanShutdown } from './clean-shutdown.ts'
export type { CompactionStats } from './compaction.ts'
export { isDiskFull } from './disk-full.ts'
export { type EpochEndOffset, type LeaderEpochEntry, LeaderEpochs } from './leader-epochs.ts'
export type { LoadOptions } from './load-directory.ts'
export {
  type DescribedDirectory,
  type FailedDirectory,
  LogDirectories,
  type LogDirectoriesOptions,
} from './log-directories.ts'
export type { LogDirectory } from './log-directory.ts'
export type { TimestampAndOffset } from './log-lookup.ts'
export type { PartitionLogOptions } from './log-opening.ts'
export type { ReadRefusal, ReadRequest, ReadResult, RecordsRead } from './log-reader.ts'
export { type MetaProperties, readMetaProperties } from './meta-properties.ts'
export type { OfflineDirectory } from './open-directories.ts'
export { OpenFiles } from './open-files.ts'
export type { CompletedTransaction } from './open-transactions.ts'
export type { AppendRequest } from './log-writer.ts'
export { PartitionLog } from './partition-log.ts'
export type { AppendOrigin, ProducerAppend, ProducerCheck } from './producer-check.ts'
export { type ActiveProducer, type ProducerConfig, ProducerState } from './producer-state.ts'
export { StorageError } from './storage-error.ts'
export { type TopicPartition, partitionName } from './topic-partition.ts'
export { type AbortedTransaction, TransactionIndex } from './transaction-index.ts'
export { type DirectoryProblem, type VerifiedDirectory, verifyDirectory } from './verify-directory.ts'
