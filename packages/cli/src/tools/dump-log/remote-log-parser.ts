/**
 * The records of `__remote_log_metadata`, which tell where Apache Kafka’s tiered storage has copied segments (KIP-405),
 * in the words of its own `toString`. Only dumps read them: no node here writes them.
 */
import { ByteReader, MalformedMessageError } from '@gregor/base'
import {
  type Message,
  array,
  boolean,
  bytes,
  decode,
  defineMessage,
  hasVersion,
  int32,
  int64,
  int8,
  string,
  struct,
  uuid,
} from '@gregor/protocol'
import type { RecordParser } from './record-parsers.ts'

const topicIdPartition = { name: string(), id: uuid(), partition: int32() } as const
const segmentId = { topicIdPartition: struct(topicIdPartition), id: uuid() } as const
const copied = {
  startOffset: int64(),
  endOffset: int64(),
  brokerId: int32(),
  maxTimestampMs: int64(),
  eventTimestampMs: int64(),
  segmentLeaderEpochs: array({ leaderEpoch: int32(), offset: int64() }),
  segmentSizeInBytes: int32(),
  customMetadata: bytes({ nullable: '0+', default: null }),
  remoteLogSegmentState: int8(),
  txnIndexEmpty: boolean({ tag: 0, default: false }),
} as const

const versions = { versions: '0', flexible: '0+' } as const

const SegmentMetadata = defineMessage({
  name: 'RemoteLogSegmentMetadataRecord',
  ...versions,
  fields: { remoteLogSegmentId: struct(segmentId), ...copied },
})
const SegmentMetadataUpdate = defineMessage({
  name: 'RemoteLogSegmentMetadataUpdateRecord',
  ...versions,
  fields: {
    remoteLogSegmentId: struct(segmentId),
    brokerId: int32(),
    eventTimestampMs: int64(),
    customMetadata: bytes({ nullable: '0+', default: null }),
    remoteLogSegmentState: int8(),
  },
})
const PartitionDelete = defineMessage({
  name: 'RemotePartitionDeleteMetadataRecord',
  ...versions,
  fields: {
    topicIdPartition: struct(topicIdPartition),
    brokerId: int32(),
    eventTimestampMs: int64(),
    remotePartitionDeleteState: int8(),
  },
})
const SegmentSnapshot = defineMessage({
  name: 'RemoteLogSegmentMetadataSnapshotRecord',
  ...versions,
  fields: { segmentId: uuid(), ...copied },
})

const segmentStates = [
  'COPY_SEGMENT_STARTED',
  'COPY_SEGMENT_FINISHED',
  'DELETE_SEGMENT_STARTED',
  'DELETE_SEGMENT_FINISHED',
]
const deleteStates = ['DELETE_PARTITION_MARKED', 'DELETE_PARTITION_STARTED', 'DELETE_PARTITION_FINISHED']

export const remoteLogMetadataParser: RecordParser = (_key, value, offset) => {
  try {
    if (value === null) throw new MalformedMessageError('The record has no value.')
    return { key: undefined, value: remoteLogText(value) }
  } catch (error) {
    if (!(error instanceof MalformedMessageError)) throw error
    return { key: undefined, value: `Error at offset ${offset}, skipping. ${error.message}` }
  }
}

/** @throws MalformedMessageError */
export function remoteLogText(value: Buffer): string {
  const reader = new ByteReader(value)
  const frameVersion = reader.uvarint()
  if (frameVersion !== 1) throw new MalformedMessageError(`a frame of version ${frameVersion}`)
  const type = reader.uvarint()
  const version = reader.uvarint()
  const text = textOf(type, version, reader)
  if (reader.remaining > 0)
    throw new MalformedMessageError(`Found ${reader.remaining} byte(s) of garbage after ${type}`)
  return text
}

