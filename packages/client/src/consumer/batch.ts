/** What `poll` hands out for one partition: records in the order of the log, and how far that leaves the reader. */
import type { OffsetAndEpoch } from './assigned-partition.ts'
import type { ConsumerRecord } from './consumer-record.ts'

export interface RecordBatch<K = Buffer | null, V = Buffer | null> extends Iterable<ConsumerRecord<K, V>> {
  readonly topic: string
  readonly partition: number
  /** At least one. */
  readonly records: readonly ConsumerRecord<K, V>[]
  /** What to commit when all of it is done: the offset behind the last record, gaps included. */
  readonly next: OffsetAndEpoch
  /** First offset that consumers cannot read yet; -1: unknown. */
  readonly highWatermark: number
  /** Records behind this batch that were there when it was fetched; `undefined`: unknown. */
  readonly lag: number | undefined
}

export class PolledBatch<K, V> implements RecordBatch<K, V> {
  readonly topic: string
  readonly partition: number
  readonly records: readonly ConsumerRecord<K, V>[]
  readonly next: OffsetAndEpoch
  readonly highWatermark: number
  readonly lag: number | undefined

  constructor(given: Omit<RecordBatch<K, V>, typeof Symbol.iterator>) {
    this.topic = given.topic
    this.partition = given.partition
    this.records = given.records
    this.next = given.next
    this.highWatermark = given.highWatermark
    this.lag = given.lag
  }

  [Symbol.iterator](): Iterator<ConsumerRecord<K, V>> {
    return this.records[Symbol.iterator]()
  }
}
