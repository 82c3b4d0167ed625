/**
 * One end of a simulated connection. Bytes leave in pieces of seeded size, arrive in order after the link's latency,
 * and wait there while the receiver is paused; a window bounds what is under way, so that a receiver that does not
 * read makes its sender wait. Buffers are copied when they leave, not before: what is changed too early shows.
 */
import { assert } from '@gregor/base'
import type { Random, Receiver, Socket } from '@gregor/platform'
import type { SimulatedLink } from './simulated-link.ts'
import { between, chance } from './seeded-random.ts'
import type { VirtualTime } from './virtual-time.ts'

const windowBytes = 64 * 1024
const pieceBytesMax = 32 * 1024
const highWaterMark = 64 * 1024

export interface SocketEnd {
  readonly time: VirtualTime
  readonly random: Random
  /** Where what is written travels. */
  readonly link: SimulatedLink
  /** For the digest of events. */
  readonly name: string
  readonly remoteAddress: string
  readonly remotePort: number
  readonly localPort: number
}

type Piece = Buffer | 'end'

export class SimulatedSocket implements Socket {
  readonly remoteAddress: string
  readonly remotePort: number
  readonly localPort: number
  readonly #end: SocketEnd
  #peer: SimulatedSocket | undefined
  #receiver: Receiver | undefined
  #isPaused = false
  #state: 'open' | 'vanished' | 'closed' = 'open'
  #closeReason: Error | undefined
  // Outgoing
  readonly #unsent: Piece[] = []
  #waitingBytes = 0
  readonly #underWay: Piece[] = []
  #underWayBytes = 0
  #lastArrivalMs = 0
  #hasEnded = false
  // Incoming
  readonly #arrived: Piece[] = []
  #isDelivering = false
  #peerHasEnded = false

  constructor(end: SocketEnd) {
    this.#end = end
    this.remoteAddress = end.remoteAddress
    this.remotePort = end.remotePort
    this.localPort = end.localPort
  }

  connectTo(peer: SimulatedSocket): void {
    this.#peer = peer
  }

  get isOpen(): boolean {
    return this.#state === 'open'
  }

  get waitingBytes(): number {
    return this.#waitingBytes
  }

