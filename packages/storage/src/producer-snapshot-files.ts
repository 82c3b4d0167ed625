/**
 * The producer snapshots of a partition on disk: `<offset>.snapshot`, the state of all producers up to (excluding) that
 * offset, and `<offset>.producer-batches` beside it (see `producer-snapshot`). Written to the page cache, durable with
 * `sync`; a torn one fails its checksum and the one before it is used.
 *
 * A file is dropped by renaming it to `.deleted` at once and handing the name to `discard`, which unlinks it when it
 * suits: so a file of the same offset can be written again in between.
 */

import { join } from 'node:path'
import { type Disk, DiskError, type Logger } from '@gregor/platform'
import { deletedSuffix, offsetOfFileName, segmentFileName } from './file-names.ts'
import {
  type EncodedSnapshot,
  batchesProblem,
  decodeSnapshot,
  isEmptySnapshot,
  snapshotProblem,
} from './producer-snapshot.ts'
import type { ProducerTable } from './producer-table.ts'

export const producerSnapshotSuffix = '.snapshot'
export const producerBatchesSuffix = '.producer-batches'

/** A million producers take 46 MB and, with five batches each, 105 MB more. */
const MAX_SNAPSHOT_BYTES = 2 ** 30

export interface ProducerFilesOptions {
  readonly disk: Disk
  readonly logger: Logger
  /** Of the partition. */
  readonly directory: string
  /** Takes the paths of files that are to be unlinked, now or later. */
  readonly discard: (paths: readonly string[]) => void
}

export class ProducerSnapshotFiles {
  readonly #disk: Disk
  readonly #logger: Logger
  readonly #discard: (paths: readonly string[]) => void
  #directory: string
  /** Ascending. */
  #offsets: number[] = []
  readonly #unsyncedNames = new Set<string>()

  constructor(options: ProducerFilesOptions) {
    this.#disk = options.disk
    this.#logger = options.logger
    this.#directory = options.directory
    this.#discard = options.discard
    this.reload()
  }

  /** Looks at the directory again. A `.producer-batches` without its snapshot is dropped. @throws DiskError */
  reload(): void {
    const offsets = new Set<number>()
    const names = this.#disk.list(this.#directory)
    for (const name of names) {
      const offset = offsetOfFileName(name, producerSnapshotSuffix)
      if (offset !== undefined) offsets.add(offset)
    }
    this.#offsets = [...offsets].sort((a, b) => a - b)
    for (const name of names) {
      const offset = offsetOfFileName(name, producerBatchesSuffix)
      if (offset !== undefined && !offsets.has(offset)) this.#drop([name])
    }
  }

  /** Ascending. */
  get offsets(): readonly number[] {
    return this.#offsets
  }

  /** To the page cache. @throws DiskError */
  write(offset: number, { snapshot, batches }: EncodedSnapshot): void {
    // The second file first: with the snapshot there, it is either there, too, or was not needed.
    const batchesName = segmentFileName(offset, producerBatchesSuffix)
    if (batches !== undefined) this.#writeFile(batchesName, batches)
    this.#writeFile(segmentFileName(offset, producerSnapshotSuffix), snapshot)
    this.#offsets = [...this.#offsets.filter((known) => known !== offset), offset].sort((a, b) => a - b)
  }

  /**
   * The newest usable snapshot. Damaged ones are dropped on the way, with a line in the log. `isWhole`: only one that
   * has its older batches beside it, or needs none; a power cut may have taken them. @throws DiskError
   */
  readNewest(
    keeps: (producer: { readonly lastTimestampMs: number; readonly isInTransaction: boolean }) => boolean,
    { isWhole = false }: { readonly isWhole?: boolean } = {},
  ): { readonly offset: number; readonly table: ProducerTable } | undefined {
    for (const offset of this.#offsets.toReversed()) {
      const name = segmentFileName(offset, producerSnapshotSuffix)
      const bytes = this.#readFile(name)
      const problem = bytes === undefined ? 'it is gone' : snapshotProblem(bytes)
      if (bytes !== undefined && problem === undefined) {
        const batches = this.#readBatches(offset, bytes)
        if (!isWhole || batches !== undefined || isEmptySnapshot(bytes)) {
          return { offset, table: decodeSnapshot(bytes, batches, keeps) }
        }
      } else {
        this.#logger.warn('a producer snapshot is damaged: using an older one', { file: this.#path(name), problem })
        this.remove(offset)
      }
    }
    return undefined
  }

  remove(offset: number): void {
    if (!this.#offsets.includes(offset)) return
    this.#offsets = this.#offsets.filter((known) => known !== offset)
    this.#drop([segmentFileName(offset, producerSnapshotSuffix), segmentFileName(offset, producerBatchesSuffix)])
  }

  removeWhere(isGone: (offset: number) => boolean): void {
    for (const offset of this.#offsets.filter(isGone)) this.remove(offset)
  }

  /**
   * Keeps the snapshots taken where a segment begins, and the newest of all when it is behind the last of those: that
   * is the one of the last shutdown. `baseOffsets` are those of the segments.
   */
  removeStrays(baseOffsets: readonly number[]): void {
    const bases = new Set(baseOffsets)
    const lastBase = baseOffsets.at(-1)
    const newest = this.#offsets.at(-1)
    const isKept = (offset: number) =>
      bases.has(offset) || (offset === newest && (lastBase === undefined || offset > lastBase))
    this.removeWhere((offset) => !isKept(offset))
  }

  /** Makes what was written durable; the names are, once the directory is synced. @throws DiskError */
  async sync(): Promise<void> {
    const names = [...this.#unsyncedNames]
    this.#unsyncedNames.clear()
    await Promise.all(names.map((name) => this.#syncFile(name)))
  }

  /** The partition’s directory was renamed. */
  moveTo(directory: string): void {
    this.#directory = directory
  }

  #writeFile(name: string, bytes: Buffer): void {
    const file = this.#disk.open(this.#path(name), { create: true })
    try {
      file.truncate(0)
      file.write([bytes], 0)
    } finally {
      file.close()
    }
    this.#unsyncedNames.add(name)
  }

  async #syncFile(name: string): Promise<void> {
    const file = this.#disk.open(this.#path(name))
    try {
      await file.sync()
    } finally {
      file.close()
    }
  }

  #readFile(name: string): Buffer | undefined {
    try {
      return this.#disk.readFile(this.#path(name), MAX_SNAPSHOT_BYTES)
    } catch (error) {
      if (error instanceof DiskError && error.code === 'ENOENT') return undefined
      throw error
    }
  }

  #readBatches(offset: number, snapshot: Buffer): Buffer | undefined {
    const name = segmentFileName(offset, producerBatchesSuffix)
    const bytes = this.#readFile(name)
    if (bytes === undefined) return undefined
    const problem = batchesProblem(bytes, snapshot)
    if (problem === undefined) return bytes
    this.#logger.warn('a file of producer batches is damaged: retries of the last batch only will be recognised', {
      file: this.#path(name),
      problem,
    })
    this.#drop([name])
    return undefined
  }

  #drop(names: readonly string[]): void {
    const dropped: string[] = []
    for (const name of names) {
      this.#unsyncedNames.delete(name)
      const path = this.#path(name)
      if (this.#disk.stat(path) === undefined) continue
      this.#disk.rename(path, path + deletedSuffix)
      dropped.push(path + deletedSuffix)
    }
    if (dropped.length > 0) this.#discard(dropped)
  }

  #path(name: string): string {
    return join(this.#directory, name)
  }
}
