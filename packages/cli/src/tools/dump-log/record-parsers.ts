/**
 * What `--print-data-log` shows of a record’s key and value: as text or numbers, or as what the records of Kafka’s own
 * topics mean, in JSON. What cannot be understood is said in place of the record, in Apache Kafka’s words.
 */
import { ByteReader, MalformedMessageError } from '@gregor/base'
import {
  type JsonNode,
  type Message,
  ConsumerProtocolAssignment,
  ConsumerProtocolSubscription,
  compile,
  groupRecords,
  hasVersion,
  jsonText,
  messageJson,
  metadataRecordTypes,
  shareStateRecords,
  transactionRecords,
} from '@gregor/protocol'
import { DumpFailure } from './findings.ts'

export interface ParsedRecord {
  readonly key: string | undefined
  readonly value: string | undefined
}

/** The buffers are views. @throws DumpFailure where the dump ends with it. */
export type RecordParser = (key: Buffer | null, value: Buffer | null, offset: number) => ParsedRecord

export type Decode = (bytes: Buffer) => string

/** By the name of the Java class, as `--value-decoder-class` takes it. */
const decoders: Readonly<Record<string, Decode | undefined>> = {
  'org.apache.kafka.tools.api.StringDecoder': (bytes) => bytes.toString('utf8'),
  'org.apache.kafka.tools.api.IntegerDecoder': (bytes) => {
    if (bytes.length !== 4) throw new DumpFailure('Size of data received by IntegerDeserializer is not 4')
    return String(bytes.readInt32BE(0))
  },
  'org.apache.kafka.tools.api.LongDecoder': (bytes) => {
    if (bytes.length !== 8) throw new DumpFailure('Size of data received by LongDeserializer is not 8')
    return String(bytes.readBigInt64BE(0))
  },
  // Java would print the identity of the array: the bytes are more use.
  'org.apache.kafka.tools.api.DefaultDecoder': (bytes) => bytes.toString('hex'),
}

/** @throws DumpFailure for a class that nobody here knows. */
export function decoderNamed(name: string): Decode {
  const decode = decoders[name]
  if (decode === undefined) {
    const known = Object.keys(decoders).join(', ')
    throw new DumpFailure(`Failed to load decoder class ${name}: only those of Kafka are there: ${known}`)
  }
  return decode
}

export function plainParser(decodeKey: Decode, decodeValue: Decode): RecordParser {
  return (key, value) => ({
    key: key === null ? undefined : decodeKey(key),
    value: value === null ? undefined : decodeValue(value),
  })
}

export const offsetsParser = coordinatorParser(groupRecords, classicGroupJson)
export const transactionLogParser = coordinatorParser(transactionRecords)
export const shareStateParser = coordinatorParser(shareStateRecords)

type ValueJson = (type: string, node: Record<string, JsonNode>) => Record<string, JsonNode>

function coordinatorParser(
  { types }: { readonly types: CoordinatorTypes },
  refine: ValueJson = (_type, node) => node,
): RecordParser {
  const byId = new Map(Object.entries(types).map(([name, type]) => [type.id, { name, ...type }]))
  return (key, value, offset) => {
    if (key === null) {
      const missing = 'using the specified decoder (message had a missing key)'
      throw new DumpFailure(`Failed to decode message at offset ${offset} ${missing}`)
    }
    try {
      const id = versionIn(key, 'key')
      const type = byId.get(id)
      if (type === undefined) {
        return { key: `Unknown record type ${id} at offset ${offset}, skipping.`, value: undefined }
      }
      const keyJson = messageIn(type.key, 0, key, 'key')
      const shownKey = jsonText({ type: String(id), data: keyJson })
      if (value === null) return { key: shownKey, value: '<DELETE>' }
      const version = versionIn(value, 'value')
      if (!hasVersion(type.value.versions, version)) {
        throw new MalformedMessageError(`Found an unknown record version ${version} for ${id} type`)
      }
      const data = refine(type.name, messageIn(type.value, version, value, 'value'))
      return { key: shownKey, value: jsonText({ version: String(version), data }) }
    } catch (error) {
      if (!(error instanceof MalformedMessageError)) throw error
      return { key: `Error at offset ${offset}, skipping. ${error.message}`, value: undefined }
    }
  }
}

type CoordinatorTypes = Readonly<
  Record<string, { readonly id: number; readonly key: Message; readonly value: Message }>
>

