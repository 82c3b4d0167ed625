/** The batches of the metadata log, read from it again: records of metadata, and those that Raft keeps of itself. */
import type { CommittedBatch } from '@gregor/metadata'
import {
  attributesAt,
  baseOffsetAt,
  batchSizeAt,
  controlRecordTypeOf,
  isControl,
  lastOffsetAt,
  maxTimestampAt,
  partitionLeaderEpochAt,
  RecordCursor,
} from '@gregor/protocol'
import { type PartitionLog, StorageError } from '@gregor/storage'
import type { ControlRecord } from './voters.ts'

const readBytesMax = 1_048_576
const unpackedBytesMax = 64 * 1_048_576

/** At least one whole batch. @throws Error where the log is damaged there. */
export async function readBatches(log: PartitionLog, offset: number, upTo: number): Promise<Buffer> {
  const read = await log.read({ fetchOffset: offset, maxBytes: readBytesMax, upTo, minOneBatch: true })
  if (read.error !== 'NONE' || read.byteCount === 0) {
    throw new StorageError(`the metadata log cannot be read at offset ${offset}: ${read.error}`)
  }
  return Buffer.concat(read.records)
}

export function* batchesIn(bytes: Buffer): Generator<CommittedBatch> {
  const cursor = new RecordCursor()
  for (let position = 0; position < bytes.length; position += batchSizeAt(bytes, position)) {
    const records: Buffer[] = []
    if (!isControl(attributesAt(bytes, position))) {
      cursor.resetToBatch(bytes, position, unpackedBytesMax)
      while (cursor.next()) records.push(cursor.value() ?? Buffer.alloc(0))
    }
    yield {
      baseOffset: baseOffsetAt(bytes, position),
      lastOffset: lastOffsetAt(bytes, position),
      epoch: partitionLeaderEpochAt(bytes, position),
      appendTimeMs: maxTimestampAt(bytes, position),
      records,
    }
  }
}

export function* controlRecordsIn(bytes: Buffer): Generator<{ control: readonly ControlRecord[]; lastOffset: number }> {
  const cursor = new RecordCursor()
  for (let position = 0; position < bytes.length; position += batchSizeAt(bytes, position)) {
    const control: ControlRecord[] = []
    if (isControl(attributesAt(bytes, position))) {
      cursor.resetToBatch(bytes, position, unpackedBytesMax)
      while (cursor.next()) {
        const type = controlRecordTypeOf(cursor.key())
        if (type === 'KRaftVersion' || type === 'KRaftVoters')
          control.push({ type, value: Buffer.from(cursor.value() ?? []) })
      }
    }
    yield { control, lastOffset: lastOffsetAt(bytes, position) }
  }
}
