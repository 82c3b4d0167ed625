/**
 * A small file that is always replaced whole (`Disk.replaceFile`), by one writer at a time: whoever asks while a write
 * is under way shares the next one. So a burst of changes costs two writes, and the newest content is the last one.
 */

import type { Disk } from '@gregor/platform'

export class ReplacedFile {
  #path: string
  readonly #disk: Pick<Disk, 'replaceFile'>
  readonly #content: () => Uint8Array
  #running: Promise<void> | undefined
  #next: Promise<void> | undefined

  /** `content` is asked for at the start of each write. */
  constructor(disk: Pick<Disk, 'replaceFile'>, path: string, content: () => Uint8Array) {
    this.#disk = disk
    this.#path = path
    this.#content = content
  }

  get path(): string {
    return this.#path
  }

  /** Where later writes go: the directory was renamed. */
  moveTo(path: string): void {
    this.#path = path
  }

  /** Resolves when the content as it is at the call, or a newer one, is durable. @throws DiskError */
  write(): Promise<void> {
    if (this.#running === undefined) return this.#start()
    // A failure is its own caller’s: who waits for the next write hears about that one.
    this.#next ??= this.#running.then(
      () => this.#startNext(),
      () => this.#startNext(),
    )
    return this.#next
  }

  #startNext(): Promise<void> {
    this.#next = undefined
    return this.#start()
  }

  #start(): Promise<void> {
    const writing = this.#disk.replaceFile(this.#path, this.#content()).finally(() => {
      this.#running = undefined
    })
    this.#running = writing
    return writing
  }
}
