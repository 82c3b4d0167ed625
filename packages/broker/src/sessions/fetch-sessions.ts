/**
 * Incremental fetch sessions (KIP-227): a client names its partitions once, then sends and gets only what changed.
 * A session is (id, epoch): epoch 0 asks for one, -1 closes it or does without; each request adds one.
 * Pure but for the random ids it is given. One instance per node; requests of one session never overlap, because a
 * client waits for an answer before it sends the next epoch: what arrives with another epoch is refused.
 */

/** One partition as a fetch asks for it. Mutable: a session keeps and updates it. */
export interface FetchedPartition {
  readonly topicId: string
  /** Unknown where the request names ids and this node does not know the id (yet). */
  topic: string | undefined
  readonly partitionIndex: number
  fetchOffset: number
  currentLeaderEpoch: number
  lastFetchedEpoch: number
  logStartOffset: number
  maxBytes: number
}

/** What a request says that matters to sessions. */
export interface SessionRequest {
  readonly sessionId: number
  readonly sessionEpoch: number
  readonly usesTopicIds: boolean
  readonly isReplica: boolean
  readonly partitions: readonly FetchedPartition[]
  readonly forgotten: readonly {
    readonly topicId: string
    readonly topic: string
    readonly partitions: readonly number[]
  }[]
}

/** One request’s passage: read `partitions` in this order, then give the results to `finish`. */
export interface FetchTurn {
  readonly kind: 'full' | 'incremental' | 'sessionless'
  readonly partitions: readonly FetchedPartition[]
  readonly session: FetchSession | undefined
  readonly request: SessionRequest
}

/** The parts of a partition’s answer that decide whether an incremental answer carries it. */
export interface FetchedResult {
  readonly partition: FetchedPartition
  readonly errorCode: number
  readonly highWatermark: number
  readonly logStartOffset: number
  readonly byteCount: number
  /** A diverging epoch, a leader hint or a preferred replica: always told. */
  readonly hasHint: boolean
}

export type SessionError = 'FETCH_SESSION_ID_NOT_FOUND' | 'INVALID_FETCH_SESSION_EPOCH' | 'FETCH_SESSION_TOPIC_ID_ERROR'

interface SessionPartition extends FetchedPartition {
  toldHighWatermark: number
  toldLogStartOffset: number
}

export interface FetchSession {
  readonly id: number
  readonly usesTopicIds: boolean
  readonly isReplica: boolean
  epoch: number
  lastUsedMs: number
  /** Of the partition count when it was created: larger sessions are worth more. */
  readonly createdSize: number
  readonly partitions: Map<string, SessionPartition>
}

const noSession = 0
const initialEpoch = 0
const finalEpoch = -1
const epochMax = 0x7fffffff

export class FetchSessions {
  readonly #sessions = new Map<number, FetchSession>()
  readonly #sessionCountMax: number
  readonly #evictAfterMs: number
  readonly #nextId: () => number
  /** Sessions thrown out for newer ones since the start. */
  evictions = 0

  /** @param options.randomId - any whole number; made positive and unused here. */
  constructor(options: { sessionCountMax: number; evictAfterMs?: number; randomId: () => number }) {
    this.#sessionCountMax = options.sessionCountMax
    this.#evictAfterMs = options.evictAfterMs ?? 120_000
    this.#nextId = options.randomId
  }

  get sessionCount(): number {
    return this.#sessions.size
  }

