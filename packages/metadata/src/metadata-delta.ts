/**
 * What a run of records changes: replays them on top of an image and makes the next one. Also answers what changed,
 * for those who act on metadata.
 *
 * It knows nothing of metadata transactions: what is not to be seen yet is not replayed yet (`MetadataReplay`).
 */
import { unreachable } from '@gregor/base'
import { brokerFromRecord, changedBroker, controllerFromRecord } from './broker-registration.ts'
import type { BrokerRegistration, ControllerRegistration } from './broker-registration.ts'
import { kraftVersionFeature, metadataVersionFeature, metadataVersionMax, metadataVersionMin } from './features.ts'
import { MapDelta } from './map-delta.ts'
import { MetadataFault } from './metadata-fault.ts'
import { configKey, quotaKey, scramKey } from './metadata-image.ts'
import type {
  AccessControlEntry,
  ClientQuota,
  DelegationToken,
  FeaturesImage,
  MetadataImage,
  ResourceConfig,
  ScramCredential,
} from './metadata-image.ts'
import type { MetadataRecord, RecordOf } from './metadata-record.ts'
import { TopicsDelta } from './topics-delta.ts'

const topicResource = 2

/** Where in the log an image stands. */
export type Provenance = Pick<MetadataImage, 'offset' | 'epoch' | 'appendTimeMs'>

export class MetadataDelta {
  readonly before: MetadataImage
  readonly topics: TopicsDelta
  readonly brokers: MapDelta<number, BrokerRegistration>
  readonly controllers: MapDelta<number, ControllerRegistration>
  readonly configs: MapDelta<string, ResourceConfig>
  readonly quotas: MapDelta<string, ClientQuota>
  readonly acls: MapDelta<string, AccessControlEntry>
  readonly scramCredentials: MapDelta<string, ScramCredential>
  readonly delegationTokens: MapDelta<string, DelegationToken>
  #features: FeaturesImage
  #nextProducerId: number

  /** @param isSnapshot - the records are all there is: what they do not name is removed. */
  constructor(before: MetadataImage, { isSnapshot = false }: { readonly isSnapshot?: boolean } = {}) {
    this.before = before
    this.topics = new TopicsDelta(before.topics, isSnapshot)
    this.brokers = new MapDelta(before.brokers, isSnapshot)
    this.controllers = new MapDelta(before.controllers, isSnapshot)
    this.configs = new MapDelta(before.configs, isSnapshot)
    this.quotas = new MapDelta(before.quotas, isSnapshot)
    this.acls = new MapDelta(before.acls, isSnapshot)
    this.scramCredentials = new MapDelta(before.scramCredentials, isSnapshot)
    this.delegationTokens = new MapDelta(before.delegationTokens, isSnapshot)
    this.#features = isSnapshot ? { metadataVersion: undefined, levels: new Map() } : before.features
    this.#nextProducerId = isSnapshot ? -1 : before.nextProducerId
  }

  /** As they are now; the same object as before where nothing changed. */
  get features(): FeaturesImage {
    return this.#features
  }

  get nextProducerId(): number {
    return this.#nextProducerId
  }

  /** @throws MetadataFault when the record contradicts what is there. The delta is of no use after that. */
  replay(record: MetadataRecord): void {
    switch (record.type) {
      case 'TopicRecord':
        return this.topics.createTopic(record)
      case 'PartitionRecord':
        return this.topics.setPartition(record)
      case 'PartitionChangeRecord':
        return this.topics.changePartition(record)
      case 'RemoveTopicRecord':
        return this.#removeTopic(record)
      case 'ClearElrRecord':
        return this.topics.clearElr(record)
      case 'ConfigRecord':
        return this.#setConfig(record)
      case 'FeatureLevelRecord':
        return this.#setFeature(record)
      case 'ProducerIdsRecord':
        this.#nextProducerId = record.nextProducerId
        return
      case 'NoOpRecord':
      case 'ZkMigrationStateRecord':
      case 'BeginTransactionRecord':
      case 'EndTransactionRecord':
      case 'AbortTransactionRecord':
        return
      default:
        return this.#replayEntity(record)
    }
  }

  /** The next image. */
  apply(provenance: Provenance): MetadataImage {
    return {
      ...provenance,
      features: this.#features,
      brokers: this.brokers.apply(),
      controllers: this.controllers.apply(),
      topics: this.topics.apply(),
      configs: this.configs.apply(),
      quotas: this.quotas.apply(),
      nextProducerId: this.#nextProducerId,
      acls: this.acls.apply(),
      scramCredentials: this.scramCredentials.apply(),
      delegationTokens: this.delegationTokens.apply(),
    }
  }

