/**
 * A consumer in a group, of either protocol: does what its membership says, reads what it owns from where the group is,
 * and commits where it is. Two connections, as a consumer has them: one to the coordinator, one for records.
 *
 * Invariant, which the checker builds on: a member commits only what it owns, and never less than it began with.
 */
import { randomUuid } from '@gregor/base'
import {
  ClassicMembership,
  ConsumerMembership,
  type GroupRequest,
  type Membership,
  type MembershipEnd,
  type TopicPartition,
  assignmentBytes,
  consumerProtocol,
  subscribedMember,
} from '@gregor/client'
import { type ProtocolError, errorName, OffsetCommit, OffsetFetch } from '@gregor/protocol'
import { type IsolationLevel, type OffsetOf, type PartitionId, keyOf } from '../history/history.ts'
import { chance } from '../simulation/seeded-random.ts'
import { assignInTurns } from './assignment.ts'
import type { Processor } from './copier.ts'
import { Driver, type Topic, attempt, retryBackoffMs } from './driver.ts'
import type { DriverConnection } from './driver-connection.ts'
import { exchangeMembership } from './membership-exchange.ts'
import type { NodeWorld } from './node-world.ts'
import { type PartitionRead, readPartitions } from './reading.ts'

export type GroupProtocol = 'classic eager' | 'classic cooperative' | 'consumer'

export interface ConsumerOptions {
  readonly name: string
  readonly group: string
  readonly protocol: GroupProtocol
  readonly instanceId?: string | undefined
  readonly isolation: IsolationLevel
  readonly topics: readonly string[]
  /** Does what is to be done with records, and commits their offsets. Default: the consumer commits where it is. */
  readonly processor?: Processor | undefined
}

export class ConsumerDriver extends Driver {
  readonly options: ConsumerOptions
  readonly #coordinator: DriverConnection
  readonly #data: DriverConnection
  readonly #membership: Membership
  /** Where to read on; there once the group’s offset is known. */
  readonly #positions = new Map<string, OffsetOf>()
  /** What was given to this member and not taken back, with a mark that tells one time from the next. */
  readonly #ownings = new Map<string, object>()
  #topics: readonly Topic[] = []
  /** What is given up is given up when this is over. */
  #processing: Promise<boolean> | undefined
  #wake: (() => void) | undefined
  /** The request that brought the last assignment. */
  #grantAsked = 0

  constructor(world: NodeWorld, options: ConsumerOptions) {
    super(world, options.name)
    this.options = options
    this.#coordinator = this.connect()
    this.#data = this.connect()
    this.#membership = this.#newMembership()
  }

