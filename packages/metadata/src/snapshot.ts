/**
 * An image as the records that make it: what a snapshot of the metadata log holds. The order is fixed (features first,
 * as they say how the rest is read, then everything sorted), so that equal images give equal bytes on every node.
 */
import { recordFromBroker, recordFromController } from './broker-registration.ts'
import { metadataVersionFeature } from './features.ts'
import type { MetadataImage } from './metadata-image.ts'
import type { MetadataRecord, RecordOf } from './metadata-record.ts'
import { recordFromPartition } from './partition-registration.ts'
import type { PersistentMap } from './persistent-map.ts'

/** Lazily: an image of many partitions need not exist twice. The image must know its metadata.version. */
export function* recordsFromImage(image: MetadataImage): Generator<MetadataRecord> {
  yield* featureRecords(image)
  for (const [, broker] of sorted(image.brokers)) yield recordFromBroker(broker)
  for (const [, controller] of sorted(image.controllers)) yield recordFromController(controller)
  for (const [name, { id: topicId, partitions }] of sorted(image.topics.byName)) {
    yield { type: 'TopicRecord', name, topicId }
    for (const [partitionId, partition] of partitions.entries()) {
      yield recordFromPartition(partition, { topicId, partitionId })
    }
  }
  yield* configRecords(image)
  yield* quotaRecords(image)
  if (image.nextProducerId >= 0) {
    yield { type: 'ProducerIdsRecord', brokerId: -1, brokerEpoch: -1, nextProducerId: image.nextProducerId }
  }
  for (const [, acl] of sorted(image.acls)) yield { type: 'AccessControlEntryRecord', ...acl }
  for (const [, { user: name, ...credential }] of sorted(image.scramCredentials)) {
    yield { type: 'UserScramCredentialRecord', name, ...credential }
  }
  for (const [, token] of sorted(image.delegationTokens)) yield { type: 'DelegationTokenRecord', ...token }
}

function* featureRecords({ features }: MetadataImage): Generator<RecordOf<'FeatureLevelRecord'>> {
  const { metadataVersion, levels } = features
  if (metadataVersion !== undefined) {
    yield { type: 'FeatureLevelRecord', name: metadataVersionFeature, featureLevel: metadataVersion }
  }
  for (const [name, level] of sorted(levels)) yield { type: 'FeatureLevelRecord', name, featureLevel: level }
}

function* configRecords({ configs }: MetadataImage): Generator<RecordOf<'ConfigRecord'>> {
  for (const [, { resource, values }] of sorted(configs)) {
    for (const [name, value] of sorted(values)) {
      yield { type: 'ConfigRecord', resourceType: resource.type, resourceName: resource.name, name, value }
    }
  }
}

function* quotaRecords({ quotas }: MetadataImage): Generator<RecordOf<'ClientQuotaRecord'>> {
  for (const [, { entity, values }] of sorted(quotas)) {
    const parts = sorted(entity).map(([entityType, entityName]) => ({ entityType, entityName }))
    for (const [key, value] of sorted(values)) {
      yield { type: 'ClientQuotaRecord', entity: parts, key, value, remove: false }
    }
  }
}

/** By UTF-16 code units, or by number: the same everywhere. */
function sorted<K extends string | number, V>(map: PersistentMap<K, V> | ReadonlyMap<K, V>): (readonly [K, V])[] {
  return [...map].toSorted(([a], [b]) => (a < b ? -1 : 1))
}
