/** What the console consumer prints of a record, by the Java classes that `--formatter` names. */
import { MalformedMessageError } from '@gregor/base'
import type { ConsumerRecord } from '@gregor/client'
import { groupRecords, jsonText, shareStateRecords, transactionRecords } from '@gregor/protocol'
import { type CoordinatorTypes, coordinatorJson } from '../coordinator-json.ts'
import { remoteLogText } from '../dump-log/remote-log-parser.ts'
import { DeserializerError, type TextDeserializer, deserializerNamed } from './java-deserializers.ts'

/**
 * Hands what is printed of a record to `write`, part by part.
 * @throws DeserializerError; what was written before stands.
 */
export type MessageFormatter = (record: ConsumerRecord, write: (part: string | Uint8Array) => void) => void

type Properties = ReadonlyMap<string, string>
/** @param warn - told of deserializers that nobody here knows. */
type MakeFormatter = (properties: Properties, warn: (message: string) => void) => MessageFormatter

const tools = 'org.apache.kafka.tools.consumer'
const share = [
  'ShareGroupMemberMetadata',
  'ShareGroupMetadata',
  'ShareGroupTargetAssignmentMetadata',
  'ShareGroupTargetAssignmentMember',
  'ShareGroupCurrentMemberAssignment',
  'ShareGroupStatePartitionMetadata',
]
const offsets: MakeFormatter = () => coordinatorFormatter(groupRecords.types, ['LegacyOffsetCommit', 'OffsetCommit'])
const groups: MakeFormatter = () => coordinatorFormatter(groupRecords.types, ['GroupMetadata'])
const transactions: MakeFormatter = () => coordinatorFormatter(transactionRecords.types)
const nothing: MakeFormatter = () => () => undefined

export const DEFAULT_FORMATTER = `${tools}.DefaultMessageFormatter`

/** With the names of older versions, which guides still show. */
const formatters: Readonly<Record<string, MakeFormatter | undefined>> = {
  [DEFAULT_FORMATTER]: defaultFormatter,
  // What it would log, nobody logs at that level.
  [`${tools}.LoggingMessageFormatter`]: defaultFormatter,
  [`${tools}.NoOpMessageFormatter`]: nothing,
  [`${tools}.OffsetsMessageFormatter`]: offsets,
  [`${tools}.GroupMetadataMessageFormatter`]: groups,
  [`${tools}.TransactionLogMessageFormatter`]: transactions,
  [`${tools}.ShareGroupMessageFormatter`]: () => coordinatorFormatter(groupRecords.types, share),
  [`${tools}.group.share.ShareGroupStateMessageFormatter`]: () => coordinatorFormatter(shareStateRecords.types),
  'org.apache.kafka.server.log.remote.metadata.storage.serialization.RemoteLogMetadataSerde$RemoteLogMetadataFormatter':
    () => remoteLogFormatter,
  'kafka.tools.DefaultMessageFormatter': defaultFormatter,
  'kafka.tools.LoggingMessageFormatter': defaultFormatter,
  'kafka.tools.NoOpMessageFormatter': nothing,
  'kafka.coordinator.group.GroupMetadataManager$OffsetsMessageFormatter': offsets,
  'kafka.coordinator.group.GroupMetadataManager$GroupMetadataMessageFormatter': groups,
  'kafka.coordinator.transaction.TransactionLog$TransactionLogMessageFormatter': transactions,
}

/** `undefined` for a class that nobody here knows. */
export function formatterNamed(className: string): MakeFormatter | undefined {
  return formatters[className]
}

