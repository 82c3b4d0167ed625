/**
 * The aborted transactions whose abort marker stands in one segment: Apache’s `.txnindex`, entries of 34 bytes in
 * order of their marker. Most segments have none, so the file is made with the first entry.
 *
 * Nothing is kept in memory but the count and the newest entry, and no handle is kept open: questions that reach the
 * file at all come from `read_committed` fetches over an aborted range, and are answered with a binary search.
 */

import { assert } from '@gregor/base'
import { type Disk, DiskError, type DiskFile } from '@gregor/platform'
import { readInt64, writeInt64 } from './int64.ts'

export interface AbortedTransaction {
  readonly producerId: number
  readonly firstOffset: number
  /** Of the abort marker. */
  readonly lastOffset: number
  /** What the last stable offset became with this marker: no transaction that begins below it is still open. */
  readonly lastStableOffset: number
}

export interface AbortedTransactions {
  readonly transactions: readonly AbortedTransaction[]
  /** No later segment can hold an abort that overlaps the range. */
  readonly isComplete: boolean
}

export const TRANSACTION_INDEX_ENTRY_BYTES = 34
const VERSION = 0
const ENTRIES_PER_READ = 256

const NONE: AbortedTransactions = { transactions: [], isComplete: false }

export class TransactionIndex {
  readonly #disk: Pick<Disk, 'open' | 'stat' | 'rename' | 'remove'>
  readonly #baseOffset: number
  #path: string
  #count: number
  #last: AbortedTransaction | undefined
  /** The file may hold something else after a crash. */
  #needsSync: boolean

  private constructor(disk: Pick<Disk, 'open' | 'stat' | 'rename' | 'remove'>, path: string, baseOffset: number) {
    this.#disk = disk
    this.#path = path
    this.#baseOffset = baseOffset
    this.#count = Math.floor((disk.stat(path)?.size ?? 0) / TRANSACTION_INDEX_ENTRY_BYTES)
    this.#last = this.#count === 0 ? undefined : this.#reading((file) => readEntry(file, this.#count - 1))
    this.#needsSync = this.#count > 0
  }

  /** Without a file the index is empty. `check` says whether what is there can be trusted. @throws DiskError */
  static open(options: {
    readonly disk: Pick<Disk, 'open' | 'stat' | 'rename' | 'remove'>
    readonly path: string
    readonly baseOffset: number
  }): TransactionIndex {
    return new TransactionIndex(options.disk, options.path, options.baseOffset)
  }

  get path(): string {
    return this.#path
  }

  get entryCount(): number {
    return this.#count
  }

  /** To the page cache; `lastOffset` must rise from entry to entry. @throws DiskError */
  append(transaction: AbortedTransaction): void {
    const { lastOffset } = transaction
    assert(this.#last === undefined || lastOffset > this.#last.lastOffset, `an abort at ${lastOffset} is out of order`)
    this.#needsSync = true
    this.#writing((file) => {
      file.write([encodeEntry(transaction)], this.#count * TRANSACTION_INDEX_ENTRY_BYTES)
    })
    this.#count++
    this.#last = transaction
  }

  /**
   * The aborted transactions that overlap offsets from `fromOffset` up to, not including, `toOffset`. Follow on in the
   * next segment unless `isComplete`. @throws DiskError
   */
  collect(fromOffset: number, toOffset: number): AbortedTransactions {
    if (this.#last === undefined) return NONE
    const isComplete = this.#last.lastStableOffset >= toOffset
    if (this.#last.lastOffset < fromOffset) return { transactions: [], isComplete }
    const transactions: AbortedTransaction[] = []
    this.#reading((file) => {
      for (const entry of readEntries(file, this.#firstWithMarkerFrom(file, fromOffset), this.#count)) {
        if (entry.firstOffset < toOffset) transactions.push(entry)
        if (entry.lastStableOffset >= toOffset) return
      }
    })
    return { transactions, isComplete }
  }

  /** All entries, in order of their markers. @throws DiskError */
  entries(): readonly AbortedTransaction[] {
    return this.#count === 0 ? [] : this.#reading((file) => [...readEntries(file, 0, this.#count)])
  }

  /** Entries whose marker is at `offset` or later go. @throws DiskError */
  truncateTo(offset: number): void {
    if (this.#last === undefined || this.#last.lastOffset < offset) return
    this.#needsSync = true
    this.#writing((file) => {
      this.#count = this.#firstWithMarkerFrom(file, offset)
      file.truncate(this.#count * TRANSACTION_INDEX_ENTRY_BYTES)
      this.#last = this.#count === 0 ? undefined : readEntry(file, this.#count - 1)
    })
  }

  /** Empties it, before it is rebuilt. @throws DiskError */
  reset(): void {
    this.#count = 0
    this.#last = undefined
    if (this.#disk.stat(this.#path) === undefined) return
    this.#needsSync = true
    this.#writing((file) => {
      file.truncate(0)
    })
  }

