/**
 * What is proved: every message that Gregor has a schema for, with the name of Apache's class for it. And what Apache
 * has a class for and Gregor has not, each with the reason.
 */

import {
  ConsumerProtocolAssignment,
  ConsumerProtocolSubscription,
  DefaultPrincipalData,
  type Message,
  ProducerSnapshot,
  QuorumStateData,
  RequestHeaderMessage,
  ResponseHeaderMessage,
  apis,
  groupRecords,
  metadataRecordTypes,
  raftRecordMessages,
  shareStateRecords,
  transactionRecords,
} from '@gregor/protocol'

import type { Renamed } from './meaning.ts'

export interface Subject {
  /** What it is counted under: the API, or the place it is stored in. */
  readonly group: string
  readonly message: Message
  /** The simple name of Apache's class. */
  readonly javaName: string
  readonly renamed?: Renamed
}

export const subjects: readonly Subject[] = [
  ...apis.flatMap((api) => {
    const group = `${String(api.key).padStart(2)} ${api.name}`
    return [api.request, api.response].map((message) => ({ group, message, javaName: `${message.name}Data` }))
  }),
  ...[RequestHeaderMessage, ResponseHeaderMessage].map((message) => ({
    group: 'headers',
    message,
    javaName: `${message.name}Data`,
    renamed: { apiKey: 'requestApiKey', apiVersion: 'requestApiVersion' },
  })),
  ...stored(
    '__cluster_metadata',
    Object.values(metadataRecordTypes).map(({ message }) => message),
  ),
  ...stored('raft', [...Object.values(raftRecordMessages), QuorumStateData]),
  ...stored('__consumer_offsets', keysAndValues(groupRecords.types)),
  ...stored('__transaction_state', keysAndValues(transactionRecords.types)),
  ...stored('__share_group_state', keysAndValues(shareStateRecords.types)),
  ...stored('opaque bytes', [ConsumerProtocolSubscription, ConsumerProtocolAssignment, DefaultPrincipalData]),
  ...stored('files', [ProducerSnapshot]),
]

/** By Apache's class. */
export const leftOut: Readonly<Record<string, string>> = {
  ControlRecordTypeSchema: 'the key of control records: proved with the batches',
  EndTxnMarker: 'the value of transaction markers: proved with the batches',
  RemoteLogSegmentMetadataRecord: 'tiered storage is not there yet',
  RemoteLogSegmentMetadataSnapshotRecord: 'tiered storage is not there yet',
  RemoteLogSegmentMetadataUpdateRecord: 'tiered storage is not there yet',
  RemotePartitionDeleteMetadataRecord: 'tiered storage is not there yet',
}

function stored(group: string, messages: readonly Message[]): Subject[] {
  return messages.map((message) => ({ group, message, javaName: message.name }))
}

function keysAndValues(types: Readonly<Record<string, { readonly key: Message; readonly value: Message }>>): Message[] {
  return Object.values(types).flatMap(({ key, value }) => [key, value])
}
