/**
 * Which brokers are alive, as far as this controller has heard: when each was last in touch, how far it has applied
 * the metadata, and from which offset on it is shutting down. None of it is logged: after a failover every broker that
 * is not fenced gets a fresh session.
 *
 * The broker in this controller's own process is a case of its own: while it has not been heard from, an incarnation
 * of it that is in the log ended with an earlier process. So a node that was killed is up again at once.
 */
import type { BrokerRegistration, MetadataImage } from '@gregor/metadata'

interface Session {
  readonly epoch: number
  contactMs: number
  /** Not only assumed, after a failover. */
  isHeard: boolean
  /** -1: not known. */
  metadataOffset: number
  /** The end of the batch that moved its leaderships away; -1: not shutting down. */
  shutdownOffset: number
}

export class BrokerSessions {
  readonly #timeoutMs: number
  readonly #ownBrokerId: number | undefined
  readonly #sessions = new Map<number, Session>()

  /** @param given.ownBrokerId - of the broker in the same process; `undefined`: there is none. */
  constructor(given: { readonly timeoutMs: number; readonly ownBrokerId: number | undefined }) {
    this.#timeoutMs = given.timeoutMs
    this.#ownBrokerId = given.ownBrokerId
  }

  /** Forgets everything, and begins a session for each broker that is not fenced. */
  activate(brokers: Iterable<BrokerRegistration>, nowMs: number): void {
    this.#sessions.clear()
    for (const broker of brokers) {
      if (!broker.fenced) this.#session(broker.id, broker.epoch, nowMs)
    }
  }

  /** A broker was heard from. */
  touch(brokerId: number, epoch: number, given: { readonly nowMs: number; readonly metadataOffset: number }): void {
    const session = this.#session(brokerId, epoch, given.nowMs)
    session.contactMs = given.nowMs
    session.isHeard = true
    session.metadataOffset = given.metadataOffset
  }

  /** Whether an incarnation may still be alive: another one must wait then. */
  hasValidSession(brokerId: number, epoch: number, nowMs: number): boolean {
    const session = this.#sessions.get(brokerId)
    if (session === undefined || session.epoch !== epoch || this.#isExpired(session, nowMs)) return false
    return session.isHeard || brokerId !== this.#ownBrokerId
  }

  end(brokerId: number): void {
    this.#sessions.delete(brokerId)
  }

  /** It is fenced: it has left controlled shutdown, too, and may shut down with its next heartbeat. */
  fenced(brokerId: number): void {
    const session = this.#sessions.get(brokerId)
    if (session !== undefined) session.shutdownOffset = -1
  }

  isShuttingDown(brokerId: number): boolean {
    return this.shutdownOffset(brokerId) >= 0
  }

  shutdownOffset(brokerId: number): number {
    return this.#sessions.get(brokerId)?.shutdownOffset ?? -1
  }

  /** It may go once the other brokers have applied the metadata up to there. Later offsets do not count. */
  startShutdown(brokerId: number, offset: number): void {
    const session = this.#sessions.get(brokerId)
    if (session !== undefined && session.shutdownOffset < 0) session.shutdownOffset = offset
  }

  /** How far every broker that goes on has applied the metadata; Infinity where there is none. */
  lowestActiveOffset(image: MetadataImage): number {
    let lowest = Infinity
    for (const [brokerId, session] of this.#sessions) {
      const isActive = session.shutdownOffset < 0 && image.brokers.get(brokerId)?.fenced === false
      if (isActive) lowest = Math.min(lowest, session.metadataOffset)
    }
    return lowest
  }

  /** Whose session has expired first. */
  expired(nowMs: number): { readonly brokerId: number; readonly epoch: number } | undefined {
    let oldest: [number, Session] | undefined
    for (const entry of this.#sessions) {
      if (this.#isExpired(entry[1], nowMs) && entry[1].contactMs < (oldest?.[1].contactMs ?? Infinity)) oldest = entry
    }
    if (oldest === undefined) return undefined
    const [brokerId, { epoch }] = oldest
    return { brokerId, epoch }
  }

  #session(brokerId: number, epoch: number, nowMs: number): Session {
    const known = this.#sessions.get(brokerId)
    if (known !== undefined && known.epoch === epoch) return known
    const session: Session = { epoch, contactMs: nowMs, isHeard: false, metadataOffset: -1, shutdownOffset: -1 }
    this.#sessions.set(brokerId, session)
    return session
  }

  #isExpired(session: Session, nowMs: number): boolean {
    return nowMs - session.contactMs > this.#timeoutMs
  }
}
