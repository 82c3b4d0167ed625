/**
 * A consumer’s place in its group: makes the membership, assigns as the leader, and turns what the group says into jobs that
 * are done in order when the consumer’s owner polls; so nothing is taken from him while he works on it.
 */
import { randomUuid } from '@gregor/base'
import { decodeAssignment } from '@gregor/protocol'
import type { Cluster } from '../cluster/cluster.ts'
import type { Assignor } from './assignors/assignor.ts'
import type { CommittingMember } from './committed-offsets.ts'
import { ClassicMembership, type ReceivedAssignment } from './classic-membership.ts'
import type { ConsumerEnvironment } from './consumer-environment.ts'
import { ConsumerMembership } from './consumer-membership.ts'
import type { ConsumerSettings } from './consumer-options.ts'
import { assignmentBytes, consumerProtocol, subscribedMember } from './consumer-protocol.ts'
import { GroupMember } from './group-member.ts'
import type { JoinedMember, LeaveChoice } from './membership.ts'
import { type TopicPartition, flattened } from './partition-set.ts'

export interface ConsumerGroupOptions {
  readonly cluster: Cluster
  readonly environment: ConsumerEnvironment
  readonly settings: ConsumerSettings<unknown, unknown>
  readonly groupId: string
  /** What is wanted now. */
  readonly topics: () => readonly string[]
  /** What the coordinator matches, in the consumer protocol. */
  readonly serverPattern: () => string | undefined
  /** There is a job, or the membership has ended. */
  readonly onNews: () => void
}

export type GroupJob =
  | { readonly kind: 'take'; readonly partitions: readonly TopicPartition[] }
  | {
      readonly kind: 'give up'
      readonly partitions: readonly TopicPartition[]
      isLost: boolean
      readonly done: () => void
    }

/** How often metadata are asked for the name of a topic id before it is taken for deleted. */
const nameAttemptsMax = 20

export class ConsumerGroup {
  readonly #options: ConsumerGroupOptions
  readonly #membership: ClassicMembership | ConsumerMembership
  readonly #member: GroupMember
  readonly #jobs: GroupJob[] = []
  /** As the leader: how many partitions each topic of the group had when they were shared out. */
  #assignedCounts: ReadonlyMap<string, number> | undefined
  #unwatch: (() => void) | undefined
  /** Why it is no member any more. */
  error: Error | undefined

