/**
 * Reads whole batches of a log: from memory’s nearest place that has them. What was written lately is in the page cache
 * and read at once; all else goes through the pool and is checked against its checksums, since disks forget.
 *
 * A read stays within one segment, as Apache Kafka’s do; where that has nothing behind the offset, the next one is read.
 */
import { batchFromLegacyMessage, batchSizeAt } from '@gregor/protocol'
import type { BatchPlace, Segment } from './segment.ts'
import type { SegmentList } from './segment-list.ts'
import { StoredHeader, checkStoredContent, isLegacy, viewOf } from './stored-batch.ts'

export interface ReadRequest {
  readonly fetchOffset: number
  readonly maxBytes: number
  /** Only batches that end below this offset. */
  readonly upTo: number
  /** Gives one batch even where it is larger than `maxBytes`. */
  readonly minOneBatch: boolean
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
    const place = segment.locate(request.fetchOffset, endOffsetOf(log, segment))
    if (place === 'suspect') return log.rebuildIndexes(segment).then(() => readLog(log, request))
    if (place !== undefined) {
      if (place.isDamaged) return corrupt
      if (place.size > request.maxBytes && !request.minOneBatch) return nothing(request.fetchOffset)
      return segment.isHot(place.position)
        ? readHot(log, segment, place, request)
        : readCold(log, segment, place, request)
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
    return readHot(log, segment, place, request)
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

function readHot(log: SegmentsOfLog, segment: Segment, place: BatchPlace, request: ReadRequest): ReadResult {
  const buffer = bufferFor(segment, place, request)
  const read = segment.file().readNow(buffer, place.position)
  return wholeBatches(buffer.subarray(0, read), bounded(log, segment, request), { checksums: false })
}

async function readCold(
  log: SegmentsOfLog,
  segment: Segment,
  place: BatchPlace,
  request: ReadRequest,
): Promise<ReadResult> {
  const buffer = bufferFor(segment, place, request)
  const read = await segment.pinned((file) => file.read(buffer, place.position))
  return wholeBatches(buffer.subarray(0, read), bounded(log, segment, request), { checksums: true })
}

function bufferFor(segment: Segment, place: BatchPlace, request: ReadRequest): Buffer {
  return Buffer.allocUnsafe(Math.min(segment.size - place.position, Math.max(place.size, request.maxBytes)))
}

function bounded(log: SegmentsOfLog, segment: Segment, request: ReadRequest): ReadRequest {
  const endOffset = endOffsetOf(log, segment)
  return endOffset < request.upTo ? { ...request, upTo: endOffset } : request
}

const header = new StoredHeader()

/** The batches of `buffer` that are whole and below the bound; as far as the first that is damaged. */
function wholeBatches(buffer: Buffer, request: ReadRequest, options: { checksums: boolean }): ReadResult {
  const view = viewOf(buffer)
  let end = 0
  let firstOffset = request.fetchOffset
  let nextOffset = request.fetchOffset
  let hasLegacy = false
  while (end < buffer.length) {
    let problem = header.read(view, end, buffer.length - end)
    if (problem === undefined && options.checksums) problem = checkStoredContent(buffer, end, header)
    // The last one is cut off where the bytes that were asked for end.
    if (problem === 'truncated' && end > 0) break
    if (problem !== undefined) {
      if (end === 0) return corrupt
      break
    }
    if (header.lastOffset >= request.upTo) break
    if (end === 0) firstOffset = header.firstOffset
    hasLegacy ||= header.isLegacy
    nextOffset = header.lastOffset + 1
    end += header.size
  }
  if (end === 0) return nothing(request.fetchOffset)
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
