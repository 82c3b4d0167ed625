/**
 * The group coordinators of this node: one for each partition of `__consumer_offsets` that it leads. Finds the one that
 * a group belongs to, follows the metadata, and hands the answers that had to wait to those who wait for them.
 */
import { asError, Deferred } from '@gregor/base'
import {
  decodeGroupBatches,
  encodeGroupBatch,
  GroupCoordinatorMachine,
  groupBatchBytesMax,
  groupCoordinatorConfigFrom,
  resolveRegexes,
  type AnswerEffect,
  type GroupEvent,
  type GroupEventOf,
  type GroupHistoryEvent,
  type GroupLogRecord,
  type GroupReplies,
  type GroupReply,
  type JoinGroupReply,
  type ResolveRegexes,
  type SyncGroupReply,
} from '@gregor/coordinators'
import type { Answer } from '@gregor/machine'
import type { MetadataChange, MetadataImage } from '@gregor/metadata'
import type { Clock, Logger, Random } from '@gregor/platform'
import { compressionOf, type ProtocolError } from '@gregor/protocol'
import type { AppendQueue } from '../replication/append-queue.ts'
import type { Partition } from '../replication/partition.ts'
import type { Replicas } from '../replication/replicas.ts'
import type { NodeConfig } from '../server/node-config.ts'
import { CoordinatorError, CoordinatorShard } from './coordinator-shard.ts'
import { LedShards } from './led-shards.ts'

export const groupTopic = '__consumer_offsets'

export interface GroupCoordinatorsOptions {
  readonly replicas: Replicas
  readonly appends: AppendQueue
  readonly config: NodeConfig
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
}

type GroupRequestEffect = AnswerEffect | ResolveRegexes

interface GroupShard {
  readonly shard: CoordinatorShard<GroupEvent, GroupLogRecord, GroupReply, GroupRequestEffect>
  readonly waiting: Map<number, Deferred<JoinGroupReply | SyncGroupReply>>
  /** Of the machine that runs now. */
  machine: GroupCoordinatorMachine | undefined
}

/** Of a batch, besides its records. */
const batchOverheadBytes = 1_024

export class GroupCoordinators {
  readonly #options: GroupCoordinatorsOptions
  readonly #shards: LedShards<GroupShard>
  #image: MetadataImage | undefined
  #lastWaiter = 0

  constructor(options: GroupCoordinatorsOptions) {
    this.#options = options
    const open = (partition: Partition): GroupShard => this.#open(partition)
    this.#shards = new LedShards({ topic: groupTopic, replicas: options.replicas, open })
  }

  /** Follows leadership and topics. To be called after the replicas have followed. */
  publish({ image, delta }: MetadataChange): void {
    this.#image = image
    this.#shards.follow(image)
    const deletedTopics = [...delta.topics.deletedIds].flatMap((topicId) => {
      const name = delta.topics.before.byId.get(topicId)?.name
      return name === undefined ? [] : [{ topicId, name }]
    })
    const hasNewTopics = [...delta.topics.changed.values()].some(({ before }) => before === undefined)
    for (const { shard } of this.#shards.all()) {
      if (shard.state === 'active') this.#tell(shard, { type: 'MetadataChanged', image, deletedTopics, hasNewTopics })
    }
    if (delta.configs.changes.size > 0) this.#configure()
  }

  /** The partition that a group belongs to; `undefined` while there is no topic. */
  partitionOf(groupId: string): number | undefined {
    return this.#shards.partitionOf(groupId)
  }

  /** NONE where this node coordinates the group now. */
  availability(groupId: string): ProtocolError {
    return this.#shards.of(groupId)?.shard.availability ?? 'NOT_COORDINATOR'
  }

  /** Whether some of the coordinators here still load. */
  get isLoading(): boolean {
    return this.#shards.isLoading
  }

  /** @throws CoordinatorError with what the client is to be told. */
  async submit<Type extends GroupEvent['type'] & keyof GroupReplies>(
    groupId: string,
    event: GroupEventOf<Type>,
  ): Promise<GroupReplies[Type]> {
    return await this.ask(groupId, event)
  }

  /**
   * As `submit`, but the reply itself where it need not wait for a commit.
   * @throws CoordinatorError at once, or in the promise.
   */
  ask<Type extends GroupEvent['type'] & keyof GroupReplies>(
    groupId: string,
    event: GroupEventOf<Type>,
  ): GroupReplies[Type] | Promise<GroupReplies[Type]> {
    // The machine answers an event of a type with the reply of that type.
    const reply = this.#shards.owning(groupId).shard.ask(event as GroupEvent)
    return reply as GroupReplies[Type] | Promise<GroupReplies[Type]>
  }

  /**
   * As `submit`, without a promise, for a handler that gathers; errors are to be seen through `coordinatorFailure`.
   * @throws CoordinatorError at once.
   */
  hand<Type extends GroupEvent['type'] & keyof GroupReplies>(
    groupId: string,
    event: GroupEventOf<Type>,
    answer: Answer<GroupReplies[Type]>,
  ): void {
    // The machine answers an event of a type with the reply of that type.
    this.#shards.owning(groupId).shard.hand(event as GroupEvent, answer)
  }

  /** The partition that a group’s offsets go to. @throws CoordinatorError where this node does not coordinate it now. */
  partitionFor(groupId: string): Partition {
    const { shard } = this.#shards.owning(groupId)
    if (shard.availability !== 'NONE') throw new CoordinatorError(shard.availability)
    return shard.partition
  }

