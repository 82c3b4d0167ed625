/**
 * What a consumer knows of a partition it reads: how far it has handed out records, how far it has fetched, and what has to
 * be done before it can fetch on. Data and its rules; whoever does the work is `positions.ts` and `fetcher.ts`.
 *
 * Invariant: `position` is where the reader is; between it and `fetchOffset` lies what `buffered` holds, and nothing else.
 */
import type { ClusterMetadata } from '../cluster/cluster-metadata.ts'
import type { FetchedRecords } from './fetched-records.ts'
import type { OffsetReset } from './offset-reset.ts'
import type { TopicPartition } from './partition-set.ts'

/**
 * `initializing` wants the committed offset, `resetting` an offset that ListOffsets knows, `validating` to know whether the
 * log it read is still the leader’s (KIP-320); `fetching` has all of that.
 */
export type PartitionState = 'initializing' | 'resetting' | 'validating' | 'fetching'

export interface OffsetAndEpoch {
  readonly offset: number
  /** Of the record before it; -1: unknown. */
  readonly leaderEpoch: number
}

export class AssignedPartition<K = Buffer | null, V = Buffer | null> {
  readonly topic: string
  readonly partition: number
  state: PartitionState = 'initializing'
  isPaused = false
  /** Taken, and the listener has not returned; or given up soon. */
  isHeld = false
  position = -1
  positionEpoch = -1
  fetchOffset = -1
  fetchEpoch = -1
  /** The leader’s epoch that `fetchOffset` was validated against; -1: none. */
  validatedEpoch = -1
  resetTo: Exclude<OffsetReset, 'none'> | undefined
  highWatermark = -1
  lastStableOffset = -1
  logStartOffset = -1
  preferredReplica = -1
  preferredReplicaUntilMs = 0
  /** Of whatever is to be done for it. */
  notBeforeMs = 0
  failures = 0
  /** Counts seeks: an answer to a question of before one is of no use. */
  era = 0
  /** What the reader has to be told: thrown by the next poll that has no records. Nothing is done for it before. */
  error: unknown
  readonly buffered: FetchedRecords<K, V>[] = []
  bufferedBytes = 0

  constructor({ topic, partition }: TopicPartition) {
    this.topic = topic
    this.partition = partition
  }

  get hasPosition(): boolean {
    return this.position >= 0
  }

  get isFetchable(): boolean {
    return this.state === 'fetching' && !this.isPaused && !this.isHeld && this.error === undefined
  }

  /** In that state, and the time has come to do something about it. */
  isDue(state: PartitionState, nowMs: number): boolean {
    return this.state === state && !this.isHeld && this.error === undefined && nowMs >= this.notBeforeMs
  }

  /** What was fetched of elsewhere is dropped. With an epoch, the place is validated first. */
  seek({ offset, leaderEpoch }: OffsetAndEpoch): void {
    this.era++
    this.dropBuffered()
    this.position = offset
    this.positionEpoch = leaderEpoch
    this.fetchOffset = offset
    this.fetchEpoch = leaderEpoch
    this.validatedEpoch = -1
    this.resetTo = undefined
    this.#ready('fetching')
  }

  reset(policy: Exclude<OffsetReset, 'none'>): void {
    this.era++
    this.dropBuffered()
    this.position = -1
    this.positionEpoch = -1
    this.resetTo = policy
    this.#ready('resetting')
  }

  /** Nobody but the group knows where to begin. */
  initialize(): void {
    this.era++
    this.dropBuffered()
    this.position = -1
    this.#ready('initializing')
  }

  fetched(records: FetchedRecords<K, V>): void {
    this.fetchOffset = records.endOffset
    if (records.endLeaderEpoch !== -1) this.fetchEpoch = records.endLeaderEpoch
    this.buffered.push(records)
    this.bufferedBytes += records.byteCount
  }

  /** The reader has everything up to there. */
  handedOut(first: FetchedRecords<K, V>): void {
    this.position = first.nextOffset
    if (first.leaderEpoch !== -1) this.positionEpoch = first.leaderEpoch
    if (!first.isDone) return
    this.buffered.shift()
    this.bufferedBytes -= first.byteCount
  }

  /** What was fetched and not handed out is fetched again. */
  dropBuffered(): void {
    this.buffered.length = 0
    this.bufferedBytes = 0
    this.fetchOffset = this.position
    this.fetchEpoch = this.positionEpoch
  }

  /** There is a leader of another epoch than the place was validated against (KIP-320). */
  leaderChanged(leaderEpoch: number): void {
    if (this.state !== 'fetching') return
    if (this.validatedEpoch === leaderEpoch) return
    this.preferredReplica = -1
    if (this.fetchEpoch === -1 || leaderEpoch === -1) {
      this.validated(leaderEpoch)
    } else {
      this.#ready('validating')
    }
  }

  validated(leaderEpoch: number): void {
    this.validatedEpoch = leaderEpoch
    this.#ready('fetching')
  }

  failed(notBeforeMs: number): void {
    this.failures++
    this.notBeforeMs = notBeforeMs
  }

  /** Records behind the position that the reader may see by now; `undefined`: nothing was fetched yet. */
  lag(isReadCommitted: boolean): number | undefined {
    const end = isReadCommitted ? this.lastStableOffset : this.highWatermark
    return end < 0 || this.position < 0 ? undefined : Math.max(0, end - this.position)
  }

  #ready(state: PartitionState): void {
    this.state = state
    this.error = undefined
    this.failures = 0
    this.notBeforeMs = 0
  }
}

/** The leader and its epoch as metadata have them; `undefined`: none is known. */
export function leaderOf(
  metadata: Pick<ClusterMetadata, 'topic'>,
  { topic, partition }: TopicPartition,
): { readonly leaderId: number; readonly leaderEpoch: number } | undefined {
  const known = metadata.topic(topic)?.partitions[partition]
  return known === undefined || known.leaderId < 0 ? undefined : known
}
