/**
 * A disk that can fail. Programs see a `MemoryDisk`; what of it is durable stands in a `DiskJournal`. It fails where
 * it is told to (`faults`), fills up (`capacityBytes`), takes its time (`latency`), loses what was not synced
 * (`crash`), rots (`flipBit`), and stops before any chosen operation (`cutPowerBefore`).
 */
import {
  type Disk,
  type DiskFile,
  type DiskLock,
  FileReplacer,
  type FileStat,
  MemoryDisk,
  type Random,
  entryAt,
  nodeAt,
} from '@gregor/platform'
import type { DiskFaults } from './disk-faults.ts'
import type { Kept } from './disk-journal.ts'
import { type DiskLatency, Medium } from './medium.ts'
import { SimulatedFile } from './simulated-file.ts'
import type { VirtualTime } from './virtual-time.ts'

export interface SimulatedDiskOptions {
  readonly random: Random
  /** For modification times. Default: always 0. */
  readonly wallMs?: () => number
  /** Needed where `latency` is set: somebody must let time pass. */
  readonly time?: VirtualTime
}

export class SimulatedDisk implements Disk {
  readonly cacheBytes = 128 * 1024 * 1024
  readonly #medium: Medium
  readonly #replacer = new FileReplacer(this)
  readonly #wallMs: () => number
  #live: MemoryDisk

  constructor(options: SimulatedDiskOptions) {
    this.#medium = new Medium(options.random, options.time)
    this.#wallMs = options.wallMs ?? (() => 0)
    this.#live = new MemoryDisk({ wallMs: this.#wallMs }, this.#medium.root)
  }

  // ---------------------------------------------------------------------------------------------------- faults

  get faults(): DiskFaults {
    return this.#medium.faults
  }

  /** Operations that change something or make it durable, since the beginning. */
  get operationCount(): number {
    return this.#medium.operationCount
  }

  /** Operations that a crash could undo now. */
  get unsyncedOperationCount(): number {
    return this.#medium.journal.unsyncedOperationCount()
  }

  /** How long a sync, a read through the pool, a removal takes. Default: nothing, they are done at once. */
  setLatency(latency: DiskLatency | undefined): void {
    this.#medium.latency = latency
  }

  /** Where all files together would be larger, a write is cut short and fails with `ENOSPC`. Default: Infinity. */
  setCapacity(capacityBytes: number): void {
    this.#medium.capacityBytes = capacityBytes
  }

  /** From the operation with that number (see `operationCount`) on, everything fails, until `crash`. */
  cutPowerBefore(operationNumber: number): void {
    this.#medium.powerIsCutAt = operationNumber
  }

  get hasPower(): boolean {
    return this.#medium.hasPower
  }

  /** Power goes and comes back: what was not synced is lost as far as `kept` says, handles and locks are gone. */
  crash(kept: Kept = 'as the seed says'): void {
    this.#medium.lose(kept)
    this.#live = new MemoryDisk({ wallMs: this.#wallMs }, this.#medium.root)
  }

  /** The process that held files and locks is gone; the page cache is not. */
  killHolders(): void {
    this.#medium.renew()
    this.#live = new MemoryDisk({ wallMs: this.#wallMs }, this.#medium.root)
  }

