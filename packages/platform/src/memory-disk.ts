/**
 * A disk in memory, without faults: for a broker that keeps nothing, and as what programs see of a simulated disk
 * until it crashes. Behaves as a real one does, errors included; a model test holds the two against each other.
 */
import type { Disk, DiskFile, DiskLock, FileStat } from './environment.ts'
import { DiskError } from './errors.ts'
import {
  type MemoryDirectoryNode,
  type MemoryFileNode,
  type MemoryNode,
  entryAt,
  isWithin,
  makeDirectories,
  newDirectoryNode,
  newFileNode,
  nodeAt,
} from './memory-tree.ts'

const defaultMaxBytes = 64 * 1024 * 1024
const defaultTotalBytes = 2 ** 40

export interface MemoryDiskOptions {
  /** For modification times. Default: always 0. */
  readonly wallMs?: () => number
  /** What `space` reports as the size of the whole. Default: 1 TiB. */
  readonly totalBytes?: number
}

export class MemoryDisk implements Disk {
  readonly cacheBytes = 128 * 1024 * 1024
  readonly #root: MemoryDirectoryNode
  readonly #wallMs: () => number
  readonly #totalBytes: number
  readonly #locked = new Set<MemoryFileNode>()

  /** @param root - an existing tree, which the disk takes over. */
  constructor(options: MemoryDiskOptions = {}, root: MemoryDirectoryNode = newDirectoryNode()) {
    this.#wallMs = options.wallMs ?? (() => 0)
    this.#totalBytes = options.totalBytes ?? defaultTotalBytes
    this.#root = root
  }

