/**
 * Before a producer’s first batch of a transaction is written to a partition, its transaction’s coordinator is asked
 * whether the partition belongs to the transaction (KIP-890 part 1), or told that it does now (part 2). Else a batch that
 * was delayed would open a transaction that nobody ends. The log hands out a guard before the coordinator is asked and
 * wants it back with the batch: what a marker has overtaken is refused.
 */
import type { Clock } from '@gregor/platform'
import type { ProtocolError } from '@gregor/protocol'
import type { Partition } from '../replication/partition.ts'
import type { NodeConfig } from '../server/node-config.ts'
import type { TransactionPartitions } from './transaction-partitions.ts'

/**
 * Who adds partitions to a transaction, by the client’s version of Produce or TxnOffsetCommit: a client that knows
 * nothing of TRANSACTION_ABORTABLE, one that does, or the broker.
 */
export type PartitionAdder = 'old-client' | 'client' | 'broker'

export interface GuardedProducer {
  readonly transactionalId: string
  readonly producerId: number
  readonly producerEpoch: number
  readonly addedBy: PartitionAdder
}

export interface GuardedPartition {
  readonly partition: Partition
  /** Of the batch; -1: it has none. */
  readonly sequence: number
}

/** By partition the guard to append with, or why nothing may be appended. Left out: its transaction is open. */
export type Guards = ReadonlyMap<Partition, number | ProtocolError>

export interface TransactionGuardOptions {
  readonly partitions: Pick<TransactionPartitions, 'addOrVerify'>
  readonly config: NodeConfig
  readonly clock: Pick<Clock, 'monotonicMs' | 'wallMs' | 'schedule'>
}

const noGuards: Guards = new Map()

export function adderOfProduce(version: number): PartitionAdder {
  if (version >= 12) return 'broker'
  return version >= 11 ? 'client' : 'old-client'
}

export function adderOfOffsetCommit(version: number): PartitionAdder {
  if (version >= 5) return 'broker'
  return version >= 4 ? 'client' : 'old-client'
}

export class TransactionGuard {
  readonly #options: TransactionGuardOptions

  constructor(options: TransactionGuardOptions) {
    this.#options = options
  }

  /**
   * A promise only where the coordinator must be asked: with a transaction’s first batch in a partition.
   * @param more.isPatient - asks again for a while where the end of the transaction before is still under way.
   */
  guard(
    producer: GuardedProducer,
    partitions: readonly GuardedPartition[],
    more: { readonly isPatient: boolean },
  ): Guards | Promise<Guards> {
    const isAdding = producer.addedBy === 'broker'
    if (!isAdding && !this.#options.config.get('transaction.partition.verification.enable')) return noGuards
    const guards = this.#begin(producer, partitions)
    if (![...guards.values()].some((guard) => typeof guard === 'number')) return guards
    return this.#ask(producer, guards, partitions, isAdding && more.isPatient)
  }

  #begin(producer: GuardedProducer, partitions: readonly GuardedPartition[]): Map<Partition, number | ProtocolError> {
    const { producerId, producerEpoch: epoch } = producer
    const bumpsEpoch = producer.addedBy === 'broker'
    const nowMs = this.#options.clock.wallMs()
    const guards = new Map<Partition, number | ProtocolError>()
    for (const { partition, sequence } of partitions) {
      const begun = partition.log.producers.beginVerification({ producerId, epoch, sequence, bumpsEpoch, nowMs })
      if (begun.error !== 'NONE') guards.set(partition, begun.error)
      else if (begun.guard !== 0) guards.set(partition, begun.guard)
    }
    return guards
  }

  async #ask(
    producer: GuardedProducer,
    begun: Map<Partition, number | ProtocolError>,
    partitions: readonly GuardedPartition[],
    isPatient: boolean,
  ): Promise<Guards> {
    const { clock, config } = this.#options
    const patienceMs = Math.min(
      config.get('add.partitions.to.txn.retry.backoff.max.ms'),
      config.get('request.timeout.ms'),
    )
    const startMs = clock.monotonicMs()
    for (let guards = begun; ; guards = this.#begin(producer, partitions)) {
      const asked = [...guards].flatMap(([partition, guard]) => (typeof guard === 'number' ? [partition] : []))
      const errors = await this.#options.partitions.addOrVerify(producer, asked)
      for (const [partition, error] of errors) guards.set(partition, error)
      const isConcurrent = [...errors.values()].includes('CONCURRENT_TRANSACTIONS')
      if (!isPatient || !isConcurrent || clock.monotonicMs() - startMs >= patienceMs) return guards
      await pause(clock, config.get('add.partitions.to.txn.retry.backoff.ms'))
    }
  }
}

function pause(clock: Pick<Clock, 'schedule'>, delayMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  clock.schedule(delayMs, resolve)
  return promise
}
