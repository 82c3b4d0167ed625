/**
 * For the tests of consumer groups: topics in a metadata image, and members that speak heartbeats. A `TestConsumer`
 * does as a client does: it takes what it is given, gives up what it is not given any more, and says so.
 */
import { assert } from '@gregor/base'
import { emptyImage, PersistentMap } from '@gregor/metadata'
import type { BrokerRegistration, MetadataImage, PartitionRegistration, TopicImage } from '@gregor/metadata'
import { errorName } from '@gregor/protocol'
import type { ConsumerGroupHeartbeatRequest } from '@gregor/protocol'
import { resolveRegexes } from './consumer/regexes.ts'
import type { GroupCoordinatorConfig } from './group-config.ts'
import type { GroupReplies } from './group-event.ts'
import { GroupWorld, contextOf } from './group-fixture.ts'

export interface BeatOptions {
  readonly groupId?: string
  readonly memberId?: string
  readonly epoch: number
  readonly instanceId?: string
  readonly rackId?: string
  readonly rebalanceTimeoutMs?: number
  readonly topics?: readonly string[]
  readonly regex?: string
  readonly assignor?: string
  /** Partitions by topic name. */
  readonly owned?: Readonly<Record<string, readonly number[]>>
  readonly apiVersion?: number
  readonly mayDescribe?: (topic: string) => boolean
}

export interface BeatAnswer {
  readonly error: string
  readonly message: string | null
  readonly memberId: string | null
  readonly epoch: number
  readonly heartbeatIntervalMs: number
  /** Partitions by topic name, sorted; `undefined`: as last time. */
  readonly assigned: Readonly<Record<string, readonly number[]>> | undefined
}

/** An id made of a name of up to 16 characters. */
export function topicIdOf(name: string): string {
  return Buffer.from(name.padEnd(16, '.')).toString('base64url')
}

export function imageWith(
  topics: Readonly<Record<string, number>>,
  more: { readonly offset?: number; readonly ids?: Readonly<Record<string, string>>; readonly rack?: string } = {},
): MetadataImage {
  const images = Object.entries(topics).map(([name, count]): TopicImage => {
    return { name, id: more.ids?.[name] ?? topicIdOf(name), partitions: Array.from({ length: count }, () => partition) }
  })
  const brokers = more.rack === undefined ? [] : [[1, { ...broker, rack: more.rack }] as const]
  return {
    ...emptyImage,
    offset: more.offset ?? 1,
    brokers: PersistentMap.from(brokers),
    topics: {
      byId: PersistentMap.from(images.map((topic) => [topic.id, topic] as const)),
      byName: PersistentMap.from(images.map((topic) => [topic.name, topic] as const)),
    },
  }
}

export class ConsumerWorld extends GroupWorld {
  image = emptyImage

  constructor(topics: Readonly<Record<string, number>> = {}, config: Partial<GroupCoordinatorConfig> = {}) {
    super(config)
    this.setImage(imageWith(topics))
  }

  setImage(image: MetadataImage, deletedTopics: readonly { topicId: string; name: string }[] = []): void {
    this.image = image
    this.send({ type: 'MetadataChanged', image, deletedTopics })
  }

  override restart(): void {
    super.restart()
    this.setImage(this.image)
  }