  constructor(options: ConsumerGroupOptions) {
    const { cluster, environment, groupId, settings } = options
    const { config } = settings
    this.#options = options
    this.#membership = this.#newMembership()
    this.#member = new GroupMember({
      cluster,
      environment,
      groupId,
      membership: this.#membership,
      timing: {
        requestTimeoutMs: config.requestTimeoutMs,
        rebalanceTimeoutMs: config.maxPollIntervalMs,
        backoffMs: config.retryBackoffMs,
        backoffMaxMs: config.retryBackoffMaxMs,
      },
      handler: {
        assign: (protocolName, members) => this.#assign(protocolName, members),
        received: (assignment) => this.#received(assignment),
        giveUp: (partitions, { isLost }) => this.#giveUp(partitions, isLost),
        take: (partitions) => this.#queue({ kind: 'take', partitions }),
        ended: (error) => {
          this.error = error
          this.#options.onNews()
        },
      },
    })
  }

  /** Joins, unless it has. */
  start(): void {
    this.#member.start()
  }

  get identity(): CommittingMember {
    return { ...this.#member.identity, protocol: this.#options.settings.groupProtocol }
  }

  get member(): GroupMember {
    return this.#member
  }

  get hasJobs(): boolean {
    return this.#jobs.length > 0
  }

  nextJob(): GroupJob | undefined {
    return this.#jobs.shift()
  }

  /** What is wanted has changed. */
  subscriptionChanged(): void {
    if (this.#membership instanceof ConsumerMembership) {
      this.#membership.subscribe({ topics: this.#options.topics(), regex: this.#options.serverPattern() })
      this.#member.wake()
    } else {
      this.#member.rejoin('the subscription has changed')
    }
  }

  /** Of the leader: topics with other partition counts than were shared out have to be shared out anew. */
  metadataChanged(): void {
    const counts = this.#assignedCounts
    if (counts === undefined) return
    const { metadata } = this.#options.cluster
    for (const [topic, count] of counts) {
      const known = metadata.topic(topic)
      if (known === undefined || known.partitions.length === count) continue
      this.#assignedCounts = undefined
      return this.#member.rejoin(`topic ${topic} has ${known.partitions.length} partitions now`)
    }
  }

  async leave(given: { readonly how: LeaveChoice; readonly timeoutMs: number }): Promise<void> {
    await this.#member.leave(given)
    this.#unwatch?.()
  }

  /** The classic protocol speaks of names, the consumer protocol of ids. What is not known by now is deleted. */
  async named(partitions: readonly TopicPartition[], pause: () => Promise<void>): Promise<readonly TopicPartition[]> {
    if (this.#options.settings.groupProtocol === 'classic') return partitions
    const { metadata } = this.#options.cluster
    const { requestTimeoutMs: timeoutMs } = this.#options.settings.config
    for (let attempt = 0; attempt < nameAttemptsMax; attempt++) {
      if (partitions.every(({ topic }) => metadata.topicName(topic) !== undefined)) break
      const topics = this.#options.serverPattern() === undefined ? this.#options.topics() : 'all'
      await metadata.refresh({ topics, timeoutMs }).catch((error: unknown) => {
        this.#options.environment.logger.debug('metadata of assigned topics', { reason: String(error) })
      })
      if (partitions.every(({ topic }) => metadata.topicName(topic) !== undefined)) break
      await pause()
    }
    return this.knownNames(partitions)
  }

  knownNames(partitions: readonly TopicPartition[]): readonly TopicPartition[] {
    if (this.#options.settings.groupProtocol === 'classic') return partitions
    const { metadata } = this.#options.cluster
    return partitions.flatMap(({ topic, partition }) => {
      const name = metadata.topicName(topic)
      return name === undefined ? [] : [{ topic: name, partition }]
    })
  }

  #newMembership(): ClassicMembership | ConsumerMembership {
    const { environment, groupId, settings, topics, serverPattern } = this.#options
    const { config } = settings
    const shared = {
      groupId,
      instanceId: config.groupInstanceId,
      rebalanceTimeoutMs: config.maxPollIntervalMs,
      retryBackoffMs: config.retryBackoffMs,
    }
    const rack = config.clientRack === '' ? undefined : config.clientRack
    if (settings.groupProtocol === 'consumer') {
      return new ConsumerMembership({
        ...shared,
        memberId: randomUuid(environment.random),
        rackId: rack,
        subscription: { topics: topics(), regex: serverPattern() },
        serverAssignor: config.groupRemoteAssignor,
      })
    }
    const { assignors } = settings
    return new ClassicMembership({
      ...shared,
      sessionTimeoutMs: config.sessionTimeoutMs,
      heartbeatIntervalMs: config.heartbeatIntervalMs,
      protocol: consumerProtocol({
        topics,
        assignors: assignors.map(({ name }) => name),
        rebalanceProtocol: assignors.every(({ supportsCooperative }) => supportsCooperative) ? 'cooperative' : 'eager',
        rack,
        userData: (name, wanted) => this.#assignor(name)?.subscriptionUserData?.(wanted) ?? null,
      }),
    })
  }

  #assignor(name: string): Assignor | undefined {
    return this.#options.settings.assignors.find((one) => one.name === name)
  }

  async #assign(protocolName: string, joined: readonly JoinedMember[]): Promise<ReadonlyMap<string, Buffer>> {
    const { cluster, settings } = this.#options
    const assignor = this.#assignor(protocolName)
    if (assignor === undefined) throw new Error(`the group chose ${protocolName}, which this member does not offer`)
    const members = joined.map(subscribedMember)
    const topics = [...new Set(members.flatMap((member) => member.topics))].toSorted()
    this.#unwatch?.()
    this.#unwatch = cluster.metadata.watch(topics)
    if (topics.some((topic) => cluster.metadata.topic(topic) === undefined)) {
      // What stays unknown is left out, and shared out when metadata know it.
      await cluster.metadata
        .refresh({ topics, timeoutMs: settings.config.requestTimeoutMs })
        .catch((error: unknown) => {
          this.#options.environment.logger.debug('metadata of the topics of the group', { reason: String(error) })
        })
    }
    const partitionCount = (topic: string): number => cluster.metadata.topic(topic)?.partitions.length ?? 0
    this.#assignedCounts = new Map(topics.map((topic) => [topic, partitionCount(topic)]))
    const assigned = assignor.assign(
      { partitionCount, racks: (topic, partition) => this.#racks(topic, partition) },
      members,
    )
    return new Map(
      joined.map(({ memberId }) => {
        const given = assigned.get(memberId)
        return [memberId, assignmentBytes(given?.partitions ?? [], given?.userData ?? null)]
      }),
    )
  }

  #racks(topic: string, partition: number): readonly string[] {
    const { metadata } = this.#options.cluster
    const replicas = metadata.topic(topic)?.partitions[partition]?.replicas ?? []
    return [...new Set(replicas.flatMap((nodeId) => metadata.nodes.get(nodeId)?.rack ?? []))]
  }

  #received({ assignment, generationId, protocolName }: ReceivedAssignment): void {
    const { assignedPartitions, userData } =
      assignment.length === 0 ? { assignedPartitions: [], userData: null } : decodeAssignment(assignment)
    this.#assignor(protocolName)?.onAssignment?.({ partitions: flattened(assignedPartitions), userData }, generationId)
  }

  #giveUp(partitions: readonly TopicPartition[], isLost: boolean): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    // What was to be given up in order before has gone with the rest.
    if (isLost) for (const job of this.#jobs) if (job.kind === 'give up') job.isLost = true
    this.#queue({ kind: 'give up', partitions, isLost, done: resolve })
    return promise
  }

  #queue(job: GroupJob): void {
    this.#jobs.push(job)
    this.#options.onNews()
  }
}
