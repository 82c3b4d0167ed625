/**
 * The partitions that a consumer reads, and what was fetched of them: hands out records, partition by partition, so that
 * none has to wait for long.
 */
import { KafkaError } from '../errors.ts'
import { AssignedPartition } from './assigned-partition.ts'
import { PolledBatch, type RecordBatch } from './batch.ts'
import type { ConsumerRecord } from './consumer-record.ts'
import { type TopicPartition, partitionKey } from './partition-set.ts'

export class Assignment<K, V> {
  readonly #partitions = new Map<string, AssignedPartition<K, V>>()
  /** The same, in the order in which they are asked for records. */
  #order: AssignedPartition<K, V>[] = []
  #turn = 0

  get partitions(): readonly AssignedPartition<K, V>[] {
    return this.#order
  }

  get(partition: TopicPartition): AssignedPartition<K, V> | undefined {
    return this.#partitions.get(partitionKey(partition))
  }

  /** @throws KafkaError where it is not assigned. */
  of(partition: TopicPartition): AssignedPartition<K, V> {
    const one = this.get(partition)
    if (one !== undefined) return one
    const message = `${partitionKey(partition)} is not assigned to this consumer at the moment`
    throw new KafkaError({ code: 'UNKNOWN_TOPIC_OR_PARTITION', message, retriable: false })
  }

  /** What is there stays as it is. @returns what is new. */
  add(partitions: readonly TopicPartition[]): readonly AssignedPartition<K, V>[] {
    const added = partitions.filter((one) => this.get(one) === undefined).map((one) => new AssignedPartition<K, V>(one))
    for (const one of added) this.#partitions.set(partitionKey(one), one)
    this.#reorder()
    return added
  }

  remove(partitions: readonly TopicPartition[]): void {
    for (const one of partitions) {
      const key = partitionKey(one)
      const known = this.#partitions.get(key)
      if (known === undefined) continue
      // What is under way for it is of no use any more.
      known.era++
      this.#partitions.delete(key)
    }
    this.#reorder()
  }

  /** Up to `max` records of what was fetched, and not of what is paused. */
  take(max: number, isReadCommitted: boolean): readonly RecordBatch<K, V>[] {
    const batches: RecordBatch<K, V>[] = []
    let left = max
    const count = this.#order.length
    for (let index = 0; index < count && left > 0; index++) {
      const one = this.#order[(this.#turn + index) % count]
      if (one === undefined || one.buffered.length === 0 || !one.isFetchable) continue
      const records = takeRecords(one, left)
      if (records.length === 0) continue
      left -= records.length
      // Who had his turn, and has more, comes again first only where nobody else has anything.
      if (left <= 0) this.#turn = (this.#turn + index + 1) % count
      const { topic, partition, position, positionEpoch, highWatermark } = one
      batches.push(
        new PolledBatch({
          topic,
          partition,
          records,
          next: { offset: position, leaderEpoch: positionEpoch },
          highWatermark,
          lag: one.lag(isReadCommitted),
        }),
      )
    }
    return batches
  }

  /** What the owner has to be told, once. */
  takeError(): unknown {
    for (const one of this.#order) {
      const { error } = one
      one.error = undefined
      if (error !== undefined) return error
    }
    return undefined
  }

  #reorder(): void {
    this.#order = [...this.#partitions.values()]
    this.#turn = 0
  }
}

function takeRecords<K, V>(one: AssignedPartition<K, V>, max: number): readonly ConsumerRecord<K, V>[] {
  const records: ConsumerRecord<K, V>[] = []
  while (records.length < max) {
    const first = one.buffered[0]
    if (first === undefined) break
    try {
      first.take(max - records.length, records)
    } catch (error) {
      // First what came before it; the owner is told when there is nothing else.
      one.handedOut(first)
      one.dropBuffered()
      one.error = error
      break
    }
    one.handedOut(first)
  }
  return records
}