  /** Turns over one bit of what is stored, durably, as rot does. */
  flipBit(path: string, position: number, bit: number): void {
    const node = nodeAt(this.#medium.root, path, 'write')
    if (node?.kind !== 'file' || position >= node.content.size) throw new RangeError(`${path} has no byte ${position}`)
    this.#medium.rot(node, position, bit)
  }

  // ------------------------------------------------------------------------------------------------------ Disk

  open(path: string, options: { create?: boolean; exclusive?: boolean; readOnly?: boolean } = {}): DiskFile {
    const isNew = options.create === true && this.stat(path) === undefined
    if (isNew) this.#medium.begin('open', path)
    else this.#reading('open', path)
    const file = this.#live.open(path, options)
    if (isNew) this.#medium.journal.named({ node: file.node, to: entryAt(this.#medium.root, path, 'open') })
    return new SimulatedFile(file, this.#medium)
  }

  readFile(path: string, maxBytes?: number): Buffer {
    this.#reading('read', path)
    return this.#live.readFile(path, maxBytes)
  }

  replaceFile(path: string, content: Uint8Array, options?: { syncDirectory?: boolean }): Promise<void> {
    return this.#replacer.replace(path, content, options)
  }

  list(directory: string): readonly string[] {
    this.#reading('list', directory)
    return this.#live.list(directory)
  }

  stat(path: string): FileStat | undefined {
    this.#medium.use('open', path)
    return this.#live.stat(path)
  }

  makeDirectory(path: string): void {
    if (this.stat(path)?.kind === 'directory') return
    this.makeDirectory(parentOf(path))
    this.#medium.begin('makeDirectory', path)
    this.#live.makeDirectory(path)
    const to = entryAt(this.#medium.root, path, 'makeDirectory')
    if (to.node !== undefined) this.#medium.journal.named({ node: to.node, to })
  }

  rename(from: string, to: string): void {
    this.#medium.begin('rename', from)
    const source = entryAt(this.#medium.root, from, 'rename')
    const target = entryAt(this.#medium.root, to, 'rename')
    this.#live.rename(from, to)
    if (source.node === undefined || source.node === target.node) return
    if (target.node?.kind === 'file') this.#medium.usedBytes -= target.node.content.size
    this.#medium.journal.named({ node: source.node, from: source, to: target })
  }

  async remove(path: string): Promise<void> {
    this.#medium.begin('remove', path)
    await this.#medium.later('remove', path, async () => {
      if (this.#live.stat(path) === undefined) return
      const from = entryAt(this.#medium.root, path, 'remove')
      await this.#live.remove(path)
      if (from.node?.kind !== 'file') return
      this.#medium.usedBytes -= from.node.content.size
      this.#medium.journal.named({ node: from.node, from })
    })
  }

  async removeDirectory(path: string): Promise<void> {
    const stat = this.stat(path)
    if (stat === undefined) return
    if (stat.kind === 'file') {
      await this.remove(path)
      return
    }
    // Name by name, as a real one does: a crash may come between two of them.
    for (const name of this.list(path)) await this.removeDirectory(`${path}/${name}`)
    this.#medium.begin('remove', path)
    await this.#medium.later('remove', path, async () => {
      const from = entryAt(this.#medium.root, path, 'removeDirectory')
      await this.#live.removeDirectory(path)
      if (from.node !== undefined) this.#medium.journal.named({ node: from.node, from })
    })
  }

  async syncDirectory(path: string): Promise<void> {
    this.#medium.begin('syncDirectory', path)
    await this.#medium.later('syncDirectory', path, async () => {
      await this.#live.syncDirectory(path)
      const node = nodeAt(this.#medium.root, path, 'syncDirectory')
      if (node?.kind === 'directory') this.#medium.journal.directorySynced(node)
    })
  }

  space(path: string): { readonly totalBytes: number; readonly usableBytes: number } {
    this.#medium.use('open', path)
    const totalBytes = Math.min(this.#live.space(path).totalBytes, this.#medium.capacityBytes)
    return { totalBytes, usableBytes: Math.max(0, totalBytes - this.#medium.usedBytes) }
  }

  lock(path: string): DiskLock | undefined {
    this.open(path, { create: true }).close()
    this.#medium.faults.strike('lock', path)
    return this.#live.lock(path)
  }

  #reading(operation: 'open' | 'read' | 'list', path: string): void {
    this.#medium.use(operation, path)
    this.#medium.faults.strike(operation, path)
  }
}

function parentOf(path: string): string {
  const end = path.lastIndexOf('/')
  return end <= 0 ? '/' : path.slice(0, end)
}