  start(receiver: Receiver): void {
    this.#receiver = receiver
    this.#end.time.after(0, `${this.#end.name} start`, () => {
      if (this.#state === 'closed') this.#tellClosed()
      else this.#deliver()
    })
  }

  write(buffers: readonly Uint8Array[]): boolean {
    if (this.#state !== 'open' || this.#hasEnded) return false
    for (const buffer of buffers) {
      if (buffer.length === 0) continue
      // The very memory: it is copied when it leaves.
      this.#unsent.push(Buffer.from(buffer.buffer, buffer.byteOffset, buffer.length))
      this.#waitingBytes += buffer.length
    }
    this.#send()
    return this.#waitingBytes <= highWaterMark
  }

  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    if (!this.#isPaused) return
    this.#isPaused = false
    this.#end.time.after(0, `${this.#end.name} resume`, () => this.#deliver())
  }

  end(): void {
    if (this.#state !== 'open' || this.#hasEnded) return
    this.#hasEnded = true
    this.#unsent.push('end')
    this.#send()
  }

  destroy(): void {
    if (this.#state !== 'open') return
    if (!this.#hasEnded) {
      this.#hasEnded = true
      this.#unsent.length = 0
      this.#waitingBytes = 0
      this.#unsent.push('end')
      this.#send()
    }
    this.#close()
  }

  /** The process is gone: the system closes the connection, and nobody here is told. */
  abandon(): void {
    this.#receiver = undefined
    this.destroy()
  }

  /** The connection breaks: this end learns of it at once. */
  reset(): void {
    if (this.#state === 'open') this.#close(Object.assign(new Error('connection reset'), { code: 'ECONNRESET' }))
  }

  /** The host is gone without a word: the other end will hear nothing any more. */
  vanish(): void {
    if (this.#state === 'open') this.#state = 'vanished'
  }

  /** Back again, and without memory: whoever still sends to this end is told. */
  forget(): void {
    if (this.#state === 'vanished') this.#state = 'closed'
  }

  #close(reason?: Error): void {
    this.#state = 'closed'
    this.#arrived.length = 0
    this.#closeReason = reason
    this.#end.time.after(0, `${this.#end.name} closed`, () => this.#tellClosed())
  }

  #tellClosed(): void {
    const receiver = this.#receiver
    this.#receiver = undefined
    receiver?.closed(this.#closeReason)
  }

  /** Sends pieces while the window has room; the end needs none. */
  #send(): void {
    for (;;) {
      const piece = this.#nextPiece(windowBytes - this.#underWayBytes)
      if (piece === undefined) break
      const byteCount = piece === 'end' ? 0 : piece.length
      this.#underWayBytes += byteCount
      this.#waitingBytes -= byteCount
      this.#lastArrivalMs = this.#end.link.arrivalMs(this.#lastArrivalMs)
      this.#underWay.push(piece)
      this.#schedule(this.#lastArrivalMs, `${this.#end.name} ${byteCount}`, () => this.#arriveFirst())
    }
    this.#closeIfBothEnded()
  }

  #nextPiece(roomBytes: number): Piece | undefined {
    const first = this.#unsent[0]
    if (first === undefined || first === 'end') return this.#unsent.shift()
    if (roomBytes <= 0) return undefined
    // A stream of bytes: how they lie in buffers depends on what else this process has written, and must change nothing.
    const most = Math.min(this.#waitingBytes, roomBytes, pieceBytesMax)
    // Mostly whole, at times in crumbs: a receiver must not care.
    return this.#takeUnsent(chance(this.#end.random, 70) ? most : between(this.#end.random, 1, most))
  }

  #takeUnsent(byteCount: number): Buffer {
    const piece = Buffer.allocUnsafe(byteCount)
    for (let filled = 0; filled < byteCount;) {
      const first = this.#unsent[0]
      assert(first instanceof Buffer, 'what waits is in buffers')
      const part = first.subarray(0, byteCount - filled)
      filled += part.copy(piece, filled)
      if (part.length === first.length) this.#unsent.shift()
      else this.#unsent[0] = first.subarray(part.length)
    }
    return piece
  }

  /** Events of one moment come in any order, the pieces of a connection do not. */
  #arriveFirst(): void {
    const piece = this.#underWay.shift()
    if (piece !== undefined) this.#peer?.arrive(piece, this)
  }

  arrive(piece: Piece, from: SimulatedSocket): void {
    if (this.#state === 'vanished') return
    if (this.#state === 'closed') {
      // Nobody is there any more: the other end is told when it sends.
      if (piece !== 'end') this.#schedule(this.#end.link.arrivalMs(0), `${this.#end.name} reset`, () => from.reset())
      return
    }
    this.#arrived.push(piece)
    this.#deliver()
  }

  #deliver(): void {
    if (this.#isDelivering) return
    this.#isDelivering = true
    while (this.#receiver !== undefined && !this.#isPaused && this.#state === 'open') {
      const piece = this.#arrived.shift()
      if (piece === undefined) break
      if (piece === 'end') this.#deliverEnd(this.#receiver)
      else this.#deliverBytes(this.#receiver, piece)
    }
    this.#isDelivering = false
  }

  #deliverBytes(receiver: Receiver, piece: Buffer): void {
    const target = receiver.target()
    const part = piece.subarray(0, target.length)
    target.set(part)
    if (part.length < piece.length) this.#arrived.unshift(piece.subarray(part.length))
    const peer = this.#peer
    this.#schedule(this.#end.link.arrivalMs(0), `${this.#end.name} took ${part.length}`, () => peer?.taken(part.length))
    receiver.received(part.length)
  }

  #deliverEnd(receiver: Receiver): void {
    this.#peerHasEnded = true
    receiver.ended()
    this.#closeIfBothEnded()
  }

  #closeIfBothEnded(): void {
    if (this.#hasEnded && this.#peerHasEnded && this.#unsent.length === 0 && this.#state === 'open') this.#close()
  }

  /** The peer's program has read that much: the window opens again. */
  taken(byteCount: number): void {
    if (this.#state !== 'open') return
    this.#underWayBytes -= byteCount
    const wasWaiting = this.#waitingBytes > 0
    this.#send()
    if (wasWaiting && this.#waitingBytes === 0) this.#receiver?.drained()
  }

  #schedule(atMs: number, name: string, arrive: () => void): void {
    this.#end.time.after(atMs - this.#end.time.nowMs, name, () => this.#end.link.pass(arrive))
  }
}
