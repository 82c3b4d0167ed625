/**
 * Bytes of a connection become frames: an int32 length and that many bytes (KIP-less, as old as Kafka). Pure: no
 * socket, no clock.
 *
 * Whose memory is it? All connections of a thread read into one shared buffer and hand out every complete frame in it
 * at once, as views; so an idle connection holds nothing, and nothing is copied. What is left is the beginning of one
 * frame: it moves to a slab of its own, the rest of the frame is read right behind it, and the slab goes with the
 * frame. A large frame is met with a short read into the shared buffer, so that only its head is ever moved.
 *
 * So a frame that is handed out lies either in memory that is only its own during the call (`slab` undefined), or in
 * a slab that is the sink's from then on.
 */
import { FrameError } from './errors.ts'
import type { SlabPool } from './slab-pool.ts'

/** Where a frame lies, without its length: [start, end) of the buffer. One object, written anew for each frame. */
export interface FrameSpan {
  readonly buffer: Buffer
  readonly start: number
  readonly end: number
  /** Where what was received with it ends, in the same buffer. */
  readonly receivedEnd: number
  /** The buffer itself, where it was made for this frame alone: the sink gives it back to the pool. */
  readonly slab: Buffer | undefined
}

export interface FrameSink {
  /** False: hand out no more until `resume`. */
  frame(span: FrameSpan): boolean
  /** Frames were handed out that lie in the slab, and nothing else does: it is the sink's from now on. */
  emptied(slab: Buffer): void
}

export interface FrameReaderOptions {
  readonly sink: FrameSink
  readonly frameBytesMax: number
  readonly slabs: SlabPool
  /** Where bytes land unless a frame is under way. Shared with others: nothing is left in it. */
  readonly shared: Buffer
  /** Of what waits in all readers: while it is tight, reads are short. */
  readonly budget?: { readonly isTight: boolean }
}

const lengthBytes = 4
/** A frame above it is received in its own slab from the head on. */
const largeFrameBytes = 256 * 1024
/** The read that meets the head of a large frame, or arrives while nothing is handed out. */
const shortReadBytes = 64 * 1024
/** A slab starts no larger, and then doubles as bytes arrive. */
const firstSlabBytesMax = 1024 * 1024
/** Who has sent so much of a frame is trusted to send the rest: what is not there yet costs address space only. */
const trustedFromBytes = 8 * 1024 * 1024

export class FrameReader {
  readonly #sink: FrameSink
  /** A larger frame is refused. */
  frameBytesMax: number
  readonly #slabs: SlabPool
  readonly #shared: Buffer
  readonly #sharedShort: Buffer
  readonly #budget: { readonly isTight: boolean } | undefined
  /** Bytes that wait, [start, end) of the slab: part of a frame, or, while stopped, any number of frames. */
  #slab: Buffer | undefined
  #start = 0
  #end = 0
  readonly #span: { -readonly [K in keyof FrameSpan]: FrameSpan[K] }
  #isTargetInSlab = false
  #isStopped = false
  #expectsLarge = false

  constructor(options: FrameReaderOptions) {
    this.#sink = options.sink
    this.frameBytesMax = options.frameBytesMax
    this.#slabs = options.slabs
    this.#shared = options.shared
    this.#sharedShort = options.shared.subarray(0, shortReadBytes)
    this.#budget = options.budget
    this.#span = { buffer: options.shared, start: 0, end: 0, receivedEnd: 0, slab: undefined }
  }

  /** Received and not handed out yet. */
  get waitingBytes(): number {
    return this.#end - this.#start
  }

