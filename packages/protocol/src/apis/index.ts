/** Every API, in key order. Keys 4 to 7 were taken out of Kafka 4 with ZooKeeper. */

import type { Api } from '../schema/schema.ts'
import { Produce } from './00-produce.ts'
import { Fetch } from './01-fetch.ts'
import { ListOffsets } from './02-list-offsets.ts'
import { Metadata } from './03-metadata.ts'
import { OffsetCommit } from './08-offset-commit.ts'
import { OffsetFetch } from './09-offset-fetch.ts'
import { FindCoordinator } from './10-find-coordinator.ts'
import { JoinGroup } from './11-join-group.ts'
import { Heartbeat } from './12-heartbeat.ts'
import { LeaveGroup } from './13-leave-group.ts'
import { SyncGroup } from './14-sync-group.ts'
import { DescribeGroups } from './15-describe-groups.ts'
import { ListGroups } from './16-list-groups.ts'
import { SaslHandshake } from './17-sasl-handshake.ts'
import { ApiVersions } from './18-api-versions.ts'
import { CreateTopics } from './19-create-topics.ts'
import { DeleteTopics } from './20-delete-topics.ts'
import { DeleteRecords } from './21-delete-records.ts'
import { InitProducerId } from './22-init-producer-id.ts'
import { OffsetForLeaderEpoch } from './23-offset-for-leader-epoch.ts'
import { AddPartitionsToTxn } from './24-add-partitions-to-txn.ts'
import { AddOffsetsToTxn } from './25-add-offsets-to-txn.ts'
import { EndTxn } from './26-end-txn.ts'
import { WriteTxnMarkers } from './27-write-txn-markers.ts'
import { TxnOffsetCommit } from './28-txn-offset-commit.ts'
import { DescribeAcls } from './29-describe-acls.ts'
import { CreateAcls } from './30-create-acls.ts'
import { DeleteAcls } from './31-delete-acls.ts'
import { DescribeConfigs } from './32-describe-configs.ts'
import { AlterConfigs } from './33-alter-configs.ts'
import { AlterReplicaLogDirs } from './34-alter-replica-log-dirs.ts'
import { DescribeLogDirs } from './35-describe-log-dirs.ts'
import { SaslAuthenticate } from './36-sasl-authenticate.ts'
import { CreatePartitions } from './37-create-partitions.ts'
import { CreateDelegationToken } from './38-create-delegation-token.ts'
import { RenewDelegationToken } from './39-renew-delegation-token.ts'
import { ExpireDelegationToken } from './40-expire-delegation-token.ts'
import { DescribeDelegationToken } from './41-describe-delegation-token.ts'
import { DeleteGroups } from './42-delete-groups.ts'
import { ElectLeaders } from './43-elect-leaders.ts'
import { IncrementalAlterConfigs } from './44-incremental-alter-configs.ts'
import { AlterPartitionReassignments } from './45-alter-partition-reassignments.ts'
import { ListPartitionReassignments } from './46-list-partition-reassignments.ts'
import { OffsetDelete } from './47-offset-delete.ts'
import { DescribeClientQuotas } from './48-describe-client-quotas.ts'
import { AlterClientQuotas } from './49-alter-client-quotas.ts'
import { DescribeUserScramCredentials } from './50-describe-user-scram-credentials.ts'
import { AlterUserScramCredentials } from './51-alter-user-scram-credentials.ts'
import { Vote } from './52-vote.ts'
import { BeginQuorumEpoch } from './53-begin-quorum-epoch.ts'
import { EndQuorumEpoch } from './54-end-quorum-epoch.ts'
import { DescribeQuorum } from './55-describe-quorum.ts'
import { AlterPartition } from './56-alter-partition.ts'
import { UpdateFeatures } from './57-update-features.ts'
import { Envelope } from './58-envelope.ts'
import { FetchSnapshot } from './59-fetch-snapshot.ts'
import { DescribeCluster } from './60-describe-cluster.ts'
import { DescribeProducers } from './61-describe-producers.ts'
import { BrokerRegistration } from './62-broker-registration.ts'
import { BrokerHeartbeat } from './63-broker-heartbeat.ts'
import { UnregisterBroker } from './64-unregister-broker.ts'
import { DescribeTransactions } from './65-describe-transactions.ts'
import { ListTransactions } from './66-list-transactions.ts'
import { AllocateProducerIds } from './67-allocate-producer-ids.ts'
import { ConsumerGroupHeartbeat } from './68-consumer-group-heartbeat.ts'
import { ConsumerGroupDescribe } from './69-consumer-group-describe.ts'
import { ControllerRegistration } from './70-controller-registration.ts'
import { GetTelemetrySubscriptions } from './71-get-telemetry-subscriptions.ts'
import { PushTelemetry } from './72-push-telemetry.ts'
import { AssignReplicasToDirs } from './73-assign-replicas-to-dirs.ts'
import { ListConfigResources } from './74-list-config-resources.ts'
import { DescribeTopicPartitions } from './75-describe-topic-partitions.ts'
import { ShareGroupHeartbeat } from './76-share-group-heartbeat.ts'
import { ShareGroupDescribe } from './77-share-group-describe.ts'
import { ShareFetch } from './78-share-fetch.ts'
import { ShareAcknowledge } from './79-share-acknowledge.ts'
import { AddRaftVoter } from './80-add-raft-voter.ts'
import { RemoveRaftVoter } from './81-remove-raft-voter.ts'
import { UpdateRaftVoter } from './82-update-raft-voter.ts'
import { InitializeShareGroupState } from './83-initialize-share-group-state.ts'
import { ReadShareGroupState } from './84-read-share-group-state.ts'
import { WriteShareGroupState } from './85-write-share-group-state.ts'
import { DeleteShareGroupState } from './86-delete-share-group-state.ts'
import { ReadShareGroupStateSummary } from './87-read-share-group-state-summary.ts'
import { StreamsGroupHeartbeat } from './88-streams-group-heartbeat.ts'
import { StreamsGroupDescribe } from './89-streams-group-describe.ts'
import { DescribeShareGroupOffsets } from './90-describe-share-group-offsets.ts'
import { AlterShareGroupOffsets } from './91-alter-share-group-offsets.ts'
import { DeleteShareGroupOffsets } from './92-delete-share-group-offsets.ts'

