/**
 * Which partition a record goes to that names none itself: the interface of the built-in partitioner (KIP-794), round
 * robin, manual and of your own. Called for each record, so nothing is allocated for it: what is passed in may be the
 * same object every time and is not to be kept. One partitioner belongs to one producer.
 */

export interface Partitioner {
  /**
   * The partition of this record, 0 to `topic.partitionCount - 1`; anything else fails the record, as a thrown error does.
   * Asked once a record, right before it is appended.
   */
  partition(topic: PartitionableTopic, record: PartitionableRecord): number
  /** The record was appended where `partition` said. */
  appended?(topic: PartitionableTopic, appended: AppendedRecord): void
  /**
   * No batch of that partition takes records any more: the newest one is full or was sent. A partitioner that stays with
   * a partition for a batch may leave it now.
   */
  batchesClosed?(topic: PartitionableTopic, partition: number): void
  /** How many batches wait for each partition. Told once for each round of sending, if `usesLoad`. */
  loadChanged?(topic: PartitionableTopic, load: PartitionLoad): void
  /** Whether `loadChanged` is worth the counting. Default: false. */
  readonly usesLoad?: boolean
}

/** As metadata has it; one object for each topic and version of its metadata. */
export interface PartitionableTopic {
  readonly name: string
  /** At least 1. */
  readonly partitionCount: number
  /** Those with a leader, ascending; may be empty. */
  readonly availablePartitions: readonly number[]
}

/** After serialization. */
export interface PartitionableRecord {
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
}

export interface AppendedRecord {
  readonly record: PartitionableRecord
  readonly partition: number
  /** What the batches of the partition grew by. */
  readonly byteCount: number
  /** False while the newest batch of the partition takes more: leaving it now would make small batches. */
  readonly mayLeave: boolean
}

/** The arrays are the caller’s, and may be longer than `count`. */
export interface PartitionLoad {
  /** Of how many partitions it speaks: those with a leader that took a batch within `partitioner.availability.timeout.ms`. */
  readonly count: number
  readonly partitions: Int32Array
  /** Batches that wait, for each of `partitions`. */
  readonly queueSizes: Int32Array
}
