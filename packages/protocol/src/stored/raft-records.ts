/**
 * What the control records of a Raft log and its snapshots hold (KIP-595, 630, 853). A value has no frame: the first
 * field of each message is the version it is written in, and that is 0 for all so far.
 */

import { ByteReader, ByteWriter, MalformedMessageError } from '@gregor/base'

import type { ControlRecordType } from '../records/control-record.ts'
import { decode, encode } from '../schema/codec.ts'
import { array, int16, int32, int64, string, struct, uint16, uuid } from '../schema/field.ts'
import { type Message, type MessageInput, type MessageOf, defineMessage } from '../schema/schema.ts'
import { hasVersion } from '../schema/versions.ts'
import { UnknownRecordError } from './unknown-record-error.ts'

const Voter = {
  voterId: int32(),
  voterDirectoryId: uuid({ versions: '1+' }),
} as const

export const LeaderChangeMessage = defineMessage({
  name: 'LeaderChangeMessage',
  versions: '0-1',
  flexible: '0+',
  fields: {
    version: int16({ default: 0 }),
    leaderId: int32(),
    voters: array(Voter),
    /** Those who voted for it. */
    grantingVoters: array(Voter),
  },
})

export const SnapshotHeaderRecord = defineMessage({
  name: 'SnapshotHeaderRecord',
  versions: '0',
  flexible: '0+',
  fields: {
    version: int16({ default: 0 }),
    /** When the last record that the snapshot contains was appended. */
    lastContainedLogTimestamp: int64(),
  },
})

export const SnapshotFooterRecord = defineMessage({
  name: 'SnapshotFooterRecord',
  versions: '0',
  flexible: '0+',
  fields: {
    version: int16({ default: 0 }),
  },
})

export const KRaftVersionRecord = defineMessage({
  name: 'KRaftVersionRecord',
  versions: '0',
  flexible: '0+',
  fields: {
    version: int16({ default: 0 }),
    kRaftVersion: int16(),
  },
})

export const VotersRecord = defineMessage({
  name: 'VotersRecord',
  versions: '0',
  flexible: '0+',
  fields: {
    version: int16({ default: 0 }),
    voters: array({
      voterId: int32(),
      voterDirectoryId: uuid(),
      endpoints: array({
        name: string(),
        host: string(),
        port: uint16(),
      }),
      kRaftVersionFeature: struct({
        minSupportedVersion: int16(),
        maxSupportedVersion: int16(),
      }),
    }),
  },
})

export const raftRecordMessages = {
  LeaderChange: LeaderChangeMessage,
  SnapshotHeader: SnapshotHeaderRecord,
  SnapshotFooter: SnapshotFooterRecord,
  KRaftVersion: KRaftVersionRecord,
  KRaftVoters: VotersRecord,
} as const

export type RaftRecordType = keyof typeof raftRecordMessages & ControlRecordType
type MessageFor<Type extends RaftRecordType> = (typeof raftRecordMessages)[Type]

/** The value of a control record. */
export function encodeRaftRecord<Type extends RaftRecordType>(
  type: Type,
  fields: MessageInput<MessageFor<Type>> & { readonly version?: number | undefined },
): Buffer {
  const writer = new ByteWriter()
  // The type named the message.
  const message: Message = raftRecordMessages[type]
  encode<Message['fields']>(message, fields.version ?? 0, fields, writer)
  return writer.toBuffer()
}

/** @throws UnknownRecordError for a version from the future; MalformedMessageError for anything else it is not. */
export function decodeRaftRecord<Type extends RaftRecordType>(type: Type, value: Buffer): MessageOf<MessageFor<Type>> {
  const message: Message = raftRecordMessages[type]
  const reader = new ByteReader(value)
  const version = reader.int16()
  if (!hasVersion(message.versions, version)) throw new UnknownRecordError(`${type} in version ${version}`)
  reader.position = 0
  const fields = decode(message, version, reader)
  if (reader.remaining > 0) throw new MalformedMessageError(`${reader.remaining} bytes behind a ${message.name}`)
  // The type named the message.
  return fields as MessageOf<MessageFor<Type>>
}
