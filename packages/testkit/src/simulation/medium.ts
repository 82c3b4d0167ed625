/**
 * What lies below the files of a simulated disk: the names and bytes that programs see, the journal of what is
 * durable, and what makes operations fail or wait: faults, space, power, latency. A handle remembers the generation
 * it was made in: after a crash it is of no use.
 */
import {
  DiskError,
  type MemoryDirectoryNode,
  type MemoryFile,
  type MemoryFileNode,
  type Random,
  newDirectoryNode,
} from '@gregor/platform'
import { DiskFaults, type DiskOperation, errorOf } from './disk-faults.ts'
import { DiskJournal, type Kept } from './disk-journal.ts'
import { between } from './seeded-random.ts'
import type { VirtualTime } from './virtual-time.ts'

export interface DiskLatency {
  readonly minMs: number
  readonly maxMs: number
}

export class Medium {
  readonly faults = new DiskFaults()
  readonly #random: Random
  readonly #time: VirtualTime | undefined
  latency: DiskLatency | undefined
  capacityBytes = Infinity
  root: MemoryDirectoryNode = newDirectoryNode()
  journal = new DiskJournal(this.root)
  usedBytes = 0
  /** Operations that change something or make it durable, so far. */
  operationCount = 0
  powerIsCutAt = Infinity
  generation = 0

  /** @param time - needed where there is a latency: somebody must let time pass. */
  constructor(random: Random, time: VirtualTime | undefined) {
    this.#random = random
    this.#time = time
  }

  get hasPower(): boolean {
    return this.operationCount < this.powerIsCutAt
  }

  lose(kept: Kept): void {
    this.root = this.journal.afterCut(this.#random, kept)
    this.journal = new DiskJournal(this.root)
    this.powerIsCutAt = Infinity
    this.renew()
  }

  /** Makes all handles useless. */
  renew(): void {
    this.generation++
    this.usedBytes = sizeOf(this.root)
  }

  /** Throws where a handle of `generation` may do nothing any more. */
  use(operation: DiskOperation, path: string, generation: number = this.generation): void {
    if (generation !== this.generation || !this.hasPower) throw new DiskError({ code: 'ENODEV', path, operation })
  }

  /** As `use`, for what changes something; counts it, and throws where a fault strikes. */
  begin(operation: DiskOperation, path: string): void {
    this.use(operation, path)
    this.operationCount++
    this.faults.strike(operation, path)
  }

  /** What a real disk does in the thread pool. It fails where the power goes or the holder dies meanwhile. */
  async later<T>(operation: DiskOperation, path: string, action: () => T | Promise<T>): Promise<T> {
    const { generation } = this
    await this.#delay(operation, path)
    this.use(operation, path, generation)
    return action()
  }

  write(file: MemoryFile, buffers: readonly Uint8Array[], position: number): void {
    this.use('write', file.path)
    this.operationCount++
    const bytes = Buffer.concat(buffers)
    const fault = this.faults.take('write', file.path)
    const grownBy = Math.max(0, position + bytes.length - file.size())
    const missingBytes = Math.max(0, this.usedBytes + grownBy - this.capacityBytes)
    const fittingBytes = fault === undefined ? bytes.length - missingBytes : (fault.writtenBytes ?? 0)
    this.#put(file, bytes.subarray(0, Math.max(0, fittingBytes)), position)
    if (fault !== undefined) throw errorOf(fault, file.path)
    if (missingBytes > 0) throw new DiskError({ code: 'ENOSPC', path: file.path, operation: 'write' })
  }

  truncate(file: MemoryFile, size: number): void {
    this.begin('truncate', file.path)
    const sizeBefore = file.size()
    file.truncate(size)
    this.usedBytes += size - sizeBefore
    this.journal.truncated(file.node, size)
  }

  async sync(file: MemoryFile): Promise<void> {
    this.use('sync', file.path)
    this.operationCount++
    const fault = this.faults.take('sync', file.path)
    const mark = this.journal.mark()
    await this.later('sync', file.path, () => {
      if (fault === undefined) {
        this.journal.synced(file.node, mark)
      } else if (fault.isSilent !== true) {
        // As Linux does: the pages count as clean from now on, and a second sync would say that all is well.
        this.journal.dropped(file.node, mark)
        throw errorOf(fault, file.path)
      }
    })
  }

  rot(node: MemoryFileNode, position: number, bit: number): void {
    const byte = Buffer.alloc(1)
    node.content.read(byte, position)
    byte[0] = (byte[0] ?? 0) ^ (1 << bit)
    node.content.write(byte, position)
    this.journal.rotted(node, position, byte)
  }

  #put(file: MemoryFile, bytes: Uint8Array, position: number): void {
    if (bytes.length === 0) return
    const sizeBefore = file.size()
    file.write([bytes], position)
    this.usedBytes += file.size() - sizeBefore
    this.journal.written(file.node, position, bytes)
  }

  #delay(operation: DiskOperation, path: string): Promise<void> {
    const { latency } = this
    if (latency === undefined || this.#time === undefined) return Promise.resolve()
    const { promise, resolve } = Promise.withResolvers<void>()
    const delayUs = between(this.#random, Math.round(latency.minMs * 1000), Math.round(latency.maxMs * 1000))
    this.#time.after(delayUs / 1000, `disk ${operation} ${path}`, resolve)
    return promise
  }
}

function sizeOf(directory: MemoryDirectoryNode): number {
  let byteCount = 0
  for (const node of directory.entries.values()) byteCount += node.kind === 'file' ? node.content.size : sizeOf(node)
  return byteCount
}
