/**
 * Finds the segments in a partition’s directory, and first ends what a crash interrupted: files that wait to be
 * unlinked go; what compaction was writing goes; what it had written (`.swap`) takes its sources’ place.
 *
 * Everything here can be cut off at any point and be done again.
 */
import type { Disk, Logger } from '@gregor/platform'
import { join } from 'node:path'
import {
  cleanedSuffix,
  deletedSuffix,
  logSuffix,
  offsetIndexSuffix,
  offsetOfFileName,
  segmentFileName,
  segmentSuffixes,
  swapSuffix,
  timeIndexSuffix,
  transactionIndexSuffix,
} from './file-names.ts'
import { scanLog } from './log-scan.ts'

export interface FoundSegment {
  readonly baseOffset: number
  readonly size: number
}

interface LoadingDirectory {
  readonly disk: Disk
  readonly logger: Logger
  readonly directory: string
}

/** The segments, in order. @throws DiskError */
export async function findSegments(loading: LoadingDirectory): Promise<readonly FoundSegment[]> {
  await removeUnfinished(loading)
  await finishSwaps(loading)
  await removeOrphans(loading)
  const { disk, directory } = loading
  const found: FoundSegment[] = []
  for (const name of disk.list(directory)) {
    const baseOffset = offsetOfFileName(name, logSuffix)
    if (baseOffset === undefined) continue
    const stat = disk.stat(join(directory, name))
    if (stat?.kind === 'file') found.push({ baseOffset, size: stat.size })
  }
  return found
}

/**
 * `.deleted` (but not of metadata snapshots, which are somebody else’s) and `.cleaned` files; and `.swap` files from
 * the lowest `.cleaned` on: a segment was being split, and its other parts are not complete.
 */
async function removeUnfinished({ disk, logger, directory }: LoadingDirectory): Promise<void> {
  const names = disk.list(directory)
  const cleaned = names.map((name) => segmentFileOffset(name, cleanedSuffix)).filter((offset) => offset !== undefined)
  const lowestCleaned = Math.min(Infinity, ...cleaned)
  for (const name of names) {
    const swapOffset = segmentFileOffset(name, swapSuffix)
    const isUnfinishedSwap = swapOffset !== undefined && swapOffset >= lowestCleaned
    const isDeleted = name.endsWith(deletedSuffix) && !name.endsWith(`.checkpoint${deletedSuffix}`)
    if (!isDeleted && !isUnfinishedSwap && segmentFileOffset(name, cleanedSuffix) === undefined) continue
    logger.debug('removing a file that was left behind', { file: join(directory, name) })
    await disk.remove(join(directory, name))
  }
}

/** `.swap` files become the segment; what they were made from is in their range of offsets, and goes before. */
async function finishSwaps({ disk, logger, directory }: LoadingDirectory): Promise<void> {
  const names = disk.list(directory)
  const swaps = names.filter((name) => segmentFileOffset(name, swapSuffix) !== undefined)
  if (swaps.length === 0) return
  let from = Infinity
  let to = -Infinity
  for (const name of swaps) {
    const baseOffset = offsetOfFileName(name, logSuffix + swapSuffix)
    if (baseOffset === undefined) continue
    from = Math.min(from, baseOffset)
    to = Math.max(to, await readNextOffset(disk, join(directory, name), baseOffset))
  }
  for (const name of names) {
    const offset = segmentFileOffset(name, '')
    if (offset === undefined || offset < from || offset >= to) continue
    logger.info('removing a file that compaction has replaced', { file: join(directory, name) })
    await disk.remove(join(directory, name))
  }
  await disk.syncDirectory(directory)
  for (const name of swaps) {
    logger.info('finishing an interrupted compaction', { file: join(directory, name) })
    disk.rename(join(directory, name), join(directory, name.slice(0, -swapSuffix.length)))
  }
  await disk.syncDirectory(directory)
}

/** Indexes without a log file. */
async function removeOrphans({ disk, logger, directory }: LoadingDirectory): Promise<void> {
  const names = new Set(disk.list(directory))
  for (const name of names) {
    for (const suffix of [offsetIndexSuffix, timeIndexSuffix, transactionIndexSuffix]) {
      const offset = offsetOfFileName(name, suffix)
      if (offset === undefined || names.has(segmentFileName(offset, logSuffix))) continue
      logger.warn('removing an index whose log file is not there', { file: join(directory, name) })
      await disk.remove(join(directory, name))
    }
  }
}

/** The base offset of a file of a segment, with `suffix` behind its own. */
function segmentFileOffset(name: string, suffix: string): number | undefined {
  for (const own of segmentSuffixes) {
    const offset = offsetOfFileName(name, own + suffix)
    if (offset !== undefined) return offset
  }
  return undefined
}

async function readNextOffset(disk: Disk, path: string, baseOffset: number): Promise<number> {
  const file = disk.open(path, { readOnly: true })
  try {
    let nextOffset = baseOffset
    await scanLog(
      file,
      { from: 0, end: file.size(), baseOffset, checksums: false },
      {
        batch: ({ lastOffset }) => {
          nextOffset = lastOffset + 1
        },
      },
    )
    return nextOffset
  } finally {
    file.close()
  }
}
