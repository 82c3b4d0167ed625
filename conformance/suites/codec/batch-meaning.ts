/** What a batch holds, as `java/RecordPeer.java` says it, too: fields in an order, as text, byte strings in hexadecimal. */

import {
  RecordCursor,
  attributesAt,
  baseOffsetAt,
  baseSequenceAt,
  baseTimestampAt,
  compressionOf,
  controlRecordTypeOf,
  coordinatorEpochOf,
  hasDeleteHorizon,
  isControl,
  isTransactional,
  lastOffsetAt,
  lastSequenceAt,
  magicAt,
  maxTimestampAt,
  partitionLeaderEpochAt,
  producerEpochAt,
  producerIdAt,
  timestampTypeOf,
} from '@gregor/protocol'

/** Offset, time, key, value, then header keys and values; of control records type, and coordinator epoch of markers. */
export type RecordMeaning = readonly (string | null)[]
/** Header fields, and at the end the records. */
export type BatchMeaning = readonly (string | readonly RecordMeaning[] | undefined)[]

const javaControlTypes = {
  Abort: 'ABORT',
  Commit: 'COMMIT',
  LeaderChange: 'LEADER_CHANGE',
  SnapshotHeader: 'SNAPSHOT_HEADER',
  SnapshotFooter: 'SNAPSHOT_FOOTER',
  KRaftVersion: 'KRAFT_VERSION',
  KRaftVoters: 'KRAFT_VOTERS',
} as const

export function batchMeaning(batch: Buffer, position: number, unpackedBytesMax: number): BatchMeaning {
  const attributes = attributesAt(batch, position)
  const cursor = new RecordCursor()
  cursor.resetToBatch(batch, position, unpackedBytesMax)
  const records: RecordMeaning[] = []
  while (cursor.next()) records.push(recordMeaning(cursor, isControl(attributes)))
  return [
    String(magicAt(batch, position)),
    String(baseOffsetAt(batch, position)),
    String(lastOffsetAt(batch, position)),
    String(partitionLeaderEpochAt(batch, position)),
    compressionOf(attributes),
    timestampTypeOf(attributes),
    String(maxTimestampAt(batch, position)),
    String(producerIdAt(batch, position)),
    String(producerEpochAt(batch, position)),
    String(baseSequenceAt(batch, position)),
    String(lastSequenceAt(batch, position)),
    String(isTransactional(attributes)),
    String(isControl(attributes)),
    hasDeleteHorizon(attributes) ? String(baseTimestampAt(batch, position)) : 'none',
    records,
  ]
}

function recordMeaning(cursor: RecordCursor, isControlRecord: boolean): RecordMeaning {
  const meaning = [String(cursor.offset), String(cursor.timestamp), hex(cursor.key()), hex(cursor.value())]
  while (cursor.nextHeader()) {
    meaning.push(Buffer.from(cursor.headerKey()).toString('hex'), hex(cursor.headerValue()))
  }
  if (!isControlRecord) return meaning
  const type = controlRecordTypeOf(cursor.key())
  if (type === undefined) return [...meaning, 'UNKNOWN']
  meaning.push(javaControlTypes[type])
  if (type === 'Commit' || type === 'Abort') meaning.push(String(coordinatorEpochOf(cursor.value())))
  return meaning
}

function hex(bytes: Buffer | null): string | null {
  return bytes?.toString('hex') ?? null
}
