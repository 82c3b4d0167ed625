/** The lines of a dumped segment or snapshot: one for each batch and, in a deep dump, one for each of its records. */
import { basename } from 'node:path'
import { MalformedMessageError, assert } from '@gregor/base'
import {
  type RaftRecordType,
  CompressionError,
  RecordCursor,
  UnknownRecordError,
  attributesAt,
  baseOffsetAt,
  baseSequenceAt,
  baseTimestampAt,
  checkBatch,
  compressionOf,
  controlRecordTypeOf,
  coordinatorEpochOf,
  crcAt,
  decodeRaftRecord,
  hasDeleteHorizon,
  isControl,
  isTransactional,
  jsonText,
  lastOffsetAt,
  lastSequenceAt,
  maxTimestampAt,
  messageJson,
  partitionLeaderEpochAt,
  producerEpochAt,
  producerIdAt,
  raftRecordMessages,
  recordCountAt,
  timestampTypeOf,
} from '@gregor/protocol'
import type { Disk } from '@gregor/platform'
import { DumpFailure, type DumpFindings } from './findings.ts'
import { type LegacyBatch, type LegacyRecord, legacyBatch } from './legacy-batch.ts'
import { type FileBatch, LogFile } from './log-file.ts'
import type { RecordParser } from './record-parsers.ts'

export interface LogDump {
  /** As the user wrote it. */
  readonly name: string
  readonly path: string
  readonly isDeep: boolean
  /** Of its contents; `undefined`: they are not shown. */
  readonly parser: RecordParser | undefined
  readonly skipRecordMetadata: boolean
  /** Infinity: the whole file. */
  readonly maxBytes: number
}

const UNPACKED_BYTES_MAX = 2 ** 31 - 1
const SEQUENCES = 2 ** 31

/** @throws DumpFailure, DiskError; what was yielded before stands. */
export function* logLines(disk: Disk, dump: LogDump, findings: DumpFindings): Generator<string> {
  yield title(dump.name)
  const file = LogFile.open(disk, dump.path)
  try {
    let validBytes = 0
    const walk = { dump, findings, lastOffset: -1 }
    for (const batch of file.batches(0, dump.maxBytes)) {
      const legacy = batch.magic < 2 ? legacyBatch(batch.whole()) : undefined
      yield legacy === undefined ? batchLine(batch) : legacyLine(batch, legacy)
      if (dump.isDeep) yield* recordLines(batch, legacy, walk)
      validBytes += batch.size
    }
    const trailing = file.size - validBytes
    if (trailing > 0 && dump.maxBytes === Infinity) {
      yield `Found ${trailing} invalid bytes at the end of ${basename(dump.path)}`
    }
  } catch (error) {
    if (!(error instanceof MalformedMessageError || error instanceof CompressionError)) throw error
    throw new DumpFailure(`${dump.name}: ${error.message}`, { cause: error })
  } finally {
    file.close()
  }
}

function title(name: string): string {
  const file = basename(name)
  if (file.endsWith('.log')) return `Log starting offset: ${offsetInName(file)}`
  if (file === 'bootstrap.checkpoint') return 'KRaft bootstrap snapshot'
  const [, offset, epoch] = /^(\d{20})-(\d{10})/.exec(file) ?? []
  if (offset === undefined) throw new DumpFailure(`${name} is not the name of a snapshot: OFFSET-EPOCH.checkpoint`)
  return `Snapshot end offset: ${BigInt(offset)}, epoch: ${Number(epoch)}`
}

/** @param file - its name without directories. @throws DumpFailure where it does not begin with a number. */
export function offsetInName(file: string): number {
  const [text = ''] = file.split('.')
  if (!/^[+-]?\d+$/.test(text)) throw new DumpFailure(`For input string: "${text}"`)
  return Number(text)
}

function batchLine(batch: FileBatch): string {
  const bytes = batch.whole()
  const attributes = attributesAt(bytes, 0)
  const horizon = hasDeleteHorizon(attributes) ? `OptionalLong[${baseTimestampAt(bytes, 0)}]` : 'OptionalLong.empty'
  return [
    `baseOffset: ${baseOffsetAt(bytes, 0)} lastOffset: ${lastOffsetAt(bytes, 0)} count: ${recordCountAt(bytes, 0)}`,
    `baseSequence: ${baseSequenceAt(bytes, 0)} lastSequence: ${lastSequenceAt(bytes, 0)}`,
    `producerId: ${producerIdAt(bytes, 0)} producerEpoch: ${producerEpochAt(bytes, 0)}`,
    `partitionLeaderEpoch: ${partitionLeaderEpochAt(bytes, 0)} isTransactional: ${isTransactional(attributes)}`,
    `isControl: ${isControl(attributes)} deleteHorizonMs: ${horizon} position: ${batch.position}`,
    `${timestampTypeOf(attributes)}: ${maxTimestampAt(bytes, 0)} size: ${batch.size} magic: ${batch.magic}`,
    `compresscodec: ${codecName(attributes)} crc: ${crcAt(bytes, 0)}`,
    `isvalid: ${checkBatch(bytes, 0, bytes.length) === undefined}`,
  ].join(' ')
}

