/**
 * One partition on this node: its log, and what this node may do with it as the metadata stands.
 * A shell around `partition-state` (who leads, what the ISR allows) and `PartitionLog` (the bytes).
 *
 * Invariants: nobody reads at or past the high watermark; with `flush.messages=1` the high watermark never passes
 * what is synced, and an acknowledgement waits for it.
 */
import { asError, background } from '@gregor/base'
import type { LogConfig } from '@gregor/config'
import { DiskError, type Clock, type Logger } from '@gregor/platform'
import type { ProtocolError } from '@gregor/protocol'
import {
  StorageError,
  type AppendGiven,
  type AppendRequest,
  type AppendResult,
  type PartitionLog,
} from '@gregor/storage'
import type { Appending, AppendQueue } from './append-queue.ts'
import type { TopicMetrics } from '../server/topic-metrics.ts'
import type { Awaited, FetchWaiter, FetchWaiters } from './fetch-waiters.ts'
import { nothingRead, readLog, type PartitionRead, type PartitionReadResult } from './partition-read.ts'
import { checkLeaderEpoch, hasEnoughIsr, nextHighWatermark, type Leadership } from './partition-state.ts'
import { SyncWait, type AppendWaiter, type SyncedAppend } from './sync-wait.ts'

export type RequiredAcks = 'none' | 'leader' | 'all'

/** One batch of a Produce request, on its way into the log. */
export interface QueuedAppend extends AppendRequest {
  readonly acks: RequiredAcks
  /** How long a wait for the disk may take; then REQUEST_TIMED_OUT, though the records may stay. */
  readonly timeoutMs: number
  readonly waiter: AppendWaiter
  /** Of the batch in its request. */
  readonly place: number
}

/** What the log holds a batch of a transaction to, beside its bytes. */
export type CoordinatorAppend = Pick<AppendGiven, 'guard' | 'transactionVersion'>

export interface PartitionServices {
  readonly nodeId: number
  readonly clock: Clock
  readonly logger: Logger
  readonly fetchWaiters: FetchWaiters
  readonly appends: AppendQueue
  readonly topicMetrics: Pick<TopicMetrics, 'produced'>
}

export class Partition implements Awaited, Appending {
  readonly topic: string
  readonly topicId: string
  readonly index: number
  readonly waiters = new Set<FetchWaiter>()
  /** Told when the high watermark has moved: by whoever hosts a coordinator on this partition. */
  onAdvanced: (() => void) | undefined
  readonly #services: PartitionServices
  #leadership: Leadership
  #log: PartitionLog
  #config: LogConfig
  #isServing = true
  #queued: QueuedAppend[] = []
  #given: AppendGiven = { leaderEpoch: -1, origin: 'client', nowMs: 0 }
  /** Resolves when appends may go on; `undefined`: they may. */
  #held: Promise<void> | undefined

  constructor(
    identity: { topic: string; topicId: string; index: number },
    given: { log: PartitionLog; config: LogConfig; leadership: Leadership; services: PartitionServices },
  ) {
    this.topic = identity.topic
    this.topicId = identity.topicId
    this.index = identity.index
    this.#services = given.services
    this.#log = given.log
    this.#config = given.config
    this.#leadership = given.leadership
    if (this.isLeader) this.#log.assignEpoch(given.leadership.leaderEpoch)
    this.#advance()
  }

  get log(): PartitionLog {
    return this.#log
  }

  get config(): LogConfig {
    return this.#config
  }

  get leadership(): Leadership {
    return this.#leadership
  }

  get isLeader(): boolean {
    return this.#leadership.leaderId === this.#services.nodeId
  }

  /** False once the log failed, moved away or was deleted: whoever still holds this object is told so. */
  get isServing(): boolean {
    return this.#isServing
  }

  /** Takes over the controller’s newer decision; what waits is woken, because what it may see has changed. */
  lead(leadership: Leadership): void {
    const isNewEpoch = leadership.leaderEpoch > this.#leadership.leaderEpoch
    this.#leadership = leadership
    if (isNewEpoch && this.isLeader) this.#log.assignEpoch(leadership.leaderEpoch)
    this.#advance()
    this.#services.fetchWaiters.advanced(this, Infinity)
  }

  configure(config: LogConfig): void {
    this.#config = config
    this.#log.updateConfig(config)
    this.#advance()
  }

  /** Serves from another log of the same partition from now on (AlterReplicaLogDirs). */
  replaceLog(log: PartitionLog): void {
    this.#log = log
    this.#advance()
    this.#services.fetchWaiters.advanced(this, Infinity)
  }

  /** Appends wait, in order, until the returned function is called: for the moment in which the log is exchanged. */
  holdAppends(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#held = promise
    return () => {
      this.#held = undefined
      resolve()
    }
  }

