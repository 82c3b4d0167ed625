/**
 * Walks a log file batch by batch. `HeaderWalk` goes a short way now, on the page cache; `scanLog` goes a long way
 * without holding up the loop, checks checksums where asked, and finds its way past damaged bytes.
 *
 * Neither believes what it reads: a size that does not fit, an offset that goes back or does not belong to the
 * segment is damage, too.
 */
import type { DiskFile } from '@gregor/platform'
import { BATCH_HEADER_BYTES, hasRightCrc } from '@gregor/protocol'
import { StoredHeader, type StoredProblem, checkStoredContent } from './stored-batch.ts'

const walkWindowBytes = 4096
const scanChunkBytes = 1 << 20
/** Of a chunk that was not taken by the batches in it this much may be left over for the next one. */
const headroomBytes = scanChunkBytes
const int32Max = 0x7fff_ffff

/** Goes from header to header. After `next()` the current one is in `header`. */
export class HeaderWalk {
  readonly header = new StoredHeader()
  /** Of the current batch in the file. */
  position = 0
  problem: StoredProblem | undefined
  readonly #window = Buffer.allocUnsafeSlow(walkWindowBytes)
  #file: DiskFile | undefined
  #end = 0
  #windowStart = 0
  #windowEnd = 0
  #nextPosition = 0
  #lastOffset = -1
  #endOffset = Infinity

  /**
   * The next batch is the one at `position`; `end` is where the file ends as far as the caller cares. Offsets from
   * `endOffset` on do not belong here.
   */
  start(file: DiskFile, position: number, end: number, endOffset = Infinity): void {
    this.#file = file
    this.#end = end
    this.#endOffset = endOffset
    this.#windowStart = 0
    this.#windowEnd = 0
    this.#nextPosition = position
    this.#lastOffset = -1
    this.position = position
    this.problem = undefined
  }

  /** False at the end, and where the bytes are no batch (`problem`); `position` stays there. */
  next(): boolean {
    this.position = this.#nextPosition
    const remaining = this.#end - this.position
    if (remaining === 0) return false
    this.problem = this.#read(remaining)
    if (this.problem !== undefined) return false
    this.#nextPosition = this.position + this.header.size
    this.#lastOffset = this.header.lastOffset
    return true
  }

  #read(remaining: number): StoredProblem | undefined {
    const wanted = Math.min(BATCH_HEADER_BYTES, remaining)
    if (this.position < this.#windowStart || this.position + wanted > this.#windowEnd) {
      const read = this.#file?.readNow(this.#window, this.position) ?? 0
      this.#windowStart = this.position
      this.#windowEnd = this.position + read
      if (read < wanted) return 'truncated'
    }
    const problem = this.header.read(this.#window, this.position - this.#windowStart, remaining)
    if (problem !== undefined) return problem
    const { lastOffset } = this.header
    return lastOffset <= this.#lastOffset || lastOffset >= this.#endOffset ? 'badOffset' : undefined
  }
}

export interface ScanVisitor {
  /** A good batch: whole in `buffer` from `at`, which is `position` in the file. Buffer and header are used again. */
  batch(header: StoredHeader, place: { readonly buffer: Buffer; readonly at: number; readonly position: number }): void
  /** Bytes that are no batch. The scan goes on behind them, unless this returns false or is not there. */
  damage?(from: number, to: number, problem: StoredProblem): boolean
}

export interface ScanRange {
  readonly from: number
  readonly end: number
  /** Offsets that may come: from this one on, and no more than an int32 above it. */
  readonly baseOffset: number
  /** Where the next segment begins. Default: there is none. (Checksums do not cover offsets.) */
  readonly endOffset?: number | undefined
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
  try {
    return await scanAll(scan, range, visitor)
  } finally {
    await scan.whenIdle()
  }
}

