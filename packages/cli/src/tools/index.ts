/**
 * Kafka’s tools, by the names of their scripts and, for kafka-run-class, of the Java classes that those start. A tool is
 * loaded when it is wanted: none costs another, or `gregor start`, any time. The only list.
 */
import type { Tool } from './tool.ts'

export interface ToolEntry {
  /** `kafka-topics`: what `bin/kafka-topics.sh` runs. */
  readonly name: string
  /** The class of today, then those of older versions. */
  readonly classNames: readonly string[]
  readonly load: () => Promise<Tool>
}

export const tools: readonly ToolEntry[] = [
  {
    name: 'kafka-topics',
    classNames: ['org.apache.kafka.tools.TopicCommand', 'kafka.admin.TopicCommand'],
    load: async () => (await import('./kafka-topics.ts')).kafkaTopics,
  },
  {
    name: 'kafka-configs',
    classNames: ['kafka.admin.ConfigCommand'],
    load: async () => (await import('./kafka-configs.ts')).kafkaConfigs,
  },
  {
    name: 'kafka-consumer-groups',
    classNames: ['org.apache.kafka.tools.consumer.group.ConsumerGroupCommand', 'kafka.admin.ConsumerGroupCommand'],
    load: async () => (await import('./kafka-consumer-groups.ts')).kafkaConsumerGroups,
  },
  {
    name: 'kafka-groups',
    classNames: ['org.apache.kafka.tools.GroupsCommand'],
    load: async () => (await import('./kafka-groups.ts')).kafkaGroups,
  },
  {
    name: 'kafka-get-offsets',
    classNames: ['org.apache.kafka.tools.GetOffsetShell', 'kafka.tools.GetOffsetShell'],
    load: async () => (await import('./kafka-get-offsets.ts')).kafkaGetOffsets,
  },
  {
    name: 'kafka-delete-records',
    classNames: ['org.apache.kafka.tools.DeleteRecordsCommand', 'kafka.admin.DeleteRecordsCommand'],
    load: async () => (await import('./kafka-delete-records.ts')).kafkaDeleteRecords,
  },
  {
    name: 'kafka-log-dirs',
    classNames: ['org.apache.kafka.tools.LogDirsCommand', 'kafka.admin.LogDirsCommand'],
    load: async () => (await import('./kafka-log-dirs.ts')).kafkaLogDirs,
  },
  {
    name: 'kafka-broker-api-versions',
    classNames: ['org.apache.kafka.tools.BrokerApiVersionsCommand', 'kafka.admin.BrokerApiVersionsCommand'],
    load: async () => (await import('./kafka-broker-api-versions.ts')).kafkaBrokerApiVersions,
  },
  {
    name: 'kafka-dump-log',
    classNames: ['org.apache.kafka.tools.DumpLogSegments', 'kafka.tools.DumpLogSegments'],
    load: async () => (await import('./kafka-dump-log.ts')).kafkaDumpLog,
  },
  {
    name: 'kafka-storage',
    classNames: ['kafka.tools.StorageTool'],
    load: async () => (await import('./kafka-storage.ts')).kafkaStorage,
  },
  {
    name: 'kafka-console-producer',
    classNames: ['org.apache.kafka.tools.ConsoleProducer', 'kafka.tools.ConsoleProducer'],
    load: async () => (await import('./kafka-console-producer.ts')).kafkaConsoleProducer,
  },
  {
    name: 'kafka-console-consumer',
    classNames: ['org.apache.kafka.tools.consumer.ConsoleConsumer', 'kafka.tools.ConsoleConsumer'],
    load: async () => (await import('./kafka-console-consumer.ts')).kafkaConsoleConsumer,
  },
  {
    name: 'kafka-producer-perf-test',
    classNames: ['org.apache.kafka.tools.ProducerPerformance'],
    load: async () => (await import('./kafka-producer-perf-test.ts')).kafkaProducerPerfTest,
  },
  {
    name: 'kafka-consumer-perf-test',
    classNames: ['org.apache.kafka.tools.ConsumerPerformance', 'kafka.tools.ConsumerPerformance'],
    load: async () => (await import('./kafka-consumer-perf-test.ts')).kafkaConsumerPerfTest,
  },
  {
    name: 'kafka-e2e-latency',
    classNames: ['org.apache.kafka.tools.EndToEndLatency', 'kafka.tools.EndToEndLatency'],
    load: async () => (await import('./kafka-e2e-latency.ts')).kafkaE2eLatency,
  },
  {
    name: 'kafka-verifiable-producer',
    classNames: ['org.apache.kafka.tools.VerifiableProducer'],
    load: async () => (await import('./kafka-verifiable-producer.ts')).kafkaVerifiableProducer,
  },
  {
    name: 'kafka-verifiable-consumer',
    classNames: ['org.apache.kafka.tools.VerifiableConsumer'],
    load: async () => (await import('./kafka-verifiable-consumer.ts')).kafkaVerifiableConsumer,
  },
  {
    name: 'kafka-cluster',
    classNames: ['org.apache.kafka.tools.ClusterTool', 'kafka.tools.ClusterTool'],
    load: async () => (await import('./kafka-cluster.ts')).kafkaCluster,
  },
  {
    name: 'kafka-features',
    classNames: ['org.apache.kafka.tools.FeatureCommand', 'kafka.admin.FeatureCommand'],
    load: async () => (await import('./kafka-features.ts')).kafkaFeatures,
  },
  {
    name: 'kafka-metadata-quorum',
    classNames: ['org.apache.kafka.tools.MetadataQuorumCommand', 'kafka.admin.MetadataQuorumCommand'],
    load: async () => (await import('./kafka-metadata-quorum.ts')).kafkaMetadataQuorum,
  },
  {
    name: 'kafka-client-metrics',
    classNames: ['org.apache.kafka.tools.ClientMetricsCommand'],
    load: async () => (await import('./kafka-client-metrics.ts')).kafkaClientMetrics,
  },
  {
    name: 'kafka-metadata-shell',
    classNames: ['org.apache.kafka.shell.MetadataShell'],
    load: async () => (await import('./kafka-metadata-shell.ts')).kafkaMetadataShell,
  },
  {
    name: 'kafka-transactions',
    classNames: ['org.apache.kafka.tools.TransactionsCommand'],
    load: async () => (await import('./kafka-transactions.ts')).kafkaTransactions,
  },
  {
    name: 'kafka-leader-election',
    classNames: ['org.apache.kafka.tools.LeaderElectionCommand', 'kafka.admin.LeaderElectionCommand'],
    load: async () => (await import('./kafka-leader-election.ts')).kafkaLeaderElection,
  },
  {
    name: 'kafka-delegation-tokens',
    classNames: ['org.apache.kafka.tools.DelegationTokenCommand', 'kafka.admin.DelegationTokenCommand'],
    load: async () => (await import('./kafka-delegation-tokens.ts')).kafkaDelegationTokens,
  },
  {
    name: 'kafka-acls',
    classNames: ['org.apache.kafka.tools.AclCommand', 'kafka.admin.AclCommand'],
    load: async () => (await import('./kafka-acls.ts')).kafkaAcls,
  },
  {
    name: 'kafka-reassign-partitions',
    classNames: ['org.apache.kafka.tools.reassign.ReassignPartitionsCommand', 'kafka.admin.ReassignPartitionsCommand'],
    load: async () => (await import('./kafka-reassign-partitions.ts')).kafkaReassignPartitions,
  },
  {
    name: 'kafka-replica-verification',
    classNames: ['org.apache.kafka.tools.ReplicaVerificationTool', 'kafka.tools.ReplicaVerificationTool'],
    load: async () => (await import('./kafka-replica-verification.ts')).kafkaReplicaVerification,
  },
]
