/**
 * Walks a log file batch by batch. `HeaderWalk` goes a short way now, on the page cache; `scanLog` goes a long way
 * without holding up the loop, checks checksums where asked, and finds its way past damaged bytes.
 *
 * Neither believes what it reads: a size that does not fit, an offset that goes back or does not belong to the
 * segment is damage, too.
 */
import { BATCH_HEADER_BYTES, batchSizeAt } from '@gregor/protocol'
import type { DiskFile } from '@gregor/platform'
import {
  checkStored,
  checkStoredHeader,
  storedFirstOffset,
  storedLastOffset,
  type StoredProblem,
} from './stored-batch.ts'

const walkWindowBytes = 4096
const scanChunkBytes = 1 << 20

/** Goes from header to header. After `next()` the header of the current batch is in `buffer` at `at`. */
export class HeaderWalk {
  readonly buffer = Buffer.allocUnsafe(walkWindowBytes)
  at = 0
  /** Of the current batch in the file. */
  position = 0
  size = 0
  lastOffset = -1
  problem: StoredProblem | undefined
  #file: DiskFile | undefined
  #end = 0
  #windowStart = 0
  #windowEnd = 0

  /** The next batch is the one at `position`; `end` is where the file ends as far as the caller cares. */
  start(file: DiskFile, position: number, end: number): void {
    this.#file = file
    this.#end = end
    this.#windowStart = 0
    this.#windowEnd = 0
    this.position = position
    this.size = 0
    this.lastOffset = -1
    this.problem = undefined
  }

  /** False at the end, and where the bytes are no batch (`problem`); `position` stays there. */
  next(): boolean {
    this.position += this.size
    this.size = 0
    const remaining = this.#end - this.position
    if (remaining === 0) return false
    this.#show()
    this.problem = this.#check(remaining)
    if (this.problem !== undefined) return false
    this.size = batchSizeAt(this.buffer, this.at)
    this.lastOffset = storedLastOffset(this.buffer, this.at)
    return true
  }

  #check(remaining: number): StoredProblem | undefined {
    if (this.#windowEnd - this.position < Math.min(remaining, BATCH_HEADER_BYTES)) return 'truncated'
    const problem = checkStoredHeader(this.buffer, this.at, remaining)
    if (problem !== undefined) return problem
    return storedLastOffset(this.buffer, this.at) <= this.lastOffset ? 'badOffset' : undefined
  }

  /** Makes the header at `position` visible: as a rule it is in the window already. */
  #show(): void {
    const wanted = Math.min(BATCH_HEADER_BYTES, this.#end - this.position)
    if (this.position >= this.#windowStart && this.position + wanted <= this.#windowEnd) {
      this.at = this.position - this.#windowStart
      return
    }
    const read = this.#file?.readNow(this.buffer, this.position) ?? 0
    this.#windowStart = this.position
    this.#windowEnd = this.position + read
    this.at = 0
  }
}

export interface ScanVisitor {
  /** A good batch: whole in `buffer` from `at`, which is `position` in the file. The buffer is used again. */
  batch(buffer: Buffer, at: number, position: number): void
  /** Bytes that are no batch. The scan goes on behind them, unless this returns false or is not there. */
  damage?(from: number, to: number, problem: StoredProblem): boolean
}

export interface ScanRange {
  readonly from: number
  readonly end: number
  /** Offsets that may come: from this one on, and no more than an int32 above the base. */
  readonly baseOffset: number
  readonly checksums: boolean
  /** The scan ends in front of the first batch that holds this offset or comes after it. Default: never. */
  readonly stopAtOffset?: number | undefined
}

export interface ScanEnd {
  /** Where the scan ended: behind the last good batch before what stopped it. */
  readonly position: number
  readonly problem: StoredProblem | undefined
}

/** Visits the batches from `from` (where one begins) to `end`, in order. @throws DiskError */
export async function scanLog(file: DiskFile, range: ScanRange, visitor: ScanVisitor): Promise<ScanEnd> {
  const scan = new Scan(file, range)
  while (scan.position < range.end) {
    const from = scan.position
    await scan.fill()
    const found = scan.visitWholeBatches(visitor)
    // A file that is shorter than it was said to be: nothing was found, and nothing more will come.
    if (scan.hasStopped) break
    const problem = found ?? (scan.position === from ? 'truncated' : undefined)
    if (problem === undefined) continue
    const damageStart = scan.position
    if (visitor.damage === undefined) return { position: damageStart, problem }
    const damageEnd = await scan.findBatchBehind()
    if (!visitor.damage(damageStart, damageEnd, problem)) return { position: damageStart, problem }
    scan.position = damageEnd
  }
  return { position: scan.position, problem: undefined }
}

