/** The lines of dumped indexes, and whether the entries say what stands in the log beside them. */
import { basename, dirname, join } from 'node:path'
import { RecordCursor } from '@gregor/protocol'
import type { Disk } from '@gregor/platform'
import { DumpFailure, type DumpFindings } from './findings.ts'
import { legacyBatch } from './legacy-batch.ts'
import { type FileBatch, LogFile } from './log-file.ts'
import { offsetInName } from './log-lines.ts'

export interface IndexDump {
  /** As the user wrote it. */
  readonly name: string
  readonly path: string
  readonly sanityOnly: boolean
  readonly verifyOnly: boolean
  /** How far to look for the batch that an entry of the offset index points to. */
  readonly maxMessageSize: number
}

const OFFSET_ENTRY_BYTES = 8
const TIME_ENTRY_BYTES = 12
const INDEX_BYTES_MAX = 2 ** 30
const UNPACKED_BYTES_MAX = 2 ** 31 - 1

interface Entries {
  readonly bytes: Buffer
  readonly count: number
  readonly baseOffset: number
}

/** @throws DumpFailure, DiskError */
export function* offsetIndexLines(disk: Disk, dump: IndexDump, findings: DumpFindings): Generator<string> {
  const log = LogFile.open(disk, logBeside(dump))
  try {
    const index = readEntries(disk, dump, { suffix: '.index', entryBytes: OFFSET_ENTRY_BYTES })
    if (index.count === 0) {
      yield `${dump.name} is empty.`
      return
    }
    if (dump.sanityOnly) {
      yield sane(dump, offsetIndexProblem(index, dump.path))
      return
    }
    for (let at = 0; at < index.count; at++) {
      const { offset, position } = offsetEntry(index, at)
      // Entries that were never written are zeros, when the node could not cut the file.
      if (offset === index.baseOffset && at > 0) return
      const lastOffset = firstBatch(log, position, dump.maxMessageSize).lastOffset
      if (lastOffset !== offset) findings.indexMismatches.add(dump.path, [offset, lastOffset])
      if (!dump.verifyOnly) yield `offset: ${offset} position: ${position}`
    }
  } finally {
    log.close()
  }
}

/** @throws DumpFailure, DiskError */
export function* timeIndexLines(disk: Disk, dump: IndexDump, findings: DumpFindings): Generator<string> {
  const log = LogFile.open(disk, logBeside(dump))
  try {
    const offsets = readEntries(disk, dump, { suffix: '.index', entryBytes: OFFSET_ENTRY_BYTES })
    const times = readEntries(disk, dump, { suffix: '.timeindex', entryBytes: TIME_ENTRY_BYTES })
    if (dump.sanityOnly) {
      yield sane(dump, timeIndexProblem(times, dump.path))
      return
    }
    let previous = -1
    for (let at = 0; at < times.count; at++) {
      const { offset, timestamp } = timeEntry(times, at)
      if (offset === times.baseOffset && at > 0) return
      const batch = batchWith(log, positionBelow(offsets, offset), offset)
      if (batch === undefined || batch.lastOffset !== offset) {
        findings.offsetsNotFound.add(dump.path, [offset, batch?.lastOffset ?? -1])
      } else {
        const largest = largestTimestamp(batch)
        if (largest !== timestamp) findings.timestampMismatches.add(dump.path, [timestamp, largest])
        if (previous >= timestamp) findings.timestampsOutOfOrder.add(dump.path, [timestamp, previous])
      }
      if (!dump.verifyOnly) yield `timestamp: ${timestamp} offset: ${offset}`
      previous = timestamp
    }
  } finally {
    log.close()
  }
}

function logBeside({ path }: IndexDump): string {
  const [start = ''] = basename(path).split('.')
  offsetInName(basename(path))
  return join(dirname(path), `${start}.log`)
}