  /** Ends a transaction in one partition of the groups’ topic. @throws CoordinatorError */
  async writeMarker(partitionIndex: number, event: GroupEventOf<'WriteTxnMarker'>): Promise<void> {
    const found = this.#shards.at(partitionIndex)
    if (found === undefined) throw new CoordinatorError('NOT_COORDINATOR')
    await found.shard.submit(event)
  }

  /** Asks all coordinators of this node. @throws CoordinatorError */
  async submitToAll<Type extends GroupEvent['type'] & keyof GroupReplies>(
    event: GroupEventOf<Type>,
  ): Promise<GroupReplies[Type][]> {
    const replies = [...this.#shards.all()].map(({ shard }) => shard.submit(event as GroupEvent))
    return (await Promise.all(replies)) as GroupReplies[Type][]
  }

  /** Joins, and waits for the rebalance. @throws CoordinatorError */
  joinGroup(event: Omit<GroupEventOf<'JoinGroup'>, 'waiter'>): Promise<JoinGroupReply> {
    return this.#wait(event.request.groupId, (waiter) => ({ ...event, waiter })) as Promise<JoinGroupReply>
  }

  /** Waits for the assignment. @throws CoordinatorError */
  syncGroup(event: Omit<GroupEventOf<'SyncGroup'>, 'waiter'>): Promise<SyncGroupReply> {
    return this.#wait(event.request.groupId, (waiter) => ({ ...event, waiter })) as Promise<SyncGroupReply>
  }

  /** What happened in a group lately, oldest first. */
  explain(groupId: string): readonly GroupHistoryEvent[] {
    return this.#shards.of(groupId)?.machine?.explain(groupId) ?? []
  }

  close(): void {
    this.#shards.close()
  }

  #open(partition: Partition): GroupShard {
    const { clock, random, logger, appends, config } = this.#options
    const waiting = new Map<number, Deferred<JoinGroupReply | SyncGroupReply>>()
    const compression = compressionOf(config.current.get('offsets.topic.compression.codec'))
    const opened: { machine: GroupCoordinatorMachine | undefined } = { machine: undefined }
    const shard: GroupShard['shard'] = new CoordinatorShard<GroupEvent, GroupLogRecord, GroupReply, GroupRequestEffect>(
      {
        partition,
        clock,
        random,
        logger,
        appends,
        loadBytes: config.get('offsets.load.buffer.size'),
        kind: {
          newMachine: () => (opened.machine = new GroupCoordinatorMachine(this.#configFor(partition, config))),
          firstEvent: { type: 'Loaded' },
          encode: (batch, nowMs) => encodeGroupBatch(batch, nowMs, compression),
          gatheredBytesMax: groupBatchBytesMax,
          givenWith: ({ records: [first], producer }) => ({
            guard: producer?.guard,
            transactionVersion: first?.type === 'TransactionMarker' ? first.transactionVersion : undefined,
          }),
          decode: (batches) => decodeGroupBatches(batches),
          perform: (effect) => {
            if (effect.type === 'ResolveRegexes') return this.#resolve(shard, effect)
            waiting.get(effect.waiter)?.resolve(effect.response)
            waiting.delete(effect.waiter)
          },
          onActive: () => {
            // What has changed while it was loaded.
            this.#tell(shard, { type: 'ConfigChanged', config: this.#configFor(partition, config) })
            if (this.#image !== undefined)
              this.#tell(shard, { type: 'MetadataChanged', image: this.#image, deletedTopics: [] })
          },
          onDropped: () => {
            for (const answer of waiting.values()) answer.reject(new CoordinatorError('NOT_COORDINATOR'))
            waiting.clear()
          },
        },
      },
    )
    return {
      shard,
      waiting,
      get machine() {
        return opened.machine
      },
    }
  }

  /** In steps, so that others get their turn between them. */
  #resolve(shard: GroupShard['shard'], effect: ResolveRegexes): void {
    const steps = resolveRegexes(effect)
    const goOn = () => {
      const step = steps.next()
      if (step.done === true) this.#tell(shard, step.value)
      else this.#options.clock.schedule(0, goOn)
    }
    this.#options.clock.schedule(0, goOn)
  }

  #configFor(partition: Partition, config: NodeConfig): ReturnType<typeof groupCoordinatorConfigFrom> {
    return groupCoordinatorConfigFrom(config.current, partition.config.maxMessageBytes - batchOverheadBytes)
  }

  #configure(): void {
    for (const { shard } of this.#shards.all()) {
      if (shard.state === 'active') {
        this.#tell(shard, { type: 'ConfigChanged', config: this.#configFor(shard.partition, this.#options.config) })
      }
    }
  }

  /** What needs no answer. A shard that goes meanwhile is told again when it is loaded. */
  #tell(shard: GroupShard['shard'], event: GroupEvent): void {
    shard.submit(event).catch((error: unknown) => {
      if (!(error instanceof CoordinatorError))
        this.#options.logger.error('A group coordinator could not follow', { error: asError(error) })
    })
  }

  async #wait(groupId: string, eventFor: (waiter: number) => GroupEvent): Promise<JoinGroupReply | SyncGroupReply> {
    const { shard, waiting } = this.#shards.owning(groupId)
    const waiter = ++this.#lastWaiter
    const answer = new Deferred<JoinGroupReply | SyncGroupReply>()
    waiting.set(waiter, answer)
    // Both must settle: who is dropped while the decision waits for its commit is told once, by the second.
    answer.promise.catch(() => undefined)
    try {
      await shard.submit(eventFor(waiter))
    } catch (error) {
      waiting.delete(waiter)
      throw error
    }
    return answer.promise
  }
}