export const apis: readonly Api[] = [
  Produce,
  Fetch,
  ListOffsets,
  Metadata,
  OffsetCommit,
  OffsetFetch,
  FindCoordinator,
  JoinGroup,
  Heartbeat,
  LeaveGroup,
  SyncGroup,
  DescribeGroups,
  ListGroups,
  SaslHandshake,
  ApiVersions,
  CreateTopics,
  DeleteTopics,
  DeleteRecords,
  InitProducerId,
  OffsetForLeaderEpoch,
  AddPartitionsToTxn,
  AddOffsetsToTxn,
  EndTxn,
  WriteTxnMarkers,
  TxnOffsetCommit,
  DescribeAcls,
  CreateAcls,
  DeleteAcls,
  DescribeConfigs,
  AlterConfigs,
  AlterReplicaLogDirs,
  DescribeLogDirs,
  SaslAuthenticate,
  CreatePartitions,
  CreateDelegationToken,
  RenewDelegationToken,
  ExpireDelegationToken,
  DescribeDelegationToken,
  DeleteGroups,
  ElectLeaders,
  IncrementalAlterConfigs,
  AlterPartitionReassignments,
  ListPartitionReassignments,
  OffsetDelete,
  DescribeClientQuotas,
  AlterClientQuotas,
  DescribeUserScramCredentials,
  AlterUserScramCredentials,
  Vote,
  BeginQuorumEpoch,
  EndQuorumEpoch,
  DescribeQuorum,
  AlterPartition,
  UpdateFeatures,
  Envelope,
  FetchSnapshot,
  DescribeCluster,
  DescribeProducers,
  BrokerRegistration,
  BrokerHeartbeat,
  UnregisterBroker,
  DescribeTransactions,
  ListTransactions,
  AllocateProducerIds,
  ConsumerGroupHeartbeat,
  ConsumerGroupDescribe,
  ControllerRegistration,
  GetTelemetrySubscriptions,
  PushTelemetry,
  AssignReplicasToDirs,
  ListConfigResources,
  DescribeTopicPartitions,
  ShareGroupHeartbeat,
  ShareGroupDescribe,
  ShareFetch,
  ShareAcknowledge,
  AddRaftVoter,
  RemoveRaftVoter,
  UpdateRaftVoter,
  InitializeShareGroupState,
  ReadShareGroupState,
  WriteShareGroupState,
  DeleteShareGroupState,
  ReadShareGroupStateSummary,
  StreamsGroupHeartbeat,
  StreamsGroupDescribe,
  DescribeShareGroupOffsets,
  AlterShareGroupOffsets,
  DeleteShareGroupOffsets,
]

