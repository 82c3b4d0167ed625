/**
 * The records of Kafka’s own topics as JSON, as Apache Kafka’s tools print them: keys and values of the coordinators,
 * with longs exact. What is said of those that cannot be read is what Apache Kafka says.
 */
import { ByteReader, MalformedMessageError } from '@gregor/base'
import { type JsonNode, type Message, compile, hasVersion, messageJson } from '@gregor/protocol'

export type JsonObject = Record<string, JsonNode>

export type CoordinatorTypes = Readonly<
  Record<string, { readonly id: number; readonly key: Message; readonly value: Message }>
>

export interface CoordinatorJson {
  readonly id: number
  /** `undefined`: a type that nobody here knows; the rest is empty then. */
  readonly name: string | undefined
  readonly key: JsonObject
  /** `undefined`: the record deletes. */
  readonly value: { readonly version: number; readonly data: JsonObject } | undefined
}

/** @throws MalformedMessageError with the sentence of Apache Kafka. */
export function coordinatorJson(types: CoordinatorTypes, key: Buffer, value: Buffer | null): CoordinatorJson {
  const id = versionIn(key, 'key')
  const [name, type] = Object.entries(types).find(([, each]) => each.id === id) ?? []
  if (name === undefined || type === undefined) return { id, name: undefined, key: {}, value: undefined }
  const keyJson = messageIn(type.key, 0, key, 'key')
  if (value === null) return { id, name, key: keyJson, value: undefined }
  const version = versionIn(value, 'value')
  if (!hasVersion(type.value.versions, version)) {
    throw new MalformedMessageError(`Found an unknown record version ${version} for ${id} type`)
  }
  return { id, name, key: keyJson, value: { version, data: messageIn(type.value, version, value, 'value') } }
}

function versionIn(buffer: Buffer, name: string): number {
  if (buffer.length < 2) throw new MalformedMessageError(`Could not read version from ${name}'s buffer.`)
  return buffer.readInt16BE(0)
}

function messageIn(message: Message, version: number, buffer: Buffer, name: string): JsonObject {
  try {
    return decodedJson(message, version, new ByteReader(buffer, 2))
  } catch (error) {
    if (!(error instanceof MalformedMessageError)) throw error
    const read = `Could not read record with version ${buffer.readInt16BE(0)} from ${name}'s buffer`
    throw new MalformedMessageError(`${read} due to: ${error.message}.`)
  }
}

/** Longs are exact. @throws MalformedMessageError */
export function decodedJson(message: Message, version: number, reader: ByteReader): JsonObject {
  const fields = exactCodec(message, version).read(reader)
  // A codec gives what the fields of its message say.
  return messageJson(message, version, fields as Readonly<Record<string, unknown>>)
}

const codecs = new Map<string, ReturnType<typeof compile>>()

function exactCodec(message: Message, version: number): ReturnType<typeof compile> {
  const name = `${message.name} ${version}`
  let codec = codecs.get(name)
  if (codec === undefined) codecs.set(name, (codec = compile(message, version, { int64: 'bigint' })))
  return codec
}