function textOf(type: number, version: number, reader: ByteReader): string {
  switch (type) {
    case 0: {
      const fields = decode(known(SegmentMetadata, version), version, reader)
      const { remoteLogSegmentId, brokerId, eventTimestampMs } = fields
      return braces('RemoteLogSegmentMetadata', [
        ['remoteLogSegmentId', segmentText(remoteLogSegmentId)],
        ...offsetsOf(fields),
        ['brokerId', brokerId],
        ['maxTimestampMs', fields.maxTimestampMs],
        ['eventTimestampMs', eventTimestampMs],
        ...restOf(fields),
      ])
    }
    case 1: {
      const fields = decode(known(SegmentMetadataUpdate, version), version, reader)
      return braces('RemoteLogSegmentMetadataUpdate', [
        ['remoteLogSegmentId', segmentText(fields.remoteLogSegmentId)],
        ['customMetadata', customText(fields.customMetadata)],
        ['state', segmentStates[fields.remoteLogSegmentState] ?? 'null'],
        ['eventTimestampMs', fields.eventTimestampMs],
        ['brokerId', fields.brokerId],
      ])
    }
    case 2: {
      const fields = decode(known(PartitionDelete, version), version, reader)
      return braces('RemotePartitionDeleteMetadata', [
        ['topicPartition', partitionText(fields.topicIdPartition)],
        ['state', deleteStates[fields.remotePartitionDeleteState] ?? 'null'],
        ['eventTimestampMs', fields.eventTimestampMs],
        ['brokerId', fields.brokerId],
      ])
    }
    case 3: {
      const fields = decode(known(SegmentSnapshot, version), version, reader)
      return braces('RemoteLogSegmentMetadataSnapshot', [
        ['segmentId', fields.segmentId],
        ...offsetsOf(fields),
        ['maxTimestampMs', fields.maxTimestampMs],
        ...restOf(fields),
      ])
    }
    default:
      throw new MalformedMessageError(`Unknown metadata id ${type}`)
  }
}

function known<M extends Message>(message: M, version: number): M {
  if (hasVersion(message.versions, version)) return message
  throw new MalformedMessageError(`${message.name} has no version ${version}`)
}

type Member = readonly [name: string, value: string | number | boolean]

function braces(name: string, members: readonly Member[]): string {
  return `${name}{${members.map(([each, value]) => `${each}=${value}`).join(', ')}}`
}

function offsetsOf(given: { readonly startOffset: number; readonly endOffset: number }): readonly Member[] {
  return [
    ['startOffset', given.startOffset],
    ['endOffset', given.endOffset],
  ]
}

interface Rest {
  readonly segmentLeaderEpochs: readonly { readonly leaderEpoch: number; readonly offset: number }[]
  readonly segmentSizeInBytes: number
  readonly customMetadata: Buffer | null
  readonly remoteLogSegmentState: number
  readonly txnIndexEmpty: boolean
}

function restOf(given: Rest): readonly Member[] {
  const epochs = given.segmentLeaderEpochs
    .toSorted((one, other) => one.leaderEpoch - other.leaderEpoch)
    .map(({ leaderEpoch, offset }) => `${leaderEpoch}=${offset}`)
  return [
    ['segmentLeaderEpochs', `{${epochs.join(', ')}}`],
    ['segmentSizeInBytes', given.segmentSizeInBytes],
    ['customMetadata', customText(given.customMetadata)],
    ['state', segmentStates[given.remoteLogSegmentState] ?? 'null'],
    ['txnIdxEmpty', given.txnIndexEmpty],
  ]
}

function customText(custom: Buffer | null): string {
  return custom === null ? 'Optional.empty' : `Optional[CustomMetadata{${custom.length} bytes}]`
}

interface TopicIdPartition {
  readonly name: string
  readonly id: string
  readonly partition: number
}

function partitionText({ id, name, partition }: TopicIdPartition): string {
  return `${id}:${name}-${partition}`
}

function segmentText(segment: { readonly topicIdPartition: TopicIdPartition; readonly id: string }): string {
  return `RemoteLogSegmentId{topicIdPartition=${partitionText(segment.topicIdPartition)}, id=${segment.id}}`
}
