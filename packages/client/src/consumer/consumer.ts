/**
 * A consumer: reads topics, alone or sharing them with its group, by pulling. Fetching, heartbeats and the search for
 * offsets go on in the background; the listener and everything that takes partitions away happen in `poll` only.
 *
 * Invariant: `position` is behind what was handed out, so that committing positions commits what earlier polls gave.
 */
import { asError } from '@gregor/base'
import type { PartitionMetadata, TopicMetadata } from '../cluster/cluster-metadata.ts'
import type { Cluster } from '../cluster/cluster.ts'
import { ClosedError, KafkaError, TimeoutError } from '../errors.ts'
import type { ConsumerGroupMetadata } from '../producer/producer.ts'
import { reasonOf, retrying } from '../retrying.ts'
import type { AssignedPartition, OffsetAndEpoch } from './assigned-partition.ts'
import { Assignment } from './assignment.ts'
import type { RecordBatch } from './batch.ts'
import type { CommittedOffset, OffsetToCommit } from './committed-offsets.ts'
import { Commits, positionsOf } from './commits.ts'
import { ConsumerCounts } from './consumer-counts.ts'
import type { ConsumerEnvironment } from './consumer-environment.ts'
import { type ConsumerOptions, type ConsumerSettings, readConsumerOptions } from './consumer-options.ts'
import { FetchAnswers } from './fetch-answers.ts'
import { Fetcher } from './fetcher.ts'
import { News } from './news.ts'
import { type FoundOffset, type OffsetQuery, findOffsets } from './offset-lookup.ts'
import { EARLIEST_TIMESTAMP, LATEST_TIMESTAMP } from './offset-reset.ts'
import { type TopicPartition, partitionKey } from './partition-set.ts'
import { PollWatch } from './poll-watch.ts'
import { Positions } from './positions.ts'
import { type RebalanceListener, Rebalancing } from './rebalancing.ts'
import { type Subscription, type SubscriptionChoice, subscriptionFrom, watchedTopics } from './subscription.ts'

export interface ConsumerCallOptions {
  /** For all attempts and the pauses between them. Default: `default.api.timeout.ms`. */
  readonly timeoutMs?: number | undefined
  /** Ends the call: it throws the signal’s reason. */
  readonly signal?: AbortSignal | undefined
}

export type PartitionOffset = TopicPartition & FoundOffset

const closeTimeoutMs = 30_000

export class Consumer<K = Buffer | null, V = Buffer | null> {
  readonly #cluster: Cluster
  readonly #environment: ConsumerEnvironment
  readonly #settings: ConsumerSettings<K, V>
  readonly #assignment = new Assignment<K, V>()
  readonly #counts = new ConsumerCounts()
  readonly #positions: Positions<K, V>
  readonly #fetcher: Fetcher<K, V>
  /** With a group: what it is told, and what it tells. */
  readonly #commits: Commits<K, V> | undefined
  readonly #rebalancing: Rebalancing<K, V> | undefined
  readonly #watch: PollWatch
  readonly #news: News
  readonly #unlisten: () => void
  readonly #closing = new AbortController()
  #subscription: Subscription = { kind: 'none' }
  #unwatch: (() => void) | undefined
  #isPolling = false
  #error: unknown
  #inHand: readonly RecordBatch<K, V>[] = []
  #closed: Promise<void> | undefined

