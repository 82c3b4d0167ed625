/**
 * Where offsets are in a segment: Apache’s `.index`, entries of 8 bytes (offset relative to the segment’s base, file
 * position), one for the batch that follows `index.interval.bytes` of log. The offset is the batch’s last, the
 * position its first byte; so whoever looks for an offset starts at the entry below it and walks on.
 *
 * What is read from a file is checked (`check`) before it is believed; a wrong index is dropped and rebuilt.
 */
import type { Disk } from '@gregor/platform'
import { IndexFile } from './index-file.ts'

export const offsetIndexEntryBytes = 8

export interface OffsetPosition {
  readonly offset: number
  readonly position: number
}

export class OffsetIndex {
  readonly baseOffset: number
  readonly #file: IndexFile

  private constructor(baseOffset: number, file: IndexFile) {
    this.baseOffset = baseOffset
    this.#file = file
  }

  static create(given: { disk: Disk; path: string; baseOffset: number; maxBytes: number }): OffsetIndex {
    return new OffsetIndex(given.baseOffset, IndexFile.create({ ...given, entryBytes: offsetIndexEntryBytes }))
  }

  static load(given: { disk: Disk; path: string; baseOffset: number; maxBytes: number }): OffsetIndex {
    return new OffsetIndex(given.baseOffset, IndexFile.load({ ...given, entryBytes: offsetIndexEntryBytes }))
  }

  get entryCount(): number {
    return this.#file.count
  }

  get byteCount(): number {
    return this.#file.byteCount
  }

  get isFull(): boolean {
    return this.#file.isFull
  }

  get unpersistedBytes(): number {
    return this.#file.unpersistedBytes
  }

  /** `undefined` where there is none. */
  entryAt(slot: number): OffsetPosition | undefined {
    if (slot < 0 || slot >= this.#file.count) return undefined
    return { offset: this.#offsetAt(slot), position: this.#positionAt(slot) }
  }

  get last(): OffsetPosition | undefined {
    return this.entryAt(this.#file.count - 1)
  }

  append(offset: number, position: number): void {
    const at = this.#file.extend()
    this.#file.bytes.writeInt32BE(offset - this.baseOffset, at)
    this.#file.bytes.writeInt32BE(position, at + 4)
  }

  /** The entry with the largest offset that is not above `offset`. */
  entryBelow(offset: number): OffsetPosition | undefined {
    return this.entryAt(this.#lastSlot((candidate) => this.#offsetAt(candidate) <= offset))
  }

  /** Where a search for `offset` starts: the file’s start where no entry is below it. */
  positionBelow(offset: number): number {
    return this.entryBelow(offset)?.position ?? 0
  }

  /** The first entry whose position is behind `position`. */
  entryBehind(position: number): OffsetPosition | undefined {
    return this.entryAt(this.#lastSlot((candidate) => this.#positionAt(candidate) <= position) + 1)
  }

  /** Drops the entries of batches that end at `offset` or later. */
  truncateTo(offset: number): void {
    this.#file.truncate(this.#lastSlot((candidate) => this.#offsetAt(candidate) < offset) + 1)
  }

  /** Drops the entries of batches at `position` or behind it. */
  truncateToPosition(position: number): void {
    this.#file.truncate(this.#lastSlot((candidate) => this.#positionAt(candidate) < position) + 1)
  }

  /** What is wrong with the entries of a log file of `logBytes`; `undefined` where nothing is. */
  check(logBytes: number): string | undefined {
    const wrong = this.#firstWrong(logBytes)
    return wrong === undefined ? undefined : `entry ${wrong.slot} ${wrong.reason}`
  }

  /** Drops the first entry that is wrong, and all behind it. Returns what was wrong. */
  truncateToSound(logBytes: number): string | undefined {
    const wrong = this.#firstWrong(logBytes)
    if (wrong === undefined) return undefined
    this.#file.truncate(wrong.slot)
    return `entry ${wrong.slot} ${wrong.reason}`
  }

  #firstWrong(logBytes: number): { readonly slot: number; readonly reason: string } | undefined {
    let previousOffset = this.baseOffset - 1
    let previousPosition = -1
    for (let slot = 0; slot < this.#file.count; slot++) {
      const offset = this.#offsetAt(slot)
      const position = this.#positionAt(slot)
      if (offset <= previousOffset || position <= previousPosition)
        return { slot, reason: 'is not above the one before' }
      if (position >= logBytes) return { slot, reason: 'points behind the end of the log' }
      previousOffset = offset
      previousPosition = position
    }
    return undefined
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

  #offsetAt(slot: number): number {
    return this.baseOffset + this.#file.bytes.readInt32BE(slot * offsetIndexEntryBytes)
  }

  #positionAt(slot: number): number {
    return this.#file.bytes.readInt32BE(slot * offsetIndexEntryBytes + 4)
  }

  /** The last slot that `holds`, where all before it do; -1 where none does. */
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

/** The last entry in the file, without loading it. `unsound`: the file is not one of entries. */
export function readLastPosition(place: {
  readonly disk: Disk
  readonly offsetIndexPath: string
  readonly baseOffset: number
}): OffsetPosition | 'none' | 'unsound' {
  const size = place.disk.stat(place.offsetIndexPath)?.size
  if (size === undefined || size % offsetIndexEntryBytes !== 0) return 'unsound'
  if (size === 0) return 'none'
  const file = place.disk.open(place.offsetIndexPath, { readOnly: true })
  try {
    const entry = Buffer.allocUnsafe(offsetIndexEntryBytes)
    if (file.readNow(entry, size - offsetIndexEntryBytes) < offsetIndexEntryBytes) return 'unsound'
    const position = entry.readInt32BE(4)
    return position < 0 ? 'unsound' : { offset: place.baseOffset + entry.readInt32BE(0), position }
  } finally {
    file.close()
  }
}