const byKey = new Map(apis.map((api) => [api.key, api]))

export function apiByKey(key: number): Api | undefined {
  return byKey.get(key)
}

export { Produce, type ProduceRequest, type ProduceResponse } from './00-produce.ts'
export { Fetch, type FetchRequest, type FetchResponse } from './01-fetch.ts'
export { ListOffsets, type ListOffsetsRequest, type ListOffsetsResponse } from './02-list-offsets.ts'
export { Metadata, type MetadataRequest, type MetadataResponse } from './03-metadata.ts'
export { OffsetCommit, type OffsetCommitRequest, type OffsetCommitResponse } from './08-offset-commit.ts'
export { OffsetFetch, type OffsetFetchRequest, type OffsetFetchResponse } from './09-offset-fetch.ts'
export { FindCoordinator, type FindCoordinatorRequest, type FindCoordinatorResponse } from './10-find-coordinator.ts'
export { JoinGroup, type JoinGroupRequest, type JoinGroupResponse } from './11-join-group.ts'
export { Heartbeat, type HeartbeatRequest, type HeartbeatResponse } from './12-heartbeat.ts'
export { LeaveGroup, type LeaveGroupRequest, type LeaveGroupResponse } from './13-leave-group.ts'
export { SyncGroup, type SyncGroupRequest, type SyncGroupResponse } from './14-sync-group.ts'
export { DescribeGroups, type DescribeGroupsRequest, type DescribeGroupsResponse } from './15-describe-groups.ts'
export { ListGroups, type ListGroupsRequest, type ListGroupsResponse } from './16-list-groups.ts'
export { SaslHandshake, type SaslHandshakeRequest, type SaslHandshakeResponse } from './17-sasl-handshake.ts'
export { ApiVersions, type ApiVersionsRequest, type ApiVersionsResponse } from './18-api-versions.ts'
export { CreateTopics, type CreateTopicsRequest, type CreateTopicsResponse } from './19-create-topics.ts'
export { DeleteTopics, type DeleteTopicsRequest, type DeleteTopicsResponse } from './20-delete-topics.ts'
export { DeleteRecords, type DeleteRecordsRequest, type DeleteRecordsResponse } from './21-delete-records.ts'
export { InitProducerId, type InitProducerIdRequest, type InitProducerIdResponse } from './22-init-producer-id.ts'
export {
  OffsetForLeaderEpoch,
  type OffsetForLeaderEpochRequest,
  type OffsetForLeaderEpochResponse,
} from './23-offset-for-leader-epoch.ts'
export {
  AddPartitionsToTxn,
  type AddPartitionsToTxnRequest,
  type AddPartitionsToTxnResponse,
} from './24-add-partitions-to-txn.ts'
export { AddOffsetsToTxn, type AddOffsetsToTxnRequest, type AddOffsetsToTxnResponse } from './25-add-offsets-to-txn.ts'
export { EndTxn, type EndTxnRequest, type EndTxnResponse } from './26-end-txn.ts'
export { WriteTxnMarkers, type WriteTxnMarkersRequest, type WriteTxnMarkersResponse } from './27-write-txn-markers.ts'
export { TxnOffsetCommit, type TxnOffsetCommitRequest, type TxnOffsetCommitResponse } from './28-txn-offset-commit.ts'
export { DescribeAcls, type DescribeAclsRequest, type DescribeAclsResponse } from './29-describe-acls.ts'
export { CreateAcls, type CreateAclsRequest, type CreateAclsResponse } from './30-create-acls.ts'
export { DeleteAcls, type DeleteAclsRequest, type DeleteAclsResponse } from './31-delete-acls.ts'
export { DescribeConfigs, type DescribeConfigsRequest, type DescribeConfigsResponse } from './32-describe-configs.ts'
export { AlterConfigs, type AlterConfigsRequest, type AlterConfigsResponse } from './33-alter-configs.ts'
export {
  AlterReplicaLogDirs,
  type AlterReplicaLogDirsRequest,
  type AlterReplicaLogDirsResponse,
} from './34-alter-replica-log-dirs.ts'
export { DescribeLogDirs, type DescribeLogDirsRequest, type DescribeLogDirsResponse } from './35-describe-log-dirs.ts'
export {
  SaslAuthenticate,
  type SaslAuthenticateRequest,
  type SaslAuthenticateResponse,
} from './36-sasl-authenticate.ts'
export {
  CreatePartitions,
  type CreatePartitionsRequest,
  type CreatePartitionsResponse,
} from './37-create-partitions.ts'
export {
  CreateDelegationToken,
  type CreateDelegationTokenRequest,
  type CreateDelegationTokenResponse,
} from './38-create-delegation-token.ts'
export {
  RenewDelegationToken,
  type RenewDelegationTokenRequest,
  type RenewDelegationTokenResponse,
} from './39-renew-delegation-token.ts'
export {
  ExpireDelegationToken,
  type ExpireDelegationTokenRequest,
  type ExpireDelegationTokenResponse,
} from './40-expire-delegation-token.ts'
export {
  DescribeDelegationToken,
  type DescribeDelegationTokenRequest,
  type DescribeDelegationTokenResponse,
} from './41-describe-delegation-token.ts'
export { DeleteGroups, type DeleteGroupsRequest, type DeleteGroupsResponse } from './42-delete-groups.ts'
export { ElectLeaders, type ElectLeadersRequest, type ElectLeadersResponse } from './43-elect-leaders.ts'
export {
  IncrementalAlterConfigs,
  type IncrementalAlterConfigsRequest,
  type IncrementalAlterConfigsResponse,
} from './44-incremental-alter-configs.ts'
export {
  AlterPartitionReassignments,
  type AlterPartitionReassignmentsRequest,
  type AlterPartitionReassignmentsResponse,
} from './45-alter-partition-reassignments.ts'
export {
  ListPartitionReassignments,
  type ListPartitionReassignmentsRequest,
  type ListPartitionReassignmentsResponse,
} from './46-list-partition-reassignments.ts'
export { OffsetDelete, type OffsetDeleteRequest, type OffsetDeleteResponse } from './47-offset-delete.ts'
export {
  DescribeClientQuotas,
  type DescribeClientQuotasRequest,
  type DescribeClientQuotasResponse,
} from './48-describe-client-quotas.ts'
export {
  AlterClientQuotas,
  type AlterClientQuotasRequest,
  type AlterClientQuotasResponse,
} from './49-alter-client-quotas.ts'
export {
  DescribeUserScramCredentials,
  type DescribeUserScramCredentialsRequest,
  type DescribeUserScramCredentialsResponse,
} from './50-describe-user-scram-credentials.ts'
export {
  AlterUserScramCredentials,
  type AlterUserScramCredentialsRequest,
  type AlterUserScramCredentialsResponse,
} from './51-alter-user-scram-credentials.ts'
export { Vote, type VoteRequest, type VoteResponse } from './52-vote.ts'
export {
  BeginQuorumEpoch,
  type BeginQuorumEpochRequest,
  type BeginQuorumEpochResponse,
} from './53-begin-quorum-epoch.ts'
export { EndQuorumEpoch, type EndQuorumEpochRequest, type EndQuorumEpochResponse } from './54-end-quorum-epoch.ts'
export { DescribeQuorum, type DescribeQuorumRequest, type DescribeQuorumResponse } from './55-describe-quorum.ts'
export { AlterPartition, type AlterPartitionRequest, type AlterPartitionResponse } from './56-alter-partition.ts'
export { UpdateFeatures, type UpdateFeaturesRequest, type UpdateFeaturesResponse } from './57-update-features.ts'
export { Envelope, type EnvelopeRequest, type EnvelopeResponse } from './58-envelope.ts'
export { FetchSnapshot, type FetchSnapshotRequest, type FetchSnapshotResponse } from './59-fetch-snapshot.ts'
export { DescribeCluster, type DescribeClusterRequest, type DescribeClusterResponse } from './60-describe-cluster.ts'
export {
  DescribeProducers,
  type DescribeProducersRequest,
  type DescribeProducersResponse,
} from './61-describe-producers.ts'
export {
  BrokerRegistration,
  type BrokerRegistrationRequest,
  type BrokerRegistrationResponse,
} from './62-broker-registration.ts'
export { BrokerHeartbeat, type BrokerHeartbeatRequest, type BrokerHeartbeatResponse } from './63-broker-heartbeat.ts'
export {
  UnregisterBroker,
  type UnregisterBrokerRequest,
  type UnregisterBrokerResponse,
} from './64-unregister-broker.ts'
export {
  DescribeTransactions,
  type DescribeTransactionsRequest,
  type DescribeTransactionsResponse,
} from './65-describe-transactions.ts'
export {
  ListTransactions,
  type ListTransactionsRequest,
  type ListTransactionsResponse,
} from './66-list-transactions.ts'
export {
  AllocateProducerIds,
  type AllocateProducerIdsRequest,
  type AllocateProducerIdsResponse,
} from './67-allocate-producer-ids.ts'
export {
  ConsumerGroupHeartbeat,
  type ConsumerGroupHeartbeatRequest,
  type ConsumerGroupHeartbeatResponse,
} from './68-consumer-group-heartbeat.ts'
export {
  ConsumerGroupDescribe,
  type ConsumerGroupDescribeRequest,
  type ConsumerGroupDescribeResponse,
} from './69-consumer-group-describe.ts'
export {
  ControllerRegistration,
  type ControllerRegistrationRequest,
  type ControllerRegistrationResponse,
} from './70-controller-registration.ts'
export {
  GetTelemetrySubscriptions,
  type GetTelemetrySubscriptionsRequest,
  type GetTelemetrySubscriptionsResponse,
} from './71-get-telemetry-subscriptions.ts'
export { PushTelemetry, type PushTelemetryRequest, type PushTelemetryResponse } from './72-push-telemetry.ts'
export {
  AssignReplicasToDirs,
  type AssignReplicasToDirsRequest,
  type AssignReplicasToDirsResponse,
} from './73-assign-replicas-to-dirs.ts'
export {
  ListConfigResources,
  type ListConfigResourcesRequest,
  type ListConfigResourcesResponse,
} from './74-list-config-resources.ts'
export {
  DescribeTopicPartitions,
  type DescribeTopicPartitionsRequest,
  type DescribeTopicPartitionsResponse,
} from './75-describe-topic-partitions.ts'
export {
  ShareGroupHeartbeat,
  type ShareGroupHeartbeatRequest,
  type ShareGroupHeartbeatResponse,
} from './76-share-group-heartbeat.ts'
export {
  ShareGroupDescribe,
  type ShareGroupDescribeRequest,
  type ShareGroupDescribeResponse,
} from './77-share-group-describe.ts'
export { ShareFetch, type ShareFetchRequest, type ShareFetchResponse } from './78-share-fetch.ts'
export {
  ShareAcknowledge,
  type ShareAcknowledgeRequest,
  type ShareAcknowledgeResponse,
} from './79-share-acknowledge.ts'
export { AddRaftVoter, type AddRaftVoterRequest, type AddRaftVoterResponse } from './80-add-raft-voter.ts'
export { RemoveRaftVoter, type RemoveRaftVoterRequest, type RemoveRaftVoterResponse } from './81-remove-raft-voter.ts'
export { UpdateRaftVoter, type UpdateRaftVoterRequest, type UpdateRaftVoterResponse } from './82-update-raft-voter.ts'
export {
  InitializeShareGroupState,
  type InitializeShareGroupStateRequest,
  type InitializeShareGroupStateResponse,
} from './83-initialize-share-group-state.ts'
export {
  ReadShareGroupState,
  type ReadShareGroupStateRequest,
  type ReadShareGroupStateResponse,
} from './84-read-share-group-state.ts'
export {
  WriteShareGroupState,
  type WriteShareGroupStateRequest,
  type WriteShareGroupStateResponse,
} from './85-write-share-group-state.ts'
export {
  DeleteShareGroupState,
  type DeleteShareGroupStateRequest,
  type DeleteShareGroupStateResponse,
} from './86-delete-share-group-state.ts'
export {
  ReadShareGroupStateSummary,
  type ReadShareGroupStateSummaryRequest,
  type ReadShareGroupStateSummaryResponse,
} from './87-read-share-group-state-summary.ts'
export {
  StreamsGroupHeartbeat,
  type StreamsGroupHeartbeatRequest,
  type StreamsGroupHeartbeatResponse,
} from './88-streams-group-heartbeat.ts'
export {
  StreamsGroupDescribe,
  type StreamsGroupDescribeRequest,
  type StreamsGroupDescribeResponse,
} from './89-streams-group-describe.ts'
export {
  DescribeShareGroupOffsets,
  type DescribeShareGroupOffsetsRequest,
  type DescribeShareGroupOffsetsResponse,
} from './90-describe-share-group-offsets.ts'
export {
  AlterShareGroupOffsets,
  type AlterShareGroupOffsetsRequest,
  type AlterShareGroupOffsetsResponse,
} from './91-alter-share-group-offsets.ts'
export {
  DeleteShareGroupOffsets,
  type DeleteShareGroupOffsetsRequest,
  type DeleteShareGroupOffsetsResponse,
} from './92-delete-share-group-offsets.ts'
