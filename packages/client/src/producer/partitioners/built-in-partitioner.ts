/**
 * Where records go unless the producer is told otherwise (KIP-480, KIP-794): by the hash of the key; without one, to one
 * partition until about `batch.size` bytes are there, then to another by chance. With `adaptive` the chance of a partition
 * shrinks with the batches that wait for it, so a slow broker gets fewer; over time all partitions with a leader get
 * alike else, whatever the sizes of records.
 */
import type { Random } from '@gregor/platform'
import { partitionForKey } from './murmur2.ts'
import type {
  AppendedRecord,
  PartitionLoad,
  PartitionableRecord,
  PartitionableTopic,
  Partitioner,
} from './partitioner.ts'

export interface BuiltInPartitionerOptions {
  readonly random: Pick<Random, 'below'>
  /** `batch.size`: how many bytes go to one partition before another is drawn. Less than 1 counts as 1. */
  readonly batchSize: number
  /** `partitioner.adaptive.partitioning.enable`. Default: true. */
  readonly adaptive?: boolean
  /** `partitioner.ignore.keys`: places records with a key as those without. Default: false. */
  readonly ignoreKeys?: boolean
}

/** What is known of a topic. */
interface Place {
  partition: number
  producedBytes: number
  /** No batch of the partition takes more records. */
  isClosed: boolean
  /** How many entries of the two below count; 0: all partitions are alike. */
  loadCount: number
  /** Running sums of the chances: a draw below `sums[i]` and not below `sums[i - 1]` is for `candidates[i]`. */
  sums: Int32Array
  candidates: Int32Array
}

export class BuiltInPartitioner implements Partitioner {
  readonly usesLoad: boolean
  readonly #random: Pick<Random, 'below'>
  readonly #batchSize: number
  readonly #ignoreKeys: boolean
  readonly #places = new Map<string, Place>()

  constructor({ random, batchSize, adaptive = true, ignoreKeys = false }: BuiltInPartitionerOptions) {
    this.usesLoad = adaptive
    this.#random = random
    this.#batchSize = Math.max(1, batchSize)
    this.#ignoreKeys = ignoreKeys
  }

  partition(topic: PartitionableTopic, { key }: PartitionableRecord): number {
    if (key !== null && !this.#ignoreKeys) return partitionForKey(key, topic.partitionCount)
    const place = this.#places.get(topic.name)
    if (place === undefined) return this.#firstPlace(topic).partition
    const hasEnough = place.isClosed && place.producedBytes >= this.#batchSize
    // A topic that was made anew may have fewer.
    if (hasEnough || place.partition >= topic.partitionCount) this.#move(topic, place)
    return place.partition
  }

  appended(topic: PartitionableTopic, { record, partition, byteCount, mayLeave }: AppendedRecord): void {
    if (record.key !== null && !this.#ignoreKeys) return
    const place = this.#places.get(topic.name)
    if (place === undefined || place.partition !== partition) return
    place.isClosed = mayLeave
    place.producedBytes += byteCount
    // Records with keys can keep a batch open for ever: twice the size is enough.
    const isEnough = place.producedBytes >= (mayLeave ? this.#batchSize : 2 * this.#batchSize)
    if (isEnough) this.#move(topic, place)
  }

  batchesClosed(topic: PartitionableTopic, partition: number): void {
    const place = this.#places.get(topic.name)
    if (place?.partition === partition) place.isClosed = true
  }

  loadChanged(topic: PartitionableTopic, { count, partitions, queueSizes }: PartitionLoad): void {
    const place = this.#places.get(topic.name)
    if (place === undefined) return
    place.loadCount = 0
    if (count < 1 || topic.partitionCount < 2) return
    let longest = 0
    let shortest = Infinity
    for (let index = 0; index < count; index++) {
      longest = Math.max(longest, queueSizes[index] ?? 0)
      shortest = Math.min(shortest, queueSizes[index] ?? 0)
    }
    // Without any left out, equal queues are equal chances.
    if (longest === shortest && count === topic.partitionCount) return
    if (place.sums.length < count) {
      place.sums = new Int32Array(count)
      place.candidates = new Int32Array(count)
    }
    let sum = 0
    for (let index = 0; index < count; index++) {
      sum += longest + 1 - (queueSizes[index] ?? 0)
      place.sums[index] = sum
      place.candidates[index] = partitions[index] ?? 0
    }
    place.loadCount = count
  }

  #firstPlace(topic: PartitionableTopic): Place {
    const place = {
      partition: 0,
      producedBytes: 0,
      isClosed: false,
      loadCount: 0,
      sums: new Int32Array(0),
      candidates: new Int32Array(0),
    }
    this.#places.set(topic.name, place)
    this.#move(topic, place)
    return place
  }

  #move(topic: PartitionableTopic, place: Place): void {
    place.partition = this.#draw(topic, place)
    place.producedBytes = 0
    place.isClosed = false
  }

  #draw({ partitionCount, availablePartitions }: PartitionableTopic, { loadCount, sums, candidates }: Place): number {
    if (loadCount > 0) {
      const chance = this.#random.below(sums[loadCount - 1] ?? 1)
      return candidates[firstAbove(sums, chance, loadCount)] ?? 0
    }
    const { length } = availablePartitions
    if (length === 0) return this.#random.below(partitionCount)
    return availablePartitions[this.#random.below(length)] ?? 0
  }
}

/** The first of the ascending `sums` that is above `value`. */
function firstAbove(sums: Int32Array, value: number, count: number): number {
  let low = 0
  let high = count - 1
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((sums[middle] ?? 0) > value) high = middle
    else low = middle + 1
  }
  return low
}
