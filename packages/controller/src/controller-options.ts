/**
 * What a controller is told once, at start, and what it is told with each request.
 */
import type { BrokerConfig } from '@gregor/config'
import type { ConfigResource, FeatureRange, Principal } from '@gregor/metadata'
import type { MetadataRecordInput } from '@gregor/protocol'
import type { ApiProblem } from './api-problem.ts'

export interface ControllerOptions {
  readonly clusterId: string
  /** Of this node, as its file says; what was changed dynamically is in the metadata. */
  readonly config: BrokerConfig
  /** What this build can read, by feature. */
  readonly supportedFeatures: ReadonlyMap<string, FeatureRange>
  /** Ids of the voters. */
  readonly voterIds: () => readonly number[]
  /** The level of kraft.version, which the log keeps. */
  readonly kraftVersion: () => number
  /** What a cluster begins with that has no metadata yet: features, credentials. */
  readonly bootstrapRecords: readonly MetadataRecordInput[]
  readonly createTopicPolicy?: (topic: NewTopic) => ApiProblem | undefined
  readonly alterConfigPolicy?: (change: AlteredConfig) => ApiProblem | undefined
}

/** What the controller wants done beside its records, once these are committed. */
export type ControllerEffect =
  /** kraft.version is the log’s own, in records of its own. */
  { readonly type: 'UpgradeKraftVersion'; readonly level: number }

/** What a policy is told of a topic that is about to be created: either counts or assignments. */
export interface NewTopic {
  readonly name: string
  readonly partitionCount: number | undefined
  readonly replicationFactor: number | undefined
  /** By partition. */
  readonly assignments: ReadonlyMap<number, readonly number[]> | undefined
  readonly configs: ReadonlyMap<string, string>
}

export interface AlteredConfig {
  readonly resource: ConfigResource
  /** Only what the request names; `undefined`: it goes. */
  readonly changes: ReadonlyMap<string, string | undefined>
}

/** Who asks, and what they may. */
export interface RequestContext {
  readonly principal: Principal
  readonly clientAddress: string
  /** It came through a broker, which speaks for its client. */
  readonly isForwarded: boolean
  allows(operation: Operation, resource: AuthorizedResource): boolean
  /**
   * Charges the quota on controller mutations. Returns false where it is exhausted and this version of the request is
   * to be refused then.
   */
  chargeMutations(partitionCount: number): boolean
}

export type Operation =
  | 'Alter'
  | 'AlterConfigs'
  | 'ClusterAction'
  | 'Create'
  | 'Delete'
  | 'Describe'
  | 'DescribeConfigs'

export interface AuthorizedResource {
  readonly type: 'cluster' | 'topic' | 'group'
  readonly name: string
}

export const clusterResource: AuthorizedResource = { type: 'cluster', name: 'kafka-cluster' }