  open(path: string, options: { create?: boolean; exclusive?: boolean; readOnly?: boolean } = {}): MemoryFile {
    const node = this.#fileNode(path, options)
    return new MemoryFile(path, node, { isReadOnly: options.readOnly === true, wallMs: this.#wallMs })
  }

  readFile(path: string, maxBytes: number = defaultMaxBytes): Buffer {
    const node = this.#fileNode(path, { readOnly: true })
    if (node.content.size > maxBytes) throw new DiskError({ code: 'EFBIG', path, operation: 'read' })
    return node.content.toBuffer()
  }

  async replaceFile(path: string, content: Uint8Array): Promise<void> {
    const temporary = `${path}.tmp`
    const file = this.open(temporary, { create: true })
    file.truncate(0)
    file.write([content], 0)
    file.close()
    this.rename(temporary, path)
    await Promise.resolve()
  }

  list(directory: string): readonly string[] {
    return [...this.#directory(directory, 'list').entries.keys()].toSorted()
  }

  stat(path: string): FileStat | undefined {
    const node = this.#nodeOrNothing(path)
    if (node === undefined) return undefined
    if (node.kind === 'directory') return { kind: 'directory', size: 0, modifiedAtMs: 0 }
    return { kind: 'file', size: node.content.size, modifiedAtMs: node.modifiedAtMs }
  }

  makeDirectory(path: string): void {
    makeDirectories(this.#root, path)
  }

  rename(from: string, to: string): void {
    const source = entryAt(this.#root, from, 'rename')
    const target = entryAt(this.#root, to, 'rename')
    const fail = (code: string): never => {
      throw new DiskError({ code, path: from, operation: 'rename' })
    }
    if (source.node === undefined) return fail('ENOENT')
    if (source.node === target.node) return
    if (source.node.kind === 'directory' && isWithin(source.node, target.directory)) fail('EINVAL')
    if (target.node?.kind === 'directory' && isWithin(target.node, source.directory)) fail('ENOTEMPTY')
    if (source.node.kind === 'directory') {
      if (target.node?.kind === 'file') fail('ENOTDIR')
      if (target.node?.kind === 'directory' && target.node.entries.size > 0) fail('ENOTEMPTY')
    } else if (target.node?.kind === 'directory') {
      fail('EISDIR')
    }
    source.directory.entries.delete(source.name)
    target.directory.entries.set(target.name, source.node)
  }

  async remove(path: string): Promise<void> {
    await Promise.resolve()
    const node = nodeAt(this.#root, path, 'remove')
    if (node === undefined) return
    if (node.kind === 'directory') throw new DiskError({ code: 'EISDIR', path, operation: 'remove' })
    const { directory, name } = entryAt(this.#root, path, 'remove')
    directory.entries.delete(name)
  }

  async removeDirectory(path: string): Promise<void> {
    await Promise.resolve()
    if (nodeAt(this.#root, path, 'removeDirectory') === undefined) return
    const { directory, name } = entryAt(this.#root, path, 'removeDirectory')
    directory.entries.delete(name)
  }

  async syncDirectory(path: string): Promise<void> {
    await Promise.resolve()
    this.#directory(path, 'syncDirectory')
  }

  space(path: string): { readonly totalBytes: number; readonly usableBytes: number } {
    if (nodeAt(this.#root, path, 'space') === undefined)
      throw new DiskError({ code: 'ENOENT', path, operation: 'space' })
    return { totalBytes: this.#totalBytes, usableBytes: Math.max(0, this.#totalBytes - sizeOf(this.#root)) }
  }

  lock(path: string): DiskLock | undefined {
    const node = this.#fileNode(path, { create: true })
    if (this.#locked.has(node)) return undefined
    if (node.content.size > 0) throw new DiskError({ code: 'EINVAL', path, operation: 'lock' })
    this.#locked.add(node)
    return { release: () => void this.#locked.delete(node) }
  }

  #fileNode(path: string, options: { create?: boolean; exclusive?: boolean; readOnly?: boolean }): MemoryFileNode {
    const node = nodeAt(this.#root, path, 'open')
    const isForWriting = options.readOnly !== true || options.create === true
    if (node !== undefined && options.create === true && options.exclusive === true) {
      throw new DiskError({ code: 'EEXIST', path, operation: 'open' })
    }
    if (node?.kind === 'directory') {
      throw new DiskError({ code: 'EISDIR', path, operation: isForWriting ? 'open' : 'read' })
    }
    if (node !== undefined) return node
    if (options.create !== true) throw new DiskError({ code: 'ENOENT', path, operation: 'open' })
    const { directory, name } = entryAt(this.#root, path, 'open')
    const created = newFileNode(this.#wallMs())
    directory.entries.set(name, created)
    return created
  }

  /** A name below a file is one of nothing. */
  #nodeOrNothing(path: string): MemoryNode | undefined {
    try {
      return nodeAt(this.#root, path, 'stat')
    } catch (error) {
      if (error instanceof DiskError && error.code === 'ENOTDIR') return undefined
      throw error
    }
  }

  #directory(path: string, operation: string): MemoryDirectoryNode {
    const node = nodeAt(this.#root, path, operation)
    if (node === undefined) throw new DiskError({ code: 'ENOENT', path, operation })
    if (node.kind === 'file') throw new DiskError({ code: 'ENOTDIR', path, operation })
    return node
  }
}

export class MemoryFile implements DiskFile {
  readonly path: string
  readonly node: MemoryFileNode
  readonly #isReadOnly: boolean
  readonly #wallMs: () => number
  #isClosed = false

  constructor(path: string, node: MemoryFileNode, options: { isReadOnly: boolean; wallMs: () => number }) {
    this.path = path
    this.node = node
    this.#isReadOnly = options.isReadOnly
    this.#wallMs = options.wallMs
  }

  size(): number {
    return this.#opened('size').content.size
  }

  write(buffers: readonly Uint8Array[], position: number): void {
    if (buffers.every((buffer) => buffer.length === 0)) return void this.#opened('write')
    const node = this.#writable('write', 'EBADF')
    let at = position
    for (const buffer of buffers) {
      node.content.write(buffer, at)
      at += buffer.length
    }
    node.modifiedAtMs = this.#wallMs()
  }

  readNow(target: Uint8Array, position: number): number {
    return this.#opened('read').content.read(target, position)
  }

  async read(target: Uint8Array, position: number): Promise<number> {
    const { content } = this.#opened('read')
    await Promise.resolve()
    return content.read(target, position)
  }

  async sync(): Promise<void> {
    this.#opened('sync')
    await Promise.resolve()
  }

  truncate(size: number): void {
    const node = this.#writable('truncate', 'EINVAL')
    node.content.truncate(size)
    node.modifiedAtMs = this.#wallMs()
  }

  close(): void {
    this.#isClosed = true
  }

  #opened(operation: string): MemoryFileNode {
    if (this.#isClosed) throw new DiskError({ code: 'EBADF', path: this.path, operation })
    return this.node
  }

  #writable(operation: string, code: string): MemoryFileNode {
    const node = this.#opened(operation)
    if (this.#isReadOnly) throw new DiskError({ code, path: this.path, operation })
    return node
  }
}

function sizeOf(directory: MemoryDirectoryNode): number {
  let byteCount = 0
  for (const node of directory.entries.values()) byteCount += node.kind === 'file' ? node.content.size : sizeOf(node)
  return byteCount
}
