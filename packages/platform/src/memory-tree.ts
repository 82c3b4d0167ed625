/**
 * Directories and files in memory: the names, apart from how they are used. Errors are those of a POSIX system,
 * so that what runs on `MemoryDisk` fails in the same way on a real one.
 */
import { DiskError } from './errors.ts'
import { PagedBytes } from './paged-bytes.ts'

export type MemoryNode = MemoryFileNode | MemoryDirectoryNode

export interface MemoryFileNode {
  readonly kind: 'file'
  content: PagedBytes
  modifiedAtMs: number
}

export interface MemoryDirectoryNode {
  readonly kind: 'directory'
  readonly entries: Map<string, MemoryNode>
}

/** A name, whether or not there is something, in a directory that exists. */
export interface MemoryEntry {
  readonly directory: MemoryDirectoryNode
  readonly name: string
  readonly node: MemoryNode | undefined
}

export function newDirectoryNode(): MemoryDirectoryNode {
  return { kind: 'directory', entries: new Map() }
}

export function newFileNode(nowMs: number): MemoryFileNode {
  return { kind: 'file', content: new PagedBytes(), modifiedAtMs: nowMs }
}

/** `undefined` where nothing is there; `ENOTDIR` where a file stands in the way. */
export function nodeAt(root: MemoryDirectoryNode, path: string, operation: string): MemoryNode | undefined {
  let node: MemoryNode | undefined = root
  for (const name of namesOf(path, operation)) {
    if (node.kind === 'file') throw new DiskError({ code: 'ENOTDIR', path, operation })
    node = node.entries.get(name)
    if (node === undefined) return undefined
  }
  return node
}

/** The last name of `path` in its directory, which must exist. */
export function entryAt(root: MemoryDirectoryNode, path: string, operation: string): MemoryEntry {
  const names = namesOf(path, operation)
  const name = names.pop()
  if (name === undefined) throw new DiskError({ code: 'EBUSY', path, operation })
  const directory = nodeAt(root, `/${names.join('/')}`, operation)
  if (directory === undefined) throw new DiskError({ code: 'ENOENT', path, operation })
  if (directory.kind === 'file') throw new DiskError({ code: 'ENOTDIR', path, operation })
  return { directory, name, node: directory.entries.get(name) }
}

/** Makes what is missing on the way to `path`, and that itself. */
export function makeDirectories(root: MemoryDirectoryNode, path: string): void {
  let directory = root
  const names = namesOf(path, 'makeDirectory')
  for (const [index, name] of names.entries()) {
    let node = directory.entries.get(name)
    if (node?.kind === 'file') {
      throw new DiskError({ code: index === names.length - 1 ? 'EEXIST' : 'ENOTDIR', path, operation: 'makeDirectory' })
    }
    if (node === undefined) {
      node = newDirectoryNode()
      directory.entries.set(name, node)
    }
    directory = node
  }
}

export function isWithin(directory: MemoryDirectoryNode, node: MemoryDirectoryNode): boolean {
  if (directory === node) return true
  for (const child of directory.entries.values()) if (child.kind === 'directory' && isWithin(child, node)) return true
  return false
}

function namesOf(path: string, operation: string): string[] {
  const isAbsolute = path.startsWith('/') || /^[a-zA-Z]:([\\/]|$)/.test(path)
  if (!isAbsolute) throw new DiskError({ code: 'EINVAL', path, operation })
  const names: string[] = []
  for (const name of path.split(/[\\/]+/)) {
    if (name === '..') names.pop()
    else if (name !== '' && name !== '.') names.push(name)
  }
  return names
}