async function scanAll(scan: Scan, range: ScanRange, visitor: ScanVisitor): Promise<ScanEnd> {
  while (scan.position < range.end) {
    const from = scan.position
    await scan.fill()
    const found = scan.visitWholeBatches(visitor)
    if (scan.hasStopped) {
      if (visitor.damage === undefined || !(await scan.isStopWrong())) break
      visitor.damage(scan.position, scan.skipStop(), 'badOffset')
      continue
    }
    // A file that is shorter than it was said to be: nothing was found, and nothing more will come.
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

/** The chunk that comes next, being read while the batches of this one are visited. */
interface ReadAhead {
  /** In the file; in the buffer it is behind the headroom. */
  readonly position: number
  readonly buffer: Buffer
  readonly bytesRead: Promise<number>
}

class Scan {
  position: number
  /** The offset to stop at was reached. */
  hasStopped = false
  readonly #file: DiskFile
  readonly #range: ScanRange
  readonly #header = new StoredHeader()
  readonly #place: { buffer: Buffer; at: number; position: number }
  #chunk: Buffer
  #view: DataView
  /** In the file, of the chunk’s first byte; what is there up to `position` need not be. */
  #chunkStart = 0
  #chunkEnd = 0
  #ahead: ReadAhead | undefined
  /** To be read into. */
  #spare: Buffer | undefined
  #nextOffset: number

  constructor(file: DiskFile, range: ScanRange) {
    this.#file = file
    this.#range = range
    this.position = range.from
    this.#nextOffset = range.baseOffset
    this.#chunk = Buffer.allocUnsafeSlow(Math.max(1, Math.min(scanChunkBytes, range.end - range.from)))
    this.#view = viewOf(this.#chunk)
    this.#place = { buffer: this.#chunk, at: 0, position: 0 }
  }

  /** Reads on from `position`: at least the batch that is there, as far as the file has it. */
  async fill(): Promise<void> {
    const remaining = this.#range.end - this.position
    if (!(await this.#takeAhead())) await this.#read(Math.min(this.#chunk.length, remaining))
    const at = this.position - this.#chunkStart
    const available = this.#chunkEnd - this.position
    if (available >= Math.min(BATCH_HEADER_BYTES, remaining) && this.#mayBeBatch(at, remaining)) {
      const { size } = this.#header
      if (size > available) {
        if (size > this.#chunk.length) this.#use(Buffer.allocUnsafeSlow(size))
        await this.#read(Math.min(this.#chunk.length, remaining))
      }
    }
    this.#readAhead()
  }

  /** Nothing is read any more. */
  async whenIdle(): Promise<void> {
    await this.#ahead?.bytesRead.catch(() => undefined)
  }

  #readAhead(): void {
    const position = this.#chunkEnd
    const byteCount = Math.min(scanChunkBytes, this.#range.end - position)
    if (byteCount <= 0 || this.#ahead !== undefined) return
    const buffer = this.#spare ?? Buffer.allocUnsafeSlow(headroomBytes + scanChunkBytes)
    this.#spare = undefined
    const bytesRead = this.#file.read(buffer.subarray(headroomBytes, headroomBytes + byteCount), position)
    // Who waits for it hears of its failure, and nobody has to.
    bytesRead.catch(() => undefined)
    this.#ahead = { position, buffer, bytesRead }
  }

  /** Goes on with what was read ahead, the rest of this chunk in front of it. False: it is not what comes next. */
  async #takeAhead(): Promise<boolean> {
    const ahead = this.#ahead
    if (ahead === undefined) return false
    this.#ahead = undefined
    const read = await ahead.bytesRead
    const rest = ahead.position - this.position
    if (ahead.position !== this.#chunkEnd || rest < 0 || rest > headroomBytes || this.position < this.#chunkStart) {
      this.#spare = ahead.buffer
      return false
    }
    const restStart = this.position - this.#chunkStart
    this.#chunk.copy(ahead.buffer, headroomBytes - rest, restStart, restStart + rest)
    if (this.#chunk.length === ahead.buffer.length) this.#spare = this.#chunk
    this.#use(ahead.buffer)
    this.#chunkStart = ahead.position - headroomBytes
    this.#chunkEnd = ahead.position + read
    return true
  }

  #use(chunk: Buffer): void {
    this.#chunk = chunk
    this.#view = viewOf(chunk)
    this.#place.buffer = chunk
  }

  /** Visits what is whole in the chunk. Returns what is wrong with the bytes at `position`, if anything is. */
  visitWholeBatches(visitor: ScanVisitor): StoredProblem | undefined {
    const header = this.#header
    const place = this.#place
    const { end, checksums, stopAtOffset = Infinity } = this.#range
    while (this.position < this.#chunkEnd) {
      place.at = this.position - this.#chunkStart
      place.position = this.position
      const remaining = end - this.position
      if (this.#chunkEnd - this.position < Math.min(BATCH_HEADER_BYTES, remaining)) return undefined
      const problem = header.read(this.#chunk, place.at, remaining)
      if (problem !== undefined) return problem
      if (!this.#isExpectedOffset()) return 'badOffset'
      const { size } = header
      if (this.position + size > this.#chunkEnd) return undefined
      if (header.lastOffset >= stopAtOffset) {
        this.hasStopped = true
        return undefined
      }
      if (checksums) {
        const problem = this.#checkContent(place.at)
        if (problem !== undefined) return problem
      }
      this.#nextOffset = header.lastOffset + 1
      visitor.batch(header, place)
      this.position += size
    }
    return undefined
  }

  /**
   * Where the batch to stop at leaves a gap, its offset may be what is damaged (no checksum covers it): the next batch
   * would tell, by going on below it. @throws DiskError
   */
  async isStopWrong(): Promise<boolean> {
    const { firstOffset: stopOffset, size } = this.#header
    if (stopOffset === this.#nextOffset) return false
    const behind = this.position + size
    const remaining = this.#range.end - behind
    const bytes = Buffer.allocUnsafe(BATCH_HEADER_BYTES)
    if ((await this.#file.read(bytes, behind)) < bytes.length) return false
    const next = new StoredHeader()
    const problem = next.read(bytes, 0, remaining)
    return problem === undefined && next.firstOffset >= this.#nextOffset && next.firstOffset < stopOffset
  }

  /** Goes on behind the batch to stop at. Returns where that is. */
  skipStop(): number {
    this.hasStopped = false
    this.position += this.#header.size
    return this.position
  }

  /** Of the batch whose header was read last. */
  #checkContent(at: number): StoredProblem | undefined {
    const header = this.#header
    if (header.isLegacy) return checkStoredContent(this.#chunk, at, header)
    return hasRightCrc(this.#chunk, this.#view, at, header.size) ? undefined : 'badCrc'
  }

  #isExpectedOffset(): boolean {
    const { firstOffset, lastOffset } = this.#header
    const { baseOffset, endOffset = Infinity } = this.#range
    return firstOffset >= this.#nextOffset && lastOffset - baseOffset <= int32Max && lastOffset < endOffset
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
        if (this.#mayBeBatch(at, end - candidate) && (await this.#isBatch(candidate))) return candidate
      }
    }
    return end
  }

  #mayBeBatch(at: number, remaining: number): boolean {
    return this.#header.read(this.#chunk, at, remaining) === undefined && this.#isExpectedOffset()
  }

  /** Of the header read last. */
  async #isBatch(position: number): Promise<boolean> {
    const bytes = Buffer.allocUnsafeSlow(this.#header.size)
    const read = await this.#file.read(bytes, position)
    return read === bytes.length && checkStoredContent(bytes, 0, this.#header) === undefined
  }

  async #read(byteCount: number): Promise<void> {
    const read = await this.#file.read(this.#chunk.subarray(0, byteCount), this.position)
    this.#chunkStart = this.position
    this.#chunkEnd = this.position + read
  }
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
}
