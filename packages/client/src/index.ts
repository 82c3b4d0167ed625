/**
 * A client of any Kafka cluster, and what it decides as pure machines: the numbers of a producer’s batches, the state of
 * its transaction, the membership of a consumer in its group. This file is the package’s public interface.
 */
export type { AclBinding, AclBindingFilter, DeletedAcl } from './admin/acls.ts'
export type {
  CreateDelegationTokenOptions,
  DelegationToken,
  DescribeDelegationTokenOptions,
  ExpireDelegationTokenOptions,
  RenewDelegationTokenOptions,
  TokenPrincipal,
} from './admin/delegation-tokens.ts'
export type {
  DescribeFeaturesOptions,
  FeatureMetadata,
  FeatureUpdate,
  UpdateFeaturesOptions,
  UpgradeType,
} from './admin/features.ts'
export type {
  NewRaftVoter,
  QuorumDescription,
  QuorumListener,
  QuorumReplica,
  RaftVoter,
  RaftVoterOptions,
} from './admin/quorum.ts'
export type {
  AlterClientQuotasOptions,
  EntityQuotas,
  QuotaAlteration,
  QuotaEntity,
  QuotaEntityType,
  QuotaFilter,
  QuotaFilterComponent,
} from './admin/quotas.ts'
export type {
  ScramAlterations,
  ScramCredentialInfo,
  ScramDeletion,
  ScramMechanism,
  ScramUpsertion,
} from './admin/scram-users.ts'
export type {
  AbortTransactionSpec,
  DescribeProducersOptions,
  FencedProducer,
  ListTransactionsOptions,
  ListedTransactions,
  ProducerState,
  TransactionDescription,
  TransactionListing,
} from './admin/transactions.ts'
export type { AdminOptions } from './admin/admin-configs.ts'
export { Admin } from './admin/admin.ts'
export type { CallOptions } from './admin/call.ts'
export type { ConfigEntry, ConfigResourceType, ConfigSource, ConfigSynonym, ConfigType } from './admin/config-entry.ts'
export type {
  AlterConfigOperation,
  AlterConfigsOptions,
  ConfigAlteration,
  ConfigReplacement,
  ConfigResource,
  Configs,
  DescribeConfigsOptions,
} from './admin/configs.ts'
export type {
  ApiVersionRange,
  ClusterDescription,
  ClusterNode,
  DescribeClusterOptions,
  NodeApiVersions,
} from './admin/describe-cluster.ts'
export type {
  ClassicGroupDescription,
  ClassicGroupMember,
  ConsumerGroupDescription,
  ConsumerGroupMember,
  DescribeGroupsOptions,
  ShareGroupDescription,
  StreamsGroupDescription,
} from './admin/describe-groups.ts'
export type { DescribeTopicsOptions, PartitionDescription, TopicDescription } from './admin/describe-topics.ts'
export type {
  CommittedOffsets,
  GroupOffsetsQuery,
  ListConsumerGroupOffsetsOptions,
  OffsetAndMetadata,
} from './admin/group-offsets.ts'
export type {
  GroupListing,
  GroupType,
  ListGroupsOptions,
  ListedGroups,
  MemberToRemove,
  RemoveMembersOptions,
} from './admin/groups.ts'
export type {
  LogDirDescription,
  ReplicaInfo,
  ReplicaLogDirAssignment,
  ReplicaLogDirs,
  TopicPartitionReplica,
} from './admin/log-dirs.ts'
export type {
  DeletedRecords,
  ListOffsetsOptions,
  ListedOffset,
  OffsetSpec,
  PartitionOffsetSpec,
  RecordsToDelete,
} from './admin/offsets.ts'
export type {
  AlterPartitionReassignmentsOptions,
  ElectionType,
  OngoingReassignment,
  PartitionReassignment,
} from './admin/reassignments.ts'
export type { AclOperation, AclPermissionType, PatternType, ResourceType } from './admin/resource-words.ts'
export { type Result, Results } from './admin/results.ts'
export type { NewStartOffset, SharePartitionOffset, SharePartitionOffsets } from './admin/share-group-offsets.ts'
export type {
  CreateTopicsOptions,
  CreatedTopic,
  DeleteTopicsOptions,
  ListTopicsOptions,
  NewPartitions,
  NewTopic,
  TopicListing,
  TopicSelection,
} from './admin/topics.ts'
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
export {
  ClassicMembership,
  type ClassicMembershipOptions,
  type ClassicProtocol,
  type ReceivedAssignment,
} from './consumer/classic-membership.ts'
export {
  ConsumerMembership,
  type ConsumerMembershipOptions,
  type GroupSubscription,
} from './consumer/consumer-membership.ts'
export {
  type ConsumerProtocolOptions,
  assignmentBytes,
  consumerProtocol,
  subscribedMember,
} from './consumer/consumer-protocol.ts'
export type {
  GroupAnswer,
  GroupRequest,
  Instruction,
  JoinedMember,
  LeaveChoice,
  MemberIdentity,
  Membership,
  MembershipEnd,
} from './consumer/membership.ts'
export { Consumer, type ConsumerCallOptions, type PartitionOffset } from './consumer/consumer.ts'
export { GroupMember, type GroupHandler, type GroupMemberOptions, type GroupTiming } from './consumer/group-member.ts'
export {
  type CommittableBatch,
  type ConsumeOptions,
  Consumption,
  type EachOptions,
  type ReadableTopic,
} from './consumer/processing/consumption.ts'
export type { HandlerContext, ProcessingOrder, RecordHandler } from './consumer/processing/record-processor.ts'
export type { RebalanceListener } from './consumer/rebalancing.ts'
export type { SubscriptionChoice, ServerPattern } from './consumer/subscription.ts'
export type { ConsumerRecord } from './consumer/consumer-record.ts'
export type { RecordBatch } from './consumer/batch.ts'
export type { ConsumerOptions } from './consumer/consumer-options.ts'
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
  type CloseOptions,
  type ConsumedBatch,
  type ConsumerGroupMetadata,
  Producer,
  type TransactionHandle,
} from './producer/producer.ts'
export type { ProducerOptions } from './producer/producer-options.ts'
export type { ProducerRecord, TypedTopic } from './producer/producer-record.ts'
export type { DeliveryFailure, SentRecord } from './producer/receipt.ts'
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
  CorruptRecordError,
  DeliveryTimeoutError,
  KafkaError,
  LogTruncationError,
  NoOffsetError,
  OffsetOutOfRangeError,
  RecordTooLargeError,
  SerializationError,
  TimeoutError,
  TransactionAbortedError,
  UnsupportedVersionError,
  clientErrors,
  isRetriable,
  kafkaErrorCodes,
} from './errors.ts'
export { type ClientEnvironment, type ConnectOptions, Kafka, connect } from './kafka.ts'
export { type Auth, type Credentials, delegationToken, oauthBearer, plain, scram } from './security/auth.ts'
export { adminConfigs } from './admin/admin-configs.ts'
export { optionName } from './config/client-config.ts'
export { connectionConfigs } from './config/common-configs.ts'
export { javaOnlyConfigs } from './config/java-only-configs.ts'
export { consumerConfigs } from './consumer/consumer-configs.ts'
export { producerConfigs } from './producer/producer-configs.ts'
export type { RequestTrace } from './cluster/request-trace.ts'
export type { ProcessTrace, SendTrace } from './record-traces.ts'
/** Keys and values from and to bytes. */
export {
  boolean,
  bytes,
  type Deserializer,
  float32,
  float64,
  int16,
  int32,
  int64,
  int64Big,
  json,
  nothing,
  type Serde,
  type SerdeContext,
  SerdeError,
  type Serializer,
  type StandardSchema,
  string,
  type Topic,
  topic,
  uuid,
  type Validation,
} from '@gregor/serde'
