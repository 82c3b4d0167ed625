/**
 * Brings partitions to where they can be fetched: finds the group’s offset, or the one that `auto.offset.reset` means, and
 * has the leader say whether the log that was read is still there (KIP-320). Works whenever it is woken, for all that are
 * due at once, and again by itself for what failed.
 *
 * Invariant: an answer counts only if nobody sought elsewhere meanwhile (`era`).
 */
import { background } from '@gregor/base'
import {
  OffsetForLeaderEpoch,
  type OffsetForLeaderEpochResponse,
  errorName,
  isRetriable as mayPass,
} from '@gregor/protocol'
import type { Cluster } from '../cluster/cluster.ts'
import { KafkaError, LogTruncationError, NoOffsetError, UnsupportedVersionError, isRetriable } from '../errors.ts'
import { backoffPauseMs } from '../retrying.ts'
import { type AssignedPartition, type PartitionState, leaderOf } from './assigned-partition.ts'
import type { CommittedOffset } from './committed-offsets.ts'
import type { ConsumerConfig } from './consumer-configs.ts'
import type { ConsumerEnvironment } from './consumer-environment.ts'
import { findOffsets } from './offset-lookup.ts'
import { LATEST_TIMESTAMP, type OffsetReset, resetTimestamp } from './offset-reset.ts'
import { type TopicPartition, partitionKey } from './partition-set.ts'

export interface PositionsOptions<K, V> {
  readonly cluster: Cluster
  readonly environment: ConsumerEnvironment
  readonly config: ConsumerConfig
  readonly offsetReset: OffsetReset
  readonly partitions: () => Iterable<AssignedPartition<K, V>>
  /** By `partitionKey`; `undefined` without a group. */
  readonly committed:
    | ((
        partitions: readonly TopicPartition[],
        call: { timeoutMs: number; signal: AbortSignal },
      ) => Promise<ReadonlyMap<string, CommittedOffset>>)
    | undefined
  /** Some partition can be fetched, or has something to tell. */
  readonly onNews: () => void
}

type Due<K, V> = readonly { readonly one: AssignedPartition<K, V>; readonly era: number }[]

export class Positions<K, V> {
  readonly #options: PositionsOptions<K, V>
  readonly #busy = new Set<PartitionState>()
  readonly #closing = new AbortController()
  #wakeAtMs = Infinity

  constructor(options: PositionsOptions<K, V>) {
    this.#options = options
  }

  /** Something has changed. Cheap where nothing is due. */
  wake(): void {
    if (this.#closing.signal.aborted) return
    const { cluster, partitions } = this.#options
    let hasWork = false
    for (const one of partitions()) {
      const leader = leaderOf(cluster.metadata, one)
      if (leader !== undefined) one.leaderChanged(leader.leaderEpoch)
      if (one.state !== 'fetching') hasWork = true
    }
    if (!hasWork) return
    this.#start('initializing', (due) => this.#initialize(due))
    this.#start('resetting', (due) => this.#reset(due))
    this.#start('validating', (due) => this.#validate(due))
  }

  close(): void {
    this.#closing.abort()
  }

  #start(state: PartitionState, work: (due: Due<K, V>) => Promise<void>): void {
    if (this.#busy.has(state)) return
    const nowMs = this.#options.environment.clock.monotonicMs()
    const due: { one: AssignedPartition<K, V>; era: number }[] = []
    for (const one of this.#options.partitions()) {
      if (one.isDue(state, nowMs)) due.push({ one, era: one.era })
      else if (one.state === state && one.notBeforeMs > nowMs) this.#wakeAt(one.notBeforeMs, nowMs)
    }
    if (due.length === 0) return
    this.#busy.add(state)
    background(state, this.#run(state, due, work), (_, error) => this.#failed(due, error))
  }

  async #run(state: PartitionState, due: Due<K, V>, work: (due: Due<K, V>) => Promise<void>): Promise<void> {
    try {
      await work(due)
    } catch (error) {
      this.#failed(due, error)
    } finally {
      this.#busy.delete(state)
    }
    if (this.#closing.signal.aborted) return
    this.#options.onNews()
    this.wake()
  }

  #wakeAt(atMs: number, nowMs: number): void {
    if (atMs >= this.#wakeAtMs) return
    this.#wakeAtMs = atMs
    this.#options.environment.clock.schedule(Math.max(1, atMs - nowMs), () => {
      this.#wakeAtMs = Infinity
      this.wake()
    })
  }

  // ------------------------------------------------------------------------------------------------- from the group

