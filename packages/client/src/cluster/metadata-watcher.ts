/**
 * Keeps what is known of the cluster up to date: when somebody asks, when it is old, when somebody says that it is wrong.
 * Wishes of one moment, and those that come while a request is out, make one request.
 *
 * Invariant: however many partitions complain, requests that nobody waits for keep a pause between them, which grows while
 * answers bring nothing new. Requests that somebody waits for leave at once; `retrying` gives those their pauses.
 */
import { asError, background } from '@gregor/base'
import type { Clock, Logger, Random, Timer } from '@gregor/platform'
import { type Metadata, type MetadataResponse, type RequestInput, errorName, isRetriable } from '@gregor/protocol'
import { ClosedError, TimeoutError } from '@gregor/transport'
import { KafkaError } from '../errors.ts'
import { backoffPauseMs, retrying, withinTime } from '../retrying.ts'
import type { ClusterMetadata, MetadataOptions, TopicMetadata } from './cluster-metadata.ts'
import type { LeaderHint, NodeEndpoint } from './cluster.ts'
import { KnownCluster } from './known-cluster.ts'

export interface MetadataWatcherOptions {
  readonly environment: { readonly clock: Clock; readonly random: Random; readonly logger: Logger }
  readonly timing: MetadataTiming
  /** Asks any node. */
  readonly ask: (request: (version: number) => RequestInput<typeof Metadata>) => Promise<MetadataResponse>
  /** No answer for long, or a node said that it cannot know: the known nodes are not to be asked any more. */
  readonly onRebootstrap: (isRequired: boolean) => void
  readonly onNodes: (nodes: ReadonlyMap<number, NodeEndpoint>) => void
}

export interface MetadataTiming {
  readonly metadataMaxAgeMs: number
  readonly retryBackoffMs: number
  readonly retryBackoffMaxMs: number
  readonly metadataRecoveryStrategy: 'rebootstrap' | 'none'
  readonly metadataRecoveryRebootstrapTriggerMs: number
}

/** One request to come. */
interface Wish {
  readonly topics: Set<string>
  isOfAll: boolean
  /** Somebody waits for its answer. */
  isAwaited: boolean
  readonly done: PromiseWithResolvers<void>
}

export class MetadataWatcher implements ClusterMetadata {
  readonly #options: MetadataWatcherOptions
  readonly #known = new KnownCluster()
  readonly #watches = new Set<{ readonly topics: readonly string[] | 'all' }>()
  readonly #listeners = new Set<() => void>()
  /** By whether topics are created that are missing. */
  readonly #wishes = new Map<boolean, Wish>()
  readonly #asking = new Set<boolean>()
  /** Complained about and not answered since. */
  readonly #doubted = new Set<string>()
  #isDoubted = false
  /** All topics were answered at least once. */
  #knowsAll = false
  #timer: Timer | undefined
  /** When the last request was over, and when the last one that brought an answer. */
  #lastAskedMs: number | undefined
  #answeredMs = 0
  #failures = 0
  /** Answers in a row that somebody's complaint asked for and that brought nothing new. */
  #equalAnswers = 0
  #failingSinceMs: number | undefined
  #isClosed = false

  constructor(options: MetadataWatcherOptions) {
    this.#options = options
  }

  get clusterId(): string | undefined {
    return this.#known.clusterId
  }

  get controllerId(): number | undefined {
    return this.#known.controllerId
  }

  get nodes(): ReadonlyMap<number, NodeEndpoint> {
    return this.#known.nodes
  }

  get topics(): readonly TopicMetadata[] {
    return this.#known.topics
  }

  get version(): number {
    return this.#known.version
  }

  topic(name: string): TopicMetadata | undefined {
    return this.#known.topic(name)
  }

  topicName(topicId: string): string | undefined {
    return this.#known.topicName(topicId)
  }

