/**
 * A consumer: reads topics, alone or sharing them with its group, by pulling. Fetching, heartbeats and the search for
 * offsets go on in the background; the listener and everything that takes partitions away happen in `poll` only.
 *
 * Invariant: `position` is behind what was handed out, so that committing positions commits what earlier polls gave.
 */
import { background } from '@gregor/base'
import type { PartitionMetadata, TopicMetadata } from '../cluster/cluster-metadata.ts'
import type { Cluster } from '../cluster/cluster.ts'
import { ClosedError, CommitFailedError, KafkaError, TimeoutError, isRetriable } from '../errors.ts'
import type { ConsumerGroupMetadata } from '../producer/producer.ts'
import { pause as pauseFor, reasonOf, retrying } from '../retrying.ts'
import type { AssignedPartition, OffsetAndEpoch } from './assigned-partition.ts'
import { Assignment } from './assignment.ts'
import type { RecordBatch } from './batch.ts'
import { type CommittedOffset, CommittedOffsets, type OffsetToCommit } from './committed-offsets.ts'
import type { ConsumerEnvironment } from './consumer-environment.ts'
import { ConsumerGroup, type GroupJob } from './consumer-group.ts'
import { type ConsumerOptions, type ConsumerSettings, readConsumerOptions } from './consumer-options.ts'
import { FetchAnswers } from './fetch-answers.ts'
import { Fetcher } from './fetcher.ts'
import type { LeaveChoice } from './membership.ts'
import { type FoundOffset, type OffsetQuery, findOffsets } from './offset-lookup.ts'
import { EARLIEST_TIMESTAMP, LATEST_TIMESTAMP } from './offset-reset.ts'
import { type TopicPartition, partitionKey } from './partition-set.ts'
import { PollWatch } from './poll-watch.ts'
import { Positions } from './positions.ts'
import {
  type Subscription,
  type SubscriptionChoice,
  subscriptionFrom,
  topicsOf,
  watchedTopics,
} from './subscription.ts'

