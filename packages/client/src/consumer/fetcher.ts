/**
 * Fetches ahead: one request in flight to each node that leads, or is the nearest replica of, what is read (KIP-392), within
 * a session (KIP-227). A request leaves when every partition of its node that is not paused has room for more, so that
 * none that is empty holds up one that was just read empty.
 *
 * Invariant: what an answer brings counts only if its partition still wants just that offset.
 */
import { ZERO_UUID, background } from '@gregor/base'
import { Fetch, type FetchResponse, type RequestInput, errorName } from '@gregor/protocol'
import type { Cluster, NodeEndpoint } from '../cluster/cluster.ts'
import { ClosedError, isRetriable } from '../errors.ts'
import { backoffPauseMs } from '../retrying.ts'
import { type AssignedPartition, leaderOf } from './assigned-partition.ts'
import type { ConsumerCounts } from './consumer-counts.ts'
import type { ConsumerConfig } from './consumer-configs.ts'
import type { ConsumerEnvironment } from './consumer-environment.ts'
import { FetchSession, type SessionRequest, type WantedPartition } from './fetch-session.ts'

/** What a node answered for a partition. */
export type PartitionAnswer = FetchResponse['responses'][number]['partitions'][number]

export interface FetcherOptions<K, V> {
  readonly cluster: Cluster
  readonly environment: ConsumerEnvironment
  readonly config: ConsumerConfig
  readonly counts: ConsumerCounts
  readonly partitions: () => Iterable<AssignedPartition<K, V>>
  readonly onAnswer: (
    partition: AssignedPartition<K, V>,
    answer: PartitionAnswer,
    given: { readonly nodeId: number; readonly nodeEndpoints: readonly NodeEndpoint[] },
  ) => void
  /** All that an answer brought was handed to `onAnswer`, or a request failed. */
  readonly onNews: () => void
  /** What trying again cannot mend. */
  readonly onError: (error: unknown) => void
}

interface NodeFetch {
  readonly session: FetchSession
  isInFlight: boolean
  failures: number
  notBeforeMs: number
}

interface Asked<K, V> {
  readonly partition: AssignedPartition<K, V>
  readonly era: number
  readonly fetchOffset: number
}

/** The last version that names topics. */
const lastVersionWithNames = 12

export class Fetcher<K, V> {
  readonly #options: FetcherOptions<K, V>
  readonly #nodes = new Map<number, NodeFetch>()
  readonly #closing = new AbortController()
  readonly #lane: string
  #wakeAtMs = Infinity

  constructor(options: FetcherOptions<K, V>) {
    this.#options = options
    this.#lane = `fetch-${options.environment.random.uint32()}`
  }

  /** Something has changed: sends what can be sent. Cheap. */
  wake(): void {
    if (this.#closing.signal.aborted) return
    const nowMs = this.#options.environment.clock.monotonicMs()
    for (const [nodeId, wanted] of this.#wantedByNode(nowMs)) {
      if (wanted !== 'full') {
        background('fetch', this.#fetch(nodeId, this.#node(nodeId), wanted), (_, error) => this.#options.onError(error))
      }
    }
  }

  /** Ends what is in flight, and tells the nodes to forget the sessions; does not wait for their answers. */
  close(): void {
    if (this.#closing.signal.aborted) return
    this.#closing.abort(new ClosedError('the consumer was closed'))
    for (const [nodeId, node] of this.#nodes) {
      const closing = node.session.closing()
      if (closing === undefined) continue
      const { cluster, config } = this.#options
      const request = (version: number): RequestInput<typeof Fetch> => requestFrom(closing, config, version)
      // A node that does not hear it forgets the session when it needs the room.
      cluster.send(nodeId, Fetch, request, { timeoutMs: config.requestTimeoutMs }).catch(() => undefined)
    }
    this.#options.cluster.closeLane(this.#lane)
  }

  /** By node that nothing is in flight to: what to ask it for; `full` where something has no room yet. */
  #wantedByNode(nowMs: number): ReadonlyMap<number, AssignedPartition<K, V>[] | 'full'> {
    const { config, partitions } = this.#options
    const byNode = new Map<number, AssignedPartition<K, V>[] | 'full'>()
    for (const partition of partitions()) {
      if (!partition.isFetchable) continue
      const nodeId = this.#nodeFor(partition, nowMs)
      if (nodeId === undefined) continue
      const node = this.#node(nodeId)
      if (node.isInFlight) continue
      const notBeforeMs = Math.max(node.notBeforeMs, partition.notBeforeMs)
      if (notBeforeMs > nowMs) {
        this.#wakeAt(notBeforeMs, nowMs)
        continue
      }
      const wanted = byNode.get(nodeId)
      if (partition.bufferedBytes >= config.prefetchBytes) byNode.set(nodeId, 'full')
      else if (wanted === undefined) byNode.set(nodeId, [partition])
      else if (wanted !== 'full') wanted.push(partition)
    }
    return byNode
  }

  #nodeFor(partition: AssignedPartition<K, V>, nowMs: number): number | undefined {
    const { metadata } = this.#options.cluster
    if (partition.preferredReplica !== -1) {
      if (nowMs < partition.preferredReplicaUntilMs && metadata.nodes.has(partition.preferredReplica)) {
        return partition.preferredReplica
      }
      partition.preferredReplica = -1
    }
    const leader = leaderOf(metadata, partition)
    if (leader === undefined) metadata.invalidate(partition.topic)
    return leader?.leaderId
  }

  #node(nodeId: number): NodeFetch {
    const known = this.#nodes.get(nodeId)
    if (known !== undefined) return known
    const node = { session: new FetchSession(), isInFlight: false, failures: 0, notBeforeMs: 0 }
    this.#nodes.set(nodeId, node)
    return node
  }

