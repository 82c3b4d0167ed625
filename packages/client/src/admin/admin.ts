/**
 * What an administrator asks of a cluster: all calls, under the names of Kafka's Java Admin. How each is done is in the
 * file of its area; how calls are tried again, in `call.ts`.
 *
 * Calls about many things give `Results`, one value or error for each. Calls about one thing throw. What may pass is tried
 * again, for those things only that it happened to, until `timeoutMs`.
 */
import type { Clock, Random } from '@gregor/platform'
import type { Cluster, NodeChoice } from '../cluster/cluster.ts'
import { readOptions } from '../config/client-config.ts'
import type { TopicPartition } from '../consumer/partition-set.ts'
import { type AdminOptions, adminConfigs } from './admin-configs.ts'
import type { AdminContext, CallOptions } from './call.ts'
import * as acls from './acls.ts'
import * as configs from './configs.ts'
import * as tokens from './delegation-tokens.ts'
import * as cluster from './describe-cluster.ts'
import * as features from './features.ts'
import * as groupDescriptions from './describe-groups.ts'
import * as topicDescriptions from './describe-topics.ts'
import * as groupOffsets from './group-offsets.ts'
import * as groups from './groups.ts'
import * as logDirs from './log-dirs.ts'
import * as offsets from './offsets.ts'
import * as quorum from './quorum.ts'
import * as quotas from './quotas.ts'
import * as reassignments from './reassignments.ts'
import type { Results } from './results.ts'
import type { ConfigResourceType } from './config-entry.ts'
import * as scramUsers from './scram-users.ts'
import * as shareOffsets from './share-group-offsets.ts'
import * as topics from './topics.ts'
import * as transactions from './transactions.ts'

export class Admin implements AsyncDisposable {
  readonly #context: AdminContext
  readonly #close: () => Promise<void>

  private constructor(context: AdminContext, close: () => Promise<void>) {
    this.#context = context
    this.#close = close
  }

  /**
   * @param close - what `close` does: nothing where the cluster belongs to somebody else.
   * @throws ConfigError naming every option that is unknown or not allowed.
   */
  static open(
    cluster: Cluster,
    environment: { readonly clock: Pick<Clock, 'monotonicMs' | 'schedule'>; readonly random: Random },
    options: AdminOptions = {},
    close: () => Promise<void> = () => Promise.resolve(),
  ): Admin {
    return new Admin({ cluster, environment, settings: readOptions(adminConfigs, options, { client: 'admin' }) }, close)
  }

