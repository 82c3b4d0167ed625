/**
 * The bytes of a producer snapshot: Apache’s `.snapshot` (the newest batch of each producer), and beside it our
 * `.producer-batches`, which Apache ignores, with the older ones of the five. Without the second, a restart would
 * take a producer’s second-last batch for a new one.
 *
 * The second file carries the checksum of the first and is believed only together with it: another program may have
 * gone on in this directory. Entries are in order of producer id.
 */

import { crc32c } from '@gregor/protocol'
import { readInt64, writeInt64 } from './int64.ts'
import { BATCHES_KEPT, ProducerTable } from './producer-table.ts'

const SNAPSHOT_VERSION = 1
const CRC = 2
const SNAPSHOT_COUNT = 6
const SNAPSHOT_HEADER_BYTES = 10
/** id 8, epoch 2, last sequence 4, last offset 8, offset delta 4, timestamp 8, coordinator epoch 4, transaction start 8 */
const SNAPSHOT_ENTRY_BYTES = 46

const BATCHES_VERSION = 1
const BATCHES_SNAPSHOT_CRC = 6
const BATCHES_COUNT = 10
const BATCHES_HEADER_BYTES = 14
/** producer id 8, how many batches follow 1 */
const BATCHES_PRODUCER_BYTES = 9
/** last sequence 4, last offset 8, offset delta 4, timestamp 8 */
const BATCH_BYTES = 24

export interface EncodedSnapshot {
  readonly snapshot: Buffer
  /** `undefined` where no producer has more than one batch. */
  readonly batches: Buffer | undefined
}

export function encodeSnapshot(table: ProducerTable): EncodedSnapshot {
  const rows = Array.from({ length: table.size }, (_, row) => row)
  rows.sort((a, b) => table.producerId(a) - table.producerId(b))
  const snapshot = encodeNewestBatches(table, rows)
  const older = rows.filter((row) => table.batchCount(row) > 1)
  return {
    snapshot,
    batches: older.length === 0 ? undefined : encodeOlderBatches(table, older, snapshot.readUInt32BE(CRC)),
  }
}

function encodeNewestBatches(table: ProducerTable, rows: readonly number[]): Buffer {
  const bytes = Buffer.alloc(SNAPSHOT_HEADER_BYTES + rows.length * SNAPSHOT_ENTRY_BYTES)
  bytes.writeInt16BE(SNAPSHOT_VERSION, 0)
  bytes.writeInt32BE(rows.length, SNAPSHOT_COUNT)
  let at = SNAPSHOT_HEADER_BYTES
  for (const row of rows) {
    const count = table.batchCount(row)
    writeInt64(bytes, table.producerId(row), at)
    bytes.writeInt16BE(table.epoch(row), at + 8)
    bytes.writeInt32BE(table.lastSequence(row), at + 10)
    writeInt64(bytes, table.lastOffset(row), at + 14)
    bytes.writeInt32BE(count === 0 ? 0 : table.batch(row, count - 1).offsetDelta, at + 22)
    writeInt64(bytes, table.lastTimestampMs(row), at + 26)
    bytes.writeInt32BE(table.coordinatorEpoch(row), at + 34)
    writeInt64(bytes, table.transactionStartOffset(row), at + 38)
    at += SNAPSHOT_ENTRY_BYTES
  }
  bytes.writeUInt32BE(crc32c(bytes, SNAPSHOT_COUNT, bytes.length), CRC)
  return bytes
}

function encodeOlderBatches(table: ProducerTable, rows: readonly number[], snapshotCrc: number): Buffer {
  const batchCount = rows.reduce((sum, row) => sum + table.batchCount(row) - 1, 0)
  const bytes = Buffer.alloc(BATCHES_HEADER_BYTES + rows.length * BATCHES_PRODUCER_BYTES + batchCount * BATCH_BYTES)
  bytes.writeInt16BE(BATCHES_VERSION, 0)
  bytes.writeUInt32BE(snapshotCrc, BATCHES_SNAPSHOT_CRC)
  bytes.writeInt32BE(rows.length, BATCHES_COUNT)
  let at = BATCHES_HEADER_BYTES
  for (const row of rows) {
    const count = table.batchCount(row) - 1
    writeInt64(bytes, table.producerId(row), at)
    bytes.writeInt8(count, at + 8)
    at += BATCHES_PRODUCER_BYTES
    for (let index = 0; index < count; index++) {
      const { lastSequence, lastOffset, offsetDelta, timestampMs } = table.batch(row, index)
      bytes.writeInt32BE(lastSequence, at)
      writeInt64(bytes, lastOffset, at + 4)
      bytes.writeInt32BE(offsetDelta, at + 12)
      writeInt64(bytes, timestampMs, at + 16)
      at += BATCH_BYTES
    }
  }
  bytes.writeUInt32BE(crc32c(bytes, BATCHES_SNAPSHOT_CRC, bytes.length), CRC)
  return bytes
}