function versionIn(buffer: Buffer, name: string): number {
  if (buffer.length < 2) throw new MalformedMessageError(`Could not read version from ${name}'s buffer.`)
  return buffer.readInt16BE(0)
}

/** Behind its version. Longs are exact. */
function messageIn(message: Message, version: number, buffer: Buffer, name: string): Record<string, JsonNode> {
  try {
    return decodedJson(message, version, new ByteReader(buffer, 2))
  } catch (error) {
    if (!(error instanceof MalformedMessageError)) throw error
    const read = `Could not read record with version ${buffer.readInt16BE(0)} from ${name}'s buffer`
    throw new MalformedMessageError(`${read} due to: ${error.message}.`)
  }
}

function decodedJson(message: Message, version: number, reader: ByteReader): Record<string, JsonNode> {
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

/** Subscriptions and assignments of classic consumers are shown as what they say, where they can be read. */
function classicGroupJson(type: string, node: Record<string, JsonNode>): Record<string, JsonNode> {
  const { members, protocolType } = node
  if (type !== 'GroupMetadata' || protocolType !== 'consumer' || !Array.isArray(members)) return node
  for (const member of members as Record<string, JsonNode>[]) {
    replaceBytes(member, 'subscription', ConsumerProtocolSubscription)
    replaceBytes(member, 'assignment', ConsumerProtocolAssignment)
  }
  return node
}

function replaceBytes(node: Record<string, JsonNode>, name: string, message: Message): void {
  const bytes = node[name]
  if (typeof bytes !== 'string') return
  const buffer = Buffer.from(bytes, 'base64')
  try {
    const reader = new ByteReader(buffer)
    const version = reader.int16()
    if (hasVersion(message.versions, version)) node[name] = decodedJson(message, version, reader)
  } catch (error) {
    if (!(error instanceof MalformedMessageError)) throw error
  }
}

const metadataTypesById: ReadonlyMap<number, { readonly name: string; readonly message: Message }> = new Map(
  Object.entries(metadataRecordTypes).map(([name, { id, message }]) => [id, { name, message }]),
)

export const clusterMetadataParser: RecordParser = (_key, value, offset) => {
  try {
    if (value === null) throw new MalformedMessageError('The record has no value.')
    const reader = new ByteReader(value)
    const frameVersion = metadataVarint(reader, 'frame version')
    if (frameVersion === 0) {
      throw new MalformedMessageError(
        'Could not deserialize metadata record with frame version 0. Note that upgrades from the preview release of KRaft in 2.8 to newer versions are not supported.',
      )
    }
    if (frameVersion !== 1) {
      throw new MalformedMessageError(
        `Could not deserialize metadata record due to unknown frame version ${frameVersion}(only frame version 1 is supported)`,
      )
    }
    const id = metadataVarint(reader, 'type')
    const version = metadataVarint(reader, 'version')
    const type = metadataTypesById.get(id)
    if (type === undefined) {
      throw new MalformedMessageError(
        `org.apache.kafka.common.errors.UnsupportedVersionException: Unknown metadata id ${id}`,
      )
    }
    const data = metadataJson(type, { id, version, reader })
    if (reader.remaining > 0) {
      throw new MalformedMessageError(`Found ${reader.remaining} byte(s) of garbage after ${id}`)
    }
    return { key: undefined, value: jsonText({ type: enumName(type.name), version, data }) }
  } catch (error) {
    if (!(error instanceof MalformedMessageError)) throw error
    return { key: undefined, value: `Error at ${offset}, skipping. ${error.message}` }
  }
}

function metadataJson(
  { message }: { readonly message: Message },
  { id, version, reader }: { readonly id: number; readonly version: number; readonly reader: ByteReader },
): Record<string, JsonNode> {
  const failure = `Failed to deserialize record with type ${id}`
  if (!hasVersion(message.versions, version)) throw new MalformedMessageError(failure)
  try {
    return decodedJson(message, version, reader)
  } catch (error) {
    if (!(error instanceof MalformedMessageError)) throw error
    throw new MalformedMessageError(failure)
  }
}

function metadataVarint(reader: ByteReader, what: string): number {
  try {
    return reader.uvarint()
  } catch (error) {
    if (!(error instanceof MalformedMessageError)) throw error
    throw new MalformedMessageError(`Error while reading ${what}`)
  }
}

/** `TopicRecord` is TOPIC_RECORD in Java. */
function enumName(name: string): string {
  return name.replace(/(?<=.)[A-Z]/g, '_$&').toUpperCase()
}