  close(): Promise<void> {
    return this.#close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  // -------------------------------------------------------------------------------------------------------- topics

  /**
   * Creates topics. Resolves once the controller has made them; brokers may take a moment longer to know.
   *
   * @returns by name what was made, or why not: TOPIC_ALREADY_EXISTS (also where an earlier attempt made it and its answer
   *   was lost), INVALID_REPLICATION_FACTOR, INVALID_CONFIG, INVALID_TOPIC_EXCEPTION, POLICY_VIOLATION, …
   */
  createTopics(
    newTopics: readonly topics.NewTopic[],
    options: topics.CreateTopicsOptions = {},
  ): Promise<Results<string, topics.CreatedTopic>> {
    return topics.createTopics(this.#context, newTopics, options)
  }

  /** By name, or `{ ids }`. Brokers remove the data in the background. */
  deleteTopics(
    selection: topics.TopicSelection,
    options: topics.DeleteTopicsOptions = {},
  ): Promise<Results<string, void>> {
    return topics.deleteTopics(this.#context, selection, options)
  }

  listTopics(options: topics.ListTopicsOptions = {}): Promise<readonly topics.TopicListing[]> {
    return topics.listTopics(this.#context, options)
  }

  /**
   * Topics with their partitions, by name or `{ ids }`, however many pages that takes.
   *
   * @returns UNKNOWN_TOPIC_OR_PARTITION (or _ID) for one that the asked broker does not know: at once, though it may just
   *   have been created.
   */
  describeTopics(
    selection: topics.TopicSelection,
    options: topicDescriptions.DescribeTopicsOptions = {},
  ): Promise<Results<string, topicDescriptions.TopicDescription>> {
    return topicDescriptions.describeTopics(this.#context, selection, options)
  }

  /** Keys of records may go to other partitions than before. */
  createPartitions(
    newPartitions: readonly topics.NewPartitions[],
    options: topics.CreateTopicsOptions = {},
  ): Promise<Results<string, void>> {
    return topics.createPartitions(this.#context, newPartitions, options)
  }

  /**
   * Deletes what is before an offset, for good.
   *
   * @returns by partition the first offset that is left. OFFSET_OUT_OF_RANGE: beyond the high watermark. POLICY_VIOLATION:
   *   the topic is compacted only. A partition that is not there is waited for until the time is up.
   */
  deleteRecords(
    records: readonly offsets.RecordsToDelete[],
    options: CallOptions = {},
  ): Promise<Results<TopicPartition, offsets.DeletedRecords>> {
    return offsets.deleteRecords(this.#context, records, options)
  }

  /**
   * Offsets of places or times, from the partitions' leaders; moved leaders are followed.
   *
   * @returns by partition its offset; -1 where no record is that young. A partition that is not there is waited for until
   *   the time is up: TimeoutError, with UNKNOWN_TOPIC_OR_PARTITION as its cause.
   */
  listOffsets(
    partitions: readonly offsets.PartitionOffsetSpec[],
    options: offsets.ListOffsetsOptions = {},
  ): Promise<Results<TopicPartition, offsets.ListedOffset>> {
    return offsets.listOffsets(this.#context, partitions, options)
  }

  // ------------------------------------------------------------------------------------------------------- configs

  /** Values, where they come from, and what else was asked for. Secrets are null. */
  describeConfigs(
    resources: readonly configs.ConfigResource[],
    options: configs.DescribeConfigsOptions = {},
  ): Promise<Results<configs.ConfigResource, configs.Configs>> {
    return configs.describeConfigs(this.#context, resources, options)
  }

  /** Changes single configs and leaves the others (2.3 and later). */
  incrementalAlterConfigs(
    alterations: readonly configs.ConfigAlteration[],
    options: configs.AlterConfigsOptions = {},
  ): Promise<Results<configs.ConfigResource, void>> {
    return configs.incrementalAlterConfigs(this.#context, alterations, options)
  }

  /** Replaces all that is set: what is left out falls back to its default. For nodes older than 2.3. */
  alterConfigs(
    replacements: readonly configs.ConfigReplacement[],
    options: configs.AlterConfigsOptions = {},
  ): Promise<Results<configs.ConfigResource, void>> {
    return configs.alterConfigs(this.#context, replacements, options)
  }

  /** Which resources have configs; of no types given, all. */
  listConfigResources(
    types: readonly ConfigResourceType[] = [],
    options: CallOptions = {},
  ): Promise<readonly configs.ConfigResource[]> {
    return configs.listConfigResources(this.#context, types, options)
  }

  // ------------------------------------------------------------------------------------------------------- cluster

  describeCluster(options: cluster.DescribeClusterOptions = {}): Promise<cluster.ClusterDescription> {
    return cluster.describeCluster(this.#context, options)
  }

  /** What a node speaks, by its id; `any` asks any. */
  apiVersions(node: NodeChoice = 'any', options: CallOptions = {}): Promise<cluster.NodeApiVersions> {
    return cluster.describeApiVersions(this.#context, node, options)
  }

  /** Forgets a broker that does not run and will not come back. */
  unregisterBroker(brokerId: number, options: CallOptions = {}): Promise<void> {
    return cluster.unregisterBroker(this.#context, brokerId, options)
  }

  describeLogDirs(
    brokerIds: readonly number[],
    options: CallOptions = {},
  ): Promise<Results<number, readonly logDirs.LogDirDescription[]>> {
    return logDirs.describeLogDirs(this.#context, brokerIds, options)
  }

  describeReplicaLogDirs(
    replicas: readonly logDirs.TopicPartitionReplica[],
    options: CallOptions = {},
  ): Promise<Results<logDirs.TopicPartitionReplica, logDirs.ReplicaLogDirs>> {
    return logDirs.describeReplicaLogDirs(this.#context, replicas, options)
  }

  /** Begins moving replicas to other directories of their brokers. */
  alterReplicaLogDirs(
    assignments: readonly logDirs.ReplicaLogDirAssignment[],
    options: CallOptions = {},
  ): Promise<Results<logDirs.TopicPartitionReplica, void>> {
    return logDirs.alterReplicaLogDirs(this.#context, assignments, options)
  }

  /** `all`: every partition that needs one. ELECTION_NOT_NEEDED of a partition: it has that leader already. */
  electLeaders(
    type: reassignments.ElectionType,
    partitions: readonly TopicPartition[] | 'all',
    options: CallOptions = {},
  ): Promise<Results<TopicPartition, void>> {
    return reassignments.electLeaders(this.#context, { type, partitions }, options)
  }

  /** Begins moving replicas to other brokers, or takes that back. */
  alterPartitionReassignments(
    changes: readonly reassignments.PartitionReassignment[],
    options: reassignments.AlterPartitionReassignmentsOptions = {},
  ): Promise<Results<TopicPartition, void>> {
    return reassignments.alterPartitionReassignments(this.#context, changes, options)
  }

  /** What is under way. */
  listPartitionReassignments(
    partitions: readonly TopicPartition[] | 'all' = 'all',
    options: CallOptions = {},
  ): Promise<readonly reassignments.OngoingReassignment[]> {
    return reassignments.listPartitionReassignments(this.#context, partitions, options)
  }

  // -------------------------------------------------------------------------------------------------------- groups

  /** Of all kinds, from all brokers: those that could not be asked are in `failures`. */
  listGroups(options: groups.ListGroupsOptions = {}): Promise<groups.ListedGroups> {
    return groups.listGroups(this.#context, options)
  }

  /** Of either protocol. GROUP_ID_NOT_FOUND: there is none (before 4.0: it is in state `Dead`). */
  describeConsumerGroups(
    groupIds: readonly string[],
    options: groupDescriptions.DescribeGroupsOptions = {},
  ): Promise<Results<string, groupDescriptions.ConsumerGroupDescription>> {
    return groupDescriptions.describeConsumerGroups(this.#context, groupIds, options)
  }

  /** Of any protocol type: `consumer`, `connect`, … */
  describeClassicGroups(
    groupIds: readonly string[],
    options: groupDescriptions.DescribeGroupsOptions = {},
  ): Promise<Results<string, groupDescriptions.ClassicGroupDescription>> {
    return groupDescriptions.describeClassicGroups(this.#context, groupIds, options)
  }

  describeShareGroups(
    groupIds: readonly string[],
    options: groupDescriptions.DescribeGroupsOptions = {},
  ): Promise<Results<string, groupDescriptions.ShareGroupDescription>> {
    return groupDescriptions.describeShareGroups(this.#context, groupIds, options)
  }

  describeStreamsGroups(
    groupIds: readonly string[],
    options: groupDescriptions.DescribeGroupsOptions = {},
  ): Promise<Results<string, groupDescriptions.StreamsGroupDescription>> {
    return groupDescriptions.describeStreamsGroups(this.#context, groupIds, options)
  }

  /** Of any kind, without members. Their offsets go with them. */
  deleteGroups(groupIds: readonly string[], options: CallOptions = {}): Promise<Results<string, void>> {
    return groups.deleteGroups(this.#context, groupIds, options)
  }

  /** How far each group has read. */
  listConsumerGroupOffsets(
    queries: readonly groupOffsets.GroupOffsetsQuery[],
    options: groupOffsets.ListConsumerGroupOffsetsOptions = {},
  ): Promise<Results<string, groupOffsets.CommittedOffsets>> {
    return groupOffsets.listConsumerGroupOffsets(this.#context, queries, options)
  }

  /**
   * Commits in the place of a group whose members are gone; a group that is not there begins to be.
   *
   * @returns UNKNOWN_MEMBER_ID for every partition: the group has members.
   */
  alterConsumerGroupOffsets(
    groupId: string,
    committed: readonly (TopicPartition & groupOffsets.OffsetAndMetadata)[],
    options: CallOptions = {},
  ): Promise<Results<TopicPartition, void>> {
    return groupOffsets.alterConsumerGroupOffsets(this.#context, { groupId, offsets: committed }, options)
  }

  /** Only of topics that no member of the group reads. */
  deleteConsumerGroupOffsets(
    groupId: string,
    partitions: readonly TopicPartition[],
    options: CallOptions = {},
  ): Promise<Results<TopicPartition, void>> {
    return groupOffsets.deleteConsumerGroupOffsets(this.#context, { groupId, partitions }, options)
  }

  /** Of a classic group; without `members`, all. @throws where the group cannot be described. */
  removeMembersFromConsumerGroup(
    groupId: string,
    options: groups.RemoveMembersOptions = {},
  ): Promise<Results<groups.MemberToRemove, void>> {
    return groups.removeMembersFromConsumerGroup(this.#context, groupId, options)
  }

  /** Where share groups stand. */
  listShareGroupOffsets(
    queries: readonly groupOffsets.GroupOffsetsQuery[],
    options: CallOptions = {},
  ): Promise<Results<string, shareOffsets.SharePartitionOffsets>> {
    return shareOffsets.listShareGroupOffsets(this.#context, queries, options)
  }

  /** Of a share group without members. */
  alterShareGroupOffsets(
    groupId: string,
    startOffsets: readonly shareOffsets.NewStartOffset[],
    options: CallOptions = {},
  ): Promise<Results<TopicPartition, void>> {
    return shareOffsets.alterShareGroupOffsets(this.#context, { groupId, offsets: startOffsets }, options)
  }

  /** By topic, of a share group without members. */
  deleteShareGroupOffsets(
    groupId: string,
    topicNames: readonly string[],
    options: CallOptions = {},
  ): Promise<Results<string, void>> {
    return shareOffsets.deleteShareGroupOffsets(this.#context, { groupId, topics: topicNames }, options)
  }

  // -------------------------------------------------------------------------------------------------- transactions

  /** Which producers the leaders of partitions remember, and where their open transactions begin. */
  describeProducers(
    partitions: readonly TopicPartition[],
    options: transactions.DescribeProducersOptions = {},
  ): Promise<Results<TopicPartition, readonly transactions.ProducerState[]>> {
    return transactions.describeProducers(this.#context, partitions, options)
  }

  describeTransactions(
    transactionalIds: readonly string[],
    options: CallOptions = {},
  ): Promise<Results<string, transactions.TransactionDescription>> {
    return transactions.describeTransactions(this.#context, transactionalIds, options)
  }

  /** From all brokers: those that could not be asked are in `failures`. */
  listTransactions(options: transactions.ListTransactionsOptions = {}): Promise<transactions.ListedTransactions> {
    return transactions.listTransactions(this.#context, options)
  }

  /**
   * Ends a transaction that hangs in one partition: one that its coordinator has forgotten. Of others it breaks what
   * transactions are for: end those with `forceTerminateTransaction`.
   */
  abortTransaction(spec: transactions.AbortTransactionSpec, options: CallOptions = {}): Promise<void> {
    return transactions.abortTransaction(this.#context, spec, options)
  }

  /** Whoever writes with one of the ids is refused from now on; what is open is aborted. */
  fenceProducers(
    transactionalIds: readonly string[],
    options: CallOptions = {},
  ): Promise<Results<string, transactions.FencedProducer>> {
    return transactions.fenceProducers(this.#context, transactionalIds, options)
  }

  /** Aborts what is open with the id, and fences its producer (KIP-1152). */
  async forceTerminateTransaction(transactionalId: string, options: CallOptions = {}): Promise<void> {
    const results = await this.fenceProducers([transactionalId], options)
    results.all()
  }

  // ------------------------------------------------------------------------------------------ who may do how much

  describeAcls(
    filter: acls.AclBindingFilter = {},
    options: CallOptions = {},
  ): Promise<readonly Required<acls.AclBinding>[]> {
    return acls.describeAcls(this.#context, filter, options)
  }

  /** One that is there already is no error. */
  createAcls(bindings: readonly acls.AclBinding[], options: CallOptions = {}): Promise<Results<acls.AclBinding, void>> {
    return acls.createAcls(this.#context, bindings, options)
  }

  /** All that a filter matches. */
  deleteAcls(
    filters: readonly acls.AclBindingFilter[],
    options: CallOptions = {},
  ): Promise<Results<acls.AclBindingFilter, readonly acls.DeletedAcl[]>> {
    return acls.deleteAcls(this.#context, filters, options)
  }

  /** Of no components: all quotas there are. */
  describeClientQuotas(
    filter: quotas.QuotaFilter = { components: [] },
    options: CallOptions = {},
  ): Promise<readonly quotas.EntityQuotas[]> {
    return quotas.describeClientQuotas(this.#context, filter, options)
  }

  alterClientQuotas(
    alterations: readonly quotas.QuotaAlteration[],
    options: quotas.AlterClientQuotasOptions = {},
  ): Promise<Results<quotas.QuotaEntity, void>> {
    return quotas.alterClientQuotas(this.#context, alterations, options)
  }

  /** Of no users: all that have credentials. RESOURCE_NOT_FOUND: the user has none. */
  describeUserScramCredentials(
    users: readonly string[] = [],
    options: CallOptions = {},
  ): Promise<Results<string, readonly scramUsers.ScramCredentialInfo[]>> {
    return scramUsers.describeUserScramCredentials(this.#context, users, options)
  }

  /** All that is asked of one user is done, or nothing. Passwords do not travel. */
  alterUserScramCredentials(
    alterations: scramUsers.ScramAlterations,
    options: CallOptions = {},
  ): Promise<Results<string, void>> {
    return scramUsers.alterUserScramCredentials(this.#context, alterations, options)
  }

  createDelegationToken(options: tokens.CreateDelegationTokenOptions = {}): Promise<tokens.DelegationToken> {
    return tokens.createDelegationToken(this.#context, options)
  }

  /** @returns when it expires now, in ms since the epoch. */
  renewDelegationToken(hmac: Uint8Array, options: tokens.RenewDelegationTokenOptions = {}): Promise<number> {
    return tokens.renewDelegationToken(this.#context, hmac, options)
  }

  /** @returns when it expires now, in ms since the epoch. */
  expireDelegationToken(hmac: Uint8Array, options: tokens.ExpireDelegationTokenOptions = {}): Promise<number> {
    return tokens.expireDelegationToken(this.#context, hmac, options)
  }

  describeDelegationToken(
    options: tokens.DescribeDelegationTokenOptions = {},
  ): Promise<readonly tokens.DelegationToken[]> {
    return tokens.describeDelegationToken(this.#context, options)
  }

  // ------------------------------------------------------------------------------------------ features and quorum

  describeFeatures(options: features.DescribeFeaturesOptions = {}): Promise<features.FeatureMetadata> {
    return features.describeFeatures(this.#context, options)
  }

  /** With Kafka 4.0 and later all are updated, or none. */
  updateFeatures(
    updates: readonly features.FeatureUpdate[],
    options: features.UpdateFeaturesOptions = {},
  ): Promise<Results<string, void>> {
    return features.updateFeatures(this.#context, updates, options)
  }

  describeMetadataQuorum(options: CallOptions = {}): Promise<quorum.QuorumDescription> {
    return quorum.describeMetadataQuorum(this.#context, options)
  }

  addRaftVoter(voter: quorum.NewRaftVoter, options: quorum.RaftVoterOptions = {}): Promise<void> {
    return quorum.addRaftVoter(this.#context, voter, options)
  }

  removeRaftVoter(voter: quorum.RaftVoter, options: quorum.RaftVoterOptions = {}): Promise<void> {
    return quorum.removeRaftVoter(this.#context, voter, options)
  }
}
