/**
 * The bytes of a producer snapshot: Apache’s `.snapshot` (the newest batch of each producer), and beside it our
 * `.producer-batches`, which Apache ignores, with the older ones of the five. Without the second, a restart would
 * take a producer’s second-last batch for a new one.
 *
 * The second file carries the checksum of the first and is believed only together with it: another program may have
 * gone on in this directory.
 */

import { crc32c } from '@gregor/protocol'
import { readInt64, setInt64 } from './int64.ts'
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
  /** `undefined` where there is no producer: so a file that is missing is one that was lost. */
  readonly batches: Buffer | undefined
}

/** Runs between two appends, so it is written for speed: 100,000 producers take some 20 ms. */
export function encodeSnapshot(table: ProducerTable): EncodedSnapshot {
  const snapshot = encodeNewestBatches(table)
  const batches = table.size === 0 ? undefined : encodeOlderBatches(table, snapshot.readUInt32BE(CRC))
  return { snapshot, batches }
}

function encodeNewestBatches(table: ProducerTable): Buffer {
  const bytes = Buffer.allocUnsafe(SNAPSHOT_HEADER_BYTES + table.size * SNAPSHOT_ENTRY_BYTES)
  const view = viewOf(bytes)
  view.setInt16(0, SNAPSHOT_VERSION)
  view.setInt32(SNAPSHOT_COUNT, table.size)
  let at = SNAPSHOT_HEADER_BYTES
  for (let row = 0; row < table.size; row++) {
    const count = table.batchCount(row)
    setInt64(view, at, table.producerId(row))
    view.setInt16(at + 8, table.epoch(row))
    view.setInt32(at + 10, table.lastSequence(row))
    setInt64(view, at + 14, table.lastOffset(row))
    view.setInt32(at + 22, count === 0 ? 0 : table.batch(row, count - 1).offsetDelta)
    setInt64(view, at + 26, table.lastTimestampMs(row))
    view.setInt32(at + 34, table.coordinatorEpoch(row))
    setInt64(view, at + 38, table.transactionStartOffset(row))
    at += SNAPSHOT_ENTRY_BYTES
  }
  view.setUint32(CRC, crc32c(bytes, SNAPSHOT_COUNT, bytes.length))
  return bytes
}

function encodeOlderBatches(table: ProducerTable, snapshotCrc: number): Buffer {
  const bytes = Buffer.allocUnsafe(olderBatchesBytes(table))
  const view = viewOf(bytes)
  view.setInt16(0, BATCHES_VERSION)
  view.setUint32(BATCHES_SNAPSHOT_CRC, snapshotCrc)
  let producerCount = 0
  let at = BATCHES_HEADER_BYTES
  for (let row = 0; row < table.size; row++) {
    const count = table.batchCount(row) - 1
    if (count < 1) continue
    producerCount++
    setInt64(view, at, table.producerId(row))
    view.setInt8(at + 8, count)
    at += BATCHES_PRODUCER_BYTES
    for (let index = 0; index < count; index++, at += BATCH_BYTES) {
      const { lastSequence, lastOffset, offsetDelta, timestampMs } = table.batch(row, index)
      view.setInt32(at, lastSequence)
      setInt64(view, at + 4, lastOffset)
      view.setInt32(at + 12, offsetDelta)
      setInt64(view, at + 16, timestampMs)
    }
  }
  view.setInt32(BATCHES_COUNT, producerCount)
  view.setUint32(CRC, crc32c(bytes, BATCHES_SNAPSHOT_CRC, bytes.length))
  return bytes
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
}

function olderBatchesBytes(table: ProducerTable): number {
  let byteCount = BATCHES_HEADER_BYTES
  for (let row = 0; row < table.size; row++) {
    const count = table.batchCount(row) - 1
    if (count > 0) byteCount += BATCHES_PRODUCER_BYTES + count * BATCH_BYTES
  }
  return byteCount
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