  #replayEntity(record: EntityRecord): void {
    switch (record.type) {
      case 'RegisterBrokerRecord':
        return this.brokers.set(record.brokerId, brokerFromRecord(record))
      case 'UnregisterBrokerRecord':
        return this.brokers.remove(record.brokerId)
      case 'BrokerRegistrationChangeRecord':
        return this.brokers.set(
          record.brokerId,
          changedBroker(this.#broker(record.brokerId, record.brokerEpoch), record),
        )
      case 'FenceBrokerRecord':
      case 'UnfenceBrokerRecord':
        return this.brokers.set(record.id, {
          ...this.#broker(record.id, record.epoch),
          fenced: record.type === 'FenceBrokerRecord',
        })
      case 'RegisterControllerRecord':
        return this.controllers.set(record.controllerId, controllerFromRecord(record))
      case 'ClientQuotaRecord':
        return this.#setQuota(record)
      case 'AccessControlEntryRecord':
        return this.acls.set(record.id, fieldsOf(record))
      case 'RemoveAccessControlEntryRecord':
        if (this.acls.get(record.id) === undefined) throw new MetadataFault(`no ACL ${record.id} to remove`)
        return this.acls.remove(record.id)
      case 'UserScramCredentialRecord':
        return this.scramCredentials.set(scramKey(record.name, record.mechanism), scramFromRecord(record))
      case 'RemoveUserScramCredentialRecord':
        return this.scramCredentials.remove(scramKey(record.name, record.mechanism))
      case 'DelegationTokenRecord':
        return this.delegationTokens.set(record.tokenId, fieldsOf(record))
      case 'RemoveDelegationTokenRecord':
        return this.delegationTokens.remove(record.tokenId)
      default:
        return unreachable(record)
    }
  }

  #broker(id: number, epoch: number): BrokerRegistration {
    const broker = this.brokers.get(id)
    if (broker === undefined) throw new MetadataFault(`a change of broker ${id}, which is not registered`)
    if (broker.epoch !== epoch) {
      throw new MetadataFault(`a change of broker ${id} in epoch ${epoch}, which is in epoch ${broker.epoch}`)
    }
    return broker
  }

  #removeTopic(record: RecordOf<'RemoveTopicRecord'>): void {
    const name = this.topics.removeTopic(record)
    this.configs.remove(configKey({ type: topicResource, name }))
  }

  #setConfig({ resourceType, resourceName, name, value }: RecordOf<'ConfigRecord'>): void {
    const resource = { type: resourceType, name: resourceName }
    const key = configKey(resource)
    const values = new Map(this.configs.get(key)?.values)
    if (value === null) values.delete(name)
    else values.set(name, value)
    if (values.size === 0) this.configs.remove(key)
    else this.configs.set(key, { resource, values })
  }

  #setQuota({ entity: parts, key, value, remove }: RecordOf<'ClientQuotaRecord'>): void {
    const entity = new Map(parts.map(({ entityType, entityName }) => [entityType, entityName]))
    const id = quotaKey(entity)
    const values = new Map(this.quotas.get(id)?.values)
    if (remove) values.delete(key)
    else values.set(key, value)
    if (values.size === 0) this.quotas.remove(id)
    else this.quotas.set(id, { entity, values })
  }

  #setFeature({ name, featureLevel }: RecordOf<'FeatureLevelRecord'>): void {
    if (name === metadataVersionFeature) {
      if (featureLevel < metadataVersionMin || featureLevel > metadataVersionMax) {
        throw new MetadataFault(
          `metadata.version ${featureLevel} is not between ${metadataVersionMin} and ${metadataVersionMax}: ` +
            'records of that level cannot be read',
        )
      }
      this.#features = { ...this.#features, metadataVersion: featureLevel }
      return
    }
    // kraft.version stands in control records; a feature record of it was a mistake that has been seen in logs.
    if (name === kraftVersionFeature) return
    const levels = new Map(this.#features.levels)
    if (featureLevel === 0) levels.delete(name)
    else levels.set(name, featureLevel)
    this.#features = { ...this.#features, levels }
  }
}

/** Records that set, change or remove one entity of its own. */
type EntityRecord = Exclude<
  MetadataRecord,
  {
    readonly type:
      | 'TopicRecord'
      | 'PartitionRecord'
      | 'PartitionChangeRecord'
      | 'RemoveTopicRecord'
      | 'ClearElrRecord'
      | 'ConfigRecord'
      | 'FeatureLevelRecord'
      | 'ProducerIdsRecord'
      | 'NoOpRecord'
      | 'ZkMigrationStateRecord'
      | 'BeginTransactionRecord'
      | 'EndTransactionRecord'
      | 'AbortTransactionRecord'
  }
>

/** What an image keeps of a record: neither its type nor the version that it was written in. */
function fieldsOf<R extends { readonly type: string; readonly version?: number }>(
  record: R,
): Omit<R, 'type' | 'version'> {
  const { type: _, version: _version, ...fields } = record
  return fields
}

/** The record's buffers are views of a batch that will be gone. */
function scramFromRecord(record: RecordOf<'UserScramCredentialRecord'>): ScramCredential {
  return {
    user: record.name,
    mechanism: record.mechanism,
    salt: Buffer.from(record.salt),
    storedKey: Buffer.from(record.storedKey),
    serverKey: Buffer.from(record.serverKey),
    iterations: record.iterations,
  }
}
