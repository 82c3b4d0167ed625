/**
 * The server's side of one connection: frames come in, answers leave in the order of their frames. All complete
 * frames of a read are handed out in one pass, and what is answered within it leaves in one write; unless an answer
 * is a promise, nothing is allocated for waiting.
 *
 * Every queue has a bound: frames without an answer, their bytes, the bytes of answers that wait; per connection and,
 * for bytes, over all. At a bound no more is handed out and the socket is paused, so that TCP holds the peer back.
 * What an answer costs that is a promise is not known before it is there: so few of those are due at once.
 */
import { asError } from '@gregor/base'
import type { Clock, Logger, RationedLog, Receiver, Socket } from '@gregor/platform'
import { type Answer, AnswerQueue, type AnswerPlace, PendingAnswer, type SettledAnswer, dropAnswer } from './answer.ts'
import type { ConnectionResources } from './connection-resources.ts'
import { FrameError } from './errors.ts'
import { FrameReader, type FrameSpan } from './frame-reader.ts'
import { KeptBytes } from './kept-bytes.ts'
import { Outbox } from './outbox.ts'
import { SignsOfLife, type Sign } from './signs-of-life.ts'

/** One per connection, so that it may keep what it knows about the peer. */
export interface FrameHandler {
  /**
   * Called for each frame, in order. A promise holds up the frames behind it where `lateAnswersMax` says so; what is
   * pending does not: see `ServerConnection.hold`.
   *
   * @param frame - without its length. Read-only. Valid until the answer is settled, unless `readsAtOnce` said true.
   *   The answer must not contain views of it.
   */
  frame(frame: Buffer, connection: ServerConnection): Answer
  /**
   * True where `frame` will be done with the bytes when it returns, promise or not, or when `passEnded` returns where
   * the answer is pending: then they need not be copied out of the shared receive buffer. Default: false, every frame is
   * copied that has no memory of its own.
   *
   * @param apiKey - the first two bytes of the frame; -1 where it is shorter.
   * @param byteCount - of the frame.
   */
  readsAtOnce?(apiKey: number, byteCount: number): boolean
  /** All frames of a read were handed out: what was put off to handle many at once is done now. */
  passEnded?(): void
  /** Called once, last. What is still to be answered is of no use any more. */
  closed?(reason: Error | undefined): void
}

export interface ServerConnectionLimits {
  /** `socket.request.max.bytes`. */
  readonly frameBytesMax: number
  /** Frames handed out and not answered. */
  readonly framesInFlightMax: number
  /** Frames handed out whose answers are promises that are not settled. */
  readonly lateAnswersMax: number
  /** The bytes of the frames that are kept until they are answered. */
  readonly requestBytesMax: number
  /** Bytes of answers that the system has not taken. */
  readonly responseBytesMax: number
}

export interface ServerConnectionOptions {
  readonly clock: Pick<Clock, 'schedule' | 'afterTurn'>
  readonly logger: Logger
  /** For what any peer can bring about. */
  readonly rationedLog: RationedLog
  readonly resources: ConnectionResources
  readonly limits: ServerConnectionLimits
  readonly handler: FrameHandler
  /** Called once, when everything is over. */
  readonly onClosed?: (connection: ServerConnection) => void
}

/** What may wait unread behind a late answer, so that a peer that sends nothing meanwhile need not be paused. */
const heldBytesMax = 16 * 1024
/** Then it is the turn of the other connections, however much this one has sent. */
const framesPerTurnMax = 256
/** A part of a frame below it is taken in whatever others hold. */
const smallPartBytes = 64 * 1024

export class ServerConnection {
  readonly remoteAddress: string
  readonly remotePort: number
  readonly localPort: number
  readonly #socket: Socket
  readonly #options: ServerConnectionOptions
  readonly #reader: FrameReader
  readonly #outbox: Outbox
  readonly #answers = new AnswerQueue()
  /** What frames of this pass were copied to. */
  #kept: KeptBytes | undefined
  /** What frames with pending answers lie in that are done with when the pass ends. */
  #keptForPass: KeptBytes[] = []
  /** The same for frames that waited to be handed out. */
  #slabsOfPass: Buffer[] = []
  #state: 'open' | 'ending' | 'closed' = 'open'
  #isInPass = false
  #isPaused = false
  #isFlushScheduled = false
  #framesLeftInTurn = framesPerTurnMax
  #isYielding = false
  /** An answer said `close`: those after it are dropped. */
  #saidClose = false
  /** It has said all, and what it said is not handed out yet. */
  #hasPeerEnded = false
  #holdCount = 0
  #lateAnswers = 0
  /** What was added to the budgets that all connections share. */
  #countedRequestBytes = 0
  #countedResponseBytes = 0
  readonly #signs = new SignsOfLife()

