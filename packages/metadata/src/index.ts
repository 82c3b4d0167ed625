/** The metadata image, its deltas and replay, and the seams to log and controller. The package’s public interface. */
export { bootstrapRecords } from './bootstrap-records.ts'
export { brokerFromRecord, recordFromBroker } from './broker-registration.ts'
export type { BrokerRegistration, ControllerRegistration, Listener } from './broker-registration.ts'
export type { ControllerGateway, ControllerRequest, Principal } from './controller-gateway.ts'
export {
  compareUuids,
  isDirectoryOnline,
  isReservedDirectory,
  LOST_DIRECTORY,
  MIGRATING_DIRECTORY,
  UNASSIGNED_DIRECTORY,
} from './directory-id.ts'
export {
  defaultFeatureLevel,
  elrFeature,
  featureNamed,
  features,
  kraftVersionFeature,
  metadataVersionFeature,
  metadataVersionMax,
  metadataVersionMin,
  metadataVersionName,
  metadataVersionNamed,
  recordsDifferBetween,
  since,
} from './features.ts'
export type { FeatureDefinition, FeatureLevels, FeatureName, FeatureRange } from './features.ts'
export { localChanges } from './local-changes.ts'
export type { LocalChanges, LocalPartition, LocalPartitionState } from './local-changes.ts'
export type { MapDelta } from './map-delta.ts'
export { MetadataDelta } from './metadata-delta.ts'
export type { Provenance } from './metadata-delta.ts'
export { MetadataFault } from './metadata-fault.ts'
export {
  configKey,
  configOf,
  emptyImage,
  featureLevel,
  isImageFeature,
  partitionOf,
  quotaKey,
  scramKey,
} from './metadata-image.ts'
export type {
  AccessControlEntry,
  ClientQuota,
  ConfigResource,
  DelegationToken,
  FeaturesImage,
  MetadataImage,
  QuotaEntity,
  ResourceConfig,
  ScramCredential,
  TopicImage,
  TopicsImage,
} from './metadata-image.ts'
export { MetadataLogFullError, NotLeaderError } from './metadata-log.ts'
export type {
  CommittedBatch,
  MetadataLeader,
  MetadataLog,
  MetadataLogListener,
  QuorumInfo,
  QuorumReplica,
  QuorumVoter,
  SnapshotId,
  SnapshotReader,
  SnapshotWriter,
} from './metadata-log.ts'
export type { MetadataRecord, RecordOf } from './metadata-record.ts'
export { directoryOf, isReassigning, NO_LEADER, NO_LEADER_CHANGE, partitionChange } from './partition-registration.ts'
export type { PartitionRegistration } from './partition-registration.ts'
export { PersistentMap } from './persistent-map.ts'
export { MetadataReplay } from './replay.ts'
export type { MetadataChange, ReplayBatch } from './replay.ts'
export { recordsFromImage } from './snapshot.ts'
export type { TopicDelta, TopicsDelta } from './topics-delta.ts'
