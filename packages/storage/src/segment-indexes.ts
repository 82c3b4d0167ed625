/**
 * The offset and the time index of one segment, fed together: which batch gets an entry is decided here, alike for
 * batches that are appended, recovered or scanned to rebuild a lost index.
 */
import type { Disk } from '@gregor/platform'
import { OffsetIndex, offsetIndexEntryBytes } from './offset-index.ts'
import type { StoredHeader } from './stored-batch.ts'
import { TimeIndex, type TimestampOffset, timeIndexEntryBytes } from './time-index.ts'

export interface IndexPlace {
  readonly disk: Disk
  readonly baseOffset: number
  readonly offsetIndexPath: string
  readonly timeIndexPath: string
  readonly maxBytes: number
}

/** A file that cannot be used, and why. */
export interface IndexProblem {
  readonly path: string
  readonly reason: string
}

export class SegmentIndexes {
  readonly offsets: OffsetIndex
  readonly times: TimeIndex
  /** Of all batches noted. */
  #maxTimestamp: number
  #maxTimestampOffset: number
  #bytesSinceEntry = 0

  private constructor(offsets: OffsetIndex, times: TimeIndex) {
    this.offsets = offsets
    this.times = times
    const { timestamp, offset } = times.last
    this.#maxTimestamp = timestamp
    this.#maxTimestampOffset = offset
  }

  /** Empty ones, over whatever files were there. */
  static create(place: IndexPlace): SegmentIndexes {
    const { disk, baseOffset, maxBytes } = place
    return new SegmentIndexes(
      OffsetIndex.create({ disk, baseOffset, maxBytes, path: place.offsetIndexPath }),
      TimeIndex.create({ disk, baseOffset, maxBytes, path: place.timeIndexPath }),
    )
  }

  /** Those in the files, as far as they are sound by themselves for a log of `logBytes`. */
  static load(place: IndexPlace, logBytes: number): SegmentIndexes | IndexProblem {
    const { disk, baseOffset, maxBytes, offsetIndexPath, timeIndexPath } = place
    const fileProblem = checkIndexFiles(place)
    if (fileProblem !== undefined) return fileProblem
    const offsets = OffsetIndex.load({ disk, baseOffset, maxBytes, path: offsetIndexPath })
    const offsetProblem = offsets.check(logBytes)
    if (offsetProblem !== undefined) return { path: offsetIndexPath, reason: offsetProblem }
    const times = TimeIndex.load({ disk, baseOffset, maxBytes, path: timeIndexPath })
    const timeProblem = times.check()
    if (timeProblem !== undefined) return { path: timeIndexPath, reason: timeProblem }
    return new SegmentIndexes(offsets, times)
  }

  /** As much of the files as is sound, which may be nothing, and what is wrong with the rest. */
  static loadSoundPart(
    place: IndexPlace,
    logBytes: number,
  ): { readonly indexes: SegmentIndexes; readonly problem: IndexProblem | undefined } {
    const { disk, baseOffset, maxBytes, offsetIndexPath, timeIndexPath } = place
    const missing = checkIndexFiles(place)
    if (missing !== undefined) return { indexes: SegmentIndexes.create(place), problem: missing }
    const offsets = OffsetIndex.load({ disk, baseOffset, maxBytes, path: offsetIndexPath })
    const offsetProblem = offsets.truncateToSound(logBytes)
    const times = TimeIndex.load({ disk, baseOffset, maxBytes, path: timeIndexPath })
    const timeProblem = times.truncateToSound()
    const indexes = new SegmentIndexes(offsets, times)
    if (offsetProblem !== undefined) return { indexes, problem: { path: offsetIndexPath, reason: offsetProblem } }
    if (timeProblem !== undefined) return { indexes, problem: { path: timeIndexPath, reason: timeProblem } }
    return { indexes, problem: undefined }
  }

  get isFull(): boolean {
    return this.offsets.isFull || this.times.isFull
  }

  get byteCount(): number {
    return this.offsets.byteCount + this.times.byteCount
  }

  /** Of all batches noted; timestamp -1 where none has one. */
  get maxTimestamp(): TimestampOffset {
    return { timestamp: this.#maxTimestamp, offset: this.#maxTimestampOffset }
  }

  /** The batch of this header stands at `position` of the log. Called for each batch, in order. */
  note(header: StoredHeader, position: number, intervalBytes: number): void {
    if (header.maxTimestamp > this.#maxTimestamp) {
      this.#maxTimestamp = header.maxTimestamp
      this.#maxTimestampOffset = header.lastOffset
    }
    if (this.#bytesSinceEntry > intervalBytes && !this.isFull) {
      this.offsets.append(header.lastOffset, position)
      this.times.append(this.#maxTimestamp, this.#maxTimestampOffset)
      this.#bytesSinceEntry = 0
    }
    this.#bytesSinceEntry += header.size
  }

  /** The segment is complete: its largest timestamp becomes the last entry, and the files are written. */
  complete(): void {
    this.times.append(this.#maxTimestamp, this.#maxTimestampOffset)
    this.persist()
  }

  persist(): void {
    this.offsets.persist()
    this.times.persist()
  }

  async sync(): Promise<void> {
    await Promise.all([this.offsets.sync(), this.times.sync()])
  }

  /**
   * Drops what is said of batches at `position` or behind it, and of batches that end at `offset` or later. Returns
   * the position from which the batches that stay must be noted again, because no entry speaks for them.
   * `distrustTimes`: also those behind the last entry of the time index, which a power loss may have shortened.
   */
  truncateTo(given: { offset: number; position: number; distrustTimes?: boolean }): number {
    this.times.truncateTo(given.offset)
    this.offsets.truncateTo(given.offset)
    this.offsets.truncateToPosition(given.position)
    const { timestamp, offset: timestampOffset } = this.times.last
    this.#maxTimestamp = timestamp
    this.#maxTimestampOffset = timestampOffset
    this.#bytesSinceEntry = 0
    if (given.distrustTimes !== true) return this.offsets.last?.position ?? 0
    if (this.times.entryCount === 0) {
      this.offsets.truncateToPosition(0)
      return 0
    }
    const known = this.offsets.positionBelow(timestampOffset)
    this.offsets.truncateToPosition(known + 1)
    return known
  }

  moveTo(place: Pick<IndexPlace, 'offsetIndexPath' | 'timeIndexPath'>): void {
    this.offsets.moveTo(place.offsetIndexPath)
    this.times.moveTo(place.timeIndexPath)
  }
}

/** What is wrong with the files, as far as it shows from outside: not there, or not of whole entries. */
export function checkIndexFiles({ disk, offsetIndexPath, timeIndexPath }: IndexPlace): IndexProblem | undefined {
  return (
    checkIndexFile(disk, offsetIndexPath, offsetIndexEntryBytes) ??
    checkIndexFile(disk, timeIndexPath, timeIndexEntryBytes)
  )
}

function checkIndexFile(disk: Disk, path: string, entryBytes: number): IndexProblem | undefined {
  const size = disk.stat(path)?.size
  if (size === undefined) return { path, reason: 'it is missing' }
  return size % entryBytes === 0 ? undefined : { path, reason: `its size is not a multiple of ${entryBytes}` }
}
