/** An open file of a simulated disk. */
import type { DiskFile, MemoryFile } from '@gregor/platform'
import type { Medium } from './medium.ts'

export class SimulatedFile implements DiskFile {
  readonly path: string
  readonly #file: MemoryFile
  readonly #medium: Medium
  readonly #generation: number

  constructor(file: MemoryFile, medium: Medium) {
    this.path = file.path
    this.#file = file
    this.#medium = medium
    this.#generation = medium.generation
  }

  size(): number {
    this.#medium.use('read', this.path, this.#generation)
    return this.#file.size()
  }

  write(buffers: readonly Uint8Array[], position: number): void {
    this.#medium.use('write', this.path, this.#generation)
    this.#medium.write(this.#file, buffers, position)
  }

  readNow(target: Uint8Array, position: number): number {
    this.#medium.use('read', this.path, this.#generation)
    this.#medium.faults.strike('read', this.path)
    return this.#file.readNow(target, position)
  }

  async read(target: Uint8Array, position: number): Promise<number> {
    this.#medium.use('read', this.path, this.#generation)
    // Now, and not when the bytes are read: a file may be closed while the pool reads it.
    this.#file.size()
    this.#medium.faults.strike('read', this.path)
    return this.#medium.later('read', this.path, () => this.#file.node.content.read(target, position))
  }

  async sync(): Promise<void> {
    this.#medium.use('sync', this.path, this.#generation)
    this.#file.size()
    await this.#medium.sync(this.#file)
  }

  truncate(size: number): void {
    this.#medium.use('truncate', this.path, this.#generation)
    this.#medium.truncate(this.#file, size)
  }

  close(): void {
    this.#file.close()
  }
}
