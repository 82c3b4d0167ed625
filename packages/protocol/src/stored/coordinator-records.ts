/**
 * The frame of what coordinators store in their topics: a key is an int16 type and a message, a value an int16 version
 * and a message; a null value deletes. Which types there are: `group-records`, `transaction-records`,
 * `share-state-records`.
 */

import { ByteReader, ByteWriter, InvariantViolation, MalformedMessageError } from '@gregor/base'

import { codecOf, decode } from '../schema/codec.ts'
import type { Message, MessageInput, MessageOf } from '../schema/schema.ts'
import { hasVersion } from '../schema/versions.ts'
import { UnknownRecordError } from './unknown-record-error.ts'

/** One type of record: its number, its messages, and the version that values are written in. */
export interface CoordinatorRecordType {
  readonly id: number
  readonly key: Message
  readonly value: Message
  readonly valueVersion: number
}

/** All types of one topic, by name. */
export type CoordinatorRecordTypes = Readonly<Record<string, CoordinatorRecordType>>

/** A record as it is read. `value` is null where it deletes what the key names. */
export type CoordinatorRecord<Types extends CoordinatorRecordTypes> = {
  [Type in keyof Types]: {
    readonly type: Type
    readonly key: MessageOf<Types[Type]['key']>
    readonly value: MessageOf<Types[Type]['value']> | null
  }
}[keyof Types]

export interface CoordinatorRecordCodec<Types extends CoordinatorRecordTypes> {
  readonly types: Types
  encodeKey<Type extends keyof Types>(type: Type, key: MessageInput<Types[Type]['key']>): Buffer
  /** `version` is the one that the type is usually written in, unless given. */
  encodeValue<Type extends keyof Types>(type: Type, value: MessageInput<Types[Type]['value']>, version?: number): Buffer
  /**
   * Byte fields of the result are views.
   * @throws UnknownRecordError for a type or version from the future: a coordinator passes over them.
   * @throws MalformedMessageError when it is not a record at all.
   */
  decode(key: Buffer | null, value: Buffer | null): CoordinatorRecord<Types>
}

export function coordinatorRecordCodec<const Types extends CoordinatorRecordTypes>(
  topic: string,
  types: Types,
): CoordinatorRecordCodec<Types> {
  const byId = new Map<number, { readonly name: string; readonly type: CoordinatorRecordType }>()
  for (const [name, type] of Object.entries(types)) byId.set(type.id, { name, type })

  function typeOf(name: keyof Types): CoordinatorRecordType {
    const type = types[name]
    if (type === undefined) throw new InvariantViolation(`${String(name)} is a record of ${topic}`)
    return type
  }

  return {
    types,
    encodeKey(name, key) {
      const type = typeOf(name)
      return prefixed(type.id, type.key, 0, key)
    },
    encodeValue(name, value, version) {
      const type = typeOf(name)
      const written = version ?? type.valueVersion
      return prefixed(written, type.value, written, value)
    },
    decode(key, value) {
      if (key === null) throw new MalformedMessageError(`a record of ${topic} without a key`)
      const keyReader = new ByteReader(key)
      const id = keyReader.int16()
      const known = byId.get(id)
      if (known === undefined) throw new UnknownRecordError(`a record of type ${id} in ${topic}`)
      const { name, type } = known
      const record = {
        type: name,
        key: decodeWhole(type.key, 0, keyReader),
        value: value === null ? null : decodeValue(name, type.value, value),
      }
      // The number of the type named both messages.
      return record as CoordinatorRecord<Types>
    },
  }
}

/** One is written to the end before the next begins. */
const recordWriter = new ByteWriter()

function prefixed(prefix: number, message: Message, version: number, fields: unknown): Buffer {
  // What a record that could not be written has left.
  if (recordWriter.byteLength > 0) recordWriter.give()
  recordWriter.int16(prefix)
  // The caller's types hold the fields and the message together.
  codecOf(message, version).write(recordWriter, fields)
  const parts = recordWriter.give()
  const [only] = parts
  return parts.length === 1 && only !== undefined ? only : Buffer.concat(parts)
}

function decodeValue(name: string, message: Message, bytes: Buffer): unknown {
  const reader = new ByteReader(bytes)
  const version = reader.int16()
  if (!hasVersion(message.versions, version)) throw new UnknownRecordError(`${name} with a value of version ${version}`)
  return decodeWhole(message, version, reader)
}

function decodeWhole(message: Message, version: number, reader: ByteReader): unknown {
  const fields = decode(message, version, reader)
  if (reader.remaining > 0) throw new MalformedMessageError(`${reader.remaining} bytes behind a ${message.name}`)
  return fields
}