  async #initialize(due: Due<K, V>): Promise<void> {
    const { committed } = this.#options
    const offsets =
      committed === undefined
        ? new Map<string, CommittedOffset>()
        : await committed(
            due.map(({ one }) => one),
            this.#call(),
          )
    for (const { one, era } of due) {
      if (one.era !== era) continue
      const offset = offsets.get(partitionKey(one))
      if (offset !== undefined) one.seek(offset)
      else this.#startAnew(one)
    }
  }

  #startAnew(one: AssignedPartition<K, V>): void {
    const { offsetReset } = this.#options
    if (offsetReset !== 'none') return one.reset(offsetReset)
    const key = partitionKey(one)
    one.error = new NoOffsetError(`no offset of ${key} is committed, and auto.offset.reset is none; seek to begin`)
  }

  // -------------------------------------------------------------------------------------------------- from the logs

  async #reset(due: Due<K, V>): Promise<void> {
    const wallMs = this.#options.environment.clock.wallMs()
    const queries = due.flatMap(({ one }) =>
      one.resetTo === undefined
        ? []
        : [{ topic: one.topic, partition: one.partition, timestamp: resetTimestamp(one.resetTo, wallMs) }],
    )
    const found = new Map(await findOffsets(this.#options, queries, this.#call()))
    // Nothing that young: behind all that is there.
    const missing = queries.filter((query) => (found.get(partitionKey(query))?.offset ?? -1) < 0)
    const atEnd = missing.map(({ topic, partition }) => ({ topic, partition, timestamp: LATEST_TIMESTAMP }))
    if (atEnd.length > 0) {
      for (const [key, end] of await findOffsets(this.#options, atEnd, this.#call())) found.set(key, end)
    }
    for (const { one, era } of due) {
      const offset = found.get(partitionKey(one))
      if (offset === undefined || one.era !== era) continue
      this.#options.environment.logger.info('begins at', { topic: one.topic, partition: one.partition, ...offset })
      one.seek(offset)
    }
  }

  // ---------------------------------------------------------------------------------------------- from the leaders

  async #validate(due: Due<K, V>): Promise<void> {
    const { cluster } = this.#options
    const byLeader = Map.groupBy(due, ({ one }) => leaderOf(cluster.metadata, one)?.leaderId)
    await Promise.all(
      [...byLeader].map(async ([leaderId, ofLeader]) => {
        if (leaderId === undefined) return this.#again(ofLeader)
        try {
          await this.#validateAt(leaderId, ofLeader)
        } catch (error) {
          // Too old to know epochs: there is nothing to compare.
          if (!(error instanceof UnsupportedVersionError)) return this.#failed(ofLeader, error)
          for (const { one } of ofLeader) one.validated(leaderOf(cluster.metadata, one)?.leaderEpoch ?? -1)
        }
      }),
    )
  }

  async #validateAt(leaderId: number, due: Due<K, V>): Promise<void> {
    const { cluster } = this.#options
    const epochs = new Map(due.map(({ one }) => [one, leaderOf(cluster.metadata, one)?.leaderEpoch ?? -1]))
    const topics = [...Map.groupBy(due, ({ one }) => one.topic)].map(([topic, ofTopic]) => ({
      topic,
      partitions: ofTopic.map(({ one }) => ({
        partition: one.partition,
        currentLeaderEpoch: epochs.get(one) ?? -1,
        leaderEpoch: one.fetchEpoch,
      })),
    }))
    const offsets = due.map(({ one }) => one.fetchOffset)
    const { response } = await cluster.send(leaderId, OffsetForLeaderEpoch, { replicaId: -1, topics }, this.#call())
    const answers = new Map(
      response.topics.flatMap(({ topic, partitions }) =>
        partitions.map((answer) => [partitionKey({ topic, partition: answer.partition }), answer] as const),
      ),
    )
    for (const [index, { one, era }] of due.entries()) {
      if (one.era !== era || one.state !== 'validating' || one.fetchOffset !== offsets[index]) continue
      const answer = answers.get(partitionKey(one))
      if (answer === undefined) this.#again([{ one, era }])
      else this.#validated(one, answer, epochs.get(one) ?? -1)
    }
  }

  #validated(
    one: AssignedPartition<K, V>,
    answer: OffsetForLeaderEpochResponse['topics'][number]['partitions'][number],
    currentEpoch: number,
  ): void {
    const error = errorName(answer.errorCode)
    if (error !== 'NONE') {
      if (!mayPass(error)) one.error = new KafkaError({ code: error, about: partitionKey(one) })
      this.#options.cluster.metadata.invalidate(one.topic)
      return this.#again([{ one, era: one.era }])
    }
    const isKnown = answer.endOffset >= 0 && answer.leaderEpoch >= 0
    if (isKnown && answer.endOffset >= one.fetchOffset) return one.validated(currentEpoch)
    // What was fetched and not handed out may be of the log that is no more: the reader’s own place counts.
    if (one.fetchOffset !== one.position) return one.dropBuffered()
    this.#truncated(one, isKnown ? { offset: answer.endOffset, leaderEpoch: answer.leaderEpoch } : undefined)
  }

  #truncated(one: AssignedPartition<K, V>, divergent: { offset: number; leaderEpoch: number } | undefined): void {
    const { offsetReset, environment } = this.#options
    const { topic, partition, position } = one
    const divergentOffset = divergent?.offset
    if (offsetReset === 'none') {
      one.error = new LogTruncationError({ topic, partition, position, divergentOffset })
      return
    }
    environment.logger.warn('the log was truncated behind this consumer', {
      topic,
      partition,
      position,
      divergentOffset,
    })
    if (divergent === undefined) one.reset(offsetReset)
    else one.seek(divergent)
  }

  // -------------------------------------------------------------------------------------------------------- failures

  #failed(due: Due<K, V>, error: unknown): void {
    if (this.#closing.signal.aborted) return
    this.#again(due)
    if (isRetriable(error)) {
      this.#options.environment.logger.debug('positions are not known yet', { reason: String(error) })
      return
    }
    for (const { one, era } of due) if (one.era === era) one.error = error
  }

  #again(due: Due<K, V>): void {
    const { config, environment } = this.#options
    const nowMs = environment.clock.monotonicMs()
    const backoff = { backoffMs: config.retryBackoffMs, backoffMaxMs: config.retryBackoffMaxMs }
    for (const { one, era } of due) {
      if (one.era === era) one.failed(nowMs + backoffPauseMs(backoff, one.failures + 1, environment.random))
    }
  }

  #call(): { readonly timeoutMs: number; readonly signal: AbortSignal } {
    return { timeoutMs: this.#options.config.requestTimeoutMs, signal: this.#closing.signal }
  }
}
