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
const gatherBytes = 64 * 1024

export class Outbox {
  readonly #socket: Pick<Socket, 'write' | 'waitingBytes'>
  readonly #slabs: SlabPool
  #frames: (readonly Uint8Array[])[] = []
  #gatheredBytes = 0
  #putBytes = 0
  #releases: (() => void)[] = []
  /** Of what the system has not taken yet. */
  #sendingSlabs: Buffer[] = []
  #sendingReleases: (() => void)[] = []

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
    this.#frames.push(parts)
    const byteCount = lengthBytes + byteCountOf(parts)
    this.#gatheredBytes += byteCount
    this.#putBytes += byteCount
    if (release !== undefined) this.#releases.push(release)
  }

  /** Writes all that was put in since the last time. */
  flush(): void {
    if (this.#frames.length === 0) return
    const gathered = new Gathered(this.#slabs, this.#gatheredBytes)
    for (const parts of this.#frames) gathered.addFrame(parts)
    this.#frames = []
    this.#gatheredBytes = 0
    this.#socket.write(gathered.finish())
    for (const slab of gathered.slabs) this.#sendingSlabs.push(slab)
    this.#sendingReleases = joined(this.#sendingReleases, this.#releases)
    this.#releases = []
    if (this.#socket.waitingBytes === 0) this.sent()
  }

  /** The system has taken everything that was written. */
  sent(): void {
    for (const slab of this.#sendingSlabs) this.#slabs.give(slab)
    this.#sendingSlabs = []
    if (this.#sendingReleases.length === 0) return
    const releases = this.#sendingReleases
    this.#sendingReleases = []
    for (const release of releases) release()
  }

  /** The connection is gone: nothing will be sent any more. */
  discard(): void {
    this.#frames = []
    this.#gatheredBytes = 0
    this.#sendingReleases = joined(this.#sendingReleases, this.#releases)
    this.#releases = []
    this.sent()
  }
}

function joined<T>(first: T[], second: T[]): T[] {
  if (first.length === 0) return second
  for (const item of second) first.push(item)
  return first
}

/** The buffers of one write. */
class Gathered {
  readonly slabs: Buffer[] = []
  readonly #pool: SlabPool
  readonly #buffers: Uint8Array[] = []
  /** Bytes still to come: a slab need not be larger. */
  #remainingBytes: number
  #slab: Buffer | undefined
  #start = 0
  #end = 0

  constructor(pool: SlabPool, byteCount: number) {
    this.#pool = pool
    this.#remainingBytes = byteCount
  }

  addFrame(parts: readonly Uint8Array[]): void {
    const byteCount = byteCountOf(parts)
    const slab = this.#room(lengthBytes)
    slab.writeInt32BE(byteCount, this.#end)
    this.#end += lengthBytes
    for (const part of parts) {
      if (part.length <= smallPartBytes) this.#copy(part)
      else this.#pass(part)
    }
    this.#remainingBytes -= lengthBytes + byteCount
  }

  finish(): readonly Uint8Array[] {
    this.#cut()
    return this.#buffers
  }

  #copy(part: Uint8Array): void {
    this.#room(part.length).set(part, this.#end)
    this.#end += part.length
  }

  #pass(part: Uint8Array): void {
    this.#cut()
    this.#buffers.push(part)
  }

  /** What was copied since the last cut becomes a buffer. */
  #cut(): void {
    if (this.#slab !== undefined && this.#end > this.#start)
      this.#buffers.push(this.#slab.subarray(this.#start, this.#end))
    this.#start = this.#end
  }

  #room(byteCount: number): Buffer {
    if (this.#slab !== undefined && this.#slab.length - this.#end >= byteCount) return this.#slab
    this.#cut()
    this.#slab = this.#pool.take(Math.min(gatherBytes, Math.max(byteCount, this.#remainingBytes)))
    this.slabs.push(this.#slab)
    this.#start = 0
    this.#end = 0
    return this.#slab
  }
}

function byteCountOf(parts: readonly Uint8Array[]): number {
  let byteCount = 0
  for (const part of parts) byteCount += part.length
  return byteCount
}
