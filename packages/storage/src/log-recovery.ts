/**
 * What is done to a log that was not closed in order: everything from the recovery point on is checked batch by batch,
 * and the log is cut at the first bad one. Before the recovery point nothing is ever cut, whatever it looks like.
 *
 * What is cut is kept beside the log, under a name that neither we nor Apache Kafka read (`…-<position>.cut`).
 */
import type { Disk, DiskFile, Logger } from '@gregor/platform'
import { dirname, join } from 'node:path'
import { isDiskFull } from './disk-full.ts'
import type { ScanVisitor } from './log-scan.ts'
import { cutSuffix, segmentFileName } from './file-names.ts'
import type { Segment } from './segment.ts'

export interface Recovery {
  readonly disk: Disk
  readonly logger: Logger
  /** In order. None is active. */
  readonly segments: readonly Segment[]
  readonly recoveryPoint: number
  /** Whether offsets follow on each other from segment to segment: not where compaction may have been. */
  readonly isContiguousFrom: number
  /** Good batches are shown to `visit`, from about this offset on, as far as they are in segments that are recovered. */
  readonly visitFrom: number
  readonly visit: (segment: Segment, ...batch: Parameters<ScanVisitor['batch']>) => void
}

/**
 * The number of the first segment that is looked at: the one that ends at the recovery point or holds it. Where it
 * ends there, its last batches were synced while it was the active one, and its indexes were not.
 */
export function firstToRecover(segments: readonly Segment[], recoveryPoint: number): number {
  return Math.max(
    0,
    segments.findLastIndex((segment) => segment.baseOffset < recoveryPoint),
  )
}

export interface RecoveredSegments {
  readonly segments: readonly Segment[]
  /** The log ends here. */
  readonly nextOffset: number
}

/** @throws DiskError */
export async function recoverSegments(recovery: Recovery): Promise<RecoveredSegments> {
  const { segments, recoveryPoint, logger } = recovery
  const first = firstToRecover(segments, recoveryPoint)
  const good = segments.slice(0, first)
  let nextOffset = segments[first]?.baseOffset ?? 0
  for (const [index, segment] of segments.entries()) {
    if (index < first) continue
    if (index > first && isBehindHole(recovery, segment, nextOffset)) {
      logger.warn('the log has a hole, the crash took what was in it', { file: segment.path, expected: nextOffset })
      await takeOff(recovery, segments.slice(index))
      break
    }
    const {
      position,
      problem,
      nextOffset: segmentEnd,
      endsInDamage,
    } = await segment.recover({
      fromOffset: recoveryPoint,
      visitFrom: recovery.visitFrom,
      visit: (header, place) => recovery.visit(segment, header, place),
    })
    good.push(segment)
    // Damaged bytes that were synced stay, and so do their offsets: the log goes on behind them.
    nextOffset = Math.max(segmentEnd, endsInDamage ? recoveryPoint : 0)
    if (position === segment.size) continue
    logger.warn('cutting a log at the first bad batch', { file: segment.path, position, offset: nextOffset, problem })
    await keepTail(recovery, segment, position)
    segment.cutTo(position)
    // Before the log grows again: what was cut must not come back with the next crash, between or under new batches.
    await segment.syncLog()
    await takeOff(recovery, segments.slice(index + 1))
    break
  }
  return { segments: good, nextOffset }
}

function isBehindHole(recovery: Recovery, segment: Segment, nextOffset: number): boolean {
  const { baseOffset } = segment
  return baseOffset > recovery.recoveryPoint && baseOffset > recovery.isContiguousFrom && baseOffset !== nextOffset
}

/** Segments behind the cut: their logs get the name of cut bytes, their indexes go. */
async function takeOff({ disk, logger }: Recovery, segments: readonly Segment[]): Promise<void> {
  for (const segment of segments) {
    const { path, size: bytes } = segment
    segment.close()
    if (bytes > 0) {
      const target = cutPath(disk, segment, 0)
      logger.warn('taking a segment off the log', { file: path, keptIn: target, bytes })
      disk.rename(path, target)
    }
    await segment.remove()
  }
  const [first] = segments
  if (first !== undefined) await disk.syncDirectory(dirname(first.path))
}

async function keepTail({ disk, logger }: Recovery, segment: Segment, position: number): Promise<void> {
  const target = cutPath(disk, segment, position)
  const bytes = segment.size - position
  await segment.pinned(async (file) => {
    if (await isZeros(file, position, segment.size)) {
      logger.info('the end of the log was laid out and not written', { file: segment.path, position, bytes })
      return
    }
    try {
      await copyTail(file, { from: position, end: segment.size }, { disk, target })
      logger.warn('kept what was cut', { file: segment.path, keptIn: target, bytes })
    } catch (error) {
      // A full disk must not keep the log from opening: that is how it gets its space back.
      if (!isDiskFull(error)) throw error
      logger.warn('no space to keep what was cut', { file: segment.path, bytes, error })
    }
  })
}

const chunkBytes = 1 << 20

/** Files laid out ahead (`preallocate`) end in zeros, which nobody misses. */
async function isZeros(file: DiskFile, from: number, end: number): Promise<boolean> {
  const zeros = Buffer.alloc(Math.min(chunkBytes, end - from))
  const chunk = Buffer.allocUnsafe(zeros.length)
  for (let position = from; position < end; position += chunk.length) {
    const read = await file.read(chunk.subarray(0, Math.min(chunk.length, end - position)), position)
    if (!chunk.subarray(0, read).equals(zeros.subarray(0, read))) return false
  }
  return true
}

async function copyTail(
  source: DiskFile,
  range: { from: number; end: number },
  { disk, target }: { disk: Disk; target: string },
): Promise<void> {
  const kept = disk.open(target, { create: true })
  try {
    kept.truncate(0)
    const chunk = Buffer.allocUnsafe(Math.min(chunkBytes, range.end - range.from))
    for (let position = range.from; position < range.end; position += chunk.length) {
      const read = await source.read(chunk.subarray(0, Math.min(chunk.length, range.end - position)), position)
      kept.write([chunk.subarray(0, read)], position - range.from)
    }
    await kept.sync()
  } finally {
    kept.close()
  }
}

/** A name that is free: what an earlier crash cut at the same place stays. */
function cutPath(disk: Disk, segment: Segment, position: number): string {
  const stem = join(dirname(segment.path), `${segmentFileName(segment.baseOffset, '')}-${position}`)
  for (let number = 0; number < keptCutsMax; number++) {
    const path = number === 0 ? stem + cutSuffix : `${stem}-${number}${cutSuffix}`
    if (disk.stat(path) === undefined) return path
  }
  return stem + cutSuffix
}

/** Of one place. Nobody crashes that often and looks at none of them. */
const keptCutsMax = 100
