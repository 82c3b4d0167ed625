/**
 * Reads a closed segment from its start, batch by batch, in chunks of a bounded size, for work in the background: the
 * file is read through the thread pool, and what is whole in a chunk is handed out without waiting. Every batch has
 * passed its checksum: what does not is `SegmentDamage`, so that nobody copies damaged bytes under a new checksum.
 */

import type { DiskFile } from '@gregor/platform'
import { batchSizeAt } from '@gregor/protocol'
import type { Segment } from './segment.ts'
import { StoredHeader, type StoredProblem, checkStoredContent } from './stored-batch.ts'
import type { Throttle } from './throttle.ts'
import type { TimeSlices } from './time-slices.ts'

/** The bytes at `position` of a log file are not what was written. Operational: report it, leave the segment alone. */
export class SegmentDamage extends Error {
  override readonly name = 'SegmentDamage'
  readonly path: string
  readonly position: number
  readonly problem: StoredProblem

  constructor(path: string, position: number, problem: StoredProblem) {
    super(`${path} is damaged at position ${position}: ${problem}`)
    this.path = path
    this.position = position
    this.problem = problem
  }
}

/** Any header fits. */
const CHUNK_BYTES_MIN = 128

export class SegmentReader {
  /** The current batch is in `buffer` from `at`; good until the next `fill`. */
  buffer: Buffer
  at = 0
  size = 0
  /** Of the current batch. */
  readonly header = new StoredHeader()
  readonly #file: DiskFile
  readonly #end: number
  readonly #endOffset: number
  #chunkStart = 0
  #chunkBytes = 0
  #lastOffset = -1

  /** `end` is the size of the file as it was when it was closed, `endOffset` where the next segment begins. */
  constructor(
    file: DiskFile,
    given: { readonly end: number; readonly endOffset: number; readonly chunkBytes: number },
  ) {
    this.#file = file
    this.#end = given.end
    this.#endOffset = given.endOffset
    this.buffer = Buffer.allocUnsafe(Math.max(CHUNK_BYTES_MIN, Math.min(given.chunkBytes, given.end)))
  }

  /** Of the current batch in the file. */
  get position(): number {
    return this.#chunkStart + this.at
  }

  /** Goes to the next batch of the chunk. False: there is none whole, `fill` is due. @throws SegmentDamage */
  next(): boolean {
    this.at += this.size
    this.size = 0
    const inChunk = this.#chunkBytes - this.at
    if (inChunk === 0) return false
    const inHeader = this.header.read(this.buffer, this.at, inChunk)
    if (inHeader === 'truncated' && this.#chunkStart + this.#chunkBytes < this.#end) return false
    const problem = inHeader ?? checkStoredContent(this.buffer, this.at, this.header)
    if (problem !== undefined) throw this.#damage(problem)
    // Checksums do not cover offsets.
    const { lastOffset } = this.header
    if (lastOffset <= this.#lastOffset || lastOffset >= this.#endOffset) throw this.#damage('badOffset')
    this.#lastOffset = lastOffset
    this.size = this.header.size
    return true
  }

  /** Reads on from where `next` stopped; the number of bytes, 0 at the end. @throws DiskError, SegmentDamage */
  async fill(): Promise<number> {
    const position = this.position
    const left = this.#end - position
    if (left === 0) return 0
    // Not even one batch was whole: it is larger than the chunk.
    if (this.at === 0 && this.#chunkBytes > 0) {
      this.buffer = Buffer.allocUnsafe(this.#sizeOfFirst(left))
    }
    const target = this.buffer.subarray(0, Math.min(this.buffer.length, left))
    const byteCount = await this.#file.read(target, position)
    this.#chunkStart = position
    this.#chunkBytes = byteCount
    this.at = 0
    this.size = 0
    if (byteCount < target.length) throw this.#damage('truncated')
    return byteCount
  }

  #sizeOfFirst(left: number): number {
    const size = batchSizeAt(this.buffer, 0)
    if (size <= this.buffer.length || size > left) throw this.#damage('badSize')
    return size
  }

  #damage(problem: StoredProblem): SegmentDamage {
    return new SegmentDamage(this.#file.path, this.position, problem)
  }
}

/** Work in the background that reads segments, and how much it may ask for. */
export interface BackgroundReading {
  readonly chunkBytes: number
  readonly throttle: Throttle
  readonly slices: TimeSlices
  /** Stops it at the next batch. */
  readonly signal: AbortSignal
}

export interface SegmentVisitor {
  /** False: that is enough. */
  batch(reader: SegmentReader): boolean
  /** Nothing of the chunk is needed after this. Returns how many bytes were written for it. */
  chunkEnded?(): number
}

/** The work was stopped by its signal. */
export class WorkStopped extends Error {
  override readonly name = 'WorkStopped'
}

/**
 * Visits the batches of a closed segment, in slices; `endOffset` is where the next one begins. Returns the bytes read.
 * @throws WorkStopped, SegmentDamage, DiskError
 */
export function visitSegment(
  { segment, endOffset }: { readonly segment: Segment; readonly endOffset: number },
  reading: BackgroundReading,
  visitor: SegmentVisitor,
): Promise<number> {
  const { slices, throttle, chunkBytes } = reading
  return segment.pinned(async (file) => {
    const reader = new SegmentReader(file, { end: segment.size, endOffset, chunkBytes })
    let bytesRead = 0
    for (let byteCount = await reader.fill(); byteCount > 0; byteCount = await reader.fill()) {
      bytesRead += byteCount
      slices.begin()
      while (reader.next()) {
        if (reading.signal.aborted) throw new WorkStopped('stopped')
        if (!visitor.batch(reader)) return bytesRead
        if (slices.isOver()) await slices.rest()
      }
      await throttle.took(byteCount + (visitor.chunkEnded?.() ?? 0))
    }
    return bytesRead
  })
}
