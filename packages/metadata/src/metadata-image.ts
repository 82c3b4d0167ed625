/**
 * All metadata of the cluster as of one offset: an immutable value. A later image shares with an earlier one what did
 * not change, so that keeping several (what is published, what is speculative, what a snapshot is being written from)
 * costs little. Images come from `MetadataDelta.apply` only.
 */
import type { BrokerRegistration, ControllerRegistration } from './broker-registration.ts'
import { featureNamed, kraftVersionFeature, metadataVersionFeature } from './features.ts'
import type { FeatureLevels } from './features.ts'
import type { PartitionRegistration } from './partition-registration.ts'
import { PersistentMap } from './persistent-map.ts'

export interface MetadataImage {
  /** The last offset it contains; -1: nothing yet. */
  readonly offset: number
  /** The leader epoch of that offset. */
  readonly epoch: number
  /** When that offset was appended, by the leader's clock; -1: nothing yet. */
  readonly appendTimeMs: number
  readonly features: FeaturesImage
  readonly brokers: PersistentMap<number, BrokerRegistration>
  readonly controllers: PersistentMap<number, ControllerRegistration>
  readonly topics: TopicsImage
  /** By `configKey`. A resource without a config is not there. */
  readonly configs: PersistentMap<string, ResourceConfig>
  /** By `quotaKey`. */
  readonly quotas: PersistentMap<string, ClientQuota>
  /** The first producer id that no block has handed out; -1: none ever was. */
  readonly nextProducerId: number
  /** By id. */
  readonly acls: PersistentMap<string, AccessControlEntry>
  /** By `scramKey`. */
  readonly scramCredentials: PersistentMap<string, ScramCredential>
  /** By token id. */
  readonly delegationTokens: PersistentMap<string, DelegationToken>
}

export interface FeaturesImage {
  /** `undefined`: nothing says yet how the records of this cluster are to be read. */
  readonly metadataVersion: number | undefined
  /** The other finalized features, without those at level 0 and without kraft.version. */
  readonly levels: FeatureLevels
}

export interface TopicsImage {
  readonly byId: PersistentMap<string, TopicImage>
  readonly byName: PersistentMap<string, TopicImage>
}

export interface TopicImage {
  readonly name: string
  readonly id: string
  readonly partitions: readonly PartitionRegistration[]
}

export interface ConfigResource {
  /** 2 topic, 4 broker (name "": cluster default), 8 broker logger, 16 client metrics, 32 group. */
  readonly type: number
  readonly name: string
}

export interface ResourceConfig {
  readonly resource: ConfigResource
  readonly values: ReadonlyMap<string, string>
}

/** The parts of a quota's entity: `user`, `client-id`, `ip` to a name, or null for the default of that kind. */
export type QuotaEntity = ReadonlyMap<string, string | null>

export interface ClientQuota {
  readonly entity: QuotaEntity
  readonly values: ReadonlyMap<string, number>
}

/** Codes as on the wire. */
export interface AccessControlEntry {
  readonly id: string
  readonly resourceType: number
  readonly resourceName: string
  readonly patternType: number
  readonly principal: string
  readonly host: string
  readonly operation: number
  readonly permissionType: number
}

export interface ScramCredential {
  readonly user: string
  /** 1 SCRAM-SHA-256, 2 SCRAM-SHA-512. */
  readonly mechanism: number
  readonly salt: Buffer
  readonly storedKey: Buffer
  readonly serverKey: Buffer
  readonly iterations: number
}

export interface DelegationToken {
  readonly tokenId: string
  readonly owner: string
  readonly requester: string
  readonly renewers: readonly string[]
  readonly issueTimestamp: number
  readonly maxTimestamp: number
  readonly expirationTimestamp: number
}

export const emptyImage: MetadataImage = {
  offset: -1,
  epoch: -1,
  appendTimeMs: -1,
  features: { metadataVersion: undefined, levels: new Map() },
  brokers: PersistentMap.empty(),
  controllers: PersistentMap.empty(),
  topics: { byId: PersistentMap.empty(), byName: PersistentMap.empty() },
  configs: PersistentMap.empty(),
  quotas: PersistentMap.empty(),
  nextProducerId: -1,
  acls: PersistentMap.empty(),
  scramCredentials: PersistentMap.empty(),
  delegationTokens: PersistentMap.empty(),
}

export function partitionOf(
  image: MetadataImage,
  topicId: string,
  partitionId: number,
): PartitionRegistration | undefined {
  return image.topics.byId.get(topicId)?.partitions[partitionId]
}

/** Empty where nothing is set. */
export function configOf(image: MetadataImage, resource: ConfigResource): ReadonlyMap<string, string> {
  return image.configs.get(configKey(resource))?.values ?? noConfig
}

const noConfig: ReadonlyMap<string, string> = new Map()

/** The finalized level of a feature that is kept in the image: 0 where it is not finalized. */
export function featureLevel(image: MetadataImage, name: string): number {
  if (name === metadataVersionFeature) return image.features.metadataVersion ?? 0
  return image.features.levels.get(name) ?? 0
}

/** Whether a feature's level is kept in the image at all: kraft.version is kept by the log. */
export function isImageFeature(name: string): boolean {
  return featureNamed(name) !== undefined && name !== kraftVersionFeature
}

export function configKey({ type, name }: ConfigResource): string {
  return `${type}:${name}`
}

/** The same for the same entity, in whichever order its parts come. */
export function quotaKey(entity: QuotaEntity): string {
  return JSON.stringify([...entity].toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

export function scramKey(user: string, mechanism: number): string {
  return `${mechanism}:${user}`
}
