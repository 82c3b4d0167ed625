/**
 * A file of entries of one size, kept in memory and written behind: the ground of the offset and the time index.
 *
 * An index is derived from its log, so its entries are written when it suits (`persist`), not with each append; what a
 * crash takes is rebuilt by recovery. Only a closed segment’s index is made durable, before the recovery point
 * passes it. The file grows with its entries: Apache Kafka lays out 10 MiB ahead, and takes either.
 */
import { assert } from '@gregor/base'
import type { Disk } from '@gregor/platform'

export class IndexFile {
  readonly entryBytes: number
  readonly maxEntries: number
  readonly #disk: Disk
  #path: string
  #bytes: Buffer
  #count: number
  /** Entries the file holds that agree with memory. */
  #persistedCount: number
  #isSynced: boolean

  private constructor(given: { disk: Disk; path: string; entryBytes: number; maxBytes: number; bytes: Buffer }) {
    this.#disk = given.disk
    this.#path = given.path
    this.entryBytes = given.entryBytes
    this.maxEntries = Math.floor(given.maxBytes / given.entryBytes)
    this.#bytes = given.bytes
    this.#count = Math.floor(given.bytes.length / given.entryBytes)
    this.#persistedCount = this.#count
    this.#isSynced = false
  }

  /** Starts an empty file, over whatever was there. */
  static create(given: { disk: Disk; path: string; entryBytes: number; maxBytes: number }): IndexFile {
    const file = given.disk.open(given.path, { create: true })
    try {
      file.truncate(0)
    } finally {
      file.close()
    }
    return new IndexFile({ ...given, bytes: Buffer.alloc(0) })
  }

  /** Reads the whole file, which is of whole entries. */
  static load(given: { disk: Disk; path: string; entryBytes: number; maxBytes: number }): IndexFile {
    return new IndexFile({ ...given, bytes: given.disk.readFile(given.path, maxIndexFileBytes) })
  }

  get count(): number {
    return this.#count
  }

  get isFull(): boolean {
    return this.#count >= this.maxEntries
  }

  get bytes(): Buffer {
    return this.#bytes
  }

  /** The byte position in `bytes` of a new entry at the end, which the caller fills. */
  extend(): number {
    const position = this.#count * this.entryBytes
    if (position + this.entryBytes > this.#bytes.length) this.#grow()
    this.#count += 1
    return position
  }

  /** Drops all entries from `count` on, in the file as well. */
  truncate(count: number): void {
    assert(count <= this.#count, 'an index is cut, not extended')
    this.#count = count
    if (this.#persistedCount <= count) return
    this.#persistedCount = count
    this.#withFile((file) => {
      file.truncate(count * this.entryBytes)
    })
  }

  get byteCount(): number {
    return this.#count * this.entryBytes
  }

  get unpersistedBytes(): number {
    return (this.#count - this.#persistedCount) * this.entryBytes
  }

  /** Writes what the file lacks, to the page cache. */
  persist(): void {
    if (this.#persistedCount === this.#count) return
    const start = this.#persistedCount * this.entryBytes
    const end = this.#count * this.entryBytes
    this.#withFile((file) => {
      file.write([this.#bytes.subarray(start, end)], start)
    })
    this.#persistedCount = this.#count
  }

  /** Makes all entries durable. */
  async sync(): Promise<void> {
    this.persist()
    if (this.#isSynced) return
    const file = this.#disk.open(this.#path, { create: true })
    try {
      this.#isSynced = true
      await file.sync()
    } finally {
      file.close()
    }
  }

  moveTo(path: string): void {
    this.#path = path
  }

  #withFile(use: (file: ReturnType<Disk['open']>) => void): void {
    const file = this.#disk.open(this.#path, { create: true })
    try {
      this.#isSynced = false
      use(file)
    } finally {
      file.close()
    }
  }

  #grow(): void {
    const entries = Math.max(64, Math.min(this.maxEntries, this.#count * 2), this.#count + 1)
    const grown = Buffer.allocUnsafeSlow(entries * this.entryBytes)
    this.#bytes.copy(grown, 0, 0, this.#count * this.entryBytes)
    this.#bytes = grown
  }
}

/** `segment.index.bytes` is an int32, and so is every index Apache Kafka writes. */
const maxIndexFileBytes = 2 ** 31
