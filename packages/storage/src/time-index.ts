/**
 * When offsets were: Apache’s `.timeindex`, entries of 12 bytes (the largest timestamp so far, and the last offset of
 * the batch that holds it, relative to the segment’s base). Written beside the offset index and once more when the
 * segment is closed, so that the last entry is the segment’s largest timestamp. Both columns rise.
 */
import type { Disk } from '@gregor/platform'
import { IndexFile } from './index-file.ts'
import { readInt64, writeInt64 } from './int64.ts'

export const timeIndexEntryBytes = 12

export interface TimestampOffset {
  /** -1: no record has one. */
  readonly timestamp: number
  readonly offset: number
}

export class TimeIndex {
  readonly baseOffset: number
  readonly #file: IndexFile

  private constructor(baseOffset: number, file: IndexFile) {
    this.baseOffset = baseOffset
    this.#file = file
  }

  static create(given: { disk: Disk; path: string; baseOffset: number; maxBytes: number }): TimeIndex {
    return new TimeIndex(given.baseOffset, IndexFile.create({ ...given, entryBytes: timeIndexEntryBytes }))
  }

  static load(given: { disk: Disk; path: string; baseOffset: number; maxBytes: number }): TimeIndex {
    return new TimeIndex(given.baseOffset, IndexFile.load({ ...given, entryBytes: timeIndexEntryBytes }))
  }

  get entryCount(): number {
    return this.#file.count
  }

  get byteCount(): number {
    return this.#file.byteCount
  }

  /** One entry is kept free for the closing of the segment. */
  get isFull(): boolean {
    return this.#file.count >= this.#file.maxEntries - 1
  }

  /** `{ timestamp: -1, offset: baseOffset }` where there is none. */
  get last(): TimestampOffset {
    return this.#entryAt(this.#file.count - 1)
  }

  /** Does nothing unless the timestamp is larger than all before. */
  append(timestamp: number, offset: number): void {
    if (timestamp <= this.last.timestamp) return
    const at = this.#file.extend()
    writeInt64(this.#file.bytes, timestamp, at)
    this.#file.bytes.writeInt32BE(offset - this.baseOffset, at + 8)
  }

  /** The entry with the largest timestamp that is below `timestamp`: all before its offset are smaller, too. */
  entryBelow(timestamp: number): TimestampOffset {
    return this.#entryAt(this.#lastSlot((slot) => this.#timestampAt(slot) < timestamp))
  }

  /** Drops the entries of batches that end at `offset` or later. */
  truncateTo(offset: number): void {
    this.#file.truncate(this.#lastSlot((slot) => this.#offsetAt(slot) < offset) + 1)
  }

  /** What is wrong with the entries; `undefined` where nothing is. */
  check(): string | undefined {
    const slot = this.#firstWrong()
    return slot < 0 ? undefined : `entry ${slot} is not above the one before`
  }

  /** Drops the first entry that is wrong, and all behind it. Returns what was wrong. */
  truncateToSound(): string | undefined {
    const slot = this.#firstWrong()
    if (slot < 0) return undefined
    this.#file.truncate(slot)
    return `entry ${slot} is not above the one before`
  }

  #firstWrong(): number {
    let previousTimestamp = -1
    let previousOffset = this.baseOffset
    for (let slot = 0; slot < this.#file.count; slot++) {
      const timestamp = this.#timestampAt(slot)
      const offset = this.#offsetAt(slot)
      if (timestamp <= previousTimestamp || offset < previousOffset) return slot
      previousTimestamp = timestamp
      previousOffset = offset
    }
    return -1
  }

  persist(): void {
    this.#file.persist()
  }

  sync(): Promise<void> {
    return this.#file.sync()
  }

  moveTo(path: string): void {
    this.#file.moveTo(path)
  }

  #entryAt(slot: number): TimestampOffset {
    if (slot < 0) return { timestamp: -1, offset: this.baseOffset }
    return { timestamp: this.#timestampAt(slot), offset: this.#offsetAt(slot) }
  }

  #timestampAt(slot: number): number {
    return readInt64(this.#file.bytes, slot * timeIndexEntryBytes)
  }

  #offsetAt(slot: number): number {
    return this.baseOffset + this.#file.bytes.readInt32BE(slot * timeIndexEntryBytes + 8)
  }

  #lastSlot(holds: (slot: number) => boolean): number {
    let low = -1
    let high = this.#file.count
    while (high - low > 1) {
      const middle = (low + high) >>> 1
      if (holds(middle)) low = middle
      else high = middle
    }
    return low
  }
}

/** The last entry in the file, without loading it; `undefined` where the file is not sound enough to have one. */
export function readLastTimestamp(place: {
  readonly disk: Disk
  readonly timeIndexPath: string
  readonly baseOffset: number
}): TimestampOffset | undefined {
  const size = place.disk.stat(place.timeIndexPath)?.size
  if (size === undefined || size === 0 || size % timeIndexEntryBytes !== 0) return undefined
  const file = place.disk.open(place.timeIndexPath, { readOnly: true })
  try {
    const entry = Buffer.allocUnsafe(timeIndexEntryBytes)
    if (file.readNow(entry, size - timeIndexEntryBytes) < timeIndexEntryBytes) return undefined
    const timestamp = readInt64(entry, 0)
    const offset = entry.readInt32BE(8)
    return timestamp < 0 || offset < 0 ? undefined : { timestamp, offset: place.baseOffset + offset }
  } finally {
    file.close()
  }
}
