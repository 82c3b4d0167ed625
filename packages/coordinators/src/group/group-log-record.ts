/**
 * What the group coordinator writes to a partition of `__consumer_offsets`, and reads back at start: the records of
 * `protocol/stored` with the producer of a transactional batch, and the markers that end a transaction there (KIP-98).
 * Batches made here have the bytes that Apache Kafka would write.
 */
import { assert } from '@gregor/base'
import type { BatchProducer, HostBatch } from '@gregor/machine'
import {
  BatchBuilder,
  RecordCursor,
  UnknownRecordError,
  batchSizeAt,
  controlRecordTypeOf,
  coordinatorEpochOf,
  groupRecords,
  isControl,
  isTransactional,
  attributesAt,
  producerEpochAt,
  producerIdAt,
  transactionMarkerBatch,
} from '@gregor/protocol'
import type { CompressionType, GroupRecord, GroupRecordType } from '@gregor/protocol'
import { OffsetCommitBytes } from './offsets/offset-commit-bytes.ts'

export type GroupLogRecord = StoredGroupRecord | TransactionMarkerRecord

/** With a producer: it counts once that producer's transaction commits. */
export type StoredGroupRecord = GroupRecord & { readonly producer?: BatchProducer }

export interface TransactionMarkerRecord {
  readonly type: 'TransactionMarker'
  readonly outcome: 'Commit' | 'Abort'
  readonly producerId: number
  readonly producerEpoch: number
  readonly coordinatorEpoch: number
  /** For the log that it is appended to. Not stored. */
  readonly transactionVersion?: number
}

export type GroupRecordKey<Type extends GroupRecordType> = Extract<GroupRecord, { readonly type: Type }>['key']
export type GroupRecordValue<Type extends GroupRecordType> = NonNullable<
  Extract<GroupRecord, { readonly type: Type }>['value']
>

const offsetCommits = new OffsetCommitBytes()

/** The key and value of one record; a null value deletes. Good until the next call. */
export function encodeGroupRecord(record: GroupRecord): { readonly key: Buffer; readonly value: Buffer | null } {
  if (record.type === 'OffsetCommit') {
    const key = offsetCommits.key(record.key)
    return { key, value: record.value === null ? null : offsetCommits.value(record.value) }
  }
  const key = groupRecords.encodeKey(record.type, record.key)
  return { key, value: record.value === null ? null : groupRecords.encodeValue(record.type, record.value) }
}

/**
 * One decision as a record batch; its base offset is 0 and its leader epoch -1, for the log to stamp. Markers are never
 * compressed.
 */
export function encodeGroupBatch(
  { records, producer }: HostBatch<GroupLogRecord>,
  nowMs: number,
  compression: CompressionType = 'none',
): Buffer {
  const [first] = records
  if (first?.type === 'TransactionMarker') {
    assert(records.length === 1, 'a marker is a batch of its own')
    return transactionMarkerBatch({ ...first, timestamp: nowMs })
  }
  const builder = new BatchBuilder({
    compression,
    ...(producer !== undefined && { ...producer, isTransactional: true }),
  })
  for (const record of records) {
    assert(record.type !== 'TransactionMarker', 'a marker is a batch of its own')
    const { key, value } = encodeGroupRecord(record)
    builder.append(key, value, [], nowMs)
  }
  return builder.build()
}

/** Numbers, lengths and what they stand in: more than a commit has of them. */
const commitOverheadBytes = 128
/** Of a unit of UTF-16 in UTF-8. */
const bytesPerUnitMax = 3

/**
 * What these records take in a batch at most. Infinity: they are no plain commits, and must not share a batch.
 */
export function groupBatchBytesMax({ records, producer }: HostBatch<GroupLogRecord>): number {
  if (producer !== undefined) return Infinity
  let bytes = 0
  for (const record of records) {
    if (record.type !== 'OffsetCommit' || record.value === null) return Infinity
    const { key, value } = record
    bytes += commitOverheadBytes + bytesPerUnitMax * (key.group.length + key.topic.length + value.metadata.length)
  }
  return bytes
}

export interface ReadGroupRecord {
  readonly offset: number
  readonly record: GroupLogRecord
}

/**
 * The records of whole batches, as the log returns them, in order. Records of types and versions from the future are
 * passed over, as Apache Kafka does. Bytes in the records are views of `batches`.
 *
 * @throws MalformedMessageError where the bytes are no records of this topic.
 */
export function* decodeGroupBatches(batches: Buffer, unpackedBytesMax = 64 * 1024 * 1024): Generator<ReadGroupRecord> {
  const cursor = new RecordCursor()
  for (let position = 0; position < batches.length; position += batchSizeAt(batches, position)) {
    const attributes = attributesAt(batches, position)
    cursor.resetToBatch(batches, position, unpackedBytesMax)
    const producer = { producerId: producerIdAt(batches, position), producerEpoch: producerEpochAt(batches, position) }
    if (isControl(attributes)) {
      yield* markersOf(cursor, producer)
      continue
    }
    const isPending = isTransactional(attributes)
    while (cursor.next()) {
      const record = recordAt(cursor)
      if (record === undefined) continue
      yield { offset: cursor.offset, record: isPending ? { ...record, producer } : record }
    }
  }
}

function* markersOf(cursor: RecordCursor, producer: BatchProducer): Generator<ReadGroupRecord> {
  while (cursor.next()) {
    const outcome = controlRecordTypeOf(cursor.key())
    if (outcome !== 'Commit' && outcome !== 'Abort') continue
    const coordinatorEpoch = coordinatorEpochOf(cursor.value())
    yield { offset: cursor.offset, record: { type: 'TransactionMarker', outcome, coordinatorEpoch, ...producer } }
  }
}

/** `undefined`: from the future. */
function recordAt(cursor: RecordCursor): GroupRecord | undefined {
  try {
    return groupRecords.decode(cursor.key(), cursor.value())
  } catch (error) {
    if (error instanceof UnknownRecordError) return undefined
    throw error
  }
}
