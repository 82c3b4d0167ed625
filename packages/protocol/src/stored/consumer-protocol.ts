/**
 * What classic consumers put into the opaque bytes of JoinGroup and SyncGroup, behind an int16 version (KIP-429, 792,
 * 881). Not for the broker to judge: it reads them to describe groups and to upgrade them (KIP-848).
 * A newer version is read as the newest known here, because versions only add fields at the end.
 */

import { ByteReader, ByteWriter, MalformedMessageError } from '@gregor/base'

import { decode, encode } from '../schema/codec.ts'
import { array, bytes, int32, string } from '../schema/field.ts'
import { type Message, type MessageInput, type MessageOf, defineMessage } from '../schema/schema.ts'

export const ConsumerProtocolSubscription = defineMessage({
  name: 'ConsumerProtocolSubscription',
  versions: '0-3',
  flexible: 'none',
  fields: {
    topics: array(string()),
    userData: bytes({ nullable: '0+', default: null }),
    /** What the member still has, of an assignor that takes partitions away step by step. */
    ownedPartitions: array(
      {
        topic: string({ versions: '1+' }),
        partitions: array(int32(), { versions: '1+' }),
      },
      { versions: '1+', ignorable: true },
    ),
    /** In which it got them. */
    generationId: int32({ versions: '2+', default: -1, ignorable: true }),
    rackId: string({ versions: '3+', nullable: '3+', default: null, ignorable: true }),
  },
})

export const ConsumerProtocolAssignment = defineMessage({
  name: 'ConsumerProtocolAssignment',
  versions: '0-3',
  flexible: 'none',
  fields: {
    assignedPartitions: array({
      topic: string(),
      partitions: array(int32()),
    }),
    userData: bytes({ nullable: '0+', default: null }),
  },
})

export type Subscription = MessageOf<typeof ConsumerProtocolSubscription>
export type Assignment = MessageOf<typeof ConsumerProtocolAssignment>

export function encodeSubscription(
  subscription: MessageInput<typeof ConsumerProtocolSubscription>,
  version: number = ConsumerProtocolSubscription.versions.max,
): Buffer {
  const writer = new ByteWriter()
  writer.int16(version)
  encode(ConsumerProtocolSubscription, version, subscription, writer)
  return writer.toBuffer()
}

/** `userData` is a view of `bytes`. */
export function decodeSubscription(bytes: Buffer): Subscription {
  const reader = new ByteReader(bytes)
  return decode(ConsumerProtocolSubscription, knownVersion(ConsumerProtocolSubscription, reader.int16()), reader)
}

export function encodeAssignment(
  assignment: MessageInput<typeof ConsumerProtocolAssignment>,
  version: number = ConsumerProtocolAssignment.versions.max,
): Buffer {
  const writer = new ByteWriter()
  writer.int16(version)
  encode(ConsumerProtocolAssignment, version, assignment, writer)
  return writer.toBuffer()
}

/** `userData` is a view of `bytes`. */
export function decodeAssignment(bytes: Buffer): Assignment {
  const reader = new ByteReader(bytes)
  return decode(ConsumerProtocolAssignment, knownVersion(ConsumerProtocolAssignment, reader.int16()), reader)
}

function knownVersion(message: Message, version: number): number {
  if (version < message.versions.min) throw new MalformedMessageError(`${message.name} in version ${version}`)
  return Math.min(version, message.versions.max)
}