  refresh(options: MetadataOptions): Promise<void> {
    if (this.#isClosed) return Promise.reject(new ClosedError('the client was closed'))
    const wish = this.#wish(options.topics ?? [], options.allowAutoCreation === true)
    wish.isAwaited = true
    return withinTime(this.#options.environment.clock, wish.done.promise, { name: 'asking for metadata', ...options })
  }

  async ensure(name: string, options: MetadataOptions): Promise<TopicMetadata> {
    const { environment, timing } = this.#options
    const known = this.#known.topic(name)
    if (known !== undefined && known.error === 'NONE' && known.partitions.length > 0) return known
    const about = `topic ${name}`
    const pauses = { backoffMs: timing.retryBackoffMs, backoffMaxMs: timing.retryBackoffMaxMs }
    try {
      return await retrying({ environment, name: `looking up ${about}`, ...pauses, ...options }, async (attempt) => {
        await this.refresh({ ...options, topics: [name], timeoutMs: attempt.remainingMs })
        const topic = this.#known.topic(name)
        if (topic === undefined) throw new KafkaError({ code: 'UNKNOWN_TOPIC_OR_PARTITION', about })
        if (topic.error !== 'NONE') throw new KafkaError({ code: topic.error, about })
        if (topic.partitions.length === 0) throw new KafkaError({ code: 'LEADER_NOT_AVAILABLE', about })
        return topic
      })
    } catch (error) {
      // Why it is not there says more than that the time is up.
      if (error instanceof TimeoutError && error.cause instanceof KafkaError) throw error.cause
      throw error
    }
  }

  watch(topics: readonly string[] | 'all'): () => void {
    const watch = { topics: topics === 'all' ? topics : [...topics] }
    this.#watches.add(watch)
    const isNew = topics === 'all' || topics.some((name) => this.#known.topic(name) === undefined)
    if (isNew) this.#planFirst()
    return () => void this.#watches.delete(watch)
  }

  invalidate(topic?: string): void {
    if (this.#isClosed) return
    if (topic !== undefined) this.#doubted.add(topic)
    this.#isDoubted = true
    this.#plan()
  }

  hint(leaders: readonly LeaderHint[], endpoints: readonly NodeEndpoint[]): void {
    if (!this.#known.hinted(leaders, endpoints)) return
    if (endpoints.length > 0) this.#options.onNodes(this.#known.nodes)
    this.#tell()
  }

  onChange(listener: () => void): () => void {
    const own = (): void => listener()
    this.#listeners.add(own)
    return () => void this.#listeners.delete(own)
  }

  close(): void {
    this.#isClosed = true
    this.#timer?.cancel()
    this.#watches.clear()
    this.#listeners.clear()
    for (const { done } of this.#wishes.values()) done.reject(new ClosedError('the client was closed'))
    this.#wishes.clear()
  }

  // -------------------------------------------------------------------------------------------------------- wishes

  #wish(topics: readonly string[] | 'all', creates: boolean): Wish {
    let wish = this.#wishes.get(creates)
    if (wish === undefined) {
      wish = { topics: new Set(), isOfAll: false, isAwaited: false, done: Promise.withResolvers() }
      // Nobody may be waiting: of such failures `#failed` takes note.
      wish.done.promise.catch(() => undefined)
      this.#wishes.set(creates, wish)
      if (!this.#asking.has(creates)) this.#askAfterTurn(creates)
    }
    if (topics === 'all') wish.isOfAll = true
    else for (const name of topics) wish.topics.add(name)
    return wish
  }

  #askAfterTurn(creates: boolean): void {
    this.#asking.add(creates)
    this.#options.environment.clock.afterTurn(() => {
      background('asking for metadata', this.#ask(creates), (name, error) =>
        this.#options.environment.logger.error(name, { error: asError(error) }),
      )
    })
  }

  async #ask(creates: boolean): Promise<void> {
    const wish = this.#wishes.get(creates)
    this.#wishes.delete(creates)
    if (wish === undefined || this.#isClosed) return
    if (!wish.isAwaited && this.#asking.has(true)) {
      // A topic that is watched and wanted at once: what comes for those who wait may be enough.
      this.#asking.delete(creates)
      return
    }
    if (!creates) this.#addWatched(wish)
    const topics = wish.isOfAll ? null : [...wish.topics].map((name) => ({ name }))
    try {
      const response = await this.#options.ask((version) => ({
        topics,
        ...(version >= 4 ? { allowAutoTopicCreation: creates } : {}),
      }))
      this.#answered(response, wish)
      wish.done.resolve()
    } catch (error) {
      this.#failed(wish, error)
      wish.done.reject(error)
    } finally {
      this.#asking.delete(creates)
      if (this.#wishes.has(creates)) this.#askAfterTurn(creates)
      this.#plan()
    }
  }

  /** What is to be kept up to date, and what was complained about, goes along. */
  #addWatched(wish: Wish): void {
    for (const { topics } of this.#watches) {
      if (topics === 'all') wish.isOfAll = true
      else for (const name of topics) wish.topics.add(name)
    }
    for (const name of this.#doubted) wish.topics.add(name)
    this.#doubted.clear()
    this.#isDoubted = false
  }

  #answered(response: MetadataResponse, { isOfAll }: Wish): void {
    const { clock } = this.#options.environment
    const error = errorName(response.errorCode)
    if (error === 'REBOOTSTRAP_REQUIRED') this.#options.onRebootstrap(true)
    if (error !== 'NONE') throw new KafkaError({ code: error, about: 'metadata', retriable: true })
    if (response.brokers.length === 0) {
      // A broker that has just started knows nobody yet.
      throw new KafkaError({
        code: 'BROKER_NOT_AVAILABLE',
        message: 'The node knows of no nodes yet.',
        retriable: true,
      })
    }
    this.#failures = 0
    this.#failingSinceMs = undefined
    this.#lastAskedMs = clock.monotonicMs()
    this.#answeredMs = this.#lastAskedMs
    const isChanged = this.#known.answered(response, isOfAll)
    this.#knowsAll ||= isOfAll
    this.#equalAnswers = isChanged ? 0 : this.#equalAnswers + 1
    this.#options.onNodes(this.#known.nodes)
    if (isChanged) this.#tell()
    this.#doubtUnfinished()
  }