  constructor(socket: Socket, options: ServerConnectionOptions) {
    this.#socket = socket
    this.#options = options
    this.remoteAddress = socket.remoteAddress
    this.remotePort = socket.remotePort
    this.localPort = socket.localPort
    const { resources, limits } = options
    this.#outbox = new Outbox(socket, resources.slabs)
    this.#reader = new FrameReader({
      sink: { frame: (span) => this.#frame(span), emptied: (slab) => this.#slabsOfPass.push(slab) },
      frameBytesMax: limits.frameBytesMax,
      slabs: resources.slabs,
      shared: resources.shared,
      budget: resources.requests,
    })
    socket.start(this.#receiver())
  }

  /** Frames handed out whose answers have not left. */
  get framesInFlight(): number {
    return this.#answers.size
  }

  /** Bytes of answers that the system has not taken. */
  get responseBytes(): number {
    return this.#answers.answerBytes + this.#outbox.waitingBytes
  }

  /** Bytes that are of no use yet: part of a frame, or frames that wait for their turn. */
  get waitingBytes(): number {
    return this.#reader.waitingBytes
  }

  /** The number of its turn to send a large frame, where others wait for it to end. */
  get turn(): number | undefined {
    return this.#options.resources.requests.turnOf(this.#goOn)
  }

  get isClosed(): boolean {
    return this.#state === 'closed'
  }

  /** Hands out no more frames until the function it returns is called, and those of all other holds. */
  hold(): () => void {
    this.#holdCount++
    this.#reader.stop()
    this.#pause()
    let isHeld = true
    return () => {
      if (!isHeld) return
      isHeld = false
      this.#holdCount--
      this.#goOn()
    }
  }

  /** Hands out nothing for a time: a client over its quota. Answers still leave. */
  throttle(durationMs: number): void {
    this.#options.clock.schedule(durationMs, this.hold())
  }

  /** Hands out no more frames; sends the answers of those that were, then closes. Idempotent. */
  close(): void {
    if (this.#state !== 'open') return
    this.#beginEnding()
    if (!this.#isInPass) this.#settle()
  }

  /** Closes now. What is unanswered stays so. Idempotent. */
  destroy(): void {
    if (this.#state === 'closed') return
    this.#state = 'ending'
    this.#saidClose = true
    this.#reader.stop()
    this.#socket.destroy()
  }

  /**
   * What the peer did since the last call: for whoever closes idle connections, at regular intervals. It is alive if it
   * sent a frame or a good part of one, or took something of its answers, or waits for one of us.
   */
  look(): Sign {
    const waitsForUs = this.#state === 'open' && (this.#answers.size > 0 || this.#isPaused)
    return this.#signs.look(this.#outbox, waitsForUs)
  }

  #receiver(): Receiver {
    return {
      target: () => this.#reader.target(),
      received: (byteCount) => {
        this.#signs.received(byteCount)
        this.#pass(byteCount)
      },
      drained: () => {
        this.#outbox.sent()
        this.#goOn()
      },
      ended: () => this.#peerEnded(),
      closed: (reason) => this.#closed(reason),
    }
  }

  /** No frame will come any more; answers may still be wanted, also to what waits to be handed out. */
  #peerEnded(): void {
    if (this.#reader.isStopped && this.#reader.waitingBytes > 0) this.#hasPeerEnded = true
    else this.close()
  }

  // ---------------------------------------------------------------------------------------------------- frames in

  /** Hands out frames, writes what was answered at once, and goes on for as long as there is room for more. */
  #pass(receivedBytes: number): void {
    this.#isInPass = true
    if (!this.#isYielding) this.#framesLeftInTurn = framesPerTurnMax
    try {
      if (!this.#hasRoom()) this.#reader.stop()
      if (receivedBytes > 0) this.#reader.received(receivedBytes)
      this.#endPass()
      while (this.#reader.isStopped && this.#hasRoom()) {
        this.#keep(undefined)
        this.#reader.resume()
        this.#endPass()
      }
    } catch (error) {
      this.#failPass(error)
    } finally {
      this.#isInPass = false
      this.#keep(undefined)
      this.#letGoOfPass()
    }
    if (this.#framesLeftInTurn === 0 && !this.#isYielding) {
      this.#isYielding = true
      this.#options.clock.afterTurn(this.#turnEnded)
    }
    this.#settle()
  }

  readonly #turnEnded = (): void => {
    this.#isYielding = false
    this.#framesLeftInTurn = framesPerTurnMax
    this.#goOn()
  }

  /** What was handed out before is done all the same, and answered where it is not our fault. */
  #failPass(error: unknown): void {
    if (error instanceof FrameError) this.close()
    this.#fail(error)
    try {
      this.#endPass()
    } catch (second) {
      this.#fail(second)
    }
  }

  #endPass(): void {
    this.#options.handler.passEnded?.()
    this.#letGoOfPass()
    this.#putReady()
    this.#outbox.flush()
  }