function defaultFormatter(properties: Properties, warn: (message: string) => void): MessageFormatter {
  const isOn = (name: string, absent = false): boolean =>
    properties.has(name) ? properties.get(name)?.trim().toLowerCase() === 'true' : absent
  const keySeparator = properties.get('key.separator') ?? '\t'
  const lineSeparator = properties.get('line.separator') ?? '\n'
  const context: PrintContext = {
    headersSeparator: properties.get('headers.separator') ?? ',',
    nullLiteral: Buffer.from(properties.get('null.literal') ?? 'null'),
    key: deserializerIn(properties, 'key.deserializer', warn),
    value: deserializerIn(properties, 'value.deserializer', warn),
    headers: deserializerIn(properties, 'headers.deserializer', warn),
  }
  const columns = [
    isOn('print.timestamp') ? printTimestamp : undefined,
    isOn('print.partition') ? printPartition : undefined,
    isOn('print.offset') ? printOffset : undefined,
    // Java’s console consumer hands neither on.
    isOn('print.delivery') ? printDelivery : undefined,
    isOn('print.epoch') ? printEpoch : undefined,
    isOn('print.headers') ? printHeaders : undefined,
    isOn('print.key') ? printKey : undefined,
    isOn('print.value', true) ? printValue : undefined,
  ].filter((print) => print !== undefined)
  return (record, write) => {
    for (const [index, print] of columns.entries()) {
      print(record, write, context)
      write(index === columns.length - 1 ? lineSeparator : keySeparator)
    }
  }
}

interface PrintContext {
  readonly headersSeparator: string
  readonly nullLiteral: Buffer
  readonly key: TextDeserializer | undefined
  readonly value: TextDeserializer | undefined
  readonly headers: TextDeserializer | undefined
}

type Print = (record: ConsumerRecord, write: (part: string | Uint8Array) => void, context: PrintContext) => void

const printTimestamp: Print = ({ timestampType, timestamp }, write) => write(`${timestampType}:${timestamp}`)
const printPartition: Print = ({ partition }, write) => write(`Partition:${partition}`)
const printOffset: Print = ({ offset }, write) => write(`Offset:${offset}`)
const printDelivery: Print = (_record, write) => write('Delivery:NOT_PRESENT')
const printEpoch: Print = (_record, write) => write('Epoch:NOT_PRESENT')
const printKey: Print = ({ key }, write, context) => write(deserialized(context.key, key, context))
const printValue: Print = ({ value }, write, context) => write(deserialized(context.value, value, context))
const printHeaders: Print = ({ headers }, write, context) => {
  if (headers.length === 0) return write('NO_HEADERS')
  for (const [index, [key, value]] of headers.entries()) {
    write(`${key}:`)
    write(deserialized(context.headers, value, context))
    if (index < headers.length - 1) write(context.headersSeparator)
  }
}

/** A deserializer gets the literal for null, too: that is how Java does it. */
function deserialized(
  deserialize: TextDeserializer | undefined,
  bytes: Buffer | null,
  { nullLiteral }: PrintContext,
): string | Buffer {
  const given = bytes ?? nullLiteral
  return deserialize === undefined ? given : deserialize(given)
}

function deserializerIn(
  properties: Properties,
  name: string,
  warn: (message: string) => void,
): TextDeserializer | undefined {
  const className = properties.get(name)
  const deserialize = className === undefined ? undefined : deserializerNamed(className)
  if (className !== undefined && deserialize === undefined) {
    warn(`Unable to instantiate a deserializer from ${className}`)
  }
  return deserialize
}

/** One object behind the other, with nothing between: that is how Java does it. */
function coordinatorFormatter(types: CoordinatorTypes, names?: readonly string[]): MessageFormatter {
  return ({ key, value, offset }, write) => {
    if (key === null) return
    try {
      const record = coordinatorJson(types, key, value)
      if (record.name === undefined || names?.includes(record.name) === false) return
      write(jsonText({ key: { type: record.id, data: record.key }, value: record.value ?? null }))
    } catch (error) {
      if (!(error instanceof MalformedMessageError)) throw error
      throw new DeserializerError(
        `java.lang.RuntimeException: Could not read record at offset ${offset} due to: ${error.message}`,
      )
    }
  }
}

const remoteLogFormatter: MessageFormatter = ({ partition, offset, value }, write) => {
  try {
    const text = remoteLogText(value ?? Buffer.alloc(0))
    write(`partition: ${partition}, offset: ${offset}, value: ${text}\n`)
  } catch (error) {
    if (!(error instanceof MalformedMessageError)) throw error
    throw new DeserializerError(
      `java.lang.RuntimeException: Could not read record at offset ${offset} due to: ${error.message}`,
    )
  }
}