  /** Partitions without a leader, topics that are not there yet: what is watched is asked for again. */
  #doubtUnfinished(): void {
    for (const { topics } of this.#watches) {
      const names = topics === 'all' ? this.#known.topics.map(({ name }) => name) : topics
      for (const name of names) if (isUnfinished(this.#known.topic(name))) this.#doubted.add(name)
    }
    this.#isDoubted ||= this.#doubted.size > 0
  }

  #failed(wish: Wish, error: unknown): void {
    const { environment, timing, onRebootstrap } = this.#options
    const nowMs = environment.clock.monotonicMs()
    for (const name of wish.topics) this.#doubted.add(name)
    this.#isDoubted = true
    this.#failures++
    this.#lastAskedMs = nowMs
    this.#failingSinceMs ??= nowMs
    environment.logger.debug('Metadata could not be asked for', { reason: asError(error).message })
    const isLong = nowMs - this.#failingSinceMs >= timing.metadataRecoveryRebootstrapTriggerMs
    if (timing.metadataRecoveryStrategy === 'none' || !isLong) return
    this.#failingSinceMs = nowMs
    onRebootstrap(false)
  }

  #tell(): void {
    for (const listener of this.#listeners) listener()
  }

  // --------------------------------------------------------------------------------------- requests nobody waits for

  /** Something new is watched: that is worth a request at once. */
  #planFirst(): void {
    if (this.#failures === 0) this.#lastAskedMs = undefined
    this.#plan()
  }

  #plan(): void {
    const { clock } = this.#options.environment
    if (this.#isClosed || this.#asking.has(false)) return
    this.#timer?.cancel()
    const dueMs = this.#dueMs()
    if (dueMs === undefined) return
    const delayMs = dueMs - clock.monotonicMs()
    if (delayMs <= 0) void this.#wish([], false)
    else this.#timer = clock.schedule(delayMs, () => void this.#wish([], false))
  }

  #watchesUnknown(): boolean {
    for (const { topics } of this.#watches) {
      if (topics === 'all' ? !this.#knowsAll : topics.some((name) => this.#known.topic(name) === undefined)) return true
    }
    return false
  }

  #dueMs(): number | undefined {
    const { environment, timing } = this.#options
    if (!this.#isDoubted && !this.#watchesUnknown())
      return this.#lastAskedMs === undefined ? undefined : this.#answeredMs + timing.metadataMaxAgeMs
    if (this.#lastAskedMs === undefined) return 0
    const pauses = { backoffMs: timing.retryBackoffMs, backoffMaxMs: timing.retryBackoffMaxMs }
    const count = Math.max(this.#failures, this.#equalAnswers)
    return this.#lastAskedMs + backoffPauseMs(pauses, count, environment.random)
  }
}

function isUnfinished(topic: TopicMetadata | undefined): boolean {
  if (topic === undefined) return true
  if (topic.error !== 'NONE') return isRetriable(topic.error)
  return topic.partitions.some(({ error }) => isRetriable(error))
}
