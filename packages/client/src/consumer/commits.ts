/** What a consumer commits, and when: what it is told to, and, where that is automatic, what was handed out by then. */
import { background } from '@gregor/base'
import type { ProtocolError } from '@gregor/protocol'
import type { Cluster } from '../cluster/cluster.ts'
import { ClosedError, CommitFailedError, isRetriable } from '../errors.ts'
import type { AssignedPartition } from './assigned-partition.ts'
import {
  type CommittedOffset,
  CommittedOffsets,
  type CommittingMember,
  type OffsetToCommit,
} from './committed-offsets.ts'
import type { ConsumerCounts } from './consumer-counts.ts'
import type { ConsumerEnvironment } from './consumer-environment.ts'
import type { ConsumerSettings } from './consumer-options.ts'
import { type TopicPartition, partitionKey } from './partition-set.ts'

export interface CommitsOptions<K, V> {
  readonly cluster: Cluster
  readonly environment: ConsumerEnvironment
  readonly settings: ConsumerSettings<K, V>
  readonly groupId: string
  readonly counts: ConsumerCounts
  readonly partitions: () => readonly AssignedPartition<K, V>[]
  readonly identity: () => CommittingMember | undefined
  readonly onRefused: (error: ProtocolError) => void
}

interface CallOptions {
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
}

const leastPatienceMs = 1_000

export class Commits<K, V> {
  readonly #options: CommitsOptions<K, V>
  readonly #offsets: CommittedOffsets
  /** By `partitionKey`: the offset that the group is known to have. */
  readonly #known = new Map<string, number>()
  /** Of the next automatic commit. */
  #atMs: number | undefined

  constructor(options: CommitsOptions<K, V>) {
    const { settings } = options
    this.#options = options
    this.#offsets = new CommittedOffsets({ ...options, config: settings.config })
  }

  async commit(offsets: readonly OffsetToCommit[], call: CallOptions): Promise<void> {
    if (offsets.length === 0) return
    const { counts } = this.#options
    try {
      await this.#offsets.commit(offsets, call)
      counts.commits++
    } catch (error) {
      counts.failedCommits++
      throw error
    }
    for (const one of offsets) this.#known.set(partitionKey(one), one.offset)
  }

  async fetch(partitions: readonly TopicPartition[], call: CallOptions): Promise<ReadonlyMap<string, CommittedOffset>> {
    const found = await this.#offsets.fetch(partitions, call)
    for (const [key, { offset }] of found) this.#known.set(key, offset)
    return found
  }

  /** Where it is automatic: commits in the background, if the time has come, what polls have handed out by now. */
  nowAndThen(): void {
    const { environment, settings, partitions } = this.#options
    if (!settings.isAutoCommitting) return
    const nowMs = environment.clock.monotonicMs()
    const { autoCommitIntervalMs, requestTimeoutMs } = settings.config
    const isDue = this.#atMs !== undefined && nowMs >= this.#atMs
    if (this.#atMs === undefined || isDue) this.#atMs = nowMs + autoCommitIntervalMs
    // One that does not get through holds up no others for long: the next has all of it, too.
    const timeoutMs = Math.min(requestTimeoutMs, Math.max(leastPatienceMs, autoCommitIntervalMs))
    if (isDue) background('auto-commit', this.automatically(partitions(), timeoutMs), () => undefined)
  }

  /** Where it is automatic: commits what the group does not have yet. What fails is logged, and committed with the next. */
  async automatically(partitions: readonly AssignedPartition<K, V>[], timeoutMs: number): Promise<void> {
    const { environment, settings, groupId } = this.#options
    if (!settings.isAutoCommitting) return
    const news = positionsOf(partitions).filter((one) => this.#known.get(partitionKey(one)) !== one.offset)
    try {
      await this.commit(news, { timeoutMs })
    } catch (error) {
      if (error instanceof ClosedError) return
      const level = error instanceof CommitFailedError || isRetriable(error) ? 'warn' : 'error'
      environment.logger[level]('offsets were not committed', { group: groupId, reason: String(error) })
    }
  }

  /** They go: what the group has of them will be others’ business. */
  forget(partitions: readonly TopicPartition[]): void {
    for (const one of partitions) this.#known.delete(partitionKey(one))
  }
}

/** Behind what polls have handed out, where that is known. */
export function positionsOf(partitions: readonly AssignedPartition<unknown, unknown>[]): readonly OffsetToCommit[] {
  return partitions
    .filter(({ hasPosition }) => hasPosition)
    .map(({ topic, partition, position, positionEpoch }) => ({
      topic,
      partition,
      offset: position,
      leaderEpoch: positionEpoch,
    }))
}
