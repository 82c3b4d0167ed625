/** Files and directories on Node.js. See `Disk` for which calls are synchronous, and why. */
import fs from 'node:fs'
import { totalmem } from 'node:os'
import { dirname } from 'node:path'
import type { Disk, DiskFile, DiskLock, FileStat } from '../environment.ts'
import { DiskError } from '../errors.ts'
import { FileReplacer } from '../file-replacer.ts'
import { diskError } from './disk-error.ts'
import { NodeDiskFile } from './disk-file.ts'
import { lockFile } from './disk-lock.ts'

const defaultMaxBytes = 64 * 1024 * 1024
/** Of the memory, what files surely have of it where a broker runs; never less than the second, which is little. */
const cacheShare = 1 / 16
const cacheBytesMin = 128 * 1024 * 1024

export interface NodeDiskOptions {
  /** While it says so files are synced and removed at once, on this thread: for when it would only wait. Default: never. */
  readonly syncsAtOnce?: () => boolean
}

export class NodeDisk implements Disk {
  readonly cacheBytes = Math.max(cacheBytesMin, Math.floor(totalmem() * cacheShare))
  readonly #replacer = new FileReplacer(this)
  readonly #syncsAtOnce: () => boolean

  constructor({ syncsAtOnce = () => false }: NodeDiskOptions = {}) {
    this.#syncsAtOnce = syncsAtOnce
  }

  open(path: string, options: { create?: boolean; exclusive?: boolean; readOnly?: boolean } = {}): DiskFile {
    const { O_RDONLY, O_RDWR, O_CREAT, O_EXCL } = fs.constants
    let flags = options.readOnly === true ? O_RDONLY : O_RDWR
    if (options.create === true) flags |= O_CREAT
    if (options.exclusive === true) flags |= O_EXCL
    const file = attempt('open', path, () => fs.openSync(path, flags))
    // The system lets a directory be opened to be read, and then nothing can be.
    if (options.readOnly === true && attempt('open', path, () => fs.fstatSync(file)).isDirectory()) {
      fs.closeSync(file)
      throw new DiskError({ code: 'EISDIR', path, operation: 'open' })
    }
    return new NodeDiskFile(path, file, this.#syncsAtOnce)
  }

  readFile(path: string, maxBytes: number = defaultMaxBytes): Buffer {
    const file = this.open(path, { readOnly: true })
    try {
      const size = file.size()
      if (size > maxBytes) throw new DiskError({ code: 'EFBIG', path, operation: 'read' })
      const content = Buffer.allocUnsafe(size)
      return content.subarray(0, file.readNow(content, 0))
    } finally {
      file.close()
    }
  }

  replaceFile(path: string, content: Uint8Array, options?: { syncDirectory?: boolean }): Promise<void> {
    return this.#replacer.replace(path, content, options)
  }

  list(directory: string): readonly string[] {
    return attempt('list', directory, () => fs.readdirSync(directory).toSorted())
  }

  stat(path: string): FileStat | undefined {
    const stat = attempt('stat', path, () => statOrNothing(path))
    if (stat === undefined) return undefined
    return { kind: stat.isDirectory() ? 'directory' : 'file', size: stat.size, modifiedAtMs: stat.mtimeMs }
  }

  makeDirectory(path: string): void {
    attempt('makeDirectory', path, () => makeDirectories(path))
  }

  rename(from: string, to: string): void {
    attempt('rename', from, () => fs.renameSync(from, to))
  }

  async remove(path: string): Promise<void> {
    if (this.#syncsAtOnce()) return attempt('remove', path, () => removeIfThere(path))
    await pooled('remove', path, (done) => {
      fs.unlink(path, (error) => done(error?.code === 'ENOENT' ? null : error))
    })
  }

  removeDirectory(path: string): Promise<void> {
    return pooled('removeDirectory', path, (done) => fs.rm(path, { recursive: true, force: true }, done))
  }

  async syncDirectory(path: string): Promise<void> {
    // Windows has no such call; its file systems journal names by themselves.
    if (process.platform === 'win32') return
    const descriptor = attempt('syncDirectory', path, () => fs.openSync(path, fs.constants.O_RDONLY))
    try {
      if (this.#syncsAtOnce()) attempt('syncDirectory', path, () => fs.fsyncSync(descriptor))
      else await pooled('syncDirectory', path, (done) => fs.fsync(descriptor, done))
    } finally {
      fs.closeSync(descriptor)
    }
  }

  space(path: string): { readonly totalBytes: number; readonly usableBytes: number } {
    const { bsize, blocks, bavail } = attempt('space', path, () => fs.statfsSync(path))
    return { totalBytes: bsize * blocks, usableBytes: bsize * bavail }
  }

  lock(path: string): DiskLock | undefined {
    return lockFile(path)
  }
}

/** A name below a file is one of nothing: systems differ in what they say of it. */
function statOrNothing(path: string): fs.Stats | undefined {
  try {
    return fs.statSync(path, { throwIfNoEntry: false })
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOTDIR') return undefined
    throw error
  }
}

function removeIfThere(path: string): void {
  try {
    fs.unlinkSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}

function attempt<T>(operation: string, path: string, call: () => T): T {
  try {
    return call()
  } catch (cause) {
    throw diskError(operation, path, cause)
  }
}

function pooled(operation: string, path: string, start: (done: (error: Error | null) => void) => void): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  start((error) => {
    if (error === null) resolve()
    else reject(diskError(operation, path, error))
  })
  return promise
}

/** Not `recursive`: that of Node.js never ends where a parent is there and yet nothing can be made in it (`/proc/x`). */
function makeDirectories(path: string): void {
  try {
    fs.mkdirSync(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (statOrNothing(path)?.isDirectory() === true) return
    const parent = dirname(path)
    if (code !== 'ENOENT' || parent === path) throw error
    makeDirectories(parent)
    fs.mkdirSync(path)
  }
}
