/**
 * How a small file is replaced: written beside it, synced, renamed over it, the directory synced. At each moment a
 * crash leaves the old or the new content. Calls for one path run one after the other, as they share the name beside.
 */
import { dirname } from 'node:path'
import type { Disk } from './environment.ts'

export class FileReplacer {
  readonly #disk: Pick<Disk, 'open' | 'rename' | 'syncDirectory'>
  /** The last call for each path that is still running. */
  readonly #running = new Map<string, Promise<void>>()

  constructor(disk: Pick<Disk, 'open' | 'rename' | 'syncDirectory'>) {
    this.#disk = disk
  }

  async replace(path: string, content: Uint8Array, options: { syncDirectory?: boolean } = {}): Promise<void> {
    const mine = this.#replaceAfter(this.#running.get(path), path, content, options.syncDirectory !== false)
    this.#running.set(path, mine)
    try {
      await mine
    } finally {
      if (this.#running.get(path) === mine) this.#running.delete(path)
    }
  }

  async #replaceAfter(
    before: Promise<void> | undefined,
    path: string,
    content: Uint8Array,
    syncsDirectory: boolean,
  ): Promise<void> {
    // Whether the call before failed is its own caller's matter: this content is newer.
    await before?.catch(() => undefined)
    const temporary = `${path}.tmp`
    const file = this.#disk.open(temporary, { create: true })
    try {
      file.truncate(0)
      file.write([content], 0)
      await file.sync()
    } finally {
      file.close()
    }
    this.#disk.rename(temporary, path)
    if (syncsDirectory) await this.#disk.syncDirectory(dirname(path))
  }
}
