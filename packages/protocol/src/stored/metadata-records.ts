/**
 * The records of `__cluster_metadata`, as bytes: an unsigned varint each for the version of this frame (1), the type
 * and its version, then the message (KIP-631). A record may only be written in a version that the metadata.version of
 * the cluster allows; who reads is strict, because a node that misses a record is no longer a replica.
 */

import { ByteReader, ByteWriter, MalformedMessageError } from '@gregor/base'

import { decode, encode } from '../schema/codec.ts'
import type { Message, MessageInput, MessageOf } from '../schema/schema.ts'
import { hasVersion } from '../schema/versions.ts'
import * as brokers from './metadata-brokers.ts'
import * as cluster from './metadata-cluster.ts'
import * as security from './metadata-security.ts'
import * as topics from './metadata-topics.ts'
import { UnknownRecordError } from './unknown-record-error.ts'

const FRAME_VERSION = 1
/** metadata.version 4.3-IV0, the newest that is final. */
export const LATEST_METADATA_VERSION = 30

/** By name, with the numbers that stand for them on disk. */
export const metadataRecordTypes = {
  RegisterBrokerRecord: { id: 0, message: brokers.RegisterBrokerRecord },
  UnregisterBrokerRecord: { id: 1, message: brokers.UnregisterBrokerRecord },
  TopicRecord: { id: 2, message: topics.TopicRecord },
  PartitionRecord: { id: 3, message: topics.PartitionRecord },
  ConfigRecord: { id: 4, message: topics.ConfigRecord },
  PartitionChangeRecord: { id: 5, message: topics.PartitionChangeRecord },
  FenceBrokerRecord: { id: 7, message: brokers.FenceBrokerRecord },
  UnfenceBrokerRecord: { id: 8, message: brokers.UnfenceBrokerRecord },
  RemoveTopicRecord: { id: 9, message: topics.RemoveTopicRecord },
  DelegationTokenRecord: { id: 10, message: security.DelegationTokenRecord },
  UserScramCredentialRecord: { id: 11, message: security.UserScramCredentialRecord },
  FeatureLevelRecord: { id: 12, message: cluster.FeatureLevelRecord },
  ClientQuotaRecord: { id: 14, message: security.ClientQuotaRecord },
  ProducerIdsRecord: { id: 15, message: cluster.ProducerIdsRecord },
  BrokerRegistrationChangeRecord: { id: 17, message: brokers.BrokerRegistrationChangeRecord },
  AccessControlEntryRecord: { id: 18, message: security.AccessControlEntryRecord },
  RemoveAccessControlEntryRecord: { id: 19, message: security.RemoveAccessControlEntryRecord },
  NoOpRecord: { id: 20, message: cluster.NoOpRecord },
  ZkMigrationStateRecord: { id: 21, message: cluster.ZkMigrationStateRecord },
  RemoveUserScramCredentialRecord: { id: 22, message: security.RemoveUserScramCredentialRecord },
  BeginTransactionRecord: { id: 23, message: cluster.BeginTransactionRecord },
  EndTransactionRecord: { id: 24, message: cluster.EndTransactionRecord },
  AbortTransactionRecord: { id: 25, message: cluster.AbortTransactionRecord },
  RemoveDelegationTokenRecord: { id: 26, message: security.RemoveDelegationTokenRecord },
  RegisterControllerRecord: { id: 27, message: brokers.RegisterControllerRecord },
  ClearElrRecord: { id: 28, message: topics.ClearElrRecord },
} as const

export type MetadataRecordType = keyof typeof metadataRecordTypes
type MessageFor<Type extends MetadataRecordType> = (typeof metadataRecordTypes)[Type]['message']

/** As it is read: every field is there, and the version that it was written in. */
export type MetadataRecord = {
  [Type in MetadataRecordType]: Readonly<{ type: Type; version: number }> & MessageOf<MessageFor<Type>>
}[MetadataRecordType]

/** As it is written: fields with a default may be left out, and so may the version: see `metadataRecordVersion`. */
export type MetadataRecordInput = {
  [Type in MetadataRecordType]: Readonly<{ type: Type; version?: number }> & MessageInput<MessageFor<Type>>
}[MetadataRecordType]

/**
 * The version that Apache Kafka writes a record in under a metadata.version: what that allows at most; for changes of a
 * broker's registration the lowest that can say what changed.
 */
export function metadataRecordVersion(record: MetadataRecordInput, metadataVersion: number): number {
  switch (record.type) {
    case 'RegisterBrokerRecord':
      if (metadataVersion >= 30) return 4 // cordoned log directories, 4.3-IV0
      if (metadataVersion >= 17) return 3 // log directories, 3.7-IV2
      return metadataVersion >= 8 ? 2 : 1 // migration from ZooKeeper, 3.4-IV0
    case 'PartitionRecord':
    case 'PartitionChangeRecord':
      if (metadataVersion >= 23) return 2 // eligible leader replicas, 4.0-IV1
      return metadataVersion >= 17 ? 1 : 0 // log directories
    case 'BrokerRegistrationChangeRecord':
      if (record.cordonedLogDirs !== undefined && record.cordonedLogDirs !== null) return 3
      if (record.logDirs !== undefined && record.logDirs.length > 0) return 2
      return (record.inControlledShutdown ?? 0) === 0 ? 0 : 1
    default:
      return 0
  }
}

/** @throws UnsupportedVersionError when a field is set that the version does not have. */
export function encodeMetadataRecord(
  record: MetadataRecordInput,
  metadataVersion: number = LATEST_METADATA_VERSION,
): Buffer {
  const { id, message } = metadataRecordTypes[record.type]
  const version = record.version ?? metadataRecordVersion(record, metadataVersion)
  const writer = new ByteWriter()
  writer.uvarint(FRAME_VERSION)
  writer.uvarint(id)
  writer.uvarint(version)
  // The type of the record named the message.
  encode<Message['fields']>(message, version, record, writer)
  return writer.toBuffer()
}

/**
 * @param bytes - the value of a record; byte fields of the result are views of it.
 * @throws UnknownRecordError for a type or version from the future; MalformedMessageError for anything else that is
 *   not a record, bytes behind it included.
 */
export function decodeMetadataRecord(bytes: Buffer): MetadataRecord {
  const reader = new ByteReader(bytes)
  const frameVersion = reader.uvarint()
  if (frameVersion === 0) throw new MalformedMessageError('a metadata record of the preview before Kafka 3.0')
  if (frameVersion !== FRAME_VERSION)
    throw new UnknownRecordError(`metadata records in frames of version ${frameVersion}`)
  const id = reader.uvarint()
  const version = reader.uvarint()
  const type = typesById[id]
  if (type === undefined) throw new UnknownRecordError(`a metadata record of type ${id}`)
  const message: Message = metadataRecordTypes[type].message
  if (!hasVersion(message.versions, version)) throw new UnknownRecordError(`${type} in version ${version}`)
  const fields = decode(message, version, reader)
  if (reader.remaining > 0) throw new MalformedMessageError(`${reader.remaining} bytes behind a ${type}`)
  // The number of the type named the message.
  return { type, version, ...fields } as MetadataRecord
}

const typesById: readonly (MetadataRecordType | undefined)[] = indexTypes()

function indexTypes(): (MetadataRecordType | undefined)[] {
  const types: (MetadataRecordType | undefined)[] = []
  for (const [type, { id }] of Object.entries(metadataRecordTypes)) types[id] = type as MetadataRecordType
  return types
}
