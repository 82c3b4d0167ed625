/** A partition’s bytes on disk, in Apache Kafka’s formats. This file is the package’s public interface. */
export { OffsetCheckpoint, offsetCheckpointNames } from './checkpoint-file.ts'
export { type EpochEndOffset, type LeaderEpochEntry, LeaderEpochs } from './leader-epochs.ts'
export type { CompletedTransaction } from './open-transactions.ts'
export type { AppendOrigin, ProducerAppend, ProducerCheck } from './producer-check.ts'
export { type ActiveProducer, type ProducerConfig, ProducerState } from './producer-state.ts'
export { type TopicPartition, partitionName } from './topic-partition.ts'
export { type AbortedTransaction, TransactionIndex } from './transaction-index.ts'
