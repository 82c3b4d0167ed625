/**
 * Finds batches in a segment: from the index entry below, header by header. Synchronous, on the page cache.
 */
import type { DiskFile } from '@gregor/platform'
import { HeaderWalk } from './log-scan.ts'
import type { SegmentIndexes } from './segment-indexes.ts'
import type { StoredProblem } from './stored-batch.ts'

/** A segment as it is now. */
export interface SearchedSegment {
  readonly file: DiskFile
  readonly size: number
  readonly baseOffset: number
  readonly indexes: SegmentIndexes
  /** False while the indexes are what a file said. */
  readonly isIndexProven: boolean
}

/** Where the batch is that holds an offset or, in a gap, comes after it. `isDamaged`: the bytes there are no batch. */
export interface BatchPlace {
  readonly position: number
  readonly size: number
  readonly isDamaged: boolean
}

/** One walk ends before another can start. */
const walk = new HeaderWalk()

/** See `Segment.locate`. @throws DiskError */
export function locateBatch(
  segment: SearchedSegment,
  offset: number,
  endOffset: number | undefined,
): BatchPlace | 'suspect' | undefined {
  const { size, isIndexProven } = segment
  const { offsets } = segment.indexes
  const entry = offsets.entryBelow(offset)
  walk.start(segment.file, entry?.position ?? 0, size, endOffset)
  let isFirst = true
  while (walk.next()) {
    const { lastOffset } = walk.header
    if (isFirst && entry !== undefined && lastOffset > entry.offset && !isIndexProven) return 'suspect'
    if (lastOffset >= offset) return { position: walk.position, size: walk.header.size, isDamaged: false }
    isFirst = false
  }
  if (walk.problem === undefined) return undefined
  if (isFirst && entry !== undefined && !isIndexProven) return 'suspect'
  const resume = offsets.entryBehind(walk.position)?.position ?? size
  return { position: walk.position, size: resume - walk.position, isDamaged: true }
}

/** The offset behind the last batch, and what is wrong with the bytes behind that. @throws DiskError */
export function findSegmentEnd({ file, size, baseOffset, indexes }: SearchedSegment): {
  readonly nextOffset: number
  readonly problem: StoredProblem | undefined
} {
  walk.start(file, indexes.offsets.last?.position ?? 0, size)
  let nextOffset = baseOffset
  while (walk.next()) nextOffset = walk.header.lastOffset + 1
  return { nextOffset, problem: walk.problem }
}

/** The largest timestamp of the batch at the front; `undefined` where there is none. @throws DiskError */
export function readFirstTimestamp(file: DiskFile, size: number): number | undefined {
  walk.start(file, 0, size)
  return walk.next() ? walk.header.maxTimestamp : undefined
}

/** Notes the batches from `from` on in the indexes of a segment that was cut. @throws DiskError */
export function noteAgain(
  segment: SearchedSegment,
  given: { readonly from: number; readonly intervalBytes: number },
): void {
  walk.start(segment.file, given.from, segment.size)
  while (walk.next()) {
    segment.indexes.note(walk.header, walk.position, given.intervalBytes)
  }
}