  #letGoOfPass(): void {
    if (this.#keptForPass.length > 0) {
      for (const kept of this.#keptForPass) kept.release()
      this.#keptForPass = []
    }
    if (this.#slabsOfPass.length > 0) {
      for (const slab of this.#slabsOfPass) this.#options.resources.slabs.give(slab)
      this.#slabsOfPass = []
    }
  }

  #frame(span: FrameSpan): boolean {
    const { handler } = this.#options
    this.#signs.frame()
    this.#framesLeftInTurn--
    const readsAtOnce = handler.readsAtOnce?.(apiKeyOf(span), span.end - span.start) === true
    const answer = handler.frame(readsAtOnce ? viewOf(span) : this.#keptView(span), this)
    if (answer instanceof PendingAnswer) return this.#awaitPending(answer, span, readsAtOnce)
    if (answer instanceof Promise) this.#await(answer, readsAtOnce ? 0 : span.end - span.start, readsAtOnce)
    else if (this.#answers.size > 0) this.#answers.add(0, answer)
    else this.#put(answer)
    if (readsAtOnce && span.slab !== undefined) this.#options.resources.slabs.give(span.slab)
    return this.#hasRoom()
  }

  /** The frame where it stays as it is until it is answered. */
  #keptView(span: FrameSpan): Buffer {
    let kept = this.#kept
    if (kept === undefined || !kept.has(span)) {
      kept = new KeptBytes(this.#options.resources.slabs, span)
      this.#keep(kept)
    }
    return kept.view(span)
  }

  /** Frames are looked for in what was kept last, as long as the memory they came in does not change. */
  #keep(kept: KeptBytes | undefined): void {
    this.#kept?.release()
    this.#kept = kept
  }

  #awaitPending(answer: PendingAnswer, span: FrameSpan, readsAtOnce: boolean): boolean {
    this.#answers.addPending(answer, readsAtOnce ? 0 : span.end - span.start)
    if (!readsAtOnce && this.#kept !== undefined) {
      this.#kept.retain()
      answer.kept = this.#kept
    } else if (span.slab !== undefined) {
      this.#keptForPass.push(new KeptBytes(this.#options.resources.slabs, span))
    }
    answer.whenSettled(this.#settled)
    return this.#hasRoom()
  }

  readonly #settled = (place: PendingAnswer, answer: SettledAnswer): void => {
    place.kept?.release()
    this.#answers.settle(place, answer)
    // All of a pass leave with one write, when it ends.
    if (!this.#isInPass) this.#sendReady(place)
  }

  #await(answer: Promise<SettledAnswer>, frameBytes: number, readsAtOnce: boolean): void {
    const place = this.#answers.add(frameBytes)
    const kept = readsAtOnce ? undefined : this.#kept
    kept?.retain()
    this.#lateAnswers++
    const settle = (settled: SettledAnswer): void => {
      kept?.release()
      this.#lateAnswers--
      this.#answers.settle(place, settled)
      this.#sendReady(place)
    }
    answer.then(settle, (error: unknown) => {
      this.#fail(error)
      settle('close')
    })
  }

  // --------------------------------------------------------------------------------------------------- answers out

