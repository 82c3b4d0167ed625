/**
 * A consumer and its group: joins when there is something to share, does what the group asks for while the owner polls, and
 * leaves. Between the group, which decides, and the assignment, which is read from.
 */
import { background } from '@gregor/base'
import type { Cluster } from '../cluster/cluster.ts'
import { pause, retrying } from '../retrying.ts'
import type { Assignment } from './assignment.ts'
import type { CommittingMember } from './committed-offsets.ts'
import type { Commits } from './commits.ts'
import type { ConsumerCounts } from './consumer-counts.ts'
import type { ConsumerEnvironment } from './consumer-environment.ts'
import { ConsumerGroup, type GroupJob } from './consumer-group.ts'
import type { ConsumerSettings } from './consumer-options.ts'
import type { GroupMember } from './group-member.ts'
import type { LeaveChoice } from './membership.ts'
import type { News } from './news.ts'
import type { TopicPartition } from './partition-set.ts'
import { type Subscription, topicsOf, watchedTopics } from './subscription.ts'

/** Told of what the group gives and takes, in `poll`, `unsubscribe` and `close`, which wait for what it returns. */
export interface RebalanceListener {
  /** They are this consumer’s now. Seek here to begin elsewhere than at the committed offset. */
  assigned?(partitions: readonly TopicPartition[]): void | Promise<void>
  /** They are about to go: finish and commit what you have of them. With auto-commit that is done before. */
  revoking?(partitions: readonly TopicPartition[]): void | Promise<void>
  /** They are another’s already: nothing can be committed. */
  lost?(partitions: readonly TopicPartition[]): void | Promise<void>
}

export interface RebalancingOptions<K, V> {
  readonly cluster: Cluster
  readonly environment: ConsumerEnvironment
  readonly settings: ConsumerSettings<K, V>
  readonly groupId: string
  readonly counts: ConsumerCounts
  readonly assignment: Assignment<K, V>
  readonly commits: () => Commits<K, V> | undefined
  readonly subscription: () => Subscription
  readonly news: News
  /** Partitions have come or gone. */
  readonly onChange: () => void
  readonly onError: (error: unknown) => void
  readonly signal: AbortSignal
}

export class Rebalancing<K, V> {
  readonly #options: RebalancingOptions<K, V>
  listener: RebalanceListener = {}
  #group: ConsumerGroup | undefined
  /** As the group was told last. */
  #topics: readonly string[] = []
  #isLearning = false

  constructor(options: RebalancingOptions<K, V>) {
    this.#options = options
  }

  get member(): GroupMember | undefined {
    return this.#group?.member
  }

  get identity(): CommittingMember | undefined {
    return this.#group?.identity
  }

  /** Why the membership has ended. */
  get error(): Error | undefined {
    return this.#group?.error
  }

  get hasJobs(): boolean {
    return this.#group?.hasJobs === true
  }

  /** Joins, unless it has, or is about to. */
  join(): void {
    if (this.#group !== undefined || this.#isLearning) return
    this.#isLearning = true
    background('learning of topics', this.#learnAndJoin(), (_, error) => this.#options.onError(error))
  }

  /** Does what the group asks for, listener included. */
  async work(): Promise<void> {
    for (let job = this.#group?.nextJob(); job !== undefined; job = this.#group?.nextJob()) await this.#do(job)
  }

  subscriptionChanged(): void {
    this.#topics = this.wantedTopics()
    this.#group?.subscriptionChanged()
  }

  metadataChanged(): void {
    const isPattern = this.#options.subscription().kind === 'pattern'
    if (isPattern && this.wantedTopics().join(' ') !== this.#topics.join(' ')) this.subscriptionChanged()
    this.#group?.metadataChanged()
  }

  wantedTopics(): readonly string[] {
    const { cluster, settings, subscription } = this.#options
    return topicsOf(subscription(), cluster.metadata, { excludeInternal: settings.config.excludeInternalTopics })
  }

  /** Gives everything up, and leaves. Ends after `timeoutMs`, whatever the listener does. */
  async leave(how: LeaveChoice, timeoutMs: number): Promise<void> {
    const group = this.#group
    if (group === undefined) return
    const { news } = this.#options
    let isLeft = false
    const leaving = group.leave({ how, timeoutMs }).finally(() => {
      isLeft = true
      news.tell()
    })
    while (!isLeft) {
      // Nobody waits for a listener, or a commit, that takes longer.
      await Promise.race([this.work(), leaving])
      if (!isLeft && !group.hasJobs) await news.wait(Infinity)
    }
    await leaving
    // What could not be given up in time is not to be committed in nobody’s name.
    this.#options.assignment.remove(this.#options.assignment.partitions)
    this.#group = undefined
  }

  /** First the topics: a pattern that matches nothing yet would have the group shared out twice. */
  async #learnAndJoin(): Promise<void> {
    const { cluster, environment, settings, groupId, news, signal, subscription } = this.#options
    const { config } = settings
    const retry = {
      environment,
      name: 'learning of topics',
      backoffMs: config.retryBackoffMs,
      backoffMaxMs: config.retryBackoffMaxMs,
      timeoutMs: config.defaultApiTimeoutMs,
      signal,
    }
    try {
      await retrying(retry, ({ remainingMs }) =>
        cluster.metadata.refresh({
          topics: watchedTopics(subscription()),
          allowAutoCreation: config.allowAutoCreateTopics,
          timeoutMs: Math.min(remainingMs, config.requestTimeoutMs),
          signal,
        }),
      )
    } finally {
      this.#isLearning = false
    }
    const { kind } = subscription()
    if (kind === 'none' || kind === 'assigned' || signal.aborted) return
    this.#topics = this.wantedTopics()
    this.#group = new ConsumerGroup({
      cluster,
      environment,
      settings,
      groupId,
      topics: () => this.#topics,
      serverPattern: () => {
        const wanted = subscription()
        return wanted.kind === 'server pattern' ? wanted.pattern : undefined
      },
      onNews: () => news.tell(),
    })
    this.#group.start()
    news.tell()
  }

  async #do(job: GroupJob): Promise<void> {
    const group = this.#group
    if (group === undefined) return
    this.#options.counts.rebalances++
    if (job.kind === 'take') return this.#take(group, job.partitions)
    const { assignment, commits } = this.#options
    const partitions = group.knownNames(job.partitions).filter((one) => assignment.get(one) !== undefined)
    try {
      if (partitions.length > 0) await this.#giveUp(partitions, job.isLost)
    } finally {
      assignment.remove(partitions)
      commits()?.forget(partitions)
      job.done()
    }
  }

  async #take(group: ConsumerGroup, partitions: readonly TopicPartition[]): Promise<void> {
    const { assignment, environment, settings, onChange } = this.#options
    const named = await group.named(partitions, () => pause(environment.clock, settings.config.retryBackoffMs))
    const added = assignment.add(named)
    for (const one of added) one.isHeld = true
    try {
      await this.listener.assigned?.(named)
    } finally {
      for (const one of added) one.isHeld = false
      onChange()
    }
  }

  async #giveUp(partitions: readonly TopicPartition[], isLost: boolean): Promise<void> {
    const { assignment, commits, settings } = this.#options
    const leaving = partitions.flatMap((one) => assignment.get(one) ?? [])
    for (const one of leaving) one.isHeld = true
    if (isLost) {
      await this.listener.lost?.(partitions)
      return
    }
    await commits()?.automatically(leaving, settings.config.requestTimeoutMs)
    await this.listener.revoking?.(partitions)
  }
}
