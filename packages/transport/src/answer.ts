/** What a frame is answered with, and the queue that keeps answers in the order of their frames. Pure. */

/** The parts of a frame, without its length. */
export type SettledAnswer =
  | readonly Uint8Array[]
  | ReleasedAnswer
  /** Nothing is sent (a produce request that wants no acknowledgement). */
  | null
  /** What was answered before is sent, then the connection is closed. */
  | 'close'

export type Answer = SettledAnswer | PendingAnswer | Promise<SettledAnswer>

/** An answer in memory that is used again: `release` is called once, when it was sent or will never be. */
export interface ReleasedAnswer {
  readonly buffers: readonly Uint8Array[]
  release(): void
}

/** A place in the queue: of a frame that is not answered yet, or whose answer waits for one before it. */
export interface AnswerPlace {
  answer: SettledAnswer | undefined
  frameBytes: number
}

/**
 * An answer that comes later, mostly at the end of the pass that brought its frame: what a promise would be, without
 * its three allocations and its turn of the microtask queue.
 */
export class PendingAnswer implements AnswerPlace {
  answer: SettledAnswer | undefined
  frameBytes = 0
  /** What the frame lies in, as long as it is needed. Of the connection. */
  kept: { release(): void } | undefined
  #whenSettled: ((place: PendingAnswer, answer: SettledAnswer) => void) | undefined

  /** Called once. */
  settle(answer: SettledAnswer): void {
    if (this.#whenSettled === undefined) this.answer = answer
    else this.#whenSettled(this, answer)
  }

  /** For who waits in the way of promises. */
  promise(): Promise<SettledAnswer> {
    const { promise, resolve } = Promise.withResolvers<SettledAnswer>()
    this.whenSettled((_, answer) => resolve(answer))
    return promise
  }

  /** The one who waits is told, once; at once where the answer is there already. */
  whenSettled(tell: (place: PendingAnswer, answer: SettledAnswer) => void): void {
    const { answer } = this
    this.#whenSettled = tell
    if (answer === undefined) return
    this.answer = undefined
    tell(this, answer)
  }
}

/** How many places that are done with may lie at the front before the rest moves up. */
const donePlacesMax = 256

export class AnswerQueue {
  #places: AnswerPlace[] = []
  #first = 0
  #frameBytes = 0
  #answerBytes = 0

  /** Frames that are not answered, or whose answers wait. */
  get size(): number {
    return this.#places.length - this.#first
  }

  /** The bytes of the frames that are not answered. */
  get frameBytes(): number {
    return this.#frameBytes
  }

  /** The bytes of answers that wait for one before them. */
  get answerBytes(): number {
    return this.#answerBytes
  }

  /** @param frameBytes - 0 where the answer is there already. */
  add(frameBytes: number, answer?: SettledAnswer): AnswerPlace {
    const place: AnswerPlace = { answer, frameBytes }
    this.#places.push(place)
    this.#frameBytes += frameBytes
    if (answer !== undefined) this.#answerBytes += byteCountOf(answer)
    return place
  }

  /** The place of an answer that comes later. */
  addPending(pending: PendingAnswer, frameBytes: number): void {
    pending.frameBytes = frameBytes
    this.#places.push(pending)
    this.#frameBytes += frameBytes
  }

  settle(place: AnswerPlace, answer: SettledAnswer): void {
    place.answer = answer
    this.#frameBytes -= place.frameBytes
    this.#answerBytes += byteCountOf(answer)
  }

  /** Takes out the first answer, if it is there. */
  shift(): SettledAnswer | undefined {
    const place = this.#places[this.#first]
    if (place?.answer === undefined) return undefined
    this.#first++
    if (this.#first === this.#places.length) {
      this.#places = []
      this.#first = 0
    } else if (this.#first > donePlacesMax && this.#first * 2 > this.#places.length) {
      this.#places = this.#places.slice(this.#first)
      this.#first = 0
    }
    this.#answerBytes -= byteCountOf(place.answer)
    return place.answer
  }
}

function byteCountOf(answer: SettledAnswer): number {
  if (answer === null || answer === 'close') return 0
  let byteCount = 0
  for (const part of 'release' in answer ? answer.buffers : answer) byteCount += part.length
  return byteCount
}

/** Tells the owner of an answer that it will not be sent. */
export function dropAnswer(answer: SettledAnswer): void {
  if (answer !== null && answer !== 'close' && 'release' in answer) answer.release()
}
