/**
 * A closed segment’s indexes: loaded and checked against the log, built anew from it, or brought up after a crash while
 * the log itself is checked. Nothing here is kept; `Segment` holds the result.
 */
import type { Logger } from '@gregor/platform'
import { HeaderWalk, type ScanEnd, type ScanVisitor, scanLog } from './log-scan.ts'
import { readLastPosition } from './offset-index.ts'
import type { FileSlot } from './open-files.ts'
import { type IndexPlace, type IndexProblem, SegmentIndexes } from './segment-indexes.ts'
import { type TimestampOffset, readLastTimestamp } from './time-index.ts'

/** A segment’s files, as far as its indexes go. */
export interface IndexedLog {
  readonly log: FileSlot
  /** Of the log file. */
  readonly size: number
  readonly place: IndexPlace
  readonly intervalBytes: number
  readonly logger: Logger
}

export interface SegmentRecovery extends ScanEnd {
  /** Behind the last good batch. */
  readonly nextOffset: number
  /** The last bytes are damaged and stay: they are from before the offset that was recovered from. */
  readonly endsInDamage: boolean
}

const walk = new HeaderWalk()

/** The indexes in the files, unless something is wrong with them. @throws DiskError */
export function loadIndexes(segment: IndexedLog): SegmentIndexes | IndexProblem {
  const loaded = SegmentIndexes.load(segment.place, segment.size)
  if ('reason' in loaded) return loaded
  const { offsets, times } = loaded
  return findMissingEnd(segment, { lastOffsetEntry: offsets.last, lastTimestamp: times.last.timestamp }) ?? loaded
}

/** The last entry of the time index, read alone and checked; `undefined` where it is not to be believed. @throws DiskError */
export function readMaxTimestamp(segment: IndexedLog): TimestampOffset | undefined {
  const last = readLastTimestamp(segment.place)
  const position = readLastPosition(segment.place)
  if (last === undefined || position === 'unsound') return undefined
  const lastOffsetEntry = position === 'none' ? undefined : position
  if (lastOffsetEntry !== undefined && lastOffsetEntry.position >= segment.size) return undefined
  const problem = findMissingEnd(segment, { lastOffsetEntry, lastTimestamp: last.timestamp })
  return problem === undefined ? last : undefined
}

/** An index that ends early looks whole by itself: the log behind its last entry shows that some are missing. */
function findMissingEnd(
  { log, size, place, intervalBytes }: IndexedLog,
  known: {
    readonly lastOffsetEntry: { readonly offset: number; readonly position: number } | undefined
    readonly lastTimestamp: number
  },
): IndexProblem | undefined {
  const { lastOffsetEntry, lastTimestamp } = known
  const from = lastOffsetEntry?.position ?? 0
  const offsetProblem = (reason: string): IndexProblem => ({ path: place.offsetIndexPath, reason })
  walk.start(log.file(), from, size)
  while (walk.next()) {
    const { header, position } = walk
    if (position === from && lastOffsetEntry !== undefined && header.lastOffset > lastOffsetEntry.offset) {
      return offsetProblem('it does not lead to batches')
    }
    // Twice the interval: whoever reopened the segment started to count anew.
    if (position - from > 2 * intervalBytes && position + header.size < size) {
      return offsetProblem('its last entries are missing')
    }
    if (header.maxTimestamp > lastTimestamp) return { path: place.timeIndexPath, reason: 'its last entry is missing' }
  }
  return undefined
}

/** Builds the indexes from the batches, passing damaged bytes by. One log line names the file. @throws DiskError */
export async function rebuildIndexes(segment: IndexedLog, problem: IndexProblem): Promise<SegmentIndexes> {
  logRebuilding(segment, problem)
  const { place, size: end, intervalBytes } = segment
  const rebuilt = SegmentIndexes.create(place)
  const range = { from: 0, end, baseOffset: place.baseOffset, checksums: false }
  await segment.log.pinned((file) =>
    scanLog(file, range, {
      batch: (header, { position }) => rebuilt.note(header, position, intervalBytes),
      damage: () => true,
    }),
  )
  rebuilt.complete()
  return rebuilt
}

/**
 * Checks the batches from `fromOffset` on, up to the first bad one; the indexes are made anew from there. What is before
 * stays as it is, damaged or not. `visit` sees the good ones, from about `visitFrom` on. @throws DiskError
 */
export async function recoverBatches(
  segment: IndexedLog,
  given: { readonly fromOffset: number; readonly visitFrom: number; readonly visit: ScanVisitor['batch'] },
): Promise<{ readonly indexes: SegmentIndexes; readonly recovery: SegmentRecovery }> {
  const { fromOffset, visitFrom, visit } = given
  const { size: end, intervalBytes } = segment
  const { baseOffset } = segment.place
  const indexes = soundIndexes(segment)
  const known = indexes.truncateTo({ offset: fromOffset, position: end, distrustTimes: true })
  let nextOffset = baseOffset
  let damageEnd = -1
  const batch: ScanVisitor['batch'] = (header, place) => {
    if (place.position >= known) indexes.note(header, place.position, intervalBytes)
    nextOffset = header.lastOffset + 1
    visit(header, place)
  }
  const damage = (_from: number, to: number): boolean => {
    // Once all before the recovery point was found, what is no batch was never synced: it is cut, not kept.
    if (nextOffset >= fromOffset) return false
    damageEnd = to
    return true
  }
  const scanned = await segment.log.pinned(async (file) => {
    let from = 0
    if (fromOffset > baseOffset) {
      from = Math.min(known, indexes.offsets.positionBelow(visitFrom))
      const before = { from, end, baseOffset, checksums: false, stopAtOffset: fromOffset }
      from = (await scanLog(file, before, { batch, damage })).position
    }
    // Not from the segment’s base on: a torn write can leave a batch whole but for its offset, which no checksum covers.
    return scanLog(file, { from, end, baseOffset: nextOffset, checksums: true }, { batch })
  })
  indexes.complete()
  return { indexes, recovery: { ...scanned, nextOffset, endsInDamage: damageEnd === end } }
}

/** Of the index files what can be believed: a crash leaves them short, or with zeros at the end. */
function soundIndexes(segment: IndexedLog): SegmentIndexes {
  const { log, size, place } = segment
  const { indexes, problem } = SegmentIndexes.loadSoundPart(place, size)
  if (problem !== undefined) logRebuilding(segment, problem)
  const last = indexes.offsets.last
  if (last === undefined) return indexes
  walk.start(log.file(), last.position, size)
  if (walk.next() && walk.header.lastOffset <= last.offset) return indexes
  logRebuilding(segment, { path: place.offsetIndexPath, reason: 'it does not lead to batches' })
  return SegmentIndexes.create(place)
}

function logRebuilding({ logger }: IndexedLog, { path, reason }: IndexProblem): void {
  logger.warn('rebuilding the indexes of a segment', { file: path, reason })
}
