/**
 * Makes readers and writers of messages from their schemas, one per version, at first use, and keeps them.
 *
 * Reading throws `MalformedMessageError` and nothing else, whatever the bytes. Unknown tagged fields are skipped.
 * Writing throws `UnsupportedVersionError` when a value would be lost or cannot be said in the version, and
 * RangeError when one does not fit its type. What follows the message in the frame is left to the caller.
 */

import { type ByteReader, ByteWriter, MalformedMessageError } from '@gregor/base'
import { defaultValue, isDefault } from './default-value.ts'
import type { DecodedOf, Field, Fields, InputOf } from './field.ts'
import {
  type PrimitiveCodec,
  type Write,
  bytesCodec,
  compactLength,
  fixedCodecs,
  int32Length,
  textCodec,
} from './primitive-codecs.ts'
import { type Api, type Message, isFlexible } from './schema.ts'
import { type Property, structReader, structWriter } from './struct-functions.ts'
import { hasVersion } from './versions.ts'

/** The message cannot be said in that version: use a newer one, or leave the named field at its default. */
export class UnsupportedVersionError extends Error {
  override readonly name = 'UnsupportedVersionError'
}

export interface Codec<Decoded = unknown, Input = Decoded> {
  readonly read: (reader: ByteReader) => Decoded
  readonly write: (writer: ByteWriter, value: Input) => void
}

export interface CodecOptions {
  /** 'bigint': every int64 field is a bigint and exact, as a proof of the codec over the whole range wants it. */
  readonly int64?: 'number' | 'bigint'
}

export function decode<F extends Fields>(message: Message<F>, version: number, reader: ByteReader): DecodedOf<F> {
  return codecOf(message, version).read(reader) as DecodedOf<F>
}

export function encode<F extends Fields>(
  message: Message<F>,
  version: number,
  value: InputOf<F>,
  writer: ByteWriter,
): void {
  codecOf(message, version).write(writer, value)
}

export function decodeRequest<F extends Fields>(api: Api<F>, version: number, reader: ByteReader): DecodedOf<F> {
  return decode(api.request, version, reader)
}

export function encodeRequest<F extends Fields>(
  api: Api<F>,
  version: number,
  value: InputOf<F>,
  writer: ByteWriter,
): void {
  encode(api.request, version, value, writer)
}

export function decodeResponse<F extends Fields>(
  api: Api<Fields, F>,
  version: number,
  reader: ByteReader,
): DecodedOf<F> {
  return decode(api.response, version, reader)
}

export function encodeResponse<F extends Fields>(
  api: Api<Fields, F>,
  version: number,
  value: InputOf<F>,
  writer: ByteWriter,
): void {
  encode(api.response, version, value, writer)
}

const kept = new WeakMap<Message, Codec[]>()

function codecOf(message: Message, version: number): Codec {
  let codecs = kept.get(message)
  if (codecs === undefined) kept.set(message, (codecs = []))
  return (codecs[version] ??= compile(message, version))
}

/** A codec that is not kept. Everyday use goes through `encode` and `decode`. */
export function compile(message: Message, version: number, options: CodecOptions = {}): Codec {
  if (!hasVersion(message.versions, version)) {
    throw new UnsupportedVersionError(`${message.name} has no version ${version}`)
  }
  const context: Context = {
    message: message.name,
    version,
    flexible: isFlexible(message, version),
    int64: options.int64 ?? 'number',
  }
  return structCodec(context, message.fields, '')
}

interface Context {
  readonly message: string
  readonly version: number
  readonly flexible: boolean
  readonly int64: 'number' | 'bigint'
}

function structCodec(context: Context, fields: Fields, path: string): PrimitiveCodec & Codec {
  const properties: Property[] = []
  const writes: { name: string; write: Write }[] = []
  const tagged: TaggedField[] = []
  let minimalBytes = context.flexible ? 1 : 0

  for (const [name, field] of Object.entries(fields)) {
    const fieldPath = path === '' ? name : `${path}.${name}`
    const otherwise = defaultValue(field, context.int64)
    if (field.versions !== undefined && !hasVersion(field.versions, context.version)) {
      properties.push({ name, value: otherwise })
      if (!field.ignorable) writes.push({ name, write: refuseToLose(context, field, fieldPath) })
    } else if (field.tag !== undefined) {
      properties.push({ name, value: otherwise })
      tagged.push({ tag: field.tag, name, field, codec: fieldCodec(context, field, fieldPath) })
    } else {
      const codec = fieldCodec(context, field, fieldPath)
      minimalBytes += codec.minimalBytes
      properties.push({ name, read: codec.read })
      writes.push({ name, write: field.presence === 'optional' ? orDefault(codec.write, otherwise) : codec.write })
    }
  }

  tagged.sort((a, b) => a.tag - b.tag)
  const readTags = context.flexible ? tagReader(tagged) : undefined
  const writeTags = context.flexible ? tagWriter(context, tagged) : undefined
  return {
    read: structReader(properties, readTags),
    write: structWriter(writes, writeTags) as PrimitiveCodec['write'] & Codec['write'],
    minimalBytes,
  }
}