function readEntries(
  disk: Disk,
  { path }: IndexDump,
  { suffix, entryBytes }: { readonly suffix: string; readonly entryBytes: number },
): Entries {
  const [start = ''] = basename(path).split('.')
  const bytes = disk.readFile(join(dirname(path), `${start}${suffix}`), INDEX_BYTES_MAX)
  return { bytes, count: Math.floor(bytes.length / entryBytes), baseOffset: offsetInName(basename(path)) }
}

function offsetEntry({ bytes, baseOffset }: Entries, at: number): { offset: number; position: number } {
  const start = at * OFFSET_ENTRY_BYTES
  return { offset: baseOffset + bytes.readInt32BE(start), position: bytes.readInt32BE(start + 4) }
}

function timeEntry({ bytes, baseOffset }: Entries, at: number): { offset: number; timestamp: number } {
  const start = at * TIME_ENTRY_BYTES
  return { timestamp: Number(bytes.readBigInt64BE(start)), offset: baseOffset + bytes.readInt32BE(start + 8) }
}

function sane({ name }: IndexDump, problem: string | undefined): string {
  if (problem !== undefined) throw new DumpFailure(problem)
  return `${name} passed sanity check.`
}

function offsetIndexProblem(index: Entries, path: string): string | undefined {
  const { offset } = offsetEntry(index, index.count - 1)
  if (offset < index.baseOffset) {
    const found = `has non-zero size but the last offset is ${offset} which is less than`
    return `Corrupt index found, index file ${path} ${found} the base offset ${index.baseOffset}`
  }
  return lengthProblem(index, `Index file ${path}`, OFFSET_ENTRY_BYTES)
}

function timeIndexProblem(index: Entries, path: string): string | undefined {
  if (index.count > 0) {
    const { offset, timestamp } = timeEntry(index, index.count - 1)
    const first = timeEntry(index, 0).timestamp
    const found = `Corrupt time index found, time index file (${path}) has non-zero size but the last`
    if (timestamp < first) return `${found} timestamp is ${timestamp} which is less than the first timestamp ${first}`
    if (offset < index.baseOffset) {
      return `${found} offset is ${offset} which is less than the first offset ${index.baseOffset}`
    }
  }
  return lengthProblem(index, `Time index file ${path}`, TIME_ENTRY_BYTES)
}

function lengthProblem({ bytes }: Entries, file: string, entryBytes: number): string | undefined {
  if (bytes.length % entryBytes === 0) return undefined
  return `${file} is corrupt, found ${bytes.length} bytes which is neither positive nor a multiple of ${entryBytes}`
}

function firstBatch(log: LogFile, position: number, maxMessageSize: number): FileBatch {
  checkPosition(log, position)
  const next = log.batches(position, position + maxMessageSize).next()
  if (next.done === true) {
    throw new DumpFailure(`${log.path}: no whole batch of at most ${maxMessageSize} bytes at position ${position}`)
  }
  return next.value
}

function batchWith(log: LogFile, position: number, offset: number): FileBatch | undefined {
  checkPosition(log, position)
  return log.batches(position, Infinity).find(({ lastOffset }) => lastOffset >= offset)
}

function checkPosition(log: LogFile, position: number): void {
  if (position < 0) throw new DumpFailure(`Invalid position: ${position} in read from ${log.path}`)
  if (position > log.size) throw new DumpFailure(`Slice from position ${position} exceeds end position of ${log.path}`)
}

/** Where a search for the offset begins. */
function positionBelow(index: Entries, offset: number): number {
  let low = 0
  let high = index.count
  while (low < high) {
    const middle = (low + high) >>> 1
    if (offsetEntry(index, middle).offset <= offset) low = middle + 1
    else high = middle
  }
  return low === 0 ? 0 : offsetEntry(index, low - 1).position
}

function largestTimestamp(batch: FileBatch): number {
  if (batch.magic < 2)
    return Math.max(
      -1,
      ...legacyBatch(batch.whole())
        .records()
        .map((record) => record.timestamp),
    )
  const cursor = new RecordCursor()
  cursor.resetToBatch(batch.whole(), 0, UNPACKED_BYTES_MAX)
  let largest = -1
  while (cursor.next()) largest = Math.max(largest, cursor.timestamp)
  return largest
}