  /**
   * Writes what has its turn: at once where no other answer is due, else with those that come in this turn. Whoever
   * answers is in the middle of something: no frame is handed out before the turn is over.
   */
  #sendReady(settled: AnswerPlace): void {
    if (this.#state === 'closed') {
      if (settled.answer !== undefined) dropAnswer(settled.answer)
      return
    }
    this.#putReady()
    if (this.#answers.size === 0) this.#outbox.flush()
    if (this.#isFlushScheduled) return
    this.#isFlushScheduled = true
    this.#options.clock.afterTurn(this.#flushAfterTurn)
  }

  #putReady(): void {
    for (let answer = this.#answers.shift(); answer !== undefined; answer = this.#answers.shift()) this.#put(answer)
  }

  readonly #flushAfterTurn = (): void => {
    this.#isFlushScheduled = false
    if (this.#state === 'closed') return
    this.#outbox.flush()
    this.#goOn()
  }

  #put(answer: SettledAnswer): void {
    if (this.#saidClose) return dropAnswer(answer)
    if (answer === null) return
    if (answer === 'close') {
      this.#saidClose = true
      if (this.#state === 'open') this.#beginEnding()
    } else if ('release' in answer) {
      this.#outbox.put(answer.buffers, () => answer.release())
    } else {
      this.#outbox.put(answer)
    }
  }

  // -------------------------------------------------------------------------------------------------------- bounds

  #hasRoom(): boolean {
    const { limits, resources } = this.#options
    const { responseBytes } = this
    return (
      this.#state === 'open' &&
      this.#holdCount === 0 &&
      this.#framesLeftInTurn > 0 &&
      this.#lateAnswers < limits.lateAnswersMax &&
      this.#answers.size < limits.framesInFlightMax &&
      this.#answers.frameBytes < limits.requestBytesMax &&
      responseBytes < limits.responseBytesMax &&
      !(responseBytes > 0 ? resources.responses.isExhausted : resources.responses.isOverdrawn)
    )
  }

  readonly #goOn = (): void => {
    if (this.#isInPass || this.#state === 'closed') return
    if (this.#reader.isStopped && this.#hasRoom()) this.#pass(0)
    else this.#settle()
  }

  /** Brings the shared budgets up to date, and the socket to a stop or to life, as there is room. */
  #settle(): void {
    if (this.#state === 'closed') return
    const { resources } = this.#options
    this.#count(this.#answers.frameBytes + this.#reader.waitingBytes, this.responseBytes)
    if (this.#state === 'ending') {
      if (this.#answers.size === 0 && this.#outbox.waitingBytes === 0) this.#socket.destroy()
      return
    }
    if (this.#hasPeerEnded && !this.#reader.isStopped) return this.close()
    if (resources.responses.isExhausted) resources.responses.whenRoom(this.#goOn)
    if (this.#mayRead()) this.#resume()
    else this.#pause()
  }

  #mayRead(): boolean {
    const { limits, resources } = this.#options
    const { waitingBytes } = this.#reader
    if (this.#reader.isStopped || waitingBytes < smallPartBytes) resources.requests.endTurn(this.#goOn)
    if (this.#reader.isStopped) {
      // Most peers wait for an answer that is late: stopping and starting their sockets would be for nothing.
      const isLate = this.#lateAnswers >= limits.lateAnswersMax && this.#holdCount === 0
      return isLate && waitingBytes < heldBytesMax && !resources.requests.isExhausted
    }
    // A frame that is under way must come in whole one day: only that can give back the memory it holds.
    return waitingBytes < smallPartBytes || resources.requests.mayGoOn(this.#goOn)
  }

  #count(requestBytes: number, responseBytes: number): void {
    const { requests, responses } = this.#options.resources
    const requestsBefore = this.#countedRequestBytes
    const responsesBefore = this.#countedResponseBytes
    this.#countedRequestBytes = requestBytes
    this.#countedResponseBytes = responseBytes
    if (requestBytes !== requestsBefore) requests.add(requestBytes - requestsBefore)
    if (responseBytes !== responsesBefore) responses.add(responseBytes - responsesBefore)
  }

  #pause(): void {
    if (this.#isPaused) return
    this.#isPaused = true
    this.#socket.pause()
  }

  #resume(): void {
    if (!this.#isPaused) return
    this.#isPaused = false
    this.#socket.resume()
  }

  // ----------------------------------------------------------------------------------------------------------- end

  #beginEnding(): void {
    this.#state = 'ending'
    this.#reader.stop()
    this.#pause()
  }

  #fail(error: unknown): void {
    const reason = asError(error)
    const fields = { address: this.remoteAddress, port: this.remotePort, error: reason }
    if (reason instanceof FrameError) {
      this.#options.rationedLog.info('Closing a connection that sent no frame', fields)
    } else {
      this.#options.logger.error('Closing a connection: its request failed', fields)
      this.destroy()
    }
  }

  #closed(reason: Error | undefined): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    const { resources, handler, onClosed } = this.#options
    resources.requests.forget(this.#goOn)
    resources.responses.forget(this.#goOn)
    this.#reader.release()
    this.#outbox.discard()
    for (let answer = this.#answers.shift(); answer !== undefined; answer = this.#answers.shift()) dropAnswer(answer)
    this.#count(0, 0)
    handler.closed?.(reason)
    onClosed?.(this)
  }
}

function apiKeyOf({ buffer, start, end }: FrameSpan): number {
  return end - start < 2 ? -1 : buffer.readInt16BE(start)
}

function viewOf({ buffer, start, end }: FrameSpan): Buffer {
  return buffer.subarray(start, end)
}