  #wakeAt(atMs: number, nowMs: number): void {
    if (atMs >= this.#wakeAtMs) return
    this.#wakeAtMs = atMs
    this.#options.environment.clock.schedule(Math.max(1, atMs - nowMs), () => {
      this.#wakeAtMs = Infinity
      this.wake()
    })
  }

  async #fetch(nodeId: number, node: NodeFetch, wanted: readonly AssignedPartition<K, V>[]): Promise<void> {
    const { cluster, config } = this.#options
    const asked = wanted.map((partition) => ({ partition, era: partition.era, fetchOffset: partition.fetchOffset }))
    const request = node.session.next(wanted.map((partition) => this.#wantedFrom(partition)))
    node.isInFlight = true
    try {
      const answer = await cluster.send(nodeId, Fetch, (version) => requestFrom(request, config, version), {
        timeoutMs: config.requestTimeoutMs + config.fetchMaxWaitMs,
        lane: this.#lane,
        signal: this.#closing.signal,
        ...(request.hasTopicIds ? {} : { versionMax: lastVersionWithNames }),
      })
      node.isInFlight = false
      this.#options.counts.fetches++
      this.#answered(nodeId, node, asked, answer)
    } catch (error) {
      node.isInFlight = false
      node.session.failed()
      if (this.#closing.signal.aborted) return
      this.#options.counts.failedFetches++
      this.#backOff(node)
      cluster.metadata.invalidate()
      if (!isRetriable(error)) this.#options.onError(error)
    }
    this.#options.onNews()
  }

  #wantedFrom(partition: AssignedPartition<K, V>): WantedPartition {
    const { topic, partition: index, fetchOffset } = partition
    const known = this.#options.cluster.metadata.topic(topic)
    return {
      topic,
      topicId: known?.topicId ?? ZERO_UUID,
      partition: index,
      fetchOffset,
      currentLeaderEpoch: known?.partitions[index]?.leaderEpoch ?? -1,
    }
  }

  #answered(
    nodeId: number,
    node: NodeFetch,
    asked: readonly Asked<K, V>[],
    answer: { readonly version: number; readonly response: FetchResponse },
  ): void {
    const { response, version } = answer
    const error = errorName(response.errorCode)
    node.session.answered(error, response.sessionId)
    if (error !== 'NONE') {
      // Of the session: the next request opens another one.
      if (!error.startsWith('FETCH_SESSION') && error !== 'INVALID_FETCH_SESSION_EPOCH') {
        this.#backOff(node)
        this.#options.cluster.metadata.invalidate()
      }
      return
    }
    node.failures = 0
    if (response.responses.length === 0) return
    const byName = new Map(asked.map((one) => [`${one.partition.topic}-${one.partition.partition}`, one]))
    const { metadata } = this.#options.cluster
    for (const { topic, topicId, partitions } of response.responses) {
      const name = version > lastVersionWithNames ? metadata.topicName(topicId) : topic
      for (const one of partitions) {
        const known = byName.get(`${name}-${one.partitionIndex}`)
        if (known === undefined) continue
        const { partition, era, fetchOffset } = known
        if (partition.era !== era || partition.fetchOffset !== fetchOffset) continue
        this.#options.onAnswer(partition, one, { nodeId, nodeEndpoints: response.nodeEndpoints })
      }
    }
  }

  #backOff(node: NodeFetch): void {
    const { config, environment } = this.#options
    node.failures++
    const backoff = { backoffMs: config.retryBackoffMs, backoffMaxMs: config.retryBackoffMaxMs }
    node.notBeforeMs = environment.clock.monotonicMs() + backoffPauseMs(backoff, node.failures, environment.random)
  }
}

function requestFrom(request: SessionRequest, config: ConsumerConfig, version: number): RequestInput<typeof Fetch> {
  const hasIds = version > lastVersionWithNames
  return {
    maxWaitMs: config.fetchMaxWaitMs,
    minBytes: config.fetchMinBytes,
    maxBytes: config.fetchMaxBytes,
    isolationLevel: config.isolationLevel === 'read_committed' ? 1 : 0,
    sessionId: request.sessionId,
    sessionEpoch: request.sessionEpoch,
    topics: topicsFrom(request.partitions, hasIds).map(([topic, partitions]) => ({
      ...topic,
      partitions: partitions.map(({ partition, currentLeaderEpoch, fetchOffset }) => ({
        partition,
        currentLeaderEpoch,
        fetchOffset,
        partitionMaxBytes: config.maxPartitionFetchBytes,
      })),
    })),
    forgottenTopicsData: topicsFrom(request.forgotten, hasIds).map(([topic, partitions]) => ({
      ...topic,
      partitions: partitions.map(({ partition }) => partition),
    })),
    rackId: config.clientRack,
  }
}

function topicsFrom(
  partitions: readonly WantedPartition[],
  hasIds: boolean,
): (readonly [{ readonly topic?: string; readonly topicId?: string }, readonly WantedPartition[]])[] {
  const groups = Map.groupBy(partitions, ({ topic, topicId }) => (hasIds ? topicId : topic))
  return [...groups].map(([key, ofTopic]) => [hasIds ? { topicId: key } : { topic: key }, ofTopic] as const)
}
