/**
 * What all logs of a node share: a bound on open files, one on indexes in memory, a count of what was written lately.
 * A log file has a slot; it is opened when used, and closed when it is the one unused for longest.
 * Closing loses nothing: the page cache belongs to the file, and a sync through a later handle covers earlier writes.
 *
 * Invariant: a `DiskFile` taken from a slot is used at once. Across an `await` it is held by `pinned`.
 */
import { assert } from '@gregor/base'
import type { Disk, DiskFile } from '@gregor/platform'
import { IndexCache } from './index-cache.ts'

export class OpenFiles {
  readonly disk: Disk
  readonly indexes: IndexCache
  readonly #openFilesMax: number
  readonly #open = new Set<FileSlot>()
  #uses = 0

  constructor(options: { disk: Disk; openFilesMax?: number; indexBytesMax?: number }) {
    this.disk = options.disk
    this.indexes = new IndexCache(options.indexBytesMax)
    this.#openFilesMax = options.openFilesMax ?? 4096
    assert(this.#openFilesMax > 0, 'at least one file may be open')
  }

  /** Bytes appended to all logs so far: how far back the page cache surely reaches is counted from here. */
  appendedBytes = 0
  /** Bytes that were read from all logs through the thread pool, and checked. */
  checkedBytes = 0

  get openCount(): number {
    return this.#open.size
  }

  /** A place for the file at `path`. Nothing is opened yet. */
  slot(path: string): FileSlot {
    return new FileSlot(this, path)
  }

  /** @internal for `FileSlot`. */
  nextUse(): number {
    this.#uses += 1
    return this.#uses
  }

  /** @internal for `FileSlot`. */
  opened(slot: FileSlot): void {
    if (this.#open.size >= this.#openFilesMax) this.#closeUnused()
    this.#open.add(slot)
  }

  /** @internal for `FileSlot`. */
  closed(slot: FileSlot): void {
    this.#open.delete(slot)
  }

  /** Closes the eighth that was unused for longest, so that the search is paid once for many opens. */
  #closeUnused(): void {
    const unpinned = [...this.#open].filter((slot) => !slot.isPinned)
    unpinned.sort((a, b) => a.lastUse - b.lastUse)
    const count = Math.max(1, Math.floor(this.#openFilesMax / 8))
    for (const slot of unpinned.slice(0, count)) slot.close()
  }
}

export class FileSlot {
  readonly #files: OpenFiles
  #path: string
  #file: DiskFile | undefined
  #pins = 0
  lastUse = 0

  constructor(files: OpenFiles, path: string) {
    this.#files = files
    this.#path = path
  }

  get path(): string {
    return this.#path
  }

  get isPinned(): boolean {
    return this.#pins > 0
  }

  /** The open file, good until the next `await`. */
  file(): DiskFile {
    this.lastUse = this.#files.nextUse()
    if (this.#file !== undefined) return this.#file
    this.#files.opened(this)
    try {
      this.#file = this.#files.disk.open(this.#path)
    } catch (error) {
      this.#files.closed(this)
      throw error
    }
    return this.#file
  }

  /** Keeps the file open until what `use` returns has settled. */
  async pinned<T>(use: (file: DiskFile) => Promise<T>): Promise<T> {
    this.#pins += 1
    try {
      return await use(this.file())
    } finally {
      this.#pins -= 1
    }
  }

  close(): void {
    if (this.#file === undefined) return
    this.#files.closed(this)
    this.#file.close()
    this.#file = undefined
  }

  /** The file was renamed, or its directory was. An open handle stays good. */
  moveTo(path: string): void {
    this.#path = path
  }
}
