/**
 * The batches of a segment or snapshot file, whatever is in it: nothing is checked but that a batch fits. Headers are
 * read first, a whole batch when somebody asks, so that a search over a large file reads little.
 */
import { BATCH_HEADER_BYTES, LOG_OVERHEAD_BYTES, batchSizeAt, lastOffsetAt, magicAt } from '@gregor/protocol'
import type { Disk, DiskFile } from '@gregor/platform'
import { DumpFailure } from './findings.ts'

/** The header of a batch of any format up to its magic number. */
const HEADER_UP_TO_MAGIC = 17
/** A message of magic 0 is never smaller, behind its offset and size. */
const RECORD_OVERHEAD_MIN = 14
const WINDOW_BYTES = 1 << 20

export interface FileBatch {
  readonly position: number
  /** With offset and size. */
  readonly size: number
  readonly magic: number
  readonly lastOffset: number
  /** All of its bytes. Valid until the next batch is asked for. */
  whole(): Buffer
}

export class LogFile {
  readonly path: string
  readonly size: number
  readonly #file: DiskFile
  readonly #window = Buffer.allocUnsafe(WINDOW_BYTES)
  #windowStart = 0
  #windowLength = 0

  private constructor(path: string, file: DiskFile) {
    this.path = path
    this.#file = file
    this.size = file.size()
  }

  /** @throws DiskError */
  static open(disk: Pick<Disk, 'open'>, path: string): LogFile {
    return new LogFile(path, disk.open(path, { readOnly: true }))
  }

  /** From one position up to another, as far as batches fit. @throws DumpFailure where a size cannot be one. */
  *batches(start: number, end: number): Generator<FileBatch> {
    const stop = Math.min(end, this.size)
    let position = start
    while (position < stop - HEADER_UP_TO_MAGIC) {
      const header = this.#bytes(position, Math.min(BATCH_HEADER_BYTES, this.size - position))
      const size = batchSizeAt(header, 0)
      if (size - LOG_OVERHEAD_BYTES < RECORD_OVERHEAD_MIN) {
        const found = `Found record size ${size - LOG_OVERHEAD_BYTES} smaller than minimum record overhead`
        throw new DumpFailure(`${found} (${RECORD_OVERHEAD_MIN}) in file ${this.path}.`)
      }
      if (position > stop - size) return
      const at = position
      const magic = magicAt(header, 0)
      if (magic >= 2 && size < BATCH_HEADER_BYTES)
        throw new DumpFailure(`A batch of ${size} bytes in file ${this.path}.`)
      yield { position, size, magic, lastOffset: lastOffsetOf(header, magic), whole: () => this.#bytes(at, size) }
      position += size
    }
  }

  close(): void {
    this.#file.close()
  }

  #bytes(position: number, length: number): Buffer {
    if (length > WINDOW_BYTES) {
      const whole = Buffer.allocUnsafe(length)
      return whole.subarray(0, this.#file.readNow(whole, position))
    }
    if (position < this.#windowStart || position + length > this.#windowStart + this.#windowLength) {
      this.#windowLength = this.#file.readNow(this.#window, position)
      this.#windowStart = position
    }
    return this.#window.subarray(position - this.#windowStart, position - this.#windowStart + length)
  }
}

function lastOffsetOf(header: Buffer, magic: number): number {
  return magic >= 2 ? lastOffsetAt(header, 0) : Number(header.readBigInt64BE(0))
}