/** Told of what the group gives and takes, in `poll`, `unsubscribe` and `close`, which wait for what it returns. */
export interface RebalanceListener {
  /** They are this consumer’s now. Seek here to begin elsewhere than at the committed offset. */
  assigned?(partitions: readonly TopicPartition[]): void | Promise<void>
  /** They are about to go: finish and commit what you have of them. With auto-commit that is done before. */
  revoking?(partitions: readonly TopicPartition[]): void | Promise<void>
  /** They are another’s already: nothing can be committed. */
  lost?(partitions: readonly TopicPartition[]): void | Promise<void>
}

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
  readonly #positions: Positions<K, V>
  readonly #fetcher: Fetcher<K, V>
  readonly #committed: CommittedOffsets | undefined
  readonly #watch: PollWatch
  readonly #unlisten: () => void
  readonly #closing = new AbortController()
  #subscription: Subscription = { kind: 'none' }
  #listener: RebalanceListener = {}
  #group: ConsumerGroup | undefined
  #unwatch: (() => void) | undefined
  /** As the group was told last. */
  #topics: readonly string[] = []
  #isPolling = false
  #isLearning = false
  #error: unknown
  #waiters: (() => void)[] = []
  #nextCommitMs = 0
  /** By `partitionKey`: the offset that the group is known to have. */
  readonly #committedAt = new Map<string, number>()
  #inHand: readonly RecordBatch<K, V>[] = []
  #closed: Promise<void> | undefined

  private constructor(cluster: Cluster, environment: ConsumerEnvironment, settings: ConsumerSettings<K, V>) {
    this.#cluster = cluster
    this.#environment = environment
    this.#settings = settings
    const { config, offsetReset, deserializers } = settings
    const partitions = (): readonly AssignedPartition<K, V>[] => this.#assignment.partitions
    const parts = { cluster, environment, config, partitions }
    this.#committed = this.#newCommittedOffsets()
    this.#positions = new Positions({
      ...parts,
      offsetReset,
      committed: this.#committed === undefined ? undefined : (wanted, call) => this.#fetchCommitted(wanted, call),
      onNews: () => this.#news(),
    })
    const answers = new FetchAnswers<K, V>({ ...parts, offsetReset, deserializers })
    this.#fetcher = new Fetcher({
      ...parts,
      onAnswer: (partition, answer, given) => {
        answers.apply(partition, answer, given)
        if (partition.state !== 'fetching') this.#positions.wake()
      },
      onNews: () => this.#news(),
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
    this.#groupId()
    if (this.#subscription.kind === 'assigned') throw misuse('partitions were assigned by hand: unsubscribe first')
    const subscription = subscriptionFrom(topics)
    if (subscription.kind === 'server pattern' && this.#settings.groupProtocol === 'classic') {
      throw misuse('a pattern for the coordinator needs group.protocol=consumer; a RegExp is matched here')
    }
    this.#listener = listener
    this.#watchSubscription(subscription)
    if (this.#group !== undefined) this.#subscriptionChanged()
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
    if (this.#group !== undefined) await this.#leaveGroup('default', call.timeoutMs ?? closeTimeoutMs)
    this.#assignment.remove(this.#assignment.partitions)
    this.#watchSubscription({ kind: 'none' })
    this.#error = undefined
  }

  get assignment(): readonly TopicPartition[] {
    return this.#assignment.partitions.map(({ topic, partition }) => ({ topic, partition }))
  }

  /** Names, sorted; what a pattern of the coordinator matches is not known here. */
  get subscription(): readonly string[] {
    return this.#subscription.kind === 'assigned' ? [] : this.#wantedTopics()
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
    if (this.#isPolling) throw misuse('a poll is under way: wait for it')
    if (this.#subscription.kind === 'none') throw misuse('nothing is subscribed to or assigned')
    this.#isPolling = true
    this.#inHand = []
    this.#watch.entered()
    this.#group?.member.back()
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
    const { config, isAutoCommitting } = this.#settings
    if (isAutoCommitting) this.#commitNowAndThen()
    for (;;) {
      if (signal?.aborted === true) throw reasonOf(signal)
      this.#throwErrors()
      this.#joinIfNeeded()
      await this.#runJobs()
      this.#checkOpen()
      const batches = this.#assignment.take(config.maxPollRecords, config.isolationLevel === 'read_committed')
      this.#fetcher.wake()
      if (batches.length > 0) return batches
      const error = this.#assignment.takeError()
      if (error !== undefined) {
        this.#positions.wake()
        throw error
      }
      if (this.#group?.hasJobs !== true && !(await this.#waitForNews(deadlineMs, signal))) return []
    }
  }

  #throwErrors(): void {
    const error = this.#error
    this.#error = undefined
    if (error !== undefined) throw error
    // Of its membership: for good.
    if (this.#group?.error !== undefined) throw this.#group.error
  }

  // ------------------------------------------------------------------------------------------------------ positions

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
    this.#news()
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
      if (one.error !== undefined) throw one.error
      if (one.hasPosition) return one.position
      if (signal?.aborted === true) throw reasonOf(signal)
      this.#positions.wake()
      if (await this.#waitForNews(deadlineMs, signal)) continue
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
  async commit(
    offsets: readonly OffsetToCommit[] = this.#offsetsHandedOut(),
    call: ConsumerCallOptions = {},
  ): Promise<void> {
    this.#checkOpen()
    this.#groupId()
    await this.#commit(offsets, call)
  }

  /** What the group has committed, in the order asked for; `undefined`: nothing. */
  async committed(
    partitions: readonly TopicPartition[],
    call: ConsumerCallOptions = {},
  ): Promise<readonly ((TopicPartition & CommittedOffset) | undefined)[]> {
    this.#checkOpen()
    this.#groupId()
    const found = await this.#fetchCommitted(partitions, this.#callOptions(call))
    return partitions.map((one) => {
      const offset = found.get(partitionKey(one))
      return offset === undefined ? undefined : { topic: one.topic, partition: one.partition, ...offset }
    })
  }

  /** For `producer.sendOffsets`. */
  groupMetadata(): ConsumerGroupMetadata {
    const groupId = this.#groupId()
    const identity = this.#group?.identity
    if (identity === undefined) return { groupId }
    const { memberId, instanceId, generationIdOrMemberEpoch } = identity
    return { groupId, generationId: generationIdOrMemberEpoch, memberId, groupInstanceId: instanceId }
  }

  /** Has the group shared out anew, at the next polls of its members. */
  enforceRebalance(reason = 'the application asked for it'): void {
    if (this.#group === undefined) throw misuse('there is no group to rebalance: subscribe and poll first')
    this.#group.member.rejoin(reason)
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
      if (this.#group !== undefined) {
        await this.#leaveGroup(leave === undefined ? 'default' : leave ? 'leave' : 'remain', timeoutMs)
      } else if (this.#settings.isAutoCommitting) {
        await this.#commitQuietly(this.#assignment.partitions, timeoutMs)
      }
    } finally {
      this.#closing.abort(new ClosedError('the consumer was closed'))
      this.#unlisten()
      this.#unwatch?.()
      this.#positions.close()
      this.#fetcher.close()
      this.#news()
    }
  }

  // ------------------------------------------------------------------------------------------------------- the group

  #joinIfNeeded(): void {
    const { kind } = this.#subscription
    if (this.#group !== undefined || kind === 'none' || kind === 'assigned' || this.#isLearning) return
    this.#isLearning = true
    background('learning of topics', this.#learnAndJoin(), (_, error) => this.#failed(error))
  }

  /** First the topics: a pattern that matches nothing yet would have the group shared out twice. */
  async #learnAndJoin(): Promise<void> {
    const subscription = this.#subscription
    const { allowAutoCreateTopics: allowAutoCreation, defaultApiTimeoutMs: timeoutMs } = this.#settings.config
    try {
      await this.#retrying('learning of topics', { timeoutMs, signal: this.#closing.signal }, (given) =>
        this.#cluster.metadata.refresh({ topics: watchedTopics(subscription), allowAutoCreation, ...given }),
      )
    } finally {
      this.#isLearning = false
    }
    if (this.#subscription.kind === 'none' || this.#closing.signal.aborted) return
    this.#topics = this.#wantedTopics()
    this.#group = new ConsumerGroup({
      cluster: this.#cluster,
      environment: this.#environment,
      settings: this.#settings,
      groupId: this.#groupId(),
      topics: () => this.#topics,
      serverPattern: () => (this.#subscription.kind === 'server pattern' ? this.#subscription.pattern : undefined),
      onNews: () => this.#news(),
    })
    this.#group.start()
    this.#news()
  }

  #subscriptionChanged(): void {
    this.#topics = this.#wantedTopics()
    this.#group?.subscriptionChanged()
  }

  #wantedTopics(): readonly string[] {
    const excludeInternal = this.#settings.config.excludeInternalTopics
    return topicsOf(this.#subscription, this.#cluster.metadata, { excludeInternal })
  }

  async #runJobs(): Promise<void> {
    for (let job = this.#group?.nextJob(); job !== undefined; job = this.#group?.nextJob()) await this.#run(job)
  }

  async #run(job: GroupJob): Promise<void> {
    const group = this.#group
    if (group === undefined) return
    if (job.kind === 'take') {
      const named = await group.named(job.partitions, () => this.#pauseABit())
      const added = this.#assignment.add(named)
      for (const one of added) one.isHeld = true
      try {
        await this.#listener.assigned?.(named)
      } finally {
        for (const one of added) one.isHeld = false
        this.#advance()
      }
      return
    }
    const partitions = group.knownNames(job.partitions).filter((one) => this.#assignment.get(one) !== undefined)
    try {
      if (partitions.length > 0) await this.#giveUp(partitions, job.isLost)
    } finally {
      this.#assignment.remove(partitions)
      for (const one of partitions) this.#committedAt.delete(partitionKey(one))
      job.done()
    }
  }

  async #giveUp(partitions: readonly TopicPartition[], isLost: boolean): Promise<void> {
    const leaving = partitions.flatMap((one) => this.#assignment.get(one) ?? [])
    for (const one of leaving) one.isHeld = true
    if (isLost) {
      await this.#listener.lost?.(partitions)
      return
    }
    if (this.#settings.isAutoCommitting) await this.#commitQuietly(leaving, this.#settings.config.requestTimeoutMs)
    await this.#listener.revoking?.(partitions)
  }

  async #leaveGroup(how: LeaveChoice, timeoutMs: number): Promise<void> {
    const group = this.#group
    if (group === undefined) return
    let isLeft = false
    const leaving = group.leave({ how, timeoutMs }).finally(() => {
      isLeft = true
      this.#news()
    })
    while (!isLeft) {
      await this.#runJobs()
      if (!isLeft && !group.hasJobs) await this.#waitForNews(Infinity, undefined)
    }
    await leaving
    this.#group = undefined
    this.#committedAt.clear()
  }

  // ------------------------------------------------------------------------------------------------------ committing

  #newCommittedOffsets(): CommittedOffsets | undefined {
    const { config } = this.#settings
    if (config.groupId === undefined) return undefined
    return new CommittedOffsets({
      cluster: this.#cluster,
      environment: this.#environment,
      config,
      groupId: config.groupId,
      identity: () => this.#group?.identity,
      onRefused: (error) => this.#group?.member.refused(error),
    })
  }

  #offsetsHandedOut(
    partitions: readonly AssignedPartition<K, V>[] = this.#assignment.partitions,
  ): readonly OffsetToCommit[] {
    return partitions
      .filter(({ hasPosition }) => hasPosition)
      .map(({ topic, partition, position, positionEpoch }) => ({
        topic,
        partition,
        offset: position,
        leaderEpoch: positionEpoch,
      }))
  }

  async #commit(offsets: readonly OffsetToCommit[], call: ConsumerCallOptions): Promise<void> {
    if (offsets.length === 0) return
    await this.#committed?.commit(offsets, this.#callOptions(call))
    for (const one of offsets) this.#committedAt.set(partitionKey(one), one.offset)
  }

  async #fetchCommitted(
    partitions: readonly TopicPartition[],
    call: { readonly timeoutMs: number; readonly signal?: AbortSignal | undefined },
  ): Promise<ReadonlyMap<string, CommittedOffset>> {
    const found = (await this.#committed?.fetch(partitions, call)) ?? new Map<string, CommittedOffset>()
    for (const [key, { offset }] of found) this.#committedAt.set(key, offset)
    return found
  }

  /** What the group does not have yet. */
  #offsetsNotCommitted(partitions?: readonly AssignedPartition<K, V>[]): readonly OffsetToCommit[] {
    return this.#offsetsHandedOut(partitions).filter((one) => this.#committedAt.get(partitionKey(one)) !== one.offset)
  }

  #commitNowAndThen(): void {
    const nowMs = this.#nowMs()
    if (nowMs < this.#nextCommitMs) return
    const isFirst = this.#nextCommitMs === 0
    this.#nextCommitMs = nowMs + this.#settings.config.autoCommitIntervalMs
    if (isFirst) return
    background(
      'auto-commit',
      this.#commitQuietly(this.#assignment.partitions, this.#settings.config.requestTimeoutMs),
      () => undefined,
    )
  }

  /** Nobody waits for it: what fails is committed with the next. */
  async #commitQuietly(partitions: readonly AssignedPartition<K, V>[], timeoutMs: number): Promise<void> {
    try {
      await this.#commit(this.#offsetsNotCommitted(partitions), { timeoutMs })
    } catch (error) {
      if (error instanceof ClosedError) return
      const { logger } = this.#environment
      const isExpected = error instanceof CommitFailedError || isRetriable(error)
      logger[isExpected ? 'warn' : 'error']('offsets were not committed', {
        group: this.#groupId(),
        reason: String(error),
      })
    }
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
    const topics = this.#wantedTopics()
    if (
      this.#group !== undefined &&
      this.#subscription.kind === 'pattern' &&
      topics.join(' ') !== this.#topics.join(' ')
    ) {
      this.#subscriptionChanged()
    }
    this.#group?.metadataChanged()
    for (const name of topics) {
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
    this.#news()
  }

  #news(): void {
    this.#fetcher.wake()
    const waiters = this.#waiters
    this.#waiters = []
    for (const wake of waiters) wake()
  }

  /** False when the time is up. */
  async #waitForNews(deadlineMs: number, signal: AbortSignal | undefined): Promise<boolean> {
    const leftMs = deadlineMs - this.#nowMs()
    if (leftMs <= 0) return false
    const { promise, resolve } = Promise.withResolvers<boolean>()
    this.#waiters.push(() => resolve(true))
    const timer = leftMs === Infinity ? undefined : this.#environment.clock.schedule(leftMs, () => resolve(false))
    const aborted = (): void => resolve(true)
    signal?.addEventListener('abort', aborted, { once: true })
    try {
      return await promise
    } finally {
      timer?.cancel()
      signal?.removeEventListener('abort', aborted)
    }
  }

  #failed(error: unknown): void {
    if (this.#closing.signal.aborted) return
    this.#error ??= error
    this.#news()
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
    if (this.#group === undefined) return
    this.#environment.logger.warn('no poll within max.poll.interval.ms: this member leaves its group until the next', {
      group: this.#groupId(),
    })
    this.#group.member.expire()
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

  #pauseABit(): Promise<void> {
    return pauseFor(this.#environment.clock, this.#settings.config.retryBackoffMs)
  }

  #groupId(): string {
    const { groupId } = this.#settings.config
    if (groupId !== undefined) return groupId
    throw new KafkaError({ code: 'INVALID_GROUP_ID', message: 'this needs a group: set group.id' })
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
