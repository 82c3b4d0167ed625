/** The lines of the small files beside a segment: aborted transactions, and what was known of producers. */
import { ByteReader, MalformedMessageError, asError } from '@gregor/base'
import { ProducerSnapshot, crc32c, decode } from '@gregor/protocol'
import type { Disk } from '@gregor/platform'
import { DumpFailure } from './findings.ts'

const TRANSACTION_ENTRY_BYTES = 34
const FILE_BYTES_MAX = 2 ** 30
/** Behind version and checksum. */
const PRODUCER_ENTRIES_AT = 6
const SEQUENCES = 2 ** 31

/** What stands behind the last whole entry is left out. @throws DumpFailure, DiskError */
export function* transactionIndexLines(disk: Disk, path: string): Generator<string> {
  const bytes = disk.readFile(path, FILE_BYTES_MAX)
  const entries: string[] = []
  for (let at = 0; at + TRANSACTION_ENTRY_BYTES <= bytes.length; at += TRANSACTION_ENTRY_BYTES) {
    // Apache Kafka writes the version as two bytes and reads the first.
    const version = bytes.readInt8(at)
    if (version > 0) {
      const found = `Unexpected aborted transaction version ${version} in transaction index ${path}`
      throw new DumpFailure(`${found}, current version is 0`)
    }
    const [producerId, firstOffset, lastOffset, lastStableOffset] = [2, 10, 18, 26].map((behind) =>
      bytes.readBigInt64BE(at + behind),
    )
    const offsets = `firstOffset: ${firstOffset} lastOffset: ${lastOffset} lastStableOffset: ${lastStableOffset}`
    entries.push(`version: ${version} producerId: ${producerId} ${offsets}`)
  }
  // The whole file is read before anything is said.
  yield* entries
}

/** Nothing where the file is damaged: `problem` says why. @throws DiskError */
export function producerSnapshotLines(
  disk: Disk,
  path: string,
): { readonly lines: readonly string[]; readonly problem?: string } {
  const bytes = disk.readFile(path, FILE_BYTES_MAX)
  try {
    const reader = new ByteReader(bytes)
    const version = reader.int16()
    if (version !== 1) return invalid(`Snapshot contained an unknown file version ${version}`)
    const { crc, producerEntries } = decode(ProducerSnapshot, version, reader)
    const computed = crc32c(bytes, PRODUCER_ENTRIES_AT, bytes.length)
    if (crc !== computed) {
      const problem = `Snapshot is corrupt (CRC is no longer valid). Stored crc: ${crc}. Computed crc: ${computed}`
      return { lines: [], problem }
    }
    return { lines: producerEntries.map(producerLine) }
  } catch (error) {
    if (!(error instanceof MalformedMessageError)) throw error
    return invalid(asError(error).message)
  }
}

function invalid(reason: string): { readonly lines: readonly string[]; readonly problem: string } {
  return { lines: [], problem: `Snapshot failed schema validation: ${reason}` }
}

interface ProducerEntry {
  readonly producerId: number
  readonly epoch: number
  readonly lastSequence: number
  readonly lastOffset: number
  readonly offsetDelta: number
  readonly timestamp: number
  readonly coordinatorEpoch: number
  readonly currentTxnFirstOffset: number
}

function producerLine(entry: ProducerEntry): string {
  const { lastSequence, offsetDelta, currentTxnFirstOffset } = entry
  const open = currentTxnFirstOffset >= 0 ? `OptionalLong[${currentTxnFirstOffset}]` : 'OptionalLong.empty'
  const producer = [
    `producerId: ${entry.producerId} producerEpoch: ${entry.epoch} coordinatorEpoch: ${entry.coordinatorEpoch}`,
    `currentTxnFirstOffset: ${open} lastTimestamp: ${entry.timestamp}`,
  ].join(' ')
  if (entry.lastOffset < 0) return producer
  const first = lastSequence >= offsetDelta ? lastSequence - offsetDelta : SEQUENCES - (offsetDelta - lastSequence)
  return [
    `${producer} firstSequence: ${first} lastSequence: ${lastSequence} lastOffset: ${entry.lastOffset}`,
    `offsetDelta: ${offsetDelta} timestamp: ${entry.timestamp}`,
  ].join(' ')
}
