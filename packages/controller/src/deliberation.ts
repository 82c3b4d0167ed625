/**
 * What a decision may look at: the image as it is now (with what is not committed yet), who is alive, the moment, and
 * who asks. And the questions that several request families ask of it.
 */
import { assert } from '@gregor/base'
import { topicText } from '@gregor/config'
import type { BrokerConfig } from '@gregor/config'
import type { Given } from '@gregor/machine'
import {
  configOf,
  elrFeature,
  featureLevel,
  isDirectoryOnline,
  MIGRATING_DIRECTORY,
  since,
  UNASSIGNED_DIRECTORY,
} from '@gregor/metadata'
import type { BrokerRegistration, MetadataImage, PartitionRegistration, TopicImage } from '@gregor/metadata'
import type { BrokerSessions } from './broker-sessions.ts'
import type { ControllerOptions } from './controller-options.ts'
import { topicResourceType } from './node-config.ts'

export interface Deliberation {
  readonly image: MetadataImage
  readonly given: Given
  readonly options: ControllerOptions
  /** Of this node, with what is set dynamically. */
  readonly config: BrokerConfig
  readonly sessions: BrokerSessions
  /** Where the latest registration of a broker stands in the log; `undefined`: it has none. */
  readonly registrationOffset: (brokerId: number) => number | undefined
  /** The topic whose name differs from this one in `.` and `_` only. */
  readonly collidingTopic: (name: string) => string | undefined
}

export function metadataVersionOf({ image }: Deliberation): number {
  const { metadataVersion } = image.features
  assert(metadataVersion !== undefined, 'an active controller has a metadata.version')
  return metadataVersion
}

export function isElrEnabled({ image }: Deliberation): boolean {
  return featureLevel(image, elrFeature) >= 1
}

/** Neither fenced nor shutting down: it may lead and be in sync. */
export function isActive(broker: BrokerRegistration | undefined): boolean {
  return broker !== undefined && !broker.fenced && !broker.inControlledShutdown
}

/** Whether a replica could lead: an active broker whose directory for it is online. */
export function mayLead(deliberation: Deliberation, partition: PartitionRegistration, replica: number): boolean {
  const broker = deliberation.image.brokers.get(replica)
  return isActive(broker) && hasOnlineDirectory(deliberation, partition, replica)
}

export function hasOnlineDirectory(
  { image }: Deliberation,
  partition: PartitionRegistration,
  replica: number,
): boolean {
  const broker = image.brokers.get(replica)
  const directory = partition.directories[partition.replicas.indexOf(replica)]
  return broker !== undefined && directory !== undefined && isDirectoryOnline(directory, broker.directories)
}

/** Where a new replica on that broker goes: into its one directory, or where the broker will choose. */
export function defaultDirectory(deliberation: Deliberation, brokerId: number): string {
  if (metadataVersionOf(deliberation) < since.directoryAssignment) return MIGRATING_DIRECTORY
  const broker = deliberation.image.brokers.get(brokerId)
  if (broker === undefined) return UNASSIGNED_DIRECTORY
  const [only, ...others] = broker.directories
  if (only === undefined) return MIGRATING_DIRECTORY
  return others.length === 0 ? only : UNASSIGNED_DIRECTORY
}

/** min.insync.replicas of a topic, at most as many as it has replicas. */
export function effectiveMinIsr(deliberation: Deliberation, topic: TopicImage): number {
  const configured = Number(topicConfig(deliberation, topic.name, 'min.insync.replicas'))
  return Math.min(configured, topic.partitions[0]?.replicas.length ?? 1)
}

export function isUncleanElectionEnabled(deliberation: Deliberation, topicName: string): boolean {
  return topicConfig(deliberation, topicName, 'unclean.leader.election.enable') === 'true'
}

function topicConfig(
  { image, config }: Deliberation,
  topicName: string,
  name: 'min.insync.replicas' | 'unclean.leader.election.enable',
): string | undefined {
  return topicText(config, configOf(image, { type: topicResourceType, name: topicName }), name)
}

export interface PlacedPartition {
  readonly topic: TopicImage
  readonly partitionId: number
  readonly partition: PartitionRegistration
}

/** All partitions of which something is true. Looks at each one: for rare events only. */
export function* partitionsWhere(
  image: MetadataImage,
  isTrue: (partition: PartitionRegistration) => boolean,
): Generator<PlacedPartition> {
  for (const topic of image.topics.byId.values()) {
    for (const [partitionId, partition] of topic.partitions.entries()) {
      if (isTrue(partition)) yield { topic, partitionId, partition }
    }
  }
}