  /** Until it has left, or cannot be a member: says why. */
  async run(): Promise<MembershipEnd> {
    this.#topics = await this.topics(this.#data, this.options.topics)
    this.world.go(this.#read())
    this.world.go(this.#watchTopics())
    for (;;) {
      const step = this.#membership.next(this.nowMs)
      switch (step.do) {
        case 'send':
          await this.#exchange(step)
          break
        case 'find coordinator':
          if (await this.findCoordinator(this.#coordinator, 'group', this.options.group)) {
            this.#membership.coordinatorFound()
          } else {
            await this.pause(retryBackoffMs)
          }
          break
        case 'assign':
          if (this.#membership instanceof ClassicMembership) {
            const assigned = assignInTurns(step.members.map(subscribedMember), this.#topics)
            const bytes = [...assigned].map(
              ([memberId, partitions]) => [memberId, assignmentBytes(partitions)] as const,
            )
            this.#membership.assigned(new Map(bytes))
          }
          break
        case 'give up':
          await this.#giveUp(this.#idsOf(step.partitions), step.isLost)
          break
        case 'take':
          this.#take(this.#idsOf(step.partitions))
          break
        default:
          if (this.#membership.end !== undefined) return this.#membership.end
          await this.#waitUntil(step.untilMs)
      }
    }
  }

  #exchange(request: GroupRequest): Promise<void> {
    const onGranted = (asked: number): void => {
      this.#grantAsked = asked
    }
    const exchange = { driver: this, connection: this.#coordinator, membership: this.#membership, onGranted }
    return exchangeMembership(exchange, request)
  }

  /** Leaves in order. */
  leave(): void {
    this.#membership.leave()
    this.#wake?.()
  }

  get owned(): readonly PartitionId[] {
    return this.#idsOf(this.#membership.owned)
  }

  #newMembership(): Membership {
    const { group: groupId, protocol, instanceId, topics } = this.options
    const shared = { groupId, instanceId, rebalanceTimeoutMs: 2_000, retryBackoffMs }
    if (protocol === 'consumer') {
      return new ConsumerMembership({ ...shared, subscription: { topics }, memberId: randomUuid(this.random) })
    }
    const rebalanceProtocol = protocol === 'classic eager' ? 'eager' : 'cooperative'
    return new ClassicMembership({
      ...shared,
      protocol: consumerProtocol({ topics: () => topics, assignors: ['turns'], rebalanceProtocol }),
      sessionTimeoutMs: 1_500,
      heartbeatIntervalMs: 300,
    })
  }

  /** The classic protocol speaks of names, the consumer protocol of ids, the history of ids. */
  #idsOf(partitions: readonly TopicPartition[]): readonly PartitionId[] {
    if (this.options.protocol === 'consumer') {
      return partitions.map(({ topic, partition }) => ({ topicId: topic, partition }))
    }
    const ids = new Map(this.#topics.map(({ name, topicId }) => [name, topicId]))
    return partitions.map(({ topic, partition }) => ({ topicId: ids.get(topic) ?? topic, partition }))
  }

  async #waitUntil(untilMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#wake = resolve
    const timer = untilMs === Infinity ? undefined : this.host.environment.clock.schedule(untilMs - this.nowMs, resolve)
    await promise
    timer?.cancel()
    this.#wake = undefined
  }

  // -------------------------------------------------------------------------------------------------- what is owned

  #take(partitions: readonly PartitionId[]): void {
    const { group, name, instanceId } = this.#memberNames()
    const { generationIdOrMemberEpoch: epoch } = this.#membership.identity
    const instance = instanceId === undefined ? {} : { instance: instanceId }
    const protocol = this.options.protocol === 'consumer' ? 'consumer' : 'classic'
    const asked = this.#grantAsked
    this.history.note({ kind: 'own', group, member: name, epoch, partitions, protocol, asked, ...instance })
    const mark = {}
    for (const partition of partitions) this.#ownings.set(keyOf(partition), mark)
    this.world.go(this.#findPositions(partitions, mark))
  }

  async #giveUp(partitions: readonly PartitionId[], isLost: boolean): Promise<void> {
    const last = partitions.flatMap((partition) => this.#positions.get(keyOf(partition)) ?? [])
    for (const partition of partitions) {
      this.#ownings.delete(keyOf(partition))
      this.#positions.delete(keyOf(partition))
    }
    await this.#processing
    if (!isLost && last.length > 0 && this.options.processor === undefined) await this.#commit(last)
    const { group, name } = this.#memberNames()
    const { generationIdOrMemberEpoch: epoch } = this.#membership.identity
    this.history.note({ kind: 'disown', group, member: name, epoch, partitions })
    this.#membership.gaveUp()
  }

  #memberNames(): { readonly group: string; readonly name: string; readonly instanceId: string | undefined } {
    return { group: this.options.group, name: this.name, instanceId: this.options.instanceId }
  }

  async #findPositions(partitions: readonly PartitionId[], mark: object): Promise<void> {
    const isStillOwned = (partition: PartitionId): boolean => this.#ownings.get(keyOf(partition)) === mark
    while (partitions.some(isStillOwned)) {
      const offsets = await this.#fetchOffsets(partitions)
      if (offsets !== undefined) {
        const known = new Map(offsets.map((one) => [keyOf(one), one.offset]))
        for (const one of partitions.filter(isStillOwned)) {
          this.#positions.set(keyOf(one), { ...one, offset: known.get(keyOf(one)) ?? 0 })
        }
        return
      }
      await this.pause(retryBackoffMs)
    }
  }

  async #fetchOffsets(partitions: readonly PartitionId[]): Promise<readonly OffsetOf[] | undefined> {
    const { group } = this.options
    const { memberId, generationIdOrMemberEpoch } = this.#membership.identity
    const member =
      this.options.protocol === 'consumer' ? { memberId, memberEpoch: generationIdOrMemberEpoch } : { memberId: null }
    const complete = this.history.begin<'fetch offsets'>({ kind: 'fetch offsets', group })
    const topics = [...Map.groupBy(partitions, ({ topicId }) => topicId)].map(([topicId, ofTopic]) => ({
      topicId,
      partitionIndexes: ofTopic.map(({ partition }) => partition),
    }))
    const request = { groups: [{ groupId: group, ...member, topics }], requireStable: true }
    const response = await attempt(this.#coordinator.call(OffsetFetch, request))
    const answer = response?.groups[0]
    if (answer === undefined) return undefined
    const found = answer.topics.flatMap(({ topicId, partitions: ofTopic }) =>
      ofTopic.map((one) => ({
        topicId,
        partition: one.partitionIndex,
        offset: one.committedOffset,
        error: errorName(one.errorCode),
      })),
    )
    const error = [errorName(answer.errorCode), ...found.map((one) => one.error)].find((one) => one !== 'NONE')
    if (error !== undefined) {
      this.#refused(error)
      return undefined
    }
    const offsets = found
      .filter(({ offset }) => offset !== -1)
      .map(({ topicId, partition, offset }) => ({ topicId, partition, offset }))
    complete({ error: 'NONE', asked: partitions, offsets })
    return offsets
  }

  async #commit(offsets: readonly OffsetOf[]): Promise<void> {
    const { memberId, instanceId, generationIdOrMemberEpoch } = this.#membership.identity
    const { group } = this.options
    if (generationIdOrMemberEpoch === -1) return
    const complete = this.history.begin<'commit offsets'>({
      kind: 'commit offsets',
      group,
      member: this.name,
      epoch: generationIdOrMemberEpoch,
      offsets,
    })
    const response = await attempt(
      this.#coordinator.call(OffsetCommit, {
        groupId: group,
        generationIdOrMemberEpoch,
        memberId,
        groupInstanceId: instanceId,
        topics: topicsToCommit(offsets),
      }),
    )
    if (response === undefined) return
    const errors = new Map(
      response.topics.flatMap(({ topicId, partitions }) =>
        partitions.map(
          ({ partitionIndex, errorCode }) =>
            [keyOf({ topicId, partition: partitionIndex }), errorName(errorCode)] as const,
        ),
      ),
    )
    complete({ errors: offsets.map((one) => errors.get(keyOf(one)) ?? 'UNKNOWN_SERVER_ERROR') })
    for (const error of new Set(errors.values())) if (error !== 'NONE') this.#refused(error)
  }

  #refused(error: ProtocolError): void {
    this.#membership.refused(error)
    this.#wake?.()
  }

  // ------------------------------------------------------------------------------------------------------- records

  async #read(): Promise<void> {
    while (this.#membership.end === undefined) {
      const positions = [...this.#positions.values()]
      if (positions.length === 0) {
        await this.pause(100)
        continue
      }
      const marks = new Map(this.#ownings)
      const { isolation, processor } = this.options
      const read = await readPartitions(this, this.#data, { reader: this.name, isolation, maxWaitMs: 300, positions })
      const isCurrent = (one: PartitionRead): boolean =>
        this.#ownings.get(keyOf(one)) === marks.get(keyOf(one)) &&
        this.#positions.get(keyOf(one))?.offset === one.offset
      for (const { topicId, partition, error } of read.filter(isCurrent)) {
        const isCut = error === 'OFFSET_OUT_OF_RANGE' && !this.world.isSynced
        if (isCut) this.#positions.set(keyOf({ topicId, partition }), { topicId, partition, offset: 0 })
      }
      const news = read.filter((one) => one.error === 'NONE' && one.nextOffset > one.offset && isCurrent(one))
      const isDone = processor === undefined || (await this.#process(processor, news))
      for (const one of news.filter(isCurrent)) this.#goOn(one, { isDone, mark: marks.get(keyOf(one)) })
      if (read.length === 0) await this.pause(retryBackoffMs)
      await this.pauseBetween(1, 250)
      if (processor === undefined && chance(this.random, 50)) await this.#commit([...this.#positions.values()])
    }
  }

  async #process(processor: Processor, read: readonly PartitionRead[]): Promise<boolean> {
    if (read.length === 0) return true
    const names = new Map(this.#topics.map(({ name, topicId }) => [topicId, name]))
    this.#processing = processor.process(read, names, () => this.#membership.identity)
    const isDone = await this.#processing
    this.#processing = undefined
    return isDone
  }

  /** Behind what is done; where the group is, if it is not. */
  #goOn(one: PartitionRead, { isDone, mark }: { readonly isDone: boolean; readonly mark: object | undefined }): void {
    const { topicId, partition, nextOffset } = one
    if (isDone) {
      this.#positions.set(keyOf(one), { topicId, partition, offset: nextOffset })
    } else if (mark !== undefined) {
      this.#positions.delete(keyOf(one))
      this.world.go(this.#findPositions([{ topicId, partition }], mark))
    }
  }

  /** As consumers do with their metadata: the leader of a classic group asks for a new generation. */
  async #watchTopics(): Promise<void> {
    while (this.#membership.end === undefined) {
      await this.pauseBetween(1_500, 2_500)
      const topics = await this.topics(this.#data, this.options.topics)
      const hasGrown = topics.some(
        ({ partitionCount }, index) => this.#topics[index]?.partitionCount !== partitionCount,
      )
      this.#topics = topics
      if (hasGrown && this.options.protocol !== 'consumer') this.#refused('REBALANCE_IN_PROGRESS')
    }
  }
}

export function topicsToCommit(offsets: readonly OffsetOf[]): {
  topicId: string
  partitions: { partitionIndex: number; committedOffset: number; committedMetadata: string }[]
}[] {
  return [...Map.groupBy(offsets, ({ topicId }) => topicId)].map(([topicId, ofTopic]) => ({
    topicId,
    partitions: ofTopic.map(({ partition, offset }) => ({
      partitionIndex: partition,
      committedOffset: offset,
      committedMetadata: '',
    })),
  }))
}
