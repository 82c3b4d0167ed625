/**
 * What `--print-data-log` shows of a record’s key and value: as text or numbers, or as what the records of Kafka’s own
 * topics mean, in JSON. What cannot be understood is said in place of the record, in Apache Kafka’s words.
 */
import { ByteReader, MalformedMessageError } from '@gregor/base'
import {
  type Message,
  ConsumerProtocolAssignment,
  ConsumerProtocolSubscription,
  groupRecords,
  hasVersion,
  jsonText,
  metadataRecordTypes,
  shareStateRecords,
  transactionRecords,
} from '@gregor/protocol'
import { type CoordinatorTypes, type JsonObject, coordinatorJson, decodedJson } from '../coordinator-json.ts'
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
  'org.apache.kafka.tools.api.IntegerDecoder': (bytes) => String(atLeast(4, bytes).readInt32BE(0)),
  'org.apache.kafka.tools.api.LongDecoder': (bytes) => String(atLeast(8, bytes).readBigInt64BE(0)),
  // Java would print the identity of the array: the bytes are more use.
  'org.apache.kafka.tools.api.DefaultDecoder': (bytes) => bytes.toString('hex'),
}

/** What stands behind the number does not matter. */
function atLeast(size: number, bytes: Buffer): Buffer {
  if (bytes.length >= size) return bytes
  throw new DumpFailure('java.nio.BufferUnderflowException')
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

function coordinatorParser(
  { types }: { readonly types: CoordinatorTypes },
  refine: (type: string, node: JsonObject) => JsonObject = (_type, node) => node,
): RecordParser {
  return (key, value, offset) => {
    if (key === null) {
      const missing = 'using the specified decoder (message had a missing key)'
      throw new DumpFailure(`Failed to decode message at offset ${offset} ${missing}`)
    }
    try {
      const record = coordinatorJson(types, key, value)
      if (record.name === undefined) {
        return { key: `Unknown record type ${record.id} at offset ${offset}, skipping.`, value: undefined }
      }
      const shownKey = jsonText({ type: String(record.id), data: record.key })
      if (record.value === undefined) return { key: shownKey, value: '<DELETE>' }
      const { version, data } = record.value
      return { key: shownKey, value: jsonText({ version: String(version), data: refine(record.name, data) }) }
    } catch (error) {
      if (!(error instanceof MalformedMessageError)) throw error
      return { key: `Error at offset ${offset}, skipping. ${error.message}`, value: undefined }
    }
  }
}

/** Subscriptions and assignments of classic consumers are shown as what they say, where they can be read. */
function classicGroupJson(type: string, node: JsonObject): JsonObject {
  const { members, protocolType } = node
  if (type !== 'GroupMetadata' || protocolType !== 'consumer' || !Array.isArray(members)) return node
  for (const member of members as JsonObject[]) {
    replaceBytes(member, 'subscription', ConsumerProtocolSubscription)
    replaceBytes(member, 'assignment', ConsumerProtocolAssignment)
  }
  return node
}

function replaceBytes(node: JsonObject, name: string, message: Message): void {
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
): JsonObject {
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
