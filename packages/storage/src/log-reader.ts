/**
 * Reads whole batches of a log: from memory’s nearest place that has them. What was written lately is in the page cache
 * and read at once; all else goes through the pool and is checked against its checksums, since disks forget.
 *
 * A read stays within one segment, as Apache Kafka’s do; where that has nothing behind the offset, the next one is read.
 */
import { BATCH_HEADER_BYTES, batchFromLegacyMessage, batchSizeAt } from '@gregor/protocol'
import type { Segment } from './segment.ts'
import type { SegmentList } from './segment-list.ts'
import { StoredHeader, checkStoredContent, isLegacy } from './stored-batch.ts'

export interface ReadRequest {
  readonly fetchOffset: number
  readonly maxBytes: number
  /** Only batches that end below this offset. */
  readonly upTo: number
  /** Gives one batch even where it is larger than `maxBytes`. */
  readonly minOneBatch: boolean
  /** Memory that has fewer is passed over for the disk, where that has more: the reader would wait for them. Default: 1. */
  readonly minBytes?: number | undefined
  /** Makes the memory that records are read into: for who uses it again. Default: fresh memory. */
  readonly allocate?: (byteCount: number) => Buffer
}

export interface RecordsRead {
  readonly error: 'NONE'
  /** Whole batches in order; the first may begin before the offset asked for. Owned by the caller. */
  readonly records: readonly Buffer[]
  readonly byteCount: number
  /** Of the first batch; where there is none the offset asked for. */
  readonly firstOffset: number
  /** Behind the last batch; where there is none the offset asked for. */
  readonly nextOffset: number
}

export interface ReadRefusal {
  readonly error: 'OFFSET_OUT_OF_RANGE' | 'CORRUPT_MESSAGE' | 'KAFKA_STORAGE_ERROR'
}

export type ReadResult = RecordsRead | ReadRefusal

/** What a message of an old format may unpack to when it is read. */
const legacyBytesMax = 128 * 1024 * 1024

const corrupt: ReadRefusal = { error: 'CORRUPT_MESSAGE' }

export interface ReadableLog {
  readonly segments: SegmentList
  readonly logEndOffset: number
  /** The index of `segment` leads to no batch. */
  rebuildIndexes(segment: Segment): Promise<void>
}

/** The caller has checked that the offset is in the log, and below `upTo`. @throws DiskError */
export function readLog(log: ReadableLog, request: ReadRequest): ReadResult | Promise<ReadResult> {
  let segment = log.segments.floor(request.fetchOffset) ?? log.segments.first
  for (;;) {
    const preparing = segment.prepare()
    if (preparing !== undefined) return preparing.then(() => readLog(log, request))
    const known = readOn(log, segment, request)
    if (known !== undefined) return known
    const place = segment.locate(request.fetchOffset, endOffsetOf(log, segment))
    if (place === 'suspect') return log.rebuildIndexes(segment).then(() => readLog(log, request))
    if (place !== undefined) {
      if (place.isDamaged) return corrupt
      if (place.size > request.maxBytes && !request.minOneBatch) return nothing(request.fetchOffset)
      const byteCount = Math.min(segment.size - place.position, Math.max(place.size, request.maxBytes))
      return readAt(log, { segment, position: place.position, byteCount }, request)
    }
    const next = log.segments.after(segment)
    if (next === undefined) return nothing(request.fetchOffset)
    segment = next
  }
}

/** The same without waiting, for a log that is small or in the page cache; indexes that are not loaded are. @throws DiskError */
export function readLogNow(log: SegmentsOfLog, request: ReadRequest): ReadResult {
  const { segments } = log
  let segment: Segment | undefined = segments.floor(request.fetchOffset) ?? segments.first
  for (; segment !== undefined; segment = segments.after(segment)) {
    if (!segment.isPrepared && segment.loadIndexes() !== undefined) return corrupt
    const place = segment.locate(request.fetchOffset, endOffsetOf(log, segment))
    if (place === undefined) continue
    if (place === 'suspect' || place.isDamaged) return corrupt
    if (place.size > request.maxBytes && !request.minOneBatch) break
    const byteCount = Math.min(segment.size - place.position, Math.max(place.size, request.maxBytes))
    return readHot(log, { segment, position: place.position, byteCount }, request)
  }
  return nothing(request.fetchOffset)
}

function nothing(fetchOffset: number): RecordsRead {
  return { error: 'NONE', records: [], byteCount: 0, firstOffset: fetchOffset, nextOffset: fetchOffset }
}

type SegmentsOfLog = Omit<ReadableLog, 'rebuildIndexes'>

/** What belongs to the next segment is not looked for in this one, whatever stands there. */
function endOffsetOf({ segments, logEndOffset }: SegmentsOfLog, segment: Segment): number {
  return segments.after(segment)?.baseOffset ?? logEndOffset
}

