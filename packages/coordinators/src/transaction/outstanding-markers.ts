/**
 * The partitions of an ending transaction that have no marker yet, as far as this coordinator knows. Not logged: after
 * a start all of them are outstanding again, and markers are written twice, which does no harm.
 */
import type { TopicPartitions } from './transaction-event.ts'

export class OutstandingMarkers {
  /** Of the record that says how the transaction ends. */
  readonly decisionOffset: number
  readonly #partitions: Map<string, Set<number>>
  readonly #failed = new Map<string, Set<number>>()
  #retryCount = 0
  #isRefused = false

  constructor(decisionOffset: number, topics: TopicPartitions) {
    this.decisionOffset = decisionOffset
    this.#partitions = new Map()
    for (const { name, partitions } of topics)
      if (partitions.length > 0) this.#partitions.set(name, new Set(partitions))
  }

  /** A leader has refused the coordinator, who is to write no more markers. */
  get isRefused(): boolean {
    return this.#isRefused
  }

  get isDone(): boolean {
    return this.#partitions.size === 0
  }

  get topics(): TopicPartitions {
    return topicsFrom(this.#partitions)
  }

  has(topic: string, partition: number): boolean {
    return this.#partitions.get(topic)?.has(partition) ?? false
  }

  /** It has its marker, or needs none. */
  remove(topic: string, partition: number): void {
    removeFrom(this.#partitions, topic, partition)
    removeFrom(this.#failed, topic, partition)
  }

  /** To be tried again. True for the first one since the last retry. */
  fail(topic: string, partition: number): boolean {
    const isFirst = this.#failed.size === 0
    const partitions = this.#failed.get(topic) ?? new Set()
    this.#failed.set(topic, partitions.add(partition))
    return isFirst
  }

  refuse(): void {
    this.#isRefused = true
  }

  /** What has failed since the last retry. */
  takeFailed(): TopicPartitions {
    this.#retryCount++
    const topics = topicsFrom(this.#failed)
    this.#failed.clear()
    return topics
  }

  /** Doubles with each retry, within bounds. */
  get retryDelayMs(): number {
    return Math.min(retryDelayMsMin * 2 ** this.#retryCount, retryDelayMsMax)
  }
}

const retryDelayMsMin = 50
const retryDelayMsMax = 1_000

function removeFrom(topics: Map<string, Set<number>>, topic: string, partition: number): void {
  const partitions = topics.get(topic)
  partitions?.delete(partition)
  if (partitions?.size === 0) topics.delete(topic)
}

function topicsFrom(topics: ReadonlyMap<string, ReadonlySet<number>>): TopicPartitions {
  return [...topics].map(([name, partitions]) => ({ name, partitions: [...partitions] }))
}
