/**
 * The records of the metadata log as values, every field present: what is replayed into an image.
 */
export interface Endpoint {
  readonly name: string
  readonly host: string
  readonly port: number
  readonly securityProtocol: number
}
export interface Feature {
  readonly name: string
  readonly minSupportedVersion: number
  readonly maxSupportedVersion: number
}
export type MetadataRecord =
  | {
      readonly type: 'RegisterBrokerRecord'
      readonly brokerId: number
      readonly isMigratingZkBroker: boolean
      readonly incarnationId: string
      readonly brokerEpoch: number
      readonly endPoints: readonly Endpoint[]
      readonly features: readonly Feature[]
      readonly rack: string | null
      readonly fenced: boolean
      readonly inControlledShutdown: boolean
      readonly logDirs: readonly string[]
      readonly cordonedLogDirs: readonly string[] | null
    }
  | { readonly type: 'UnregisterBrokerRecord'; readonly brokerId: number; readonly brokerEpoch: number }
  | { readonly type: 'TopicRecord'; readonly name: string; readonly topicId: string }
  | {
      readonly type: 'PartitionRecord'
      readonly partitionId: number
      readonly topicId: string
      readonly replicas: readonly number[]
      readonly isr: readonly number[]
      readonly removingReplicas: readonly number[]
      readonly addingReplicas: readonly number[]
      readonly leader: number
      readonly leaderRecoveryState: number
      readonly leaderEpoch: number
      readonly partitionEpoch: number
      readonly directories: readonly string[]
      readonly eligibleLeaderReplicas: readonly number[] | null
      readonly lastKnownElr: readonly number[] | null
    }
  | {
      readonly type: 'ConfigRecord'
      readonly resourceType: number
      readonly resourceName: string
      readonly name: string
      readonly value: string | null
    }
  | {
      readonly type: 'PartitionChangeRecord'
      readonly partitionId: number
      readonly topicId: string
      readonly isr: readonly number[] | null
      readonly leader: number
      readonly replicas: readonly number[] | null
      readonly removingReplicas: readonly number[] | null
      readonly addingReplicas: readonly number[] | null
      readonly leaderRecoveryState: number
      readonly directories: readonly string[] | null
      readonly eligibleLeaderReplicas: readonly number[] | null
      readonly lastKnownElr: readonly number[] | null
    }
  | { readonly type: 'FenceBrokerRecord'; readonly id: number; readonly epoch: number }
  | { readonly type: 'UnfenceBrokerRecord'; readonly id: number; readonly epoch: number }
  | { readonly type: 'RemoveTopicRecord'; readonly topicId: string }
  | {
      readonly type: 'DelegationTokenRecord'
      readonly owner: string
      readonly requester: string
      readonly renewers: readonly string[]
      readonly issueTimestamp: number
      readonly maxTimestamp: number
      readonly expirationTimestamp: number
      readonly tokenId: string
    }
  | {
      readonly type: 'UserScramCredentialRecord'
      readonly name: string
      readonly mechanism: number
      readonly salt: Buffer
      readonly storedKey: Buffer
      readonly serverKey: Buffer
      readonly iterations: number
    }
  | { readonly type: 'FeatureLevelRecord'; readonly name: string; readonly featureLevel: number }
  | {
      readonly type: 'ClientQuotaRecord'
      readonly entity: readonly { readonly entityType: string; readonly entityName: string | null }[]
      readonly key: string
      readonly value: number
      readonly remove: boolean
    }
  | {
      readonly type: 'ProducerIdsRecord'
      readonly brokerId: number
      readonly brokerEpoch: number
      readonly nextProducerId: number
    }
  | {
      readonly type: 'BrokerRegistrationChangeRecord'
      readonly brokerId: number
      readonly brokerEpoch: number
      readonly fenced: number
      readonly inControlledShutdown: number
      readonly logDirs: readonly string[]
      readonly cordonedLogDirs: readonly string[] | null
    }
  | {
      readonly type: 'AccessControlEntryRecord'
      readonly id: string
      readonly resourceType: number
      readonly resourceName: string
      readonly patternType: number
      readonly principal: string
      readonly host: string
      readonly operation: number
      readonly permissionType: number
    }
  | { readonly type: 'RemoveAccessControlEntryRecord'; readonly id: string }
  | { readonly type: 'NoOpRecord' }
  | { readonly type: 'ZkMigrationStateRecord'; readonly zkMigrationState: number }
  | { readonly type: 'RemoveUserScramCredentialRecord'; readonly name: string; readonly mechanism: number }
  | { readonly type: 'BeginTransactionRecord'; readonly name: string | null }
  | { readonly type: 'EndTransactionRecord' }
  | { readonly type: 'AbortTransactionRecord'; readonly reason: string | null }
  | { readonly type: 'RemoveDelegationTokenRecord'; readonly tokenId: string }
  | {
      readonly type: 'RegisterControllerRecord'
      readonly controllerId: number
      readonly incarnationId: string
      readonly zkMigrationReady: boolean
      readonly endPoints: readonly Endpoint[]
      readonly features: readonly Feature[]
    }
  | { readonly type: 'ClearElrRecord'; readonly topicName: string }
export type RecordOf<Type extends MetadataRecord['type']> = Extract<MetadataRecord, { readonly type: Type }>