  /** No reads or appends any more: the log failed, or the partition is gone. */
  stopServing(): void {
    this.#isServing = false
    this.#services.fetchWaiters.advanced(this, Infinity)
  }

  /** NONE where this node answers for the partition to a client that knows `currentLeaderEpoch`. */
  check(currentLeaderEpoch = -1): ProtocolError {
    if (!this.#isServing) return 'KAFKA_STORAGE_ERROR'
    const epochError = checkLeaderEpoch(this.#leadership, currentLeaderEpoch)
    if (epochError !== 'NONE') return epochError
    return this.isLeader ? 'NONE' : 'NOT_LEADER_OR_FOLLOWER'
  }

  /**
   * Appends one batch as the leader, when the queue is flushed; `waiter` is told then what became of it, or later where
   * the acknowledgement waits for the disk. Until the flush the bytes must stay as they are.
   */
  append(append: QueuedAppend): void {
    if (this.#queued.length === 0) this.#services.appends.add(this)
    this.#queued.push(append)
  }

  /** Writes what was queued, in order and with as few writes as that takes. */
  flushAppends(): void {
    const queued = this.#queued
    this.#queued = []
    if (this.#held !== undefined) return this.#queueWhenReleased(this.#held, queued)
    const refusal = this.check()
    if (refusal !== 'NONE') return tellAll(queued, this.#refused(refusal))
    const isIsrShort = !hasEnoughIsr(this.#leadership, this.#config.minInsyncReplicas)
    const accepted = isIsrShort ? queued.filter(({ acks }) => acks !== 'all') : queued
    if (isIsrShort) {
      const short = queued.filter(({ acks }) => acks === 'all')
      tellAll(short, this.#refused('NOT_ENOUGH_REPLICAS'))
    }
    const results = this.#log.appendAll(this.#underCurrentEpoch(accepted))
    this.#count(accepted, results)
    if (this.#syncsBeforeAcknowledging) return this.#acknowledgeWhenSynced(accepted, results)
    let byteCount = 0
    for (let index = 0; index < results.length; index++) {
      if (results[index]?.error === 'NONE') byteCount += accepted[index]?.records.length ?? 0
    }
    if (byteCount > 0) this.#advance(byteCount)
    if (this.#config.flushMessages < Infinity) this.#syncWhenDue()
    for (let index = 0; index < results.length; index++) {
      const { waiter, place } = accepted[index] as QueuedAppend
      waiter.appended(place, results[index] as AppendResult)
    }
  }

  /** The leadership may have changed since they were queued, by a few microseconds mostly. */
  #underCurrentEpoch(queued: readonly QueuedAppend[]): readonly QueuedAppend[] {
    const { leaderEpoch } = this.#leadership
    if (queued.every(({ given }) => given.leaderEpoch === leaderEpoch)) return queued
    return queued.map((append) => ({ ...append, given: { ...append.given, leaderEpoch } }))
  }

  #count(queued: readonly QueuedAppend[], results: readonly AppendResult[]): void {
    const { topicMetrics } = this.#services
    for (let index = 0; index < results.length; index++) {
      const result = results[index]
      if (result !== undefined) topicMetrics.produced(this.topic, queued[index]?.records.length ?? 0, result)
    }
  }

  /** What is queued while appends are held waits in memory of its own. */
  #queueWhenReleased(released: Promise<void>, queued: readonly QueuedAppend[]): void {
    const kept = queued.map((append) => ({ ...append, records: Buffer.from(append.records) }))
    const flush = async (): Promise<void> => {
      await released
      this.#queued = [...kept, ...this.#queued]
      this.flushAppends()
    }
    background(`held appends to ${this.topic}-${this.index}`, flush(), (name, error) => {
      tellAll(kept, this.#refused('UNKNOWN_SERVER_ERROR'))
      this.#services.logger.error(name, { error: asError(error) })
    })
  }

  /** What the log is told about a batch of a client: the same object for those that come together. */
  givenFor(nowMs: number, produceVersion: number): AppendGiven {
    const { leaderEpoch } = this.#leadership
    const last = this.#given
    if (last.nowMs === nowMs && last.produceVersion === produceVersion && last.leaderEpoch === leaderEpoch) return last
    this.#given = { leaderEpoch, origin: 'client', nowMs, produceVersion }
    return this.#given
  }

  /**
   * Appends what a coordinator on this partition decided. In the log when this returns; committed once the high
   * watermark has passed it, which `onAdvanced` tells.
   */
  appendAsCoordinator(
    records: Buffer,
    { nowMs, ...more }: CoordinatorAppend & { readonly nowMs: number },
  ): AppendResult {
    const refusal = this.check()
    if (refusal !== 'NONE') return this.#refused(refusal)
    if (!hasEnoughIsr(this.#leadership, this.#config.minInsyncReplicas)) return this.#refused('NOT_ENOUGH_REPLICAS')
    // It would be written to the log that is exchanged, and be lost with it. Coordinators are loaded again.
    if (this.#held !== undefined) return this.#refused('KAFKA_STORAGE_ERROR')
    const result = this.#log.append(records, {
      leaderEpoch: this.#leadership.leaderEpoch,
      origin: 'coordinator',
      nowMs,
      ...more,
    })
    if (result.error !== 'NONE') return result
    if (!this.#syncsBeforeAcknowledging) this.#advance(records.length)
    else background(`sync of ${this.topic}-${this.index}`, this.#advanceWhenSynced(result.lastOffset), () => undefined)
    return result
  }

  /** Appends the marker that ends a transaction here; resolves when it is committed (KIP-98). */
  async appendMarker(records: Buffer, given: CoordinatorAppend & { readonly nowMs: number }): Promise<AppendResult> {
    if (this.#held !== undefined) await this.#held
    const result = this.appendAsCoordinator(records, given)
    if (result.error !== 'NONE' || !this.#syncsBeforeAcknowledging) return result
    try {
      await this.#log.whenSynced(result.lastOffset + 1)
      return result
    } catch (error) {
      if (error instanceof DiskError || error instanceof StorageError) return this.#refused('KAFKA_STORAGE_ERROR')
      throw error
    }
  }

  /** A sync that fails takes the directory offline, and this partition with it: whoever waits is told so there. */
  async #advanceWhenSynced(lastOffset: number): Promise<void> {
    await this.#log.whenSynced(lastOffset + 1)
    this.#advance()
  }

  /**
   * Reads whole batches from `fetchOffset`, below the high watermark (read_committed: the last stable offset).
   * A promise where the bytes must come from the disk.
   */
  read(given: PartitionRead): PartitionReadResult | Promise<PartitionReadResult> {
    const refusal = this.check(given.currentLeaderEpoch)
    return refusal === 'NONE' ? readLog(this.#log, given) : nothingRead(refusal)
  }

  get #syncsBeforeAcknowledging(): boolean {
    return this.#config.flushMessages === 1
  }

  #acknowledgeWhenSynced(queued: readonly QueuedAppend[], results: readonly AppendResult[]): void {
    const written: SyncedAppend[] = []
    let endOffset = 0
    let byteCount = 0
    for (const [index, { waiter, place, timeoutMs, records }] of queued.entries()) {
      const result = results[index] as AppendResult
      if (result.error !== 'NONE') {
        waiter.appended(place, result)
        continue
      }
      endOffset = Math.max(endOffset, result.lastOffset + 1)
      byteCount += records.length
      written.push({ waiter, place, timeoutMs, result })
    }
    if (written.length === 0) return
    const wait = new SyncWait(this.#services.clock, written, this.#refused('REQUEST_TIMED_OUT'))
    const sync = async (): Promise<void> => {
      await this.#log.whenSynced(endOffset)
      this.#advance(byteCount)
      wait.synced()
    }
    background(`sync of ${this.topic}-${this.index}`, sync(), (name, error) => {
      // The clients learn that these records are not safe here.
      wait.failed(this.#refused('KAFKA_STORAGE_ERROR'))
      // Of the disk the log has told its directory.
      if (error instanceof DiskError || error instanceof StorageError) return
      this.#services.logger.error(name, { error: asError(error) })
    })
  }

  #syncWhenDue(): void {
    const { log } = this
    if (log.logEndOffset - log.syncedOffset < this.#config.flushMessages) return
    background(`sync of ${this.topic}-${this.index}`, log.sync(), (name, error) =>
      this.#services.logger.error(name, { error: asError(error) }),
    )
  }

  /** Moves the high watermark as far as it may go, and wakes those who wait for what is now readable. */
  #advance(byteCount = 0): void {
    const log = this.#log
    const before = log.highWatermark
    const stableBefore = log.lastStableOffset
    const localEnd = this.#syncsBeforeAcknowledging ? log.syncedOffset : log.logEndOffset
    const after = nextHighWatermark(this.#leadership, {
      nodeId: this.#services.nodeId,
      highWatermark: before,
      localEnd,
    })
    if (after > before) {
      log.setHighWatermark(after)
      this.onAdvanced?.()
    }
    if (this.waiters.size === 0) return
    // A transaction that ends makes bytes readable that were counted long ago: let its readers look again.
    const isStableJump = log.lastStableOffset > stableBefore && stableBefore < before
    if (after > before || isStableJump) this.#services.fetchWaiters.advanced(this, isStableJump ? Infinity : byteCount)
  }

  #refused(error: ProtocolError & Exclude<ProtocolError, 'NONE'>): AppendResult {
    return { error, logStartOffset: this.#isServing ? this.#log.logStartOffset : -1 }
  }
}

function tellAll(queued: readonly QueuedAppend[], result: AppendResult): void {
  for (const { waiter, place } of queued) waiter.appended(place, result)
}