function codecName(attributes: number): string {
  const codec = compressionOf(attributes)
  if (codec === undefined) throw new DumpFailure(`Unknown compression type id: ${attributes & 7}`)
  return codec
}

function legacyLine({ position, size, magic, lastOffset }: FileBatch, batch: LegacyBatch): string {
  const { timestampType, timestamp, codec, crc, isValid } = batch
  return [
    `offset: ${lastOffset} position: ${position} ${timestampType}: ${timestamp} size: ${size} magic: ${magic}`,
    `compresscodec: ${codec} crc: ${crc} isvalid: ${isValid}`,
  ].join(' ')
}

interface Walk {
  readonly dump: LogDump
  readonly findings: DumpFindings
  lastOffset: number
}

function* recordLines(batch: FileBatch, legacy: LegacyBatch | undefined, walk: Walk): Generator<string> {
  if (legacy !== undefined) {
    for (const record of legacy.records()) {
      noteGap(record.offset, walk)
      yield* wholeLine(legacyRecordText(record, legacy, walk.dump), () => contents(record, walk.dump))
    }
    return
  }
  const bytes = batch.whole()
  const attributes = attributesAt(bytes, 0)
  const cursor = new RecordCursor()
  cursor.resetToBatch(bytes, 0, UNPACKED_BYTES_MAX)
  while (cursor.next()) {
    noteGap(cursor.offset, walk)
    const metadata = walk.dump.skipRecordMetadata ? '' : recordText(cursor, bytes, attributes)
    const record = { offset: cursor.offset, key: cursor.key(), value: cursor.value() }
    yield* wholeLine(metadata, () => (isControl(attributes) ? '' : contents(record, walk.dump)))
  }
}

/** Where the rest of a line cannot be had, its beginning is shown before the dump ends. */
function* wholeLine(beginning: string, rest: () => string): Generator<string> {
  let line = beginning
  try {
    line += rest()
  } finally {
    yield line
  }
}

function noteGap(offset: number, walk: Walk): void {
  if (offset !== walk.lastOffset + 1) walk.findings.gaps.add(walk.dump.path, [walk.lastOffset, offset])
  walk.lastOffset = offset
}

function recordText(cursor: RecordCursor, batch: Buffer, attributes: number): string {
  const headerKeys: string[] = []
  while (cursor.nextHeader()) headerKeys.push(cursor.headerKey())
  const baseSequence = baseSequenceAt(batch, 0)
  // Sequences go on from 0 behind the largest.
  const sequence = baseSequence < 0 ? -1 : (baseSequence + cursor.offsetDelta) % SEQUENCES
  const control = isControl(attributes) ? controlText(cursor.key(), cursor.value()) : ''
  return [
    `| offset: ${cursor.offset} ${timestampTypeOf(attributes)}: ${cursor.timestamp}`,
    ` keySize: ${cursor.keyLength} valueSize: ${cursor.valueLength} sequence: ${sequence}`,
    ` headerKeys: [${headerKeys.join(',')}]${control}`,
  ].join('')
}

function legacyRecordText(record: LegacyRecord, batch: LegacyBatch, { skipRecordMetadata }: LogDump): string {
  if (skipRecordMetadata) return ''
  return [
    `| offset: ${record.offset} ${batch.timestampType}: ${record.timestamp} keySize: ${record.key?.length ?? -1}`,
    ` valueSize: ${record.value?.length ?? -1} isValid: ${record.isValid} crc: ${record.crc}`,
  ].join('')
}

interface Contents {
  readonly offset: number
  readonly key: Buffer | null
  readonly value: Buffer | null
}

function contents(record: Contents, { parser, skipRecordMetadata }: LogDump): string {
  if (parser === undefined) return ''
  const { key, value } = parser(record.key, record.value, record.offset)
  const first = skipRecordMetadata ? '| ' : ' '
  const keyText = key === undefined ? '' : `${first}key: ${key}`
  if (value === undefined) return keyText
  return `${keyText}${key === undefined ? first : ' '}payload: ${value}`
}

/** Raft’s records with the words that stand before their JSON. */
const raftTitles: Readonly<Record<RaftRecordType, string>> = {
  LeaderChange: 'LeaderChange:',
  SnapshotHeader: 'SnapshotHeader',
  SnapshotFooter: 'SnapshotFooter',
  KRaftVersion: 'KRaftVersion',
  KRaftVoters: 'KRaftVoters',
}

function controlText(key: Buffer | null, value: Buffer | null): string {
  const type = controlRecordTypeOf(key)
  switch (type) {
    case undefined:
      return ` controlType: UNKNOWN(${key?.readInt16BE(2) ?? -1})`
    case 'Abort':
    case 'Commit':
      return ` endTxnMarker: ${type.toUpperCase()} coordinatorEpoch: ${coordinatorEpochOf(value)}`
    default:
      return ` ${raftTitles[type]} ${raftJson(type, value)}`
  }
}

function raftJson(type: RaftRecordType, value: Buffer | null): string {
  assert(value !== null, 'a control record of Raft has a value')
  try {
    const fields = decodeRaftRecord(type, value)
    return jsonText(messageJson(raftRecordMessages[type], fields.version, fields))
  } catch (error) {
    if (!(error instanceof UnknownRecordError)) throw error
    throw new DumpFailure(error.message, { cause: error })
  }
}
