/**
 * What of a simulated disk is durable, and what a power cut leaves of the rest. Each file has its durable bytes and
 * the operations since; so have the names. A sync makes a file's content durable, a sync of its directory its name:
 * neither does the other's work, as POSIX has it.
 *
 * Of what was not synced a cut keeps what the seed says: nothing, all, a beginning with the last write torn, or any
 * choice of 512-byte sectors; of the names any choice that keeps the order of what was done to one file.
 */
import {
  type MemoryDirectoryNode,
  type MemoryFileNode,
  type MemoryNode,
  PagedBytes,
  type Random,
  newDirectoryNode,
  newFileNode,
} from '@gregor/platform'

/** What a cut keeps of what was not synced. */
export type Kept = 'as the seed says' | 'nothing' | 'all'

const sectorBytes = 512

type ContentOperation =
  | { readonly kind: 'write'; readonly sequence: number; readonly position: number; readonly bytes: Buffer }
  | { readonly kind: 'truncate'; readonly sequence: number; readonly size: number }

interface Place {
  readonly directory: MemoryDirectoryNode
  readonly name: string
}

/** A name appears (`to`), goes (`from`), or both at once, which a cut does not tear apart. */
interface NameOperation {
  readonly node: MemoryNode
  readonly from?: Place
  readonly to?: Place
}

interface History {
  readonly durable: PagedBytes
  pending: ContentOperation[]
}

export class DiskJournal {
  readonly #root: MemoryDirectoryNode
  readonly #durableNames = new Map<MemoryDirectoryNode, Map<string, MemoryNode>>()
  readonly #histories = new Map<MemoryFileNode, History>()
  #nameOperations: NameOperation[] = []
  #sequence = 0

  /** @param root - all that is in it counts as durable. */
  constructor(root: MemoryDirectoryNode) {
    this.#root = root
    this.#adopt(root)
  }

  named(operation: NameOperation): void {
    this.#nameOperations.push(operation)
  }

  written(node: MemoryFileNode, position: number, bytes: Uint8Array): void {
    const sequence = this.#sequence++
    this.#history(node).pending.push({ kind: 'write', sequence, position, bytes: Buffer.from(bytes) })
  }

  truncated(node: MemoryFileNode, size: number): void {
    this.#history(node).pending.push({ kind: 'truncate', sequence: this.#sequence++, size })
  }

  /** Stands for all that was done before: what a sync that begins now will cover. */
  mark(): number {
    return this.#sequence
  }

  synced(node: MemoryFileNode, mark: number): void {
    const history = this.#history(node)
    for (const operation of history.pending) if (operation.sequence < mark) applyTo(history.durable, operation)
    history.pending = history.pending.filter((operation) => operation.sequence >= mark)
  }

  /** A sync failed and the system forgot that the pages were dirty: programs see them, no later sync writes them. */
  dropped(node: MemoryFileNode, mark: number): void {
    const history = this.#history(node)
    history.pending = history.pending.filter((operation) => operation.sequence >= mark)
  }

  /** Durable at once, whatever waits. */
  rotted(node: MemoryFileNode, position: number, byte: Uint8Array): void {
    const history = this.#history(node)
    if (position < history.durable.size) history.durable.write(byte, position)
    for (const operation of history.pending) {
      const at = operation.kind === 'write' ? position - operation.position : -1
      if (operation.kind === 'write' && at >= 0 && at < operation.bytes.length) operation.bytes.set(byte, at)
    }
  }