/** One field where it travels, null included. */
function fieldCodec(context: Context, field: Field, path: string): PrimitiveCodec {
  const { read, write, minimalBytes } = valueCodec(context, field, path)
  const canBeNull = field.nullable !== undefined && hasVersion(field.nullable, context.version)
  if (field.type === 'struct') {
    return canBeNull ? nullableStruct({ read, write, minimalBytes }, field.tag) : { read, write, minimalBytes }
  }
  if (canBeNull || field.type in fixedCodecs) return { read, write, minimalBytes }
  return {
    read(reader) {
      const value = read(reader)
      if (value === null) throw new MalformedMessageError(`${context.message}: ${path} is null`)
      return value
    },
    write(writer, value) {
      if (value === null) {
        throw new UnsupportedVersionError(`${context.message} v${context.version}: ${path} must not be null`)
      }
      write(writer, value)
    },
    minimalBytes,
  }
}

function valueCodec(context: Context, field: Field, path: string): PrimitiveCodec {
  const isCompact = context.flexible && field.flexible
  switch (field.type) {
    case 'string':
      return textCodec(isCompact)
    case 'bytes':
    case 'records':
      return bytesCodec(isCompact)
    case 'array':
      return arrayCodec(fieldCodec(context, inner(field.element), path), isCompact)
    case 'struct':
      return structCodec(context, inner(field.fields), path)
    case 'int64':
      return context.int64 === 'bigint' ? fixedCodecs.int64Big : fixedCodecs.int64
    default:
      return fixedCodecs[field.type]
  }
}

function inner<T>(part: T | undefined): T {
  if (part === undefined) throw new TypeError('an array without an element, or a struct without fields')
  return part
}

function arrayCodec(element: PrimitiveCodec, isCompact: boolean): PrimitiveCodec {
  const length = isCompact ? compactLength : int32Length
  // What has no bytes of its own is counted as one, so that a count of it is bounded, too.
  const elementBytes = Math.max(1, element.minimalBytes)
  return {
    read(reader) {
      const count = length.read(reader)
      if (count === null) return null
      if (count * elementBytes > reader.remaining) {
        throw new MalformedMessageError(`${count} elements cannot be in ${reader.remaining} bytes`)
      }
      const values: unknown[] = []
      for (let index = 0; index < count; index++) values.push(element.read(reader))
      return values
    },
    write(writer, values: readonly never[] | null) {
      if (values === null) return length.write(writer, null)
      length.write(writer, values.length)
      for (const value of values) element.write(writer, value)
    },
    minimalBytes: length.minimalBytes,
  }
}

/** A byte says whether it is there: -1 for null, or in the tag buffer, an unsigned varint, 0 for null. */
function nullableStruct(codec: PrimitiveCodec, tag: number | undefined): PrimitiveCodec {
  const isTagged = tag !== undefined
  return {
    read(reader) {
      const isNull = isTagged ? reader.uvarint() === 0 : reader.int8() < 0
      return isNull ? null : codec.read(reader)
    },
    write(writer, value) {
      if (value === null) return writer.int8(isTagged ? 0 : -1)
      writer.int8(1)
      codec.write(writer, value)
    },
    minimalBytes: 1,
  }
}

function orDefault(write: Write, otherwise: unknown): Write {
  return (writer, value) => write(writer, value === undefined ? (otherwise as never) : value)
}

function refuseToLose(context: Context, field: Field, path: string): Write {
  return (_writer, value) => {
    if (value !== undefined && !isDefault(field, value, context.int64)) {
      throw new UnsupportedVersionError(`${context.message} v${context.version} has no ${path}`)
    }
  }
}

interface TaggedField {
  readonly tag: number
  readonly name: string
  readonly field: Field
  readonly codec: PrimitiveCodec
}

function tagReader(tagged: readonly TaggedField[]): (reader: ByteReader, struct: Record<string, unknown>) => void {
  return (reader, struct) => {
    for (let left = reader.uvarint(); left > 0; left--) {
      const tag = reader.uvarint()
      const size = reader.uvarint()
      const known = tagged.find((each) => each.tag === tag)
      const end = reader.position + size
      if (known === undefined || end > reader.end) {
        reader.skip(size)
        continue
      }
      struct[known.name] = known.codec.read(reader)
      if (reader.position !== end)
        throw new MalformedMessageError(`the tagged field ${known.name} is not ${size} bytes`)
    }
  }
}

/** Fields at their default stay away; the others follow in the order of their tags. */
function tagWriter(context: Context, tagged: readonly TaggedField[]) {
  return (writer: ByteWriter, struct: Readonly<Record<string, unknown>>): void => {
    let count = 0
    for (const each of tagged) if (isSet(context, each, struct[each.name])) count++
    writer.uvarint(count)
    if (count === 0) return
    for (const each of tagged) {
      const value = struct[each.name]
      if (!isSet(context, each, value)) continue
      const content = new ByteWriter(64)
      each.codec.write(content, value as never)
      writer.uvarint(each.tag)
      writer.uvarint(content.byteLength)
      writer.appendAll(content)
    }
  }
}

function isSet(context: Context, { field }: TaggedField, value: unknown): boolean {
  return value !== undefined && !isDefault(field, value, context.int64)
}
