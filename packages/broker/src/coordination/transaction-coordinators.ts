/**
 * The transaction coordinators of this node: one for each partition of `__transaction_state` that it leads. Finds the one
 * that a transactional id belongs to, follows the metadata, and does what they want done: markers and producer ids.
 */
import { asError, background } from '@gregor/base'
import {
  decodeTransactionBatches,
  encodeTransactionBatch,
  needsProducerId,
  transactionCoordinatorConfigFrom,
  TransactionCoordinatorMachine,
  type NeedsProducerId,
  type TransactionCoordinatorConfig,
  type TransactionEffect,
  type TransactionEvent,
  type TransactionEventOf,
  type TransactionLogRecord,
  type TransactionReplies,
  type TransactionReply,
  type TransactionRequestType,
  type TransactionVersion,
  type WriteMarkers,
} from '@gregor/coordinators'
import type { TimerEffect } from '@gregor/machine'
import type { MetadataChange, MetadataImage } from '@gregor/metadata'
import type { Clock, Logger, Random } from '@gregor/platform'
import type { ProducerIds } from '../metadata/producer-ids.ts'
import type { Partition } from '../replication/partition.ts'
import type { Replicas } from '../replication/replicas.ts'
import type { AppendQueue } from '../replication/append-queue.ts'
import type { NodeConfig } from '../server/node-config.ts'
import { CoordinatorError, CoordinatorShard } from './coordinator-shard.ts'
import { LedShards } from './led-shards.ts'
import type { MarkerSender } from './marker-sender.ts'

export const transactionTopic = '__transaction_state'

export interface TransactionCoordinatorsOptions {
  readonly replicas: Replicas
  readonly appends: AppendQueue
  readonly config: NodeConfig
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly producerIds: Pick<ProducerIds, 'next'>
  readonly markers: Pick<MarkerSender, 'send'>
}

type Effect = Exclude<TransactionEffect, TimerEffect>

interface TransactionShard {
  readonly shard: CoordinatorShard<TransactionEvent, TransactionLogRecord, TransactionReply, Effect>
  /** That runs now, or is being loaded. */
  readonly machine: TransactionCoordinatorMachine | undefined
}

const tellAgainMs = 100

/** A request of a client that the coordinator of its transactional id answers. */
type KeyedRequest = Exclude<TransactionRequestType, 'DescribeTransactions' | 'ListTransactions'>
type KeyedEvent = { [Type in KeyedRequest]: TransactionEventOf<Type> }[KeyedRequest]
type Answer<Type extends KeyedRequest> = Exclude<TransactionReplies[Type], NeedsProducerId>

export class TransactionCoordinators {
  readonly #options: TransactionCoordinatorsOptions
  readonly #shards: LedShards<TransactionShard>
  #transactionVersion: TransactionVersion = 0

  constructor(options: TransactionCoordinatorsOptions) {
    this.#options = options
    const open = (partition: Partition): TransactionShard => this.#open(partition)
    this.#shards = new LedShards({ topic: transactionTopic, replicas: options.replicas, open })
  }

