/**
 * What a node’s answer for one partition means: records to hand out, another place to ask, an offset that is no more, or
 * something that the reader has to be told.
 */
import { type ProtocolError, errorName, isRetriable } from '@gregor/protocol'
import type { Cluster, NodeEndpoint } from '../cluster/cluster.ts'
import { CorruptRecordError, KafkaError, OffsetOutOfRangeError } from '../errors.ts'
import { backoffPauseMs } from '../retrying.ts'
import { type AssignedPartition, leaderOf } from './assigned-partition.ts'
import type { ConsumerCounts } from './consumer-counts.ts'
import type { ConsumerConfig } from './consumer-configs.ts'
import type { ConsumerEnvironment } from './consumer-environment.ts'
import type { Deserializers } from './consumer-record.ts'
import type { PartitionAnswer } from './fetcher.ts'
import { FetchedRecords } from './fetched-records.ts'
import type { OffsetReset } from './offset-reset.ts'

export interface FetchAnswersOptions<K, V> {
  readonly cluster: Pick<Cluster, 'metadata'>
  readonly environment: ConsumerEnvironment
  readonly config: ConsumerConfig
  readonly counts: ConsumerCounts
  readonly offsetReset: OffsetReset
  readonly deserializers: Deserializers<K, V>
}

export class FetchAnswers<K, V> {
  readonly #options: FetchAnswersOptions<K, V>

  constructor(options: FetchAnswersOptions<K, V>) {
    this.#options = options
  }

  apply(
    partition: AssignedPartition<K, V>,
    answer: PartitionAnswer,
    given: { readonly nodeId: number; readonly nodeEndpoints: readonly NodeEndpoint[] },
  ): void {
    const error = errorName(answer.errorCode)
    if (error === 'NONE') this.#accept(partition, answer)
    else if (error === 'OFFSET_OUT_OF_RANGE') this.#outOfRange(partition, given.nodeId)
    else this.#refused(partition, error, answer, given.nodeEndpoints)
  }

  #accept(partition: AssignedPartition<K, V>, answer: PartitionAnswer): void {
    const { config, deserializers, environment } = this.#options
    partition.failures = 0
    if (answer.highWatermark >= 0) partition.highWatermark = answer.highWatermark
    if (answer.lastStableOffset >= 0) partition.lastStableOffset = answer.lastStableOffset
    if (answer.logStartOffset >= 0) partition.logStartOffset = answer.logStartOffset
    if (answer.preferredReadReplica >= 0) {
      partition.preferredReplica = answer.preferredReadReplica
      partition.preferredReplicaUntilMs = environment.clock.monotonicMs() + config.metadataMaxAgeMs
    }
    if (answer.records === null || answer.records.length === 0) return
    const { topic, partition: index, fetchOffset } = partition
    const isReadCommitted = config.isolationLevel === 'read_committed'
    const records = new FetchedRecords<K, V>({
      topic,
      partition: index,
      fetchOffset,
      records: answer.records,
      abortedTransactions: isReadCommitted ? (answer.abortedTransactions ?? []) : undefined,
      checkCrcs: config.checkCrcs,
      deserializers,
    })
    this.#options.counts.fetchedBytes += records.byteCount
    if (records.byteCount > 0) return partition.fetched(records)
    const where = { topic, partition: index, offset: fetchOffset, nextOffset: fetchOffset + 1 }
    this.#tell(partition, new CorruptRecordError(where, new Error('not one whole batch was answered')))
  }

  #outOfRange(partition: AssignedPartition<K, V>, nodeId: number): void {
    const { offsetReset, environment } = this.#options
    const { topic, partition: index, position } = partition
    // A follower may be behind, or ahead of what the leader has kept.
    if (partition.preferredReplica === nodeId) {
      partition.preferredReplica = -1
      return
    }
    // First what was fetched is handed out.
    if (partition.buffered.length > 0) return this.#backOff(partition)
    if (offsetReset === 'none') {
      return this.#tell(partition, new OffsetOutOfRangeError({ topic, partition: index, offset: position }))
    }
    environment.logger.info('the offset is out of range, so auto.offset.reset is applied', {
      topic,
      partition: index,
      offset: position,
    })
    partition.reset(offsetReset)
  }

  #refused(
    partition: AssignedPartition<K, V>,
    error: ProtocolError,
    answer: PartitionAnswer,
    nodeEndpoints: readonly NodeEndpoint[],
  ): void {
    const { metadata } = this.#options.cluster
    const { topic, partition: index, fetchOffset } = partition
    const { leaderId, leaderEpoch } = answer.currentLeader
    partition.preferredReplica = -1
    if (leaderId >= 0 && (error === 'NOT_LEADER_OR_FOLLOWER' || error === 'FENCED_LEADER_EPOCH')) {
      const before = leaderOf(metadata, partition)
      metadata.hint([{ topic, partition: index, leaderId, leaderEpoch }], nodeEndpoints)
      if (leaderOf(metadata, partition) !== before) return
    }
    if (error === 'CORRUPT_MESSAGE') {
      const where = { topic, partition: index, offset: fetchOffset, nextOffset: fetchOffset + 1 }
      return this.#tell(partition, new CorruptRecordError(where, new Error('the server says so')))
    }
    if (isRetriable(error) || error === 'UNKNOWN_SERVER_ERROR') {
      metadata.invalidate(topic)
      return this.#backOff(partition)
    }
    this.#tell(partition, new KafkaError({ code: error, about: `fetching ${topic}-${index} at offset ${fetchOffset}` }))
  }

  #tell(partition: AssignedPartition<K, V>, error: Error): void {
    partition.error = error
    this.#backOff(partition)
  }

  #backOff(partition: AssignedPartition<K, V>): void {
    const { config, environment } = this.#options
    const backoff = { backoffMs: config.retryBackoffMs, backoffMaxMs: config.retryBackoffMaxMs }
    const pauseMs = backoffPauseMs(backoff, partition.failures + 1, environment.random)
    partition.failed(environment.clock.monotonicMs() + pauseMs)
  }
}
