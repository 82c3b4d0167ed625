/**
 * A client of any Kafka cluster, and what it decides as pure machines: the numbers of a producer’s batches, the state of
 * its transaction, the membership of a consumer in its group. This file is the package’s public interface.
 */
export type { Answer, Cluster, CoordinatorKind, NodeChoice, NodeEndpoint, SendOptions } from './cluster/cluster.ts'
export type { ClusterMetadata, PartitionMetadata, TopicMetadata } from './cluster/cluster-metadata.ts'
export type {
  AssignableMember,
  AssignableTopics,
  Assignor,
  AssignorFactory,
  MemberAssignment,
} from './consumer/assignors/assignor.ts'
export { type AssignorName, assignorFactory, assignorNames } from './consumer/assignors/named-assignors.ts'
export { rangeAssignor } from './consumer/assignors/range-assignor.ts'
export { roundRobinAssignor } from './consumer/assignors/round-robin-assignor.ts'
export { CooperativeStickyAssignor, StickyAssignor } from './consumer/assignors/sticky-assignor.ts'
export { ClassicMembership, type ClassicMembershipOptions } from './consumer/classic-membership.ts'
export { ConsumerMembership, type ConsumerMembershipOptions } from './consumer/consumer-membership.ts'
export type {
  GroupAnswer,
  GroupRequest,
  Instruction,
  MemberIdentity,
  Membership,
  MembershipEnd,
  SubscribedMember,
} from './consumer/membership.ts'
export { type PartitionsOfTopic, type TopicPartition, byTopic, partitionKey } from './consumer/partition-set.ts'
export { BuiltInPartitioner, type BuiltInPartitionerOptions } from './producer/partitioners/built-in-partitioner.ts'
export {
  type PartitionFunction,
  type PartitionerChoice,
  type PartitionerName,
  choosePartitioner,
  partitionerName,
  partitionerNames,
} from './producer/partitioners/choose-partitioner.ts'
export { murmur2, partitionForKey } from './producer/partitioners/murmur2.ts'
export type {
  AppendedRecord,
  PartitionLoad,
  PartitionableRecord,
  PartitionableTopic,
  Partitioner,
} from './producer/partitioners/partitioner.ts'
export {
  type NumberedBatch,
  type ProduceAnswer,
  type ProducerIdentity,
  Sequences,
  type SequencesOptions,
  type Verdict,
} from './producer/sequences.ts'
export {
  type GroupOffsets,
  Transaction,
  type TransactionAnswer,
  type TransactionInstruction,
  type TransactionOptions,
  type TransactionRequest,
  type TransactionState,
} from './producer/transaction.ts'
export {
  AuthenticationError,
  BufferFullError,
  ClosedError,
  CommitFailedError,
  ConfigError,
  ConnectionError,
  DeliveryTimeoutError,
  KafkaError,
  NoOffsetError,
  RecordTooLargeError,
  SerializationError,
  TimeoutError,
  TransactionAbortedError,
  UnsupportedVersionError,
  clientErrors,
  isRetriable,
  kafkaErrorCodes,
} from './errors.ts'
