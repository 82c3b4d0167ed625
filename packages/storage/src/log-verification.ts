/**
 * Reads the segments of partition directories again and says where they are damaged. Only reads, takes no lock: it may
 * run beside a node, and then finds the batch that is being written half there, at the end of the last segment.
 */
import type { Disk } from '@gregor/platform'
import { join } from 'node:path'
import { logSuffix, offsetOfFileName } from './file-names.ts'
import { scanLog } from './log-scan.ts'
import { parsePartitionDirectory } from './partition-directory-name.ts'
import type { StoredProblem } from './stored-batch.ts'

/** Bytes of a segment that are no batches. */
export interface LogDamage {
  readonly file: string
  /** The first damaged byte, and the first good one behind it or the file’s end. */
  readonly position: number
  readonly end: number
  readonly problem: StoredProblem
  /** Behind the last good batch before: the first offset that may be missing. */
  readonly offset: number
  /** Nothing good follows in the last segment: a start after a crash cuts such an end off. */
  readonly isAtEnd: boolean
}

export interface LogVerification {
  readonly partitionCount: number
  readonly segmentCount: number
  readonly batchCount: number
  readonly byteCount: number
  readonly damages: readonly LogDamage[]
}

/** Partition directories in `path`, or `path` itself where it holds segments. @throws DiskError */
export function partitionDirectoriesIn(disk: Pick<Disk, 'list' | 'stat'>, path: string): readonly string[] {
  const names = disk.list(path)
  if (names.some((name) => offsetOfFileName(name, logSuffix) !== undefined)) return [path]
  return names
    .filter((name) => parsePartitionDirectory(name) !== undefined)
    .map((name) => join(path, name))
    .filter((directory) => disk.stat(directory)?.kind === 'directory')
}

/** Checks every batch of every segment in these partition directories against its checksum. @throws DiskError */
export async function verifyLogs(disk: Disk, directories: readonly string[]): Promise<LogVerification> {
  const damages: LogDamage[] = []
  const counts = { partitionCount: directories.length, segmentCount: 0, batchCount: 0, byteCount: 0 }
  for (const directory of directories) {
    const baseOffsets = disk
      .list(directory)
      .map((name) => ({ name, baseOffset: offsetOfFileName(name, logSuffix) }))
      .filter((one): one is { name: string; baseOffset: number } => one.baseOffset !== undefined)
    for (const [index, { name, baseOffset }] of baseOffsets.entries()) {
      const isLast = index === baseOffsets.length - 1
      const found = await verifySegment(disk, { file: join(directory, name), baseOffset, isLast })
      counts.segmentCount++
      counts.batchCount += found.batchCount
      counts.byteCount += found.byteCount
      damages.push(...found.damages)
    }
  }
  return { ...counts, damages }
}

async function verifySegment(
  disk: Disk,
  { file, baseOffset, isLast }: { file: string; baseOffset: number; isLast: boolean },
): Promise<Pick<LogVerification, 'batchCount' | 'byteCount' | 'damages'>> {
  const opened = disk.open(file, { readOnly: true })
  try {
    const size = opened.size()
    const damages: LogDamage[] = []
    let batchCount = 0
    let offset = baseOffset
    await scanLog(
      opened,
      { from: 0, end: size, baseOffset, checksums: true },
      {
        batch({ lastOffset }) {
          batchCount++
          offset = lastOffset + 1
        },
        damage(position, end, problem) {
          damages.push({ file, position, end, problem, offset, isAtEnd: isLast && end === size })
          return true
        },
      },
    )
    return { batchCount, byteCount: size, damages }
  } finally {
    opened.close()
  }
}