  /** Where the next bytes go. */
  target(): Uint8Array {
    const slab = this.#slab
    this.#isTargetInSlab = slab !== undefined && !this.#isStopped
    const isTight = this.#budget?.isTight === true
    if (slab === undefined || this.#isStopped) {
      return this.#expectsLarge || this.#isStopped || isTight ? this.#sharedShort : this.#shared
    }
    const end = Math.min(slab.length, this.#wantedEnd(slab))
    return slab.subarray(this.#end, isTight ? Math.min(end, this.#end + shortReadBytes) : end)
  }

  /** @throws FrameError where the bytes cannot be frames; the reader is of no use afterwards. */
  received(byteCount: number): void {
    if (this.#isTargetInSlab) {
      this.#isTargetInSlab = false
      this.#end += byteCount
      if (!this.#isStopped) this.#completeSlab()
    } else if (this.#slab === undefined) {
      const at = this.#isStopped ? 0 : this.#handOut(this.#shared, 0, byteCount)
      if (at < byteCount) this.#keep(this.#shared, at, byteCount)
    } else {
      // The target was asked for before something came to wait in the slab.
      this.#append(byteCount)
      if (!this.#isStopped) this.#handOutSlab()
    }
  }

  get isStopped(): boolean {
    return this.#isStopped
  }

  /** Hands out no more until `resume`. */
  stop(): void {
    this.#isStopped = true
  }

  /** Hands out what waited, and what comes. May be stopped again at once. */
  resume(): void {
    this.#isStopped = false
    // Where the next read goes to the slab it holds a part of a frame, and the slab must stay where it is.
    if (this.#slab !== undefined && !this.#isTargetInSlab) this.#handOutSlab()
  }

  /** Lets go of what waits. The socket must be closed: its next read could go to the slab. */
  release(): void {
    this.#isStopped = true
    this.#isTargetInSlab = false
    this.#giveSlab()
  }

  /** Hands out the complete frames of [start, end); returns where it stopped. */
  #handOut(buffer: Buffer, start: number, end: number): number {
    const span = this.#span
    let at = start
    this.#expectsLarge = false
    while (end - at >= lengthBytes) {
      const frameEnd = at + lengthBytes + this.#lengthAt(buffer, at)
      if (frameEnd > end) break
      span.buffer = buffer
      span.start = at + lengthBytes
      span.end = frameEnd
      span.receivedEnd = end
      span.slab = undefined
      at = frameEnd
      if (!this.#sink.frame(span)) {
        this.#isStopped = true
        break
      }
    }
    return at
  }

  /**
   * The same for what waits in the slab. A part of a frame that is left gets room for the whole: elsewhere where frames
   * were handed out, as these are still to be read.
   */
  #handOutSlab(): void {
    const slab = this.#slab
    if (slab === undefined) return
    const start = this.#start
    this.#start = this.#handOut(slab, start, this.#end)
    if (this.#start === this.#end) {
      this.#forgetSlab()
      this.#sink.emptied(slab)
    } else if (!this.#isStopped && this.#wantedEnd(slab) > slab.length) {
      if (this.#start === start) {
        this.#makeRoom(slab, trustedBytes(this.#wantedEnd(slab) - this.#start, this.waitingBytes))
      } else {
        this.#keep(slab, this.#start, this.#end)
        this.#sink.emptied(slab)
      }
    }
  }

  /** Moves the bytes to a new slab that holds the first frame among them, or as much of it as is trusted to come. */
  #keep(buffer: Buffer, start: number, end: number): void {
    const byteCount = end - start
    const wanted = byteCount < lengthBytes ? lengthBytes : lengthBytes + this.#lengthAt(buffer, start)
    const slab = this.#slabs.take(Math.max(byteCount, trustedBytes(wanted, byteCount)))
    buffer.copy(slab, 0, start, end)
    this.#slab = slab
    this.#start = 0
    this.#end = byteCount
  }

  #giveSlab(): void {
    if (this.#slab !== undefined) this.#slabs.give(this.#slab)
    this.#forgetSlab()
  }

  #forgetSlab(): void {
    this.#slab = undefined
    this.#start = 0
    this.#end = 0
  }

  /** Where the first frame in the slab ends, or its length field, as long as that is not whole. */
  #wantedEnd(slab: Buffer): number {
    const byteCount = this.#end - this.#start
    return this.#start + lengthBytes + (byteCount < lengthBytes ? 0 : this.#lengthAt(slab, this.#start))
  }

  /** After a read behind the part of a frame: hands it out once it is whole, makes room while it is not. */
  #completeSlab(): void {
    const slab = this.#slab
    if (slab === undefined) return
    const wantedEnd = this.#wantedEnd(slab)
    if (this.#end === wantedEnd) {
      const span = this.#span
      span.buffer = slab
      span.start = this.#start + lengthBytes
      span.end = wantedEnd
      span.receivedEnd = wantedEnd
      span.slab = slab
      this.#expectsLarge = wantedEnd - span.start > largeFrameBytes
      this.#slab = undefined
      this.#start = 0
      this.#end = 0
      if (!this.#sink.frame(span)) this.#isStopped = true
    } else if (this.#end === slab.length || (wantedEnd > slab.length && slab.length < firstSlabBytesMax)) {
      this.#makeRoom(slab, trustedBytes(wantedEnd - this.#start, this.waitingBytes))
    }
  }

  /** Moves what waits to the beginning of the slab, or of a larger one. */
  #makeRoom(slab: Buffer, byteCount: number): void {
    if (byteCount <= slab.length) {
      slab.copyWithin(0, this.#start, this.#end)
    } else {
      this.#slab = this.#slabs.take(byteCount)
      slab.copy(this.#slab, 0, this.#start, this.#end)
      this.#slabs.give(slab)
    }
    this.#end -= this.#start
    this.#start = 0
  }

  /** Moves bytes from the shared buffer behind those that wait. */
  #append(byteCount: number): void {
    if (this.#slab !== undefined && this.#end + byteCount > this.#slab.length) {
      this.#makeRoom(this.#slab, this.waitingBytes + byteCount)
    }
    if (this.#slab === undefined) return
    this.#shared.copy(this.#slab, this.#end, 0, byteCount)
    this.#end += byteCount
  }

  #lengthAt(buffer: Buffer, at: number): number {
    const length = buffer.readInt32BE(at)
    if (length < 0 || length > this.frameBytesMax) {
      const guess = otherProtocolAt(buffer, at)
      throw new FrameError(`a frame of ${length} bytes; allowed are 0 to ${this.frameBytesMax}${guess}`)
    }
    return length
  }
}

/** How much memory a frame gets of which so much is there: a length alone must not take all it asks for. */
function trustedBytes(wanted: number, present: number): number {
  return present >= trustedFromBytes ? wanted : Math.min(wanted, Math.max(firstSlabBytesMax, 2 * present))
}

/** What a peer speaks that is taken for another, as far as four bytes tell: a client’s first bytes, or a server’s. */
function otherProtocolAt(buffer: Buffer, at: number): string {
  if (buffer[at] === 0x16 && buffer[at + 1] === 0x03) return '. It looks like TLS, which this listener does not speak'
  if (buffer[at] === 0x15 && buffer[at + 1] === 0x03) return '. It looks like TLS, which was not begun'
  const text = buffer.toString('latin1', at, at + lengthBytes)
  return /^(GET |HEAD|POST|PUT |OPTI|HTTP)$/.test(text) ? '. It looks like HTTP' : ''
}
