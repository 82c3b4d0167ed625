/**
 * An open file on Node.js. Writes and hot reads are synchronous: they end in the page cache, and the thread pool would
 * cost some thirty times as much. Syncs and cold reads go through the pool; the descriptor stays open until the last
 * of them has ended, since the system would give its number to another file.
 */
import fs from 'node:fs'
import type { DiskFile } from '../environment.ts'
import { DiskError } from '../errors.ts'
import { diskError } from './disk-error.ts'

export class NodeDiskFile implements DiskFile {
  readonly path: string
  readonly #descriptor: number
  readonly #syncsAtOnce: () => boolean
  #isClosed = false
  #inPool = 0

  constructor(path: string, descriptor: number, syncsAtOnce: () => boolean) {
    this.path = path
    this.#descriptor = descriptor
    this.#syncsAtOnce = syncsAtOnce
  }

  size(): number {
    this.#assertOpen('size')
    try {
      return fs.fstatSync(this.#descriptor).size
    } catch (cause) {
      throw diskError('size', this.path, cause)
    }
  }

  write(buffers: readonly Uint8Array[], position: number): void {
    this.#assertOpen('write')
    let waiting = buffers
    let byteCount = byteCountOf(buffers)
    let at = position
    try {
      while (byteCount > 0) {
        const written = writeSome(this.#descriptor, waiting, at)
        byteCount -= written
        at += written
        // The system took a part only: the next call brings the rest, or the reason.
        if (byteCount > 0) waiting = withoutFirst(waiting, written)
      }
    } catch (cause) {
      throw diskError('write', this.path, cause)
    }
  }

  readNow(target: Uint8Array, position: number): number {
    this.#assertOpen('read')
    let byteCount = 0
    try {
      while (byteCount < target.length) {
        const count = fs.readSync(this.#descriptor, target, byteCount, target.length - byteCount, position + byteCount)
        if (count === 0) break
        byteCount += count
      }
    } catch (cause) {
      throw diskError('read', this.path, cause)
    }
    return byteCount
  }

  async read(target: Uint8Array, position: number): Promise<number> {
    this.#enterPool('read')
    try {
      let byteCount = 0
      while (byteCount < target.length) {
        const count = await this.#readSome(target.subarray(byteCount), position + byteCount)
        if (count === 0) break
        byteCount += count
      }
      return byteCount
    } finally {
      this.#leavePool()
    }
  }

  async sync(): Promise<void> {
    if (this.#syncsAtOnce()) return this.#syncNow()
    this.#enterPool('sync')
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    // fdatasync: the size of a file that grew is among what it makes durable, its timestamps are not.
    fs.fdatasync(this.#descriptor, (error) => {
      if (error === null) resolve()
      else reject(diskError('sync', this.path, error))
    })
    try {
      await promise
    } finally {
      this.#leavePool()
    }
  }

  #syncNow(): void {
    this.#assertOpen('sync')
    try {
      fs.fdatasyncSync(this.#descriptor)
    } catch (cause) {
      throw diskError('sync', this.path, cause)
    }
  }

  truncate(size: number): void {
    this.#assertOpen('truncate')
    try {
      fs.ftruncateSync(this.#descriptor, size)
    } catch (cause) {
      throw diskError('truncate', this.path, cause)
    }
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    if (this.#inPool === 0) this.#closeDescriptor()
  }

  #readSome(target: Uint8Array, position: number): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>()
    fs.read(this.#descriptor, target, 0, target.length, position, (error, byteCount) => {
      if (error === null) resolve(byteCount)
      else reject(diskError('read', this.path, error))
    })
    return promise
  }

  #enterPool(operation: string): void {
    this.#assertOpen(operation)
    this.#inPool++
  }

  #leavePool(): void {
    this.#inPool--
    if (this.#isClosed && this.#inPool === 0) this.#closeDescriptor()
  }

  #assertOpen(operation: string): void {
    if (this.#isClosed) throw new DiskError({ code: 'EBADF', path: this.path, operation })
  }

  #closeDescriptor(): void {
    try {
      fs.closeSync(this.#descriptor)
    } catch (cause) {
      throw diskError('close', this.path, cause)
    }
  }
}

function writeSome(descriptor: number, buffers: readonly Uint8Array[], position: number): number {
  const [first] = buffers
  if (buffers.length === 1 && first !== undefined) return fs.writeSync(descriptor, first, 0, first.length, position)
  return fs.writevSync(descriptor, buffers, position)
}

function byteCountOf(buffers: readonly Uint8Array[]): number {
  let byteCount = 0
  for (const buffer of buffers) byteCount += buffer.length
  return byteCount
}

function withoutFirst(buffers: readonly Uint8Array[], byteCount: number): readonly Uint8Array[] {
  let skipped = 0
  for (const [index, buffer] of buffers.entries()) {
    if (skipped + buffer.length > byteCount) {
      return [buffer.subarray(byteCount - skipped), ...buffers.slice(index + 1)]
    }
    skipped += buffer.length
  }
  return []
}