/** Bytes of a segment that begin with a batch. */
interface Range {
  readonly segment: Segment
  readonly position: number
  readonly byteCount: number
}

/** For who read up to there before: at once from where the next batch begins. `undefined`: it must be looked for. */
function readOn(
  log: SegmentsOfLog,
  segment: Segment,
  request: ReadRequest,
): ReadResult | Promise<ReadResult> | undefined {
  const position = segment.locateKnown(request.fetchOffset)
  if (position === undefined) return undefined
  const range = { segment, position, byteCount: Math.min(segment.size - position, request.maxBytes) }
  const hot = hotPart(range, request)
  if (hot === undefined || hot.byteCount < BATCH_HEADER_BYTES) return undefined
  const result = readHot(log, hot, request)
  if (result.error === 'NONE' && result.byteCount > 0) return result
  // Larger than what may be read, or not where it was: whoever looks for it says which.
  segment.forgetKnown(request.fetchOffset)
  return undefined
}

function readAt(log: SegmentsOfLog, range: Range, request: ReadRequest): ReadResult | Promise<ReadResult> {
  const hot = hotPart(range, request)
  return hot === undefined ? readCold(log, range, request) : readHot(log, hot, request)
}

/**
 * The part of the range that may be read at once, where that is most of it and as much as is wanted: what was checked
 * ends with a batch.
 */
function hotPart({ segment, position, byteCount }: Range, { minBytes = 1 }: ReadRequest): Range | undefined {
  const hotBytes = segment.hotTo(position, position + byteCount) - position
  const wantedBytes = Math.min(byteCount, minBytes)
  return hotBytes > 0 && hotBytes * 2 >= byteCount && hotBytes >= wantedBytes
    ? { segment, position, byteCount: hotBytes }
    : undefined
}

function readHot(log: SegmentsOfLog, range: Range, request: ReadRequest): ReadResult {
  const buffer = bufferFor(range, request)
  const read = range.segment.file().readNow(buffer, range.position)
  return wholeBatches(log, buffer.subarray(0, read), { range, request, checksums: false })
}

async function readCold(log: SegmentsOfLog, range: Range, request: ReadRequest): Promise<ReadResult> {
  const buffer = bufferFor(range, request)
  const read = await range.segment.pinned((file) => file.read(buffer, range.position))
  return wholeBatches(log, buffer.subarray(0, read), { range, request, checksums: true })
}

function bufferFor({ byteCount }: Range, { allocate }: ReadRequest): Buffer {
  return allocate === undefined ? Buffer.allocUnsafe(byteCount) : allocate(byteCount)
}

const header = new StoredHeader()

/** The batches of `buffer` that are whole and below the bound; as far as the first that is damaged. */
function wholeBatches(
  log: SegmentsOfLog,
  buffer: Buffer,
  given: { readonly range: Range; readonly request: ReadRequest; readonly checksums: boolean },
): ReadResult {
  const { range, request, checksums } = given
  const { segment, position } = range
  const upTo = Math.min(request.upTo, endOffsetOf(log, segment))
  let end = 0
  let firstOffset = request.fetchOffset
  let nextOffset = request.fetchOffset
  let hasLegacy = false
  while (end < buffer.length) {
    let problem = header.read(buffer, end, buffer.length - end)
    if (problem === undefined && checksums) problem = checkStoredContent(buffer, end, header)
    // The last one is cut off where the bytes that were asked for end.
    if (problem === 'truncated' && end > 0) break
    if (problem !== undefined) {
      if (end === 0) return corrupt
      break
    }
    if (header.lastOffset >= upTo) break
    if (end === 0) firstOffset = header.firstOffset
    hasLegacy ||= header.isLegacy
    nextOffset = header.lastOffset + 1
    end += header.size
  }
  if (end === 0) return nothing(request.fetchOffset)
  if (checksums) segment.checked(position, position + end)
  segment.readTo(nextOffset, position + end)
  if (hasLegacy) return { ...converted(buffer, end), error: 'NONE', firstOffset, nextOffset }
  return { error: 'NONE', records: [buffer.subarray(0, end)], byteCount: end, firstOffset, nextOffset }
}

/** Messages of magic 0 and 1 as batches of magic 2, the only ones that are sent. */
function converted(buffer: Buffer, end: number): Pick<RecordsRead, 'records' | 'byteCount'> {
  const records: Buffer[] = []
  let byteCount = 0
  for (let at = 0; at < end; at += batchSizeAt(buffer, at)) {
    const batch = isLegacy(buffer, at)
      ? batchFromLegacyMessage(buffer, at, legacyBytesMax)
      : buffer.subarray(at, at + batchSizeAt(buffer, at))
    records.push(batch)
    byteCount += batch.length
  }
  return { records, byteCount }
}