  /** Follows leadership, configs and the feature. To be called after the replicas have followed. */
  publish({ image, delta }: MetadataChange): void {
    const versionBefore = this.#transactionVersion
    this.#transactionVersion = transactionVersionOf(image)
    this.#shards.follow(image)
    if (delta.configs.changes.size === 0 && versionBefore === this.#transactionVersion) return
    for (const { shard } of this.#shards.all()) {
      if (shard.state === 'active') this.#tell(shard, { type: 'ConfigChanged', config: this.#config() })
    }
  }

  /** The node that coordinates a transactional id; `undefined`: none does now. */
  coordinatorIdOf(transactionalId: string): number | undefined {
    return this.#shards.leaderIdOf(transactionalId)
  }

  /** The partition that a transactional id belongs to; `undefined` while there is no topic. */
  partitionOf(transactionalId: string): number | undefined {
    return this.#shards.partitionOf(transactionalId)
  }

  /** How many transactional ids are in each state. */
  countsByState(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>()
    for (const { machine } of this.#shards.all()) {
      for (const { state } of machine?.transactions.values() ?? []) counts.set(state, (counts.get(state) ?? 0) + 1)
    }
    return counts
  }

  /** Whether some of the coordinators here still load. */
  get isLoading(): boolean {
    return this.#shards.isLoading
  }

  /** Asks the coordinator of the event’s transactional id. @throws CoordinatorError */
  async submit<Type extends KeyedRequest>(event: TransactionEventOf<Type>): Promise<Answer<Type>> {
    const { shard } = this.#shards.owning(transactionalIdOf(event as KeyedEvent))
    const reply = await shard.submit(event as TransactionEvent)
    // The machine answers an event of a type with the reply of that type.
    if (!needsProducerId(reply)) return reply as Answer<Type>
    const freshProducerId = await this.#options.producerIds.next()
    if (typeof freshProducerId === 'string') throw new CoordinatorError(freshProducerId)
    const answer = await shard.submit({ ...event, freshProducerId } as TransactionEvent)
    // It was handed what it lacks: only who has ended the transaction meanwhile may let it need another one.
    if (needsProducerId(answer)) throw new CoordinatorError('CONCURRENT_TRANSACTIONS')
    return answer as Answer<Type>
  }

  /** One id. @throws CoordinatorError */
  async describe(transactionalId: string): Promise<TransactionReplies['DescribeTransactions'][number]> {
    const { shard } = this.#shards.owning(transactionalId)
    const reply = await shard.submit({ type: 'DescribeTransactions', transactionalIds: [transactionalId] })
    const [described] = reply as TransactionReplies['DescribeTransactions']
    if (described === undefined) throw new CoordinatorError('UNKNOWN_SERVER_ERROR')
    return described
  }

  /** Asks all coordinators of this node. @throws CoordinatorError */
  async list(
    request: TransactionEventOf<'ListTransactions'>['request'],
  ): Promise<readonly TransactionReplies['ListTransactions'][]> {
    const replies = [...this.#shards.all()].map(({ shard }) => shard.submit({ type: 'ListTransactions', request }))
    const answers = (await Promise.all(replies)) as TransactionReplies['ListTransactions'][]
    return answers.length === 0 ? [this.#listNothing(request)] : answers
  }

  /** What a coordinator without transactions says: of the request, mostly. */
  #listNothing(request: TransactionEventOf<'ListTransactions'>['request']): TransactionReplies['ListTransactions'] {
    const { clock, random } = this.#options
    const given = { nowMs: clock.wallMs(), monotonicMs: clock.monotonicMs(), random, epoch: 0, nextOffset: 0 }
    const machine = new TransactionCoordinatorMachine(this.#config())
    return machine.handle({ type: 'ListTransactions', request }, given).reply as TransactionReplies['ListTransactions']
  }

  close(): void {
    this.#shards.close()
  }

  #open(partition: Partition): TransactionShard {
    const { clock, random, logger, appends, config } = this.#options
    const opened: { machine: TransactionCoordinatorMachine | undefined } = { machine: undefined }
    const shard: TransactionShard['shard'] = new CoordinatorShard({
      partition,
      clock,
      random,
      logger,
      appends,
      loadBytes: config.get('transaction.state.log.load.buffer.size'),
      kind: {
        newMachine: () => (opened.machine = new TransactionCoordinatorMachine(this.#config())),
        firstEvent: { type: 'Loaded' },
        encode: encodeTransactionBatch,
        decode: (batches) => decodeTransactionBatches(batches),
        perform: (effect) => this.#perform(shard, effect),
        // What has changed while it was loaded.
        onActive: () => this.#tell(shard, { type: 'ConfigChanged', config: this.#config() }),
      },
    })
    return {
      shard,
      get machine() {
        return opened.machine
      },
    }
  }

  #config(): TransactionCoordinatorConfig {
    return transactionCoordinatorConfigFrom(this.#options.config.current, this.#transactionVersion)
  }

  #perform(shard: TransactionShard['shard'], effect: Effect): void {
    switch (effect.type) {
      case 'WriteMarkers':
        return this.#inBackground(`markers of ${effect.transactionalId}`, this.#writeMarkers(shard, effect))
      case 'ReserveProducerId':
        return this.#inBackground(`a producer id for ${effect.transactionalId}`, this.#reserve(shard, effect))
      case 'MarkersRefused': {
        const { transactionalId, topic, partition, error } = effect
        const text =
          error === 'INVALID_PRODUCER_EPOCH'
            ? 'A partition knows a newer producer: the transaction ends without it; see kafka-transactions.sh find-hanging'
            : 'A partition refuses the end of a transaction: it is left to the next coordinator'
        return this.#options.logger.warn(text, { transactionalId, partition: `${topic}-${partition}`, reason: error })
      }
    }
  }

  /** What became of the markers reaches the coordinator in any case: without it the transaction would never be complete. */
  async #writeMarkers(shard: TransactionShard['shard'], effect: WriteMarkers): Promise<void> {
    const { transactionalId, decisionOffset } = effect
    const results = await this.#options.markers.send(effect)
    const tell = (): void => {
      shard.submit({ type: 'MarkersWritten', transactionalId, decisionOffset, results }).catch((error: unknown) => {
        if (!(error instanceof CoordinatorError)) return this.#report(`markers of ${transactionalId}`, error)
        // It has too much to do just now. One that is dropped writes them again when it is loaded.
        if (error.error === 'COORDINATOR_NOT_AVAILABLE') this.#options.clock.schedule(tellAgainMs, tell)
      })
    }
    tell()
  }

  /** Where there is none to be had, the coordinator asks again. */
  async #reserve(
    shard: TransactionShard['shard'],
    { transactionalId }: { readonly transactionalId: string },
  ): Promise<void> {
    const freshProducerId = await this.#options.producerIds.next()
    if (typeof freshProducerId === 'string') return
    this.#tell(shard, { type: 'ProducerIdReserved', transactionalId, freshProducerId })
  }

  #inBackground(name: string, work: Promise<void>): void {
    background(name, work, (_, cause) => this.#report(name, cause))
  }

  #report(work: string, cause: unknown): void {
    const error = asError(cause)
    this.#options.logger.error('A transaction coordinator could not do what it decided', { work, error })
  }

  /** What needs no answer. A shard that goes meanwhile finds out by itself when it is loaded again. */
  #tell(shard: TransactionShard['shard'], event: TransactionEvent): void {
    shard.submit(event).catch((error: unknown) => {
      if (!(error instanceof CoordinatorError)) this.#report(event.type, error)
    })
  }
}

function transactionalIdOf(event: KeyedEvent): string {
  return event.type === 'AddPartitionsToTxn' ? event.transactionalId : event.request.transactionalId
}

function transactionVersionOf({ features }: MetadataImage): TransactionVersion {
  const level = features.levels.get('transaction.version') ?? 0
  return level >= 2 ? 2 : level === 1 ? 1 : 0
}