  beat(options: BeatOptions): BeatAnswer {
    const { apiVersion = 1, mayDescribe = () => true } = options
    const request = this.#request(options)
    return this.#answerFrom(
      this.send({ type: 'ConsumerGroupHeartbeat', request, context: contextOf(apiVersion), mayDescribe }),
    )
  }

  /** Does what the coordinator has asked for. */
  resolve(): void {
    for (const effect of this.resolutions.splice(0)) {
      const steps = resolveRegexes(effect)
      for (let step = steps.next(); ; step = steps.next()) {
        if (step.done !== true) continue
        this.send(step.value)
        break
      }
    }
  }

  describe(groupId = 'g'): GroupReplies['ConsumerGroupDescribe'][number] {
    const [group] = this.send({ type: 'ConsumerGroupDescribe', groupIds: [groupId] })
    assert(group !== undefined, 'a group that is described')
    return group
  }

  namesOf(
    topics: readonly { readonly topicId: string; readonly partitions: readonly number[] }[],
  ): Readonly<Record<string, readonly number[]>> {
    const named = topics.map(({ topicId, partitions }) => {
      return [this.image.topics.byId.get(topicId)?.name ?? topicId, partitions.toSorted((a, b) => a - b)] as const
    })
    return Object.fromEntries(named.toSorted(([a], [b]) => (a < b ? -1 : 1)))
  }

  #request(options: BeatOptions): ConsumerGroupHeartbeatRequest {
    const { epoch, owned = epoch === 0 ? {} : undefined } = options
    return {
      groupId: options.groupId ?? 'g',
      memberId: options.memberId ?? 'm',
      memberEpoch: epoch,
      instanceId: options.instanceId ?? null,
      rackId: options.rackId ?? null,
      rebalanceTimeoutMs: options.rebalanceTimeoutMs ?? (epoch === 0 ? 60_000 : -1),
      subscribedTopicNames: options.topics === undefined ? null : [...options.topics],
      subscribedTopicRegex: options.regex ?? null,
      serverAssignor: options.assignor ?? null,
      topicPartitions:
        owned === undefined
          ? null
          : Object.entries(owned).map(([name, partitions]) => {
              const topicId = this.image.topics.byName.get(name)?.id ?? topicIdOf(name)
              return { topicId, partitions: [...partitions] }
            }),
    }
  }

  #answerFrom(reply: GroupReplies['ConsumerGroupHeartbeat']): BeatAnswer {
    const { assignment } = reply
    return {
      error: errorName(reply.errorCode),
      message: reply.errorMessage ?? null,
      memberId: reply.memberId ?? null,
      epoch: reply.memberEpoch,
      heartbeatIntervalMs: reply.heartbeatIntervalMs,
      assigned:
        assignment === null || assignment === undefined ? undefined : this.namesOf(assignment.topicPartitions ?? []),
    }
  }
}

/** A client that follows the protocol. */
export class TestConsumer {
  readonly memberId: string
  readonly #world: ConsumerWorld
  readonly #options: Omit<BeatOptions, 'epoch' | 'memberId'>
  epoch = 0
  owned: Readonly<Record<string, readonly number[]>> = {}
  lastAnswer: BeatAnswer | undefined
  #hasNews = true

  constructor(world: ConsumerWorld, memberId: string, options: Omit<BeatOptions, 'epoch' | 'memberId'>) {
    this.#world = world
    this.memberId = memberId
    this.#options = options
  }

  /** One heartbeat; what it is told to give up it has given up by the next one. */
  beat(): BeatAnswer {
    const said = this.#hasNews ? { owned: this.owned } : {}
    const { memberId, epoch } = this
    const options = epoch === 0 ? this.#options : { ...this.#identity(), ...said }
    const answer = this.#world.beat({ ...options, memberId, epoch })
    this.lastAnswer = answer
    this.#hasNews = false
    if (answer.error === 'FENCED_MEMBER_EPOCH' || answer.error === 'UNKNOWN_MEMBER_ID') {
      this.epoch = 0
      this.owned = {}
    } else if (answer.error === 'NONE') {
      this.epoch = answer.epoch
      this.#hasNews = answer.assigned !== undefined
      this.owned = answer.assigned ?? this.owned
    }
    return answer
  }

  leave(epoch: -1 | -2 = -1): BeatAnswer {
    return this.#world.beat({ ...this.#identity(), memberId: this.memberId, epoch })
  }

  #identity(): Partial<BeatOptions> {
    const { instanceId, groupId } = this.#options
    return { ...(instanceId === undefined ? {} : { instanceId }), ...(groupId === undefined ? {} : { groupId }) }
  }
}

/** Lets all send heartbeats until nothing changes any more. */
export function settle(consumers: readonly TestConsumer[]): void {
  for (let round = 0; round < 20; round++) {
    const before = JSON.stringify(consumers.map(({ epoch, owned }) => [epoch, owned]))
    for (const consumer of consumers) consumer.beat()
    const after = JSON.stringify(consumers.map(({ epoch, owned }) => [epoch, owned]))
    if (before === after && round > 2) return
  }
  throw new Error('consumers that do not settle')
}

const partition: PartitionRegistration = {
  replicas: [1],
  directories: [],
  isr: [1],
  removingReplicas: [],
  addingReplicas: [],
  leader: 1,
  leaderRecoveryState: 0,
  leaderEpoch: 0,
  partitionEpoch: 0,
  elr: [],
  lastKnownElr: [],
}

const broker: BrokerRegistration = {
  id: 1,
  epoch: 1,
  incarnationId: topicIdOf('broker'),
  listeners: new Map(),
  supportedFeatures: new Map(),
  rack: undefined,
  fenced: false,
  inControlledShutdown: false,
  directories: [],
  isMigratingZkBroker: false,
  cordonedDirectories: undefined,
}
