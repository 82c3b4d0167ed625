/**
 * Frames on their way out: gathered, then written with one call. Small parts and the lengths are copied together into
 * a slab, large ones go as they are. Slabs and whatever a frame brings along are let go once the system has taken the
 * bytes, which mostly is at once.
 */
import type { Socket } from '@gregor/platform'
import type { SlabPool } from './slab-pool.ts'

const lengthBytes = 4
/** Above it a part is not copied: another entry for `writev` is cheaper. */
const smallPartBytes = 1024
const firstSlabBytes = 4 * 1024
const nextSlabBytes = 64 * 1024

export class Outbox {
  readonly #socket: Pick<Socket, 'write' | 'waitingBytes'>
  readonly #slabs: SlabPool
  /** The next write, as far as it is finished; the rest is what was copied to the slab, [start, end). */
  #buffers: Uint8Array[] = []
  #slab: Buffer | undefined
  #start = 0
  #end = 0
  #gatheredBytes = 0
  #putBytes = 0
  /** To be let go when what was put in so far is with the system. */
  #usedSlabs: Buffer[] = []
  #releases: (() => void)[] = []

  constructor(socket: Pick<Socket, 'write' | 'waitingBytes'>, slabs: SlabPool) {
    this.#socket = socket
    this.#slabs = slabs
  }

  /** Put in and not with the system yet. */
  get waitingBytes(): number {
    return this.#gatheredBytes + this.#socket.waitingBytes
  }

  /** With the system, of all that was ever put in. */
  get takenBytes(): number {
    return this.#putBytes - this.waitingBytes
  }

  /**
   * @param parts - the frame without its length; they belong to the outbox until they are sent.
   * @param release - called once that is so, or the connection is gone.
   */
  put(parts: readonly Uint8Array[], release?: () => void): void {
    let byteCount = 0
    for (const part of parts) byteCount += part.length
    const slab = this.#room(lengthBytes)
    slab.writeInt32BE(byteCount, this.#end)
    this.#end += lengthBytes
    for (const part of parts) {
      if (part.length <= smallPartBytes) this.#copy(part)
      else this.#pass(part)
    }
    this.#gatheredBytes += lengthBytes + byteCount
    this.#putBytes += lengthBytes + byteCount
    if (release !== undefined) this.#releases.push(release)
  }

  /** Writes all that was put in since the last time. */
  flush(): void {
    if (this.#gatheredBytes === 0) return
    this.#cut()
    const buffers = this.#buffers
    this.#buffers = []
    this.#slab = undefined
    this.#gatheredBytes = 0
    this.#socket.write(buffers)
    if (this.#socket.waitingBytes === 0) this.sent()
  }

  /** The system has taken everything that was written. What was put in since then waits for another time. */
  sent(): void {
    if (this.#gatheredBytes === 0) this.#letGo()
  }

  /** The connection is gone: nothing will be sent any more. */
  discard(): void {
    this.#buffers = []
    this.#slab = undefined
    this.#gatheredBytes = 0
    this.#letGo()
  }

  #letGo(): void {
    if (this.#usedSlabs.length > 0) {
      for (const slab of this.#usedSlabs) this.#slabs.give(slab)
      this.#usedSlabs = []
    }
    if (this.#releases.length > 0) {
      const releases = this.#releases
      this.#releases = []
      for (const release of releases) release()
    }
  }

  #copy(part: Uint8Array): void {
    this.#room(part.length).set(part, this.#end)
    this.#end += part.length
  }

  #pass(part: Uint8Array): void {
    this.#cut()
    this.#buffers.push(part)
  }

  /** What was copied since the last cut becomes a buffer of the write. */
  #cut(): void {
    if (this.#slab !== undefined && this.#end > this.#start) {
      this.#buffers.push(this.#slab.subarray(this.#start, this.#end))
    }
    this.#start = this.#end
  }

  #room(byteCount: number): Buffer {
    if (this.#slab !== undefined && this.#slab.length - this.#end >= byteCount) return this.#slab
    this.#cut()
    const slab = this.#slabs.take(this.#slab === undefined ? firstSlabBytes : nextSlabBytes)
    this.#slab = slab
    this.#usedSlabs.push(slab)
    this.#start = 0
    this.#end = 0
    return slab
  }
}
