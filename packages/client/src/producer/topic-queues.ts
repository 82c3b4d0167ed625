/**
 * What a producer has of a topic: its partitions as metadata tell them, the batches of each partition, and records that
 * wait until the topic is known.
 */
import type { TopicMetadata } from '../cluster/cluster-metadata.ts'
import type { PartitionableTopic } from './partitioners/partitioner.ts'
import type { ProducerBatch } from './producer-batch.ts'
import type { Receipt } from './receipt.ts'
import type { Bytes, RecordHeaders } from './record-encoding.ts'

/** A record after serialization: of a topic by name, the very one that the program gave. */
export interface SerializedRecord {
  readonly key?: Bytes | null | undefined
  readonly value: Bytes | null
  readonly headers?: RecordHeaders | undefined
  readonly partition?: number | undefined
  readonly timestamp?: number | undefined
}

/** A record that could not be appended at once. */
export interface WaitingRecord {
  readonly topic: TopicQueues
  readonly record: SerializedRecord
  readonly receipt: Receipt | undefined
  /** Monotonic. */
  readonly deadlineMs: number
  /** Counts up over all records that came to wait. */
  readonly ticket: number
}

/** The batches of one partition. */
export class PartitionQueue {
  readonly topic: TopicQueues
  readonly partition: number
  /** What numbers are counted by. */
  readonly key: string
  /** Not sent yet, oldest first; records join the last while it is open. */
  readonly unsent: ProducerBatch[] = []
  /** Sent and not acknowledged, oldest first. */
  readonly window: ProducerBatch[] = []
  /** Nothing is sent before: a pause between attempts. Monotonic. */
  notBeforeMs = 0
  /** How large the last batch was. */
  lastBatchBytes = 0
  /** When its node took a batch last, or it got one while none waited. Monotonic. */
  servedAtMs = 0

  constructor(topic: TopicQueues, partition: number) {
    this.topic = topic
    this.partition = partition
    this.key = `${topic.name}-${partition}`
  }

  /** Batches that are not acknowledged. */
  get batchCount(): number {
    return this.unsent.length + this.window.length
  }

  /** Takes a batch out, wherever it is. */
  remove(batch: ProducerBatch): void {
    for (const batches of [this.window, this.unsent]) {
      const index = batches.indexOf(batch)
      if (index >= 0) batches.splice(index, 1)
    }
  }
}

export class TopicQueues {
  readonly name: string
  /** By index; made when they are used first. */
  readonly queues: (PartitionQueue | undefined)[] = []
  /** Until the topic is known, in order. */
  waiting: WaitingRecord[] = []
  /** Of records after compression over that before: a guess from the batches so far. */
  compressionRatio = 1
  /** Monotonic. */
  usedAtMs = 0
  /** For partitioners that ask: used again each time. */
  load = { count: 0, partitions: new Int32Array(0), queueSizes: new Int32Array(0) }
  #metadata: TopicMetadata | undefined
  #partitionable: PartitionableTopic | undefined

  constructor(name: string) {
    this.name = name
  }

  /** As partitioners see it; `undefined` while it is not known. */
  get partitionable(): PartitionableTopic | undefined {
    return this.#partitionable
  }

  get metadata(): TopicMetadata | undefined {
    return this.#metadata
  }

  /** Nothing waits, and nothing is under way. */
  get isIdle(): boolean {
    return this.waiting.length === 0 && this.queues.every((queue) => queue === undefined || queue.batchCount === 0)
  }

  /** What metadata say now. A topic that they do not tell of any more stays as it was: its batches meet the answer. */
  learn(metadata: TopicMetadata | undefined): void {
    if (metadata === undefined || metadata === this.#metadata || metadata.partitions.length === 0) return
    this.#metadata = metadata
    this.#partitionable = {
      name: this.name,
      partitionCount: metadata.partitions.length,
      availablePartitions: metadata.partitions
        .filter(({ leaderId }) => leaderId >= 0)
        .map(({ partition }) => partition),
    }
  }

  queue(partition: number): PartitionQueue {
    const found = this.queues[partition]
    if (found !== undefined) return found
    const queue = new PartitionQueue(this, partition)
    this.queues[partition] = queue
    return queue
  }

  /** -1: there is none at the moment. */
  leaderOf(partition: number): number {
    return this.#metadata?.partitions[partition]?.leaderId ?? -1
  }

  makeRoomForLoad(partitionCount: number): void {
    if (this.load.partitions.length >= partitionCount) return
    const [partitions, queueSizes] = [new Int32Array(partitionCount), new Int32Array(partitionCount)]
    this.load = { count: 0, partitions, queueSizes }
  }
}