/** What is wrong with the bytes of a `.snapshot`; `undefined`: nothing. */
export function snapshotProblem(bytes: Buffer): string | undefined {
  if (bytes.length < SNAPSHOT_HEADER_BYTES) return `only ${bytes.length} bytes`
  if (bytes.readInt16BE(0) !== SNAPSHOT_VERSION) return `version ${bytes.readInt16BE(0)} is not 1`
  if (crc32c(bytes, SNAPSHOT_COUNT, bytes.length) !== bytes.readUInt32BE(CRC)) return 'the checksum does not match'
  const count = bytes.readInt32BE(SNAPSHOT_COUNT)
  if (bytes.length !== SNAPSHOT_HEADER_BYTES + count * SNAPSHOT_ENTRY_BYTES) return `not ${count} whole entries`
  return undefined
}

/** Of a snapshot without a problem: it is of no producer. */
export function isEmptySnapshot(bytes: Buffer): boolean {
  return bytes.readInt32BE(SNAPSHOT_COUNT) === 0
}

/** What is wrong with the bytes of a `.producer-batches` that stands beside `snapshot`. */
export function batchesProblem(bytes: Buffer, snapshot: Buffer): string | undefined {
  if (bytes.length < BATCHES_HEADER_BYTES) return `only ${bytes.length} bytes`
  if (bytes.readInt16BE(0) !== BATCHES_VERSION) return `version ${bytes.readInt16BE(0)} is not 1`
  if (crc32c(bytes, BATCHES_SNAPSHOT_CRC, bytes.length) !== bytes.readUInt32BE(CRC))
    return 'the checksum does not match'
  if (bytes.readUInt32BE(BATCHES_SNAPSHOT_CRC) !== snapshot.readUInt32BE(CRC)) return 'it belongs to another snapshot'
  return undefined
}

/**
 * The producers of a snapshot for which `keeps` says so. Both buffers have been checked; `batches` is optional.
 */
export function decodeSnapshot(
  snapshot: Buffer,
  batches: Buffer | undefined,
  keeps: (producer: { readonly lastTimestampMs: number; readonly isInTransaction: boolean }) => boolean,
): ProducerTable {
  const table = new ProducerTable()
  const end = snapshot.length
  for (let at = SNAPSHOT_HEADER_BYTES; at < end; at += SNAPSHOT_ENTRY_BYTES) {
    const lastTimestampMs = readInt64(snapshot, at + 26)
    const transactionStartOffset = readInt64(snapshot, at + 38)
    if (!keeps({ lastTimestampMs, isInTransaction: transactionStartOffset >= 0 })) continue
    const row = table.add(readInt64(snapshot, at))
    table.setEpoch(row, snapshot.readInt16BE(at + 8))
    table.setCoordinatorEpoch(row, snapshot.readInt32BE(at + 34))
    table.setLastTimestampMs(row, lastTimestampMs)
    table.setTransactionStartOffset(row, transactionStartOffset < 0 ? -1 : transactionStartOffset)
  }
  if (batches !== undefined) addOlderBatches(table, batches)
  for (let at = SNAPSHOT_HEADER_BYTES; at < end; at += SNAPSHOT_ENTRY_BYTES) addNewestBatch(table, snapshot, at)
  return table
}

function addNewestBatch(table: ProducerTable, snapshot: Buffer, at: number): void {
  const row = table.find(readInt64(snapshot, at))
  const lastOffset = readInt64(snapshot, at + 14)
  if (row < 0 || lastOffset < 0) return
  table.addBatch(row, {
    lastSequence: snapshot.readInt32BE(at + 10),
    lastOffset,
    offsetDelta: snapshot.readInt32BE(at + 22),
    timestampMs: readInt64(snapshot, at + 26),
  })
}

function addOlderBatches(table: ProducerTable, bytes: Buffer): void {
  let at = BATCHES_HEADER_BYTES
  for (let left = bytes.readInt32BE(BATCHES_COUNT); left > 0; left--) {
    const row = table.find(readInt64(bytes, at))
    const count = Math.min(bytes.readInt8(at + 8), BATCHES_KEPT - 1)
    at += BATCHES_PRODUCER_BYTES
    for (let index = 0; index < count; index++, at += BATCH_BYTES) {
      if (row < 0) continue
      table.addBatch(row, {
        lastSequence: bytes.readInt32BE(at),
        lastOffset: readInt64(bytes, at + 4),
        offsetDelta: bytes.readInt32BE(at + 12),
        timestampMs: readInt64(bytes, at + 16),
      })
    }
  }
}
