/**
 * A fetch session with one node (KIP-227): says of the partitions that are wanted what the node does not know yet, so that a
 * request with nothing new is a few bytes. Pure. One request at a time.
 *
 * Invariant: after a request without a good answer nothing is taken for granted; the next one says everything.
 */
import { ZERO_UUID } from '@gregor/base'
import type { ProtocolError } from '@gregor/protocol'

export interface WantedPartition {
  readonly topic: string
  /** ZERO_UUID where it is not known. */
  readonly topicId: string
  readonly partition: number
  readonly fetchOffset: number
  /** -1: unknown. */
  readonly currentLeaderEpoch: number
}

export interface SessionRequest {
  readonly sessionId: number
  readonly sessionEpoch: number
  readonly partitions: readonly WantedPartition[]
  readonly forgotten: readonly WantedPartition[]
  /** All partitions of the session have ids: versions that know no names may be used. */
  readonly hasTopicIds: boolean
}

const openingEpoch = 0
const closingEpoch = -1
const epochMax = 2 ** 31 - 1

export class FetchSession {
  #sessionId = 0
  #epoch = openingEpoch
  /** What the node knows, or will know when the request is answered. */
  #known = new Map<string, WantedPartition>()

  next(wanted: readonly WantedPartition[]): SessionRequest {
    const isOpening = this.#epoch === openingEpoch
    const before = isOpening ? new Map<string, WantedPartition>() : this.#known
    const now = new Map<string, WantedPartition>()
    const partitions: WantedPartition[] = []
    let hasTopicIds = true
    for (const one of wanted) {
      const key = keyOf(one)
      now.set(key, one)
      if (one.topicId === ZERO_UUID) hasTopicIds = false
      const known = before.get(key)
      if (known === undefined || isChanged(known, one)) partitions.push(one)
    }
    const forgotten = [...before].flatMap(([key, one]) => (now.has(key) ? [] : [one]))
    this.#known = now
    return { sessionId: this.#sessionId, sessionEpoch: this.#epoch, partitions, forgotten, hasTopicIds }
  }

  /** To the request made last: its error code and session id. */
  answered(error: ProtocolError, sessionId: number): void {
    if (error !== 'NONE') {
      if (error === 'FETCH_SESSION_ID_NOT_FOUND') this.#sessionId = 0
      return this.failed()
    }
    if (sessionId === 0) {
      this.#sessionId = 0
      return this.failed()
    }
    this.#sessionId = sessionId
    this.#epoch = this.#epoch === epochMax ? 1 : this.#epoch + 1
  }

  /** No answer, or one that tells nothing: the next request closes the session and opens another. */
  failed(): void {
    this.#epoch = openingEpoch
    this.#known = new Map()
  }

  /** What tells the node to forget it; `undefined`: there is nothing to forget. */
  closing(): SessionRequest | undefined {
    if (this.#sessionId === 0) return undefined
    const sessionId = this.#sessionId
    this.#sessionId = 0
    this.failed()
    return { sessionId, sessionEpoch: closingEpoch, partitions: [], forgotten: [], hasTopicIds: true }
  }
}

/** A topic that was made anew is another one. */
function keyOf({ topic, topicId, partition }: WantedPartition): string {
  return `${topic}-${partition}-${topicId}`
}

function isChanged(known: WantedPartition, now: WantedPartition): boolean {
  return known.fetchOffset !== now.fetchOffset || known.currentLeaderEpoch !== now.currentLeaderEpoch
}