  directorySynced(directory: MemoryDirectoryNode): void {
    const touches = ({ from, to }: NameOperation): boolean =>
      from?.directory === directory || to?.directory === directory
    for (const operation of this.#nameOperations) if (touches(operation)) rename(this.#durableNames, operation)
    this.#nameOperations = this.#nameOperations.filter((operation) => !touches(operation))
  }

  /** Bytes and names that a cut could lose now. */
  unsyncedOperationCount(): number {
    let count = this.#nameOperations.length
    for (const history of this.#histories.values()) count += history.pending.length
    return count
  }

  /** What is on the disk after a power cut at this moment. */
  afterCut(random: Random, kept: Kept): MemoryDirectoryNode {
    const names = new Map([...this.#durableNames].map(([directory, entries]) => [directory, new Map(entries)]))
    const keepsAll = kept === 'all' || (kept === 'as the seed says' && random.below(3) === 0)
    const keepsNone = kept === 'nothing' || (!keepsAll && random.below(3) === 0)
    const lost = new Set<MemoryNode>()
    for (const operation of this.#nameOperations) {
      const isKept = keepsAll || (!keepsNone && !lost.has(operation.node) && random.below(2) === 0)
      if (isKept) rename(names, operation)
      else lost.add(operation.node)
    }
    return this.#rebuilt(this.#root, names, random, kept)
  }

  #rebuilt(
    directory: MemoryDirectoryNode,
    names: ReadonlyMap<MemoryDirectoryNode, ReadonlyMap<string, MemoryNode>>,
    random: Random,
    kept: Kept,
  ): MemoryDirectoryNode {
    const rebuilt = newDirectoryNode()
    for (const [name, node] of names.get(directory) ?? []) {
      if (node.kind === 'directory') {
        rebuilt.entries.set(name, this.#rebuilt(node, names, random, kept))
      } else {
        const file = newFileNode(node.modifiedAtMs)
        file.content = contentAfterCut(this.#history(node), random, kept)
        rebuilt.entries.set(name, file)
      }
    }
    return rebuilt
  }

  #history(node: MemoryFileNode): History {
    let history = this.#histories.get(node)
    if (history === undefined) {
      history = { durable: new PagedBytes(), pending: [] }
      this.#histories.set(node, history)
    }
    return history
  }

  #adopt(directory: MemoryDirectoryNode): void {
    this.#durableNames.set(directory, new Map(directory.entries))
    for (const node of directory.entries.values()) {
      if (node.kind === 'directory') this.#adopt(node)
      else this.#histories.set(node, { durable: node.content.copy(), pending: [] })
    }
  }
}

function rename(names: Map<MemoryDirectoryNode, Map<string, MemoryNode>>, { from, to, node }: NameOperation): void {
  if (from !== undefined && names.get(from.directory)?.get(from.name) === node)
    names.get(from.directory)?.delete(from.name)
  if (to === undefined) return
  const entries = names.get(to.directory) ?? new Map<string, MemoryNode>()
  entries.set(to.name, node)
  names.set(to.directory, entries)
}

function contentAfterCut({ durable, pending }: History, random: Random, kept: Kept): PagedBytes {
  const content = durable.copy()
  if (pending.length === 0 || kept === 'nothing') return content
  const way = kept === 'all' ? 1 : random.below(4)
  if (way === 1) for (const operation of pending) applyTo(content, operation)
  if (way === 2) keepBeginning(content, pending, random)
  if (way === 3) keepSectors(content, pending, random)
  return content
}

function applyTo(content: PagedBytes, operation: ContentOperation): void {
  if (operation.kind === 'write') content.write(operation.bytes, operation.position)
  else content.truncate(operation.size)
}

/** The first operations whole, the next one torn at a sector boundary, none after it. */
function keepBeginning(content: PagedBytes, pending: readonly ContentOperation[], random: Random): void {
  const wholeCount = random.below(pending.length + 1)
  for (const operation of pending.slice(0, wholeCount)) applyTo(content, operation)
  const torn = pending[wholeCount]
  if (torn?.kind !== 'write') return
  const sectors = sectorsOf(torn.position, torn.bytes.length)
  const cut = sectors[random.below(sectors.length)]
  if (cut !== undefined) content.write(torn.bytes.subarray(0, cut.from), torn.position)
}

/** Each sector of each write by itself; and a file that grew may end anywhere between its old and its new size. */
function keepSectors(content: PagedBytes, pending: readonly ContentOperation[], random: Random): void {
  const sizeBefore = content.size
  for (const operation of pending) {
    if (operation.kind === 'truncate') {
      if (random.below(2) === 0) content.truncate(operation.size)
      continue
    }
    for (const { from, to } of sectorsOf(operation.position, operation.bytes.length)) {
      if (random.below(2) === 0) content.write(operation.bytes.subarray(from, to), operation.position + from)
    }
  }
  const grownBy = content.size - sizeBefore
  if (grownBy > 0 && random.below(2) === 0) {
    content.truncate(sizeBefore + Math.min(grownBy, random.below(grownBy + 1)))
  }
}

/** The parts of a write that fall into one sector each, relative to its start. */
function sectorsOf(position: number, byteCount: number): { readonly from: number; readonly to: number }[] {
  const parts: { from: number; to: number }[] = []
  for (let from = 0; from < byteCount;) {
    const to = Math.min(byteCount, from + sectorBytes - ((position + from) % sectorBytes))
    parts.push({ from, to })
    from = to
  }
  return parts
}