  private constructor(cluster: Cluster, environment: ConsumerEnvironment, settings: ConsumerSettings<K, V>) {
    this.#cluster = cluster
    this.#environment = environment
    this.#settings = settings
    this.#news = new News(environment.clock)
    const { config, offsetReset, deserializers } = settings
    const partitions = (): readonly AssignedPartition<K, V>[] => this.#assignment.partitions
    const parts = { cluster, environment, config, counts: this.#counts, partitions }
    this.#rebalancing = this.#newRebalancing()
    this.#commits = this.#newCommits()
    const commits = this.#commits
    this.#positions = new Positions({
      ...parts,
      offsetReset,
      committed: commits === undefined ? undefined : (wanted, call) => commits.fetch(wanted, call),
      onNews: () => this.#somethingNew(),
    })
    const answers = new FetchAnswers<K, V>({ ...parts, offsetReset, deserializers })
    this.#fetcher = new Fetcher({
      ...parts,
      onAnswer: (partition, answer, given) => {
        answers.apply(partition, answer, given)
        if (partition.state !== 'fetching') this.#positions.wake()
      },
      onNews: () => this.#somethingNew(),
      onError: (error) => this.#failed(error),
    })
    this.#watch = new PollWatch({
      clock: environment.clock,
      intervalMs: config.maxPollIntervalMs,
      onSlow: (sinceMs) => this.#warnOfSlowness(sinceMs),
      onExpired: () => this.#expired(),
    })
    this.#unlisten = cluster.metadata.onChange(() => this.#metadataChanged())
  }

  /**
   * Connects to nothing yet: `subscribe` or `assign`, then `poll`. Close it, or use `await using`; the cluster stays open.
   *
   * @throws ConfigError with everything that is wrong with the options.
   */
  static open<K = Buffer | null, V = Buffer | null>(given: {
    readonly cluster: Cluster
    readonly environment: ConsumerEnvironment
    readonly options?: ConsumerOptions<K, V>
  }): Consumer<K, V> {
    const { cluster, environment, options = {} } = given
    const warn = (message: string): void => environment.logger.warn(message)
    return new Consumer(cluster, environment, readConsumerOptions(options, { warn }))
  }

  // ---------------------------------------------------------------------------------------------- what is to be read

  /**
   * Reads these topics, shared with the group. Joins it at the next poll, or tells it of the change.
   *
   * @param topics - names; a RegExp, matched here against the names of all topics; or a pattern in RE2’s syntax, matched by
   *   the coordinator against whole names (`group.protocol=consumer` only).
   */
  subscribe(topics: SubscriptionChoice, listener: RebalanceListener = {}): void {
    this.#checkOpen()
    const { rebalancing } = this.#inGroup()
    if (this.#subscription.kind === 'assigned') throw misuse('partitions were assigned by hand: unsubscribe first')
    const subscription = subscriptionFrom(topics)
    if (subscription.kind === 'server pattern' && this.#settings.groupProtocol === 'classic') {
      throw misuse('a pattern for the coordinator needs group.protocol=consumer; a RegExp is matched here')
    }
    rebalancing.listener = listener
    this.#watchSubscription(subscription)
    rebalancing.subscriptionChanged()
  }

  /** Reads just these partitions, whatever others of the group read. Replaces what was assigned before; positions stay. */
  assign(partitions: readonly TopicPartition[]): void {
    this.#checkOpen()
    if (this.#subscription.kind !== 'none' && this.#subscription.kind !== 'assigned') {
      throw misuse('topics are subscribed to: unsubscribe first')
    }
    const keys = new Set(partitions.map(partitionKey))
    const gone = this.#assignment.partitions.filter((one) => !keys.has(partitionKey(one)))
    this.#assignment.remove(gone)
    this.#assignment.add(partitions)
    const topics = [...new Set(partitions.map(({ topic }) => topic))].toSorted()
    this.#watchSubscription({ kind: 'assigned', topics })
    this.#advance()
  }

  /** Leaves the group, and reads nothing any more. */
  async unsubscribe(call: ConsumerCallOptions = {}): Promise<void> {
    this.#checkOpen()
    await this.#rebalancing?.leave('default', call.timeoutMs ?? closeTimeoutMs)
    this.#assignment.remove(this.#assignment.partitions)
    this.#watchSubscription({ kind: 'none' })
    this.#error = undefined
  }

  get assignment(): readonly TopicPartition[] {
    return this.#assignment.partitions.map(({ topic, partition }) => ({ topic, partition }))
  }

  /** Names, sorted; what a pattern of the coordinator matches is not known here. */
  get subscription(): readonly string[] {
    return this.#subscription.kind === 'assigned' ? [] : (this.#rebalancing?.wantedTopics() ?? [])
  }

  // -------------------------------------------------------------------------------------------------------- polling

  /**
   * Waits for records, and hands out up to `max.poll.records` of them, in one batch for each partition. Runs what the group
   * asks for, listener included, which `timeoutMs` does not bound. One at a time.
   *
   * @returns nothing when the time is up.
   * @throws the signal’s reason when that aborts; the consumer goes on with the next poll.
   * @throws NoOffsetError, OffsetOutOfRangeError, LogTruncationError, CorruptRecordError: seek, then poll on.
   * @throws KafkaError where the cluster refuses: no permission, or the membership has ended.
   */
  async poll(options: {
    readonly timeoutMs: number
    readonly signal?: AbortSignal | undefined
  }): Promise<readonly RecordBatch<K, V>[]> {
    this.#checkOpen()
    if (!(options.timeoutMs >= 0)) throw misuse(`a poll does not wait for ${options.timeoutMs} ms`)
    if (this.#isPolling) throw misuse('a poll is under way: wait for it')
    if (this.#subscription.kind === 'none') throw misuse('nothing is subscribed to or assigned')
    this.#isPolling = true
    this.#inHand = []
    this.#watch.entered()
    this.#rebalancing?.member?.back()
    try {
      const batches = await this.#pollUntil(this.#nowMs() + options.timeoutMs, options.signal)
      this.#inHand = batches
      return batches
    } finally {
      this.#isPolling = false
      this.#watch.left()
    }
  }

  async #pollUntil(deadlineMs: number, signal: AbortSignal | undefined): Promise<readonly RecordBatch<K, V>[]> {
    const { config } = this.#settings
    this.#commits?.nowAndThen()
    for (;;) {
      if (signal?.aborted === true) throw reasonOf(signal)
      if (this.#subscription.kind !== 'assigned') this.#rebalancing?.join()
      // Before any error: what was lost with a membership that has ended is read no more.
      if (this.#rebalancing?.hasJobs === true) await this.#rebalancing.work()
      this.#checkOpen()
      this.#throwErrors()
      const batches = this.#assignment.take(config.maxPollRecords, config.isolationLevel === 'read_committed')
      this.#fetcher.wake()
      for (const { records } of batches) this.#counts.records += records.length
      if (batches.length > 0) return batches
      const error = this.#assignment.takeError()
      if (error !== undefined) {
        this.#positions.wake()
        throw asError(error)
      }
      if (this.#rebalancing?.hasJobs !== true && !(await this.#news.wait(deadlineMs, signal))) return []
    }
  }

  #throwErrors(): void {
    const error = this.#error
    this.#error = undefined
    if (error !== undefined) throw asError(error)
    // Of its membership: for good.
    if (this.#rebalancing?.error !== undefined) throw this.#rebalancing.error
  }

  // ------------------------------------------------------------------------------------------------------ positions

  /** Behind what was handed out, and control records behind that: what `commit` commits unless it is told otherwise. */
  get positions(): readonly OffsetToCommit[] {
    return positionsOf(this.#assignment.partitions)
  }

  /** Where the next poll goes on, of one partition. With the epoch of the record before, it is checked whether that is there. */
  seek(partition: TopicPartition, to: number | OffsetAndEpoch): void {
    const place = typeof to === 'number' ? { offset: to, leaderEpoch: -1 } : to
    if (!Number.isSafeInteger(place.offset) || place.offset < 0) throw misuse(`${place.offset} is no offset`)
    this.#assignment.of(partition).seek(place)
    this.#advance()
  }

  /** The first offsets that are there when they are looked up, at once. Default: of all that is assigned. */
  seekToBeginning(partitions: readonly TopicPartition[] = this.assignment): void {
    for (const one of partitions) this.#assignment.of(one).reset('earliest')
    this.#advance()
  }

  /** Behind the last record, of `read_committed` before the first open transaction. Default: of all that is assigned. */
  seekToEnd(partitions: readonly TopicPartition[] = this.assignment): void {
    for (const one of partitions) this.#assignment.of(one).reset('latest')
    this.#advance()
  }

  /** Polls hand out nothing of them until `resume`. What was fetched is kept; heartbeats go on, as long as somebody polls. */
  pause(partitions: readonly TopicPartition[] = this.assignment): void {
    for (const one of partitions) this.#assignment.of(one).isPaused = true
  }

  resume(partitions: readonly TopicPartition[] = this.assignment): void {
    for (const one of partitions) this.#assignment.of(one).isPaused = false
    this.#somethingNew()
  }

  get paused(): readonly TopicPartition[] {
    return this.#assignment.partitions
      .filter(({ isPaused }) => isPaused)
      .map(({ topic, partition }) => ({ topic, partition }))
  }

  /** The offset of the next record; waits until it is known. */
  async position(partition: TopicPartition, call: ConsumerCallOptions = {}): Promise<number> {
    const { timeoutMs = this.#settings.config.defaultApiTimeoutMs, signal } = call
    const deadlineMs = this.#nowMs() + timeoutMs
    for (;;) {
      this.#checkOpen()
      const one = this.#assignment.of(partition)
      if (one.error !== undefined) throw asError(one.error)
      if (one.hasPosition) return one.position
      if (signal?.aborted === true) throw reasonOf(signal)
      this.#positions.wake()
      if (await this.#news.wait(deadlineMs, signal)) continue
      throw new TimeoutError(`the position of ${partitionKey(partition)} was not known within ${timeoutMs} ms`)
    }
  }

  /** Records behind the position that may be read by now, as of the last fetch; `undefined`: nothing was fetched yet. */
  lag(partition: TopicPartition): number | undefined {
    return this.#assignment.of(partition).lag(this.#settings.config.isolationLevel === 'read_committed')
  }

  // ------------------------------------------------------------------------------------------------------ committing

  /**
   * Commits to the group, after all commits before it. Default: the positions, that is, what earlier polls handed out.
   *
   * @throws CommitFailedError where the group has moved on: the partitions may be another’s.
   * @throws KafkaError, TimeoutError after `timeoutMs`.
   */
  async commit(offsets?: readonly OffsetToCommit[], call: ConsumerCallOptions = {}): Promise<void> {
    this.#checkOpen()
    const { commits } = this.#inGroup()
    await commits.commit(offsets ?? this.positions, this.#callOptions(call))
  }

  /** What the group has committed, in the order asked for; `undefined`: nothing. */
  async committed(
    partitions: readonly TopicPartition[],
    call: ConsumerCallOptions = {},
  ): Promise<readonly ((TopicPartition & CommittedOffset) | undefined)[]> {
    this.#checkOpen()
    const found = await this.#inGroup().commits.fetch(partitions, this.#callOptions(call))
    return partitions.map((one) => {
      const offset = found.get(partitionKey(one))
      return offset === undefined ? undefined : { topic: one.topic, partition: one.partition, ...offset }
    })
  }

  /** For `producer.sendOffsets`. */
  groupMetadata(): ConsumerGroupMetadata {
    const { groupId, rebalancing } = this.#inGroup()
    const { identity } = rebalancing
    if (identity === undefined) return { groupId }
    const { memberId, instanceId, generationIdOrMemberEpoch } = identity
    return { groupId, generationId: generationIdOrMemberEpoch, memberId, groupInstanceId: instanceId }
  }

  /** Has the group shared out anew, at the next polls of its members. */
  enforceRebalance(reason = 'the application asked for it'): void {
    const { member } = this.#inGroup().rebalancing
    if (member === undefined) throw misuse('there is no group to rebalance: subscribe and poll first')
    member.rejoin(reason)
  }

  // ------------------------------------------------------------------------------------------- what the cluster knows

  /** The first records at or after these times, in the order asked for; `undefined`: there is none. */
  async offsetsForTimes(
    queries: readonly OffsetQuery[],
    call: ConsumerCallOptions = {},
  ): Promise<readonly (PartitionOffset | undefined)[]> {
    const found = await this.#findOffsets(queries, call)
    return found.map((one) => (one.offset < 0 ? undefined : one))
  }

  /** First offsets that are there, in the order asked for. */
  beginningOffsets(
    partitions: readonly TopicPartition[],
    call?: ConsumerCallOptions,
  ): Promise<readonly PartitionOffset[]> {
    return this.#findOffsets(
      partitions.map((one) => ({ ...one, timestamp: EARLIEST_TIMESTAMP })),
      call,
    )
  }

  /** Offsets behind the last record; with `read_committed`, of the first open transaction. In the order asked for. */
  endOffsets(partitions: readonly TopicPartition[], call?: ConsumerCallOptions): Promise<readonly PartitionOffset[]> {
    return this.#findOffsets(
      partitions.map((one) => ({ ...one, timestamp: LATEST_TIMESTAMP })),
      call,
    )
  }

  /** @throws KafkaError where there is no such topic in time. */
  async partitionsFor(topic: string, call: ConsumerCallOptions = {}): Promise<readonly PartitionMetadata[]> {
    this.#checkOpen()
    const allowAutoCreation = this.#settings.config.allowAutoCreateTopics
    const known = await this.#cluster.metadata.ensure(topic, { ...this.#callOptions(call), allowAutoCreation })
    return known.partitions
  }

  /** All topics that this principal may see. */
  async listTopics(call: ConsumerCallOptions = {}): Promise<readonly TopicMetadata[]> {
    this.#checkOpen()
    await this.#retrying('listing topics', this.#callOptions(call), (given) =>
      this.#cluster.metadata.refresh({ topics: 'all', ...given }),
    )
    return this.#cluster.metadata.topics
  }

  /** Counters and gauges, under Kafka’s names of them. */
  metrics(): Readonly<Record<string, number>> {
    const { records, fetchedBytes, fetches, failedFetches, commits, failedCommits, rebalances } = this.#counts
    const lags = this.#assignment.partitions.map((one) => this.lag(one) ?? 0)
    return {
      'assigned-partitions': this.#assignment.partitions.length,
      'bytes-consumed-total': fetchedBytes,
      'commit-failed-total': failedCommits,
      'commit-total': commits,
      'fetch-failed-total': failedFetches,
      'fetch-total': fetches,
      'rebalance-total': rebalances,
      'records-consumed-total': records,
      'records-lag-max': Math.max(0, ...lags),
    }
  }

  // --------------------------------------------------------------------------------------------------------- closing

  /**
   * Commits where that is automatic, lets the listener finish, leaves the group, and ends. Idempotent.
   *
   * @param options.leave - whether the group is told. Default: unless the member is static, which is expected back.
   * @param options.timeoutMs - for all of it; then it ends anyway. Default: 30 s.
   */
  close(options: { readonly leave?: boolean; readonly timeoutMs?: number } = {}): Promise<void> {
    this.#closed ??= this.#close(options)
    return this.#closed
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close({ leave, timeoutMs = closeTimeoutMs }: { leave?: boolean; timeoutMs?: number }): Promise<void> {
    this.#watch.close()
    try {
      const how = leave === undefined ? 'default' : leave ? 'leave' : 'remain'
      await this.#rebalancing?.leave(how, timeoutMs)
      // Without a membership, what was assigned by hand.
      await this.#commits?.automatically(this.#assignment.partitions, timeoutMs)
    } finally {
      this.#closing.abort(new ClosedError('the consumer was closed'))
      this.#unlisten()
      this.#unwatch?.()
      this.#positions.close()
      this.#fetcher.close()
      this.#news.tell()
    }
  }

  // ------------------------------------------------------------------------------------------------------- the group

  #newRebalancing(): Rebalancing<K, V> | undefined {
    const { groupId } = this.#settings.config
    if (groupId === undefined) return undefined
    return new Rebalancing({
      cluster: this.#cluster,
      environment: this.#environment,
      settings: this.#settings,
      groupId,
      counts: this.#counts,
      assignment: this.#assignment,
      commits: () => this.#commits,
      subscription: () => this.#subscription,
      news: this.#news,
      onChange: () => this.#advance(),
      onError: (error) => this.#failed(error),
      signal: this.#closing.signal,
    })
  }

  #newCommits(): Commits<K, V> | undefined {
    const { groupId } = this.#settings.config
    if (groupId === undefined) return undefined
    return new Commits({
      cluster: this.#cluster,
      environment: this.#environment,
      settings: this.#settings,
      groupId,
      counts: this.#counts,
      partitions: () => this.#assignment.partitions,
      identity: () => this.#rebalancing?.identity,
      onRefused: (error) => this.#rebalancing?.member?.refused(error),
    })
  }

  #inGroup(): { readonly groupId: string; readonly commits: Commits<K, V>; readonly rebalancing: Rebalancing<K, V> } {
    const { groupId } = this.#settings.config
    if (groupId === undefined || this.#commits === undefined || this.#rebalancing === undefined) {
      throw new KafkaError({ code: 'INVALID_GROUP_ID', message: 'this needs a group: set group.id' })
    }
    return { groupId, commits: this.#commits, rebalancing: this.#rebalancing }
  }

  // ------------------------------------------------------------------------------------------------------------ news

  #watchSubscription(subscription: Subscription): void {
    this.#subscription = subscription
    const unwatch = this.#unwatch
    const topics = watchedTopics(subscription)
    this.#unwatch = topics.length === 0 ? undefined : this.#cluster.metadata.watch(topics)
    unwatch?.()
  }

  #metadataChanged(): void {
    this.#rebalancing?.metadataChanged()
    for (const name of this.#rebalancing?.wantedTopics() ?? []) {
      const code = this.#cluster.metadata.topic(name)?.error
      if (code === 'TOPIC_AUTHORIZATION_FAILED' || code === 'INVALID_TOPIC_EXCEPTION') {
        this.#error ??= new KafkaError({ code, about: `topic ${name}` })
      }
    }
    this.#advance()
  }

  /** Goes on with what can be done now. */
  #advance(): void {
    this.#positions.wake()
    this.#somethingNew()
  }

  #somethingNew(): void {
    this.#fetcher.wake()
    this.#news.tell()
  }

  #failed(error: unknown): void {
    if (this.#closing.signal.aborted) return
    this.#error ??= error
    this.#news.tell()
  }

  #warnOfSlowness(sinceMs: number): void {
    const inHand = this.#inHand.map(({ topic, partition, records }) => `${topic}-${partition}@${records[0]?.offset}`)
    this.#environment.logger.warn('no poll for long: soon this member leaves its group', {
      sinceMs: Math.round(sinceMs),
      maxPollIntervalMs: this.#settings.config.maxPollIntervalMs,
      inHand: inHand.join(' '),
    })
  }

  #expired(): void {
    const member = this.#rebalancing?.member
    if (member === undefined) return
    this.#environment.logger.warn('no poll within max.poll.interval.ms: this member leaves its group until the next', {
      group: this.#settings.config.groupId,
    })
    member.expire()
  }

  // -------------------------------------------------------------------------------------------------------- the rest

  async #findOffsets(
    queries: readonly OffsetQuery[],
    call: ConsumerCallOptions = {},
  ): Promise<readonly PartitionOffset[]> {
    this.#checkOpen()
    const { config } = this.#settings
    const parts = { cluster: this.#cluster, environment: this.#environment, config }
    const found = await findOffsets(parts, queries, this.#callOptions(call))
    const missing = { offset: -1, timestamp: -1, leaderEpoch: -1 }
    return queries.map(({ topic, partition }) => ({
      topic,
      partition,
      ...(found.get(partitionKey({ topic, partition })) ?? missing),
    }))
  }

  #retrying<T>(
    name: string,
    call: { readonly timeoutMs: number; readonly signal?: AbortSignal | undefined },
    attempt: (call: { timeoutMs: number; signal?: AbortSignal | undefined }) => Promise<T>,
  ): Promise<T> {
    const { retryBackoffMs: backoffMs, retryBackoffMaxMs: backoffMaxMs, requestTimeoutMs } = this.#settings.config
    return retrying({ environment: this.#environment, name, backoffMs, backoffMaxMs, ...call }, ({ remainingMs }) =>
      attempt({ timeoutMs: Math.min(remainingMs, requestTimeoutMs), signal: call.signal }),
    )
  }

  #callOptions({ timeoutMs, signal }: ConsumerCallOptions): { timeoutMs: number; signal?: AbortSignal | undefined } {
    return { timeoutMs: timeoutMs ?? this.#settings.config.defaultApiTimeoutMs, signal }
  }

  #checkOpen(): void {
    if (this.#closing.signal.aborted) throw reasonOf(this.#closing.signal)
  }

  #nowMs(): number {
    return this.#environment.clock.monotonicMs()
  }
}

function misuse(message: string): KafkaError {
  return new KafkaError({ code: 'INVALID_REQUEST', message })
}