  /** What is wrong with the file; `undefined`: nothing, or there is none. @throws DiskError */
  check(): string | undefined {
    const size = this.#disk.stat(this.#path)?.size ?? 0
    if (size === 0) return undefined
    if (size % TRANSACTION_INDEX_ENTRY_BYTES !== 0) return `${size} bytes are not whole entries of 34`
    return this.#reading((file) => {
      let number = 0
      let previousOffset = this.#baseOffset - 1
      for (const bytes of rawEntries(file, 0, this.#count)) {
        const { firstOffset, lastOffset } = decodeEntry(bytes)
        if (bytes.readInt16BE(0) !== VERSION) return `entry ${number} has another version than 0`
        if (lastOffset <= previousOffset) return `entry ${number} is of an offset before the one it follows`
        if (firstOffset > lastOffset) return `entry ${number} begins behind its end`
        previousOffset = lastOffset
        number++
      }
      return undefined
    })
  }

  /** Makes what was appended, and what was cut off, durable. @throws DiskError */
  async sync(): Promise<void> {
    // Without a file there was nothing to write, or no space to make it.
    if (!this.#needsSync || this.#disk.stat(this.#path) === undefined) return
    const file = this.#disk.open(this.#path)
    try {
      this.#needsSync = false
      await file.sync()
    } finally {
      file.close()
    }
  }

  /** Renames the file, where there is one. @throws DiskError */
  renameTo(path: string): void {
    if (this.#disk.stat(this.#path) !== undefined) this.#disk.rename(this.#path, path)
    this.#path = path
  }

  /** The directory was renamed. */
  moveTo(path: string): void {
    this.#path = path
  }

  /** @throws DiskError */
  async remove(): Promise<void> {
    this.#count = 0
    this.#last = undefined
    await this.#disk.remove(this.#path)
  }

  /** The number of the first entry whose marker is at `offset` or later. */
  #firstWithMarkerFrom(file: DiskFile, offset: number): number {
    let low = 0
    let high = this.#count
    while (low < high) {
      const middle = (low + high) >>> 1
      if (readEntry(file, middle).lastOffset >= offset) high = middle
      else low = middle + 1
    }
    return low
  }

  #reading<Result>(use: (file: DiskFile) => Result): Result {
    return this.#using({ readOnly: true }, use)
  }

  #writing<Result>(use: (file: DiskFile) => Result): Result {
    return this.#using({ create: true }, use)
  }

  #using<Result>(options: { create?: boolean; readOnly?: boolean }, use: (file: DiskFile) => Result): Result {
    const file = this.#disk.open(this.#path, options)
    try {
      return use(file)
    } finally {
      file.close()
    }
  }
}

function* readEntries(file: DiskFile, from: number, to: number): Generator<AbortedTransaction> {
  for (const bytes of rawEntries(file, from, to)) yield decodeEntry(bytes)
}

function readEntry(file: DiskFile, number: number): AbortedTransaction {
  const [bytes] = rawEntries(file, number, number + 1)
  assert(bytes !== undefined, 'an entry is asked for that is counted')
  return decodeEntry(bytes)
}

/** The bytes of entries `from` up to, not including, `to`; each valid until the next is asked for. */
function* rawEntries(file: DiskFile, from: number, to: number): Generator<Buffer> {
  const chunk = Buffer.allocUnsafe(Math.min(ENTRIES_PER_READ, to - from) * TRANSACTION_INDEX_ENTRY_BYTES)
  for (let number = from; number < to; number += ENTRIES_PER_READ) {
    const wanted = chunk.subarray(0, Math.min(ENTRIES_PER_READ, to - number) * TRANSACTION_INDEX_ENTRY_BYTES)
    // Never taken for "no more aborts": that would show aborted records to a reader of committed ones.
    if (file.readNow(wanted, number * TRANSACTION_INDEX_ENTRY_BYTES) < wanted.length) {
      throw new DiskError({
        code: 'EIO',
        path: file.path,
        operation: 'read',
        cause: new Error('the file became shorter'),
      })
    }
    for (let at = 0; at < wanted.length; at += TRANSACTION_INDEX_ENTRY_BYTES) {
      yield wanted.subarray(at, at + TRANSACTION_INDEX_ENTRY_BYTES)
    }
  }
}

function decodeEntry(bytes: Buffer): AbortedTransaction {
  return {
    producerId: readInt64(bytes, 2),
    firstOffset: readInt64(bytes, 10),
    lastOffset: readInt64(bytes, 18),
    lastStableOffset: readInt64(bytes, 26),
  }
}

function encodeEntry({ producerId, firstOffset, lastOffset, lastStableOffset }: AbortedTransaction): Buffer {
  const bytes = Buffer.allocUnsafe(TRANSACTION_INDEX_ENTRY_BYTES)
  bytes.writeInt16BE(VERSION, 0)
  writeInt64(bytes, producerId, 2)
  writeInt64(bytes, firstOffset, 10)
  writeInt64(bytes, lastOffset, 18)
  writeInt64(bytes, lastStableOffset, 26)
  return bytes
}