class Scan {
  position: number
  /** The offset to stop at was reached. */
  hasStopped = false
  readonly #file: DiskFile
  readonly #range: ScanRange
  #chunk: Buffer
  #chunkStart = 0
  #chunkEnd = 0
  #nextOffset: number

  constructor(file: DiskFile, range: ScanRange) {
    this.#file = file
    this.#range = range
    this.position = range.from
    this.#nextOffset = range.baseOffset
    this.#chunk = Buffer.allocUnsafeSlow(Math.max(1, Math.min(scanChunkBytes, range.end - range.from)))
  }

  /** Reads on from `position`: at least the batch that is there, as far as the file has it. */
  async fill(): Promise<void> {
    const remaining = this.#range.end - this.position
    await this.#read(Math.min(this.#chunk.length, remaining))
    const available = this.#chunkEnd - this.position
    if (available < Math.min(BATCH_HEADER_BYTES, remaining) || !this.#mayBeBatch(0, remaining)) return
    const size = batchSizeAt(this.#chunk, 0)
    if (size <= available || size <= this.#chunk.length) return
    this.#chunk = Buffer.allocUnsafeSlow(size)
    await this.#read(size)
  }

  /** Visits what is whole in the chunk. Returns what is wrong with the bytes at `position`, if anything is. */
  visitWholeBatches(visitor: ScanVisitor): StoredProblem | undefined {
    while (this.position < this.#chunkEnd) {
      const at = this.position - this.#chunkStart
      const remaining = this.#range.end - this.position
      if (this.#chunkEnd - this.position < Math.min(BATCH_HEADER_BYTES, remaining)) return undefined
      const problem = checkStoredHeader(this.#chunk, at, remaining)
      if (problem !== undefined) return problem
      const size = batchSizeAt(this.#chunk, at)
      if (!this.#isExpectedOffset(at)) return 'badOffset'
      if (this.position + size > this.#chunkEnd) return undefined
      if (storedLastOffset(this.#chunk, at) >= (this.#range.stopAtOffset ?? Infinity)) {
        this.hasStopped = true
        return undefined
      }
      const content = this.#range.checksums ? checkStored(this.#chunk, at, at + size) : undefined
      if (content !== undefined) return content
      this.#nextOffset = storedLastOffset(this.#chunk, at) + 1
      visitor.batch(this.#chunk, at, this.position)
      this.position += size
    }
    return undefined
  }

  #isExpectedOffset(at: number): boolean {
    const first = storedFirstOffset(this.#chunk, at)
    const last = storedLastOffset(this.#chunk, at)
    return first >= this.#nextOffset && last - this.#range.baseOffset <= 0x7fff_ffff
  }

  /** The position of the next bytes behind `position` that are a batch by their checksum; the end where none are. */
  async findBatchBehind(): Promise<number> {
    const { end } = this.#range
    let candidate = this.position + 1
    while (end - candidate >= BATCH_HEADER_BYTES) {
      this.position = candidate
      await this.#read(Math.min(this.#chunk.length, end - candidate))
      const lastCandidate = this.#chunkEnd - BATCH_HEADER_BYTES
      if (lastCandidate < candidate) return end
      for (; candidate <= lastCandidate; candidate++) {
        const at = candidate - this.#chunkStart
        if (this.#mayBeBatch(at, end - candidate) && (await this.#isBatch(at, candidate))) return candidate
      }
    }
    return end
  }

  #mayBeBatch(at: number, remaining: number): boolean {
    return checkStoredHeader(this.#chunk, at, remaining) === undefined && this.#isExpectedOffset(at)
  }

  async #isBatch(at: number, position: number): Promise<boolean> {
    const bytes = Buffer.allocUnsafeSlow(batchSizeAt(this.#chunk, at))
    const read = await this.#file.read(bytes, position)
    return read === bytes.length && checkStored(bytes, 0, read) === undefined
  }

  async #read(byteCount: number): Promise<void> {
    const read = await this.#file.read(this.#chunk.subarray(0, byteCount), this.position)
    this.#chunkStart = this.position
    this.#chunkEnd = this.position + read
  }
}
