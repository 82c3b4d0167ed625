/**
 * The names of one segment’s files, and what becomes of them: while compaction writes them, when they are swapped in,
 * when they wait to be unlinked, when the partition’s directory is renamed. The log file is kept open here.
 */
import { join } from 'node:path'
import { logSuffix, segmentFileName, segmentSuffixes } from './file-names.ts'
import type { FileSlot, OpenFiles } from './open-files.ts'

export class SegmentFiles {
  readonly log: FileSlot
  readonly #files: OpenFiles
  readonly #baseOffset: number
  #directory: string
  #suffix: string

  constructor(
    files: OpenFiles,
    place: { readonly directory: string; readonly baseOffset: number; readonly suffix?: string },
  ) {
    this.#files = files
    this.#baseOffset = place.baseOffset
    this.#directory = place.directory
    this.#suffix = place.suffix ?? ''
    this.log = files.slot(this.pathOf(logSuffix))
  }

  pathOf(suffix: string): string {
    return join(this.#directory, segmentFileName(this.#baseOffset, suffix) + this.#suffix)
  }

  /** The log last: a crash in between leaves nothing that looks like a segment without indexes. */
  get paths(): readonly string[] {
    return segmentSuffixes.toReversed().map((suffix) => this.pathOf(suffix))
  }

  /** Makes the log file, or empties it. @throws DiskError */
  createLog(): void {
    const file = this.#files.disk.open(this.log.path, { create: true })
    try {
      file.truncate(0)
    } finally {
      file.close()
    }
  }

  /** Gives those that are there another suffix (`.deleted`, `.swap`, none). @throws DiskError */
  renameTo(suffix: string): void {
    const { disk } = this.#files
    const from = this.paths
    this.#suffix = suffix
    const to = this.paths
    for (const [index, path] of from.entries()) {
      const target = to[index]
      if (target !== undefined && disk.stat(path) !== undefined) disk.rename(path, target)
    }
    this.log.moveTo(this.pathOf(logSuffix))
  }

  /** The log file alone, before `renameTo` gives the rest the same suffix. @throws DiskError */
  renameLogTo(suffix: string): void {
    const target = join(this.#directory, segmentFileName(this.#baseOffset, logSuffix) + suffix)
    this.#files.disk.rename(this.log.path, target)
    this.log.moveTo(target)
  }

  /** The directory was renamed. */
  moveTo(directory: string): void {
    this.#directory = directory
    this.log.moveTo(this.pathOf(logSuffix))
  }

  /** @throws DiskError */
  async remove(): Promise<void> {
    this.log.close()
    for (const path of this.paths) await this.#files.disk.remove(path)
  }
}
