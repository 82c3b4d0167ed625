/**
 * Makes readers and writers of messages from their schemas, one per version, at first use, and keeps them.
 *
 * Reading throws `MalformedMessageError` and nothing else, whatever the bytes. Unknown tagged fields are skipped.
 * Writing throws `UnsupportedVersionError` when a value would be lost or cannot be said in the version, and
 * RangeError when one does not fit its type. What follows the message in the frame is left to the caller.
 */

import { type ByteReader, ByteWriter, MalformedMessageError } from '@gregor/base'
import {
  type ReadProperty,
  type ReadStruct,
  type Struct,
  type WriteProperty,
  TwoWays,
  type WriteStruct,
  anyGiven,
  arrayCodec,
  structReader,
  structWriter,
} from './compiled-functions.ts'
import { defaultValue, isDefault } from './default-value.ts'
import type { DecodedOf, Field, Fields, InputOf } from './field.ts'
import {
  type Read,
  type ValueCodec,
  type Write,
  bytesCodec,
  compactLength,
  fixedBytes,
  int32Length,
  textCodec,
} from './primitive-codecs.ts'
import { type Api, type Message, isFlexible } from './schema.ts'
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

/** The codec that `encode` and `decode` use: for who calls so often that finding it again is felt. */
export function codecOf(message: Message, version: number): Codec {
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
  const made = structCodec(context, message.fields, '')
  // Each takes its maker's place at the first call.
  const codec: { read: Codec['read']; write: Codec['write'] } = {
    read: (reader) => (codec.read = made.read)(reader),
    // What is written is what the schema says: `encode` has checked its type.
    write: (writer, value) => (codec.write = made.write as Codec['write'])(writer, value),
  }
  return codec
}

type StructCodec = TwoWays<ReadStruct, WriteStruct>

interface Context {
  readonly message: string
  readonly version: number
  readonly flexible: boolean
  readonly int64: 'number' | 'bigint'
}

function structCodec(context: Context, fields: Fields, path: string): StructCodec {
  const reads: ReadProperty[] = []
  const writes: WriteProperty[] = []
  const tagged: TaggedField[] = []
  let minimalBytes = context.flexible ? 1 : 0

  for (const [name, field] of Object.entries(fields)) {
    const fieldPath = path === '' ? name : `${path}.${name}`
    const otherwise = defaultValue(field, context.int64)
    if (field.versions !== undefined && !hasVersion(field.versions, context.version)) {
      reads.push({ name, value: otherwise })
      if (!field.ignorable) writes.push({ name, check: refuseToLose(context, field, fieldPath) })
      continue
    }
    const codec = fieldCodec(context, field, fieldPath)
    if (field.tag === undefined) {
      minimalBytes += codec.minimalBytes
      reads.push({ name, codec })
      writes.push({
        name,
        codec,
        ...(field.presence === 'optional' ? { otherwise } : {}),
        ...(mayBeGivenNull(context, field) ? { refuseNull: nullRefusal(context, fieldPath) } : {}),
      })
    } else {
      reads.push({ name, value: otherwise })
      tagged.push({ tag: field.tag, name, field, codec: asFunctions(codec) })
    }
  }

  tagged.sort((a, b) => a.tag - b.tag)
  return new TwoWays(
    minimalBytes,
    () => structReader(reads, context.flexible ? tagReader(tagged) : undefined),
    () => structWriter(writes, context.flexible ? tagWriter(context, tagged) : undefined),
  )
}

function canBeNull(context: Context, field: Field): boolean {
  return field.nullable !== undefined && hasVersion(field.nullable, context.version)
}

/** A null of another version must not get through to a codec without one. */
function mayBeGivenNull(context: Context, field: Field): boolean {
  return !(field.type in fixedBytes) && !canBeNull(context, field)
}

function fieldCodec(context: Context, field: Field, path: string): ValueCodec {
  const isCompact = context.flexible && field.flexible
  const isNullable = canBeNull(context, field)
  switch (field.type) {
    case 'string':
      return textCodec(isCompact, isNullable)
    case 'bytes':
    case 'records':
      return bytesCodec(isCompact, isNullable)
    case 'array': {
      const element = fieldCodec(context, inner(field.element), path)
      return arrayCodec(element, isCompact ? compactLength : int32Length, isNullable)
    }
    case 'struct': {
      const codec = structCodec(context, inner(field.fields), path)
      return isNullable ? nullableStruct(codec, field.tag !== undefined) : codec
    }
    case 'int64':
      return { method: context.int64 === 'bigint' ? 'int64Big' : 'int64', minimalBytes: 8 }
    default:
      return { method: field.type, minimalBytes: fixedBytes[field.type] }
  }
}

function inner<T>(part: T | undefined): T {
  if (part === undefined) throw new TypeError('an array without an element, or a struct without fields')
  return part
}

/** A byte says whether it is there: -1 for null, or in the tag buffer, an unsigned varint, 0 for null. */
function nullableStruct(codec: StructCodec, isTagged: boolean): ValueCodec {
  return {
    read(reader) {
      const isNull = isTagged ? reader.uvarint() === 0 : reader.int8() < 0
      return isNull ? null : codec.read(reader)
    },
    write(writer, value: Struct | null) {
      if (value === null) return writer.int8(isTagged ? 0 : -1)
      writer.int8(1)
      codec.write(writer, value)
    },
    minimalBytes: 1,
  }
}

function asFunctions(codec: ValueCodec): { readonly read: Read; readonly write: Write } {
  if (!('method' in codec)) return codec
  const { method } = codec
  return {
    read: (reader) => reader[method](),
    write: (writer, value) => writer[method](value),
  }
}

function refuseToLose(context: Context, field: Field, path: string): (value: unknown) => void {
  return (value) => {
    if (value !== undefined && !isDefault(field, value, context.int64)) {
      throw new UnsupportedVersionError(`${context.message} v${context.version} has no ${path}`)
    }
  }
}

function nullRefusal(context: Context, path: string): () => never {
  return () => {
    throw new UnsupportedVersionError(`${context.message} v${context.version}: ${path} must not be null`)
  }
}

interface TaggedField {
  readonly tag: number
  readonly name: string
  readonly field: Field
  readonly codec: { readonly read: Read; readonly write: Write }
}

function tagReader(tagged: readonly TaggedField[]): (reader: ByteReader, struct: Record<string, unknown>) => void {
  if (tagged.length === 0) return skipTags
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

/** Of a struct without tagged fields. */
export function skipTags(reader: ByteReader): void {
  for (let left = reader.uvarint(); left > 0; left--) {
    reader.uvarint()
    reader.skip(reader.uvarint())
  }
}

/** Fields at their default stay away; the others follow in the order of their tags. */
function tagWriter(context: Context, tagged: readonly TaggedField[]): WriteStruct {
  if (tagged.length === 0) return writeNoTags
  const hasAny = anyGiven(tagged.map(({ name }) => name))
  return (writer, struct) => {
    if (!hasAny(struct)) return writer.uvarint(0)
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

function writeNoTags(writer: ByteWriter): void {
  writer.uvarint(0)
}

function isSet(context: Context, { field }: TaggedField, value: unknown): boolean {
  return value !== undefined && !isDefault(field, value, context.int64)
}