  get partitionCount(): number {
    let count = 0
    for (const session of this.#sessions.values()) count += session.partitions.size
    return count
  }

  begin(request: SessionRequest, nowMs: number): FetchTurn | SessionError {
    const { sessionId, sessionEpoch, partitions } = request
    if (sessionEpoch === initialEpoch || sessionEpoch === finalEpoch) {
      if (sessionId !== noSession) this.#sessions.delete(sessionId)
      const kind = sessionEpoch === finalEpoch ? 'sessionless' : 'full'
      return { kind, partitions, session: undefined, request }
    }
    const session = this.#sessions.get(sessionId)
    if (session === undefined) return 'FETCH_SESSION_ID_NOT_FOUND'
    if (session.epoch !== sessionEpoch) return 'INVALID_FETCH_SESSION_EPOCH'
    if (session.usesTopicIds !== request.usesTopicIds) return 'FETCH_SESSION_TOPIC_ID_ERROR'

    change(session, request)
    if (session.partitions.size === 0) {
      this.#sessions.delete(sessionId)
      return { kind: 'sessionless', partitions: [], session: undefined, request }
    }
    session.epoch = nextEpoch(session.epoch)
    this.#touch(session, nowMs)
    return { kind: 'incremental', partitions: [...session.partitions.values()], session, request }
  }

  /**
   * @returns which results travel, in order, and the session id to answer with (0: none).
   * `INVALID_FETCH_SESSION_EPOCH` where the session moved on while the fetch waited.
   */
  finish<Result extends FetchedResult>(
    turn: FetchTurn,
    results: readonly Result[],
    nowMs: number,
  ): { sessionId: number; results: readonly Result[] } | SessionError {
    if (turn.kind === 'sessionless') return { sessionId: noSession, results }
    if (turn.kind === 'full') {
      const session = this.#create(turn.request, nowMs)
      if (session === undefined) return { sessionId: noSession, results }
      for (const result of results) {
        const partition = session.partitions.get(keyOf(result.partition, session.usesTopicIds))
        if (partition !== undefined) remember(partition, result)
      }
      return { sessionId: session.id, results }
    }
    const session = turn.session
    if (session === undefined || session.epoch !== nextEpoch(turn.request.sessionEpoch))
      return 'INVALID_FETCH_SESSION_EPOCH'
    return { sessionId: session.id, results: results.filter((result) => isTold(session, result)) }
  }

  #create(request: SessionRequest, nowMs: number): FetchSession | undefined {
    const size = request.partitions.length
    if (size === 0) return undefined
    if (this.#sessions.size >= this.#sessionCountMax && !this.#evictFor(request.isReplica, size, nowMs))
      return undefined
    const session: FetchSession = {
      id: this.#unusedId(),
      usesTopicIds: request.usesTopicIds,
      isReplica: request.isReplica,
      epoch: nextEpoch(initialEpoch),
      lastUsedMs: nowMs,
      createdSize: size,
      partitions: new Map(),
    }
    for (const partition of request.partitions) add(session, partition)
    this.#sessions.set(session.id, session)
    return session
  }

  #unusedId(): number {
    for (;;) {
      const id = (this.#nextId() % epochMax) + 1
      if (!this.#sessions.has(id)) return id
    }
  }

  /** The Map’s order is the order of use: the first is the one unused longest. */
  #touch(session: FetchSession, nowMs: number): void {
    session.lastUsedMs = nowMs
    this.#sessions.delete(session.id)
    this.#sessions.set(session.id, session)
  }

  /** Makes room where somebody was idle too long, or is worth less than a session of this kind and size. */
  #evictFor(isReplica: boolean, size: number, nowMs: number): boolean {
    const oldest = this.#sessions.values().next().value
    if (oldest === undefined) return false
    let victim: FetchSession | undefined
    if (nowMs - oldest.lastUsedMs > this.#evictAfterMs) victim = oldest
    else {
      for (const session of this.#sessions.values()) {
        const isEvictable = isReplica || nowMs - session.lastUsedMs > this.#evictAfterMs || !session.isReplica
        const isWorthLess = isWorthLessThan(session, isReplica, size)
        if (
          isEvictable &&
          isWorthLess &&
          (victim === undefined || isWorthLessThan(session, victim.isReplica, victim.createdSize))
        ) {
          victim = session
        }
      }
    }
    if (victim === undefined) return false
    this.#sessions.delete(victim.id)
    this.evictions++
    return true
  }
}

/** Consumers’ sessions before replicas’, small ones before large ones. */
function isWorthLessThan(session: FetchSession, isReplica: boolean, size: number): boolean {
  if (session.isReplica !== isReplica) return !session.isReplica
  return session.createdSize < size
}

function nextEpoch(epoch: number): number {
  return epoch === epochMax ? 1 : epoch + 1
}

function keyOf(
  partition: { topicId: string; topic?: string | undefined; partitionIndex: number },
  byId: boolean,
): string {
  return `${byId ? partition.topicId : partition.topic}:${partition.partitionIndex}`
}

function add(session: FetchSession, partition: FetchedPartition): void {
  session.partitions.set(keyOf(partition, session.usesTopicIds), {
    ...partition,
    toldHighWatermark: -1,
    toldLogStartOffset: -1,
  })
}

function change(session: FetchSession, request: SessionRequest): void {
  for (const partition of request.partitions) {
    const known = session.partitions.get(keyOf(partition, session.usesTopicIds))
    if (known === undefined) {
      add(session, partition)
      continue
    }
    known.topic = partition.topic
    known.fetchOffset = partition.fetchOffset
    known.currentLeaderEpoch = partition.currentLeaderEpoch
    known.lastFetchedEpoch = partition.lastFetchedEpoch
    known.logStartOffset = partition.logStartOffset
    known.maxBytes = partition.maxBytes
  }
  for (const { topicId, topic, partitions } of request.forgotten) {
    for (const partitionIndex of partitions) {
      session.partitions.delete(keyOf({ topicId, topic, partitionIndex }, session.usesTopicIds))
    }
  }
}

function remember(partition: SessionPartition, result: FetchedResult): void {
  // After an error the next answer must carry the partition whatever its offsets are.
  partition.toldHighWatermark = result.errorCode === 0 ? result.highWatermark : -1
  partition.toldLogStartOffset = result.logStartOffset
}

/** Whether an incremental answer carries this result; if so, the session remembers what was told. */
function isTold(session: FetchSession, result: FetchedResult): boolean {
  const key = keyOf(result.partition, session.usesTopicIds)
  const partition = session.partitions.get(key)
  if (partition === undefined) return false
  const isNews =
    result.byteCount > 0 ||
    result.errorCode !== 0 ||
    result.hasHint ||
    partition.toldHighWatermark !== result.highWatermark ||
    partition.toldLogStartOffset !== result.logStartOffset
  if (!isNews) return false
  remember(partition, result)
  if (result.byteCount > 0) {
    // Served: to the end of the line, so that a limit on bytes starves nobody.
    session.partitions.delete(key)
    session.partitions.set(key, partition)
  }
  return true
}
